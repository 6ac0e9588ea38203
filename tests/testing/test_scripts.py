"""Scripts: which answer a request gets that needs a model."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, MockServer, create_app
from mockserver.testing.scripts import SCRIPTED, ScriptFailed
from mockserver.wire.scripts import ANSWERS
from support.direct_client import DirectClient

_W = "/v3/workspaces/w"


def _ask(mock: Mock, peer: str = "al", query: str = "Colour?") -> Any:
    return DirectClient(create_app(mock)).call("POST", f"{_W}/peers/{peer}/chat", {"query": query}).json["content"]


@given(st.lists(st.text(), min_size=1, max_size=5), st.integers(0, 8))
def test_answers_come_in_order_and_the_last_one_stays(answers: list[str], calls: int) -> None:
    mock = Mock()
    script = mock.scripts.add("chat", *answers)
    given = [_ask(mock) for _ in range(calls)]
    assert given == (answers + answers[-1:] * calls)[:calls]
    assert script.used == calls


def test_a_script_answers_what_it_is_for_and_the_latest_is_asked_first() -> None:
    mock = Mock()
    mock.scripts.add("chat", "I do not know.")
    mock.scripts.add("chat", "Blue.", peer="al")
    mock.scripts.add("chat", "Yes.", body={"query": "Really?"}, name="really")
    mock.scripts.add("get_representation", "Nothing.")
    assert [_ask(mock, peer) for peer in ("al", "bob")] == ["Blue.", "I do not know."]
    assert _ask(mock, query="Really?") == "Yes."
    mock.scripts.remove("really")
    assert _ask(mock, query="Really?") == "Blue."
    assert [script.name for script in mock.scripts] == ["chat-1", "chat-2", "get_representation-4"]


def test_an_answer_may_be_made_of_the_request() -> None:
    mock = Mock()
    mock.scripts.add("chat", lambda request: f"{request.peer}: {request.body['query']}")
    assert _ask(mock) == "al: Colour?"
    assert repr(mock.scripts["chat-1"]).startswith("<Script 'chat-1': ")


def test_a_callable_that_makes_no_answer_is_told_in_the_journal() -> None:
    mock = Mock()
    mock.scripts.add("chat", lambda request: {"text": request.peer})
    with pytest.raises(ScriptFailed, match=r"the script 'chat-1' failed: .*Field required at content"):
        _ask(mock)
    mock.scripts.add("chat", lambda request: request.body["foo"])
    with pytest.raises(ScriptFailed):
        _ask(mock)
    assert mock.requests[-1].status == 500
    assert mock.requests[-1].diagnosis == "the script 'chat-2' failed: KeyError('foo')"


_SUMMARY = {
    "content": "They met.",
    "message_id": "m",
    "summary_type": "short",
    "created_at": "2026-01-01T00:00:00Z",
    "token_count": 3,
}


@pytest.mark.parametrize(
    ("operation", "method", "path", "scripted", "answered"),
    [
        ("chat", "POST", "/peers/al/chat", None, {"content": None}),
        ("chat", "POST", "/peers/al/chat", {"content": "Blue."}, {"content": "Blue."}),
        ("chat", "POST", "/peers/al/chat", ["Bl", "ue."], {"content": "Blue."}),
        ("get_representation", "POST", "/peers/al/representation", "All.", {"representation": "All."}),
        (
            "get_peer_context",
            "GET",
            "/peers/al/context",
            {"peer_card": ["tall"]},
            {"peer_id": "al", "target_id": "al", "representation": "", "peer_card": ["tall"]},
        ),
        (
            "get_session_context",
            "GET",
            "/sessions/s/context",
            {"summary": _SUMMARY},
            {"id": "s", "messages": [], "summary": _SUMMARY, "peer_representation": None, "peer_card": None},
        ),
        (
            "get_session_summaries",
            "GET",
            "/sessions/s/summaries",
            {"short_summary": _SUMMARY},
            {"id": "s", "short_summary": _SUMMARY, "long_summary": None},
        ),
    ],
)
def test_a_script_says_the_members_that_it_names_and_the_rest_is_composed(
    operation: str, method: str, path: str, scripted: Any, answered: Any
) -> None:
    mock = Mock(world={"workspaces": {"w": {"peers": [{"id": "al"}], "sessions": [{"id": "s"}]}}})
    mock.scripts.add(operation, scripted)
    body = {"query": "?"} if method == "POST" else None
    assert DirectClient(create_app(mock)).call(method, _W + path, body).json == answered


def test_scripts_are_forgotten_at_a_reset_all_or_those_of_a_workspace() -> None:
    mock = Mock()
    for name in ("w", "v", None):
        mock.scripts.add("chat", "x", workspace=name, name=str(name))
    mock.reset(workspace="w")
    assert [script.name for script in mock.scripts] == ["v", "None"]
    mock.reset()
    assert len(mock.scripts) == 0


@pytest.mark.parametrize(
    ("arguments", "options", "complaint"),
    [
        (("chatt", "x"), {}, "'chatt' cannot be scripted; did you mean 'chat'"),
        (("clone_session", "x"), {}, "'clone_session' cannot be scripted"),
        (("chat",), {}, "a script for 'chat' needs an answer"),
        (("chat", "x"), {"name": "taken"}, "there is already a script 'taken'"),
        (("chat", "x"), {"colour": 1}, "a request has no 'colour'"),
        (("get_representation", "x"), {"pause": 1}, "'get_representation' takes no pause"),
        (("chat", "x"), {"pause": 61}, "pause must be a number from 0 to 60: 61"),
        (("chat", 5), {}, r"5} is not an answer of 'chat': Input should be a valid string at content"),
        (("chat", {"text": "x"}), {}, "is not an answer of 'chat': Field required at content"),
        (
            ("chat", ["x", 5]),
            {},
            r'piece 2 of the stream must be a text, bytes, {"raw": text} or {"base64": text}, not 5',
        ),
        (("chat", [{"raw": "x", "y": 1}]), {}, "piece 1 of the stream must be a text"),
        (("chat", ["x", {"base64": "?"}]), {}, "piece 2 of the stream is not valid base64"),
        (("get_representation", [b"x"]), {}, "is not an answer of 'get_representation'"),
        (("get_representation", None), {}, "null} is not an answer of 'get_representation'"),
        (("get_session_context", "x"), {}, "is not an answer of 'get_session_context'"),
        (("get_session_summaries", {"short_summary": {"content": "x"}}), {}, "at short_summary.message_id"),
    ],
)
def test_a_wrong_script_says_what_is_wrong_and_is_not_set(
    arguments: tuple[Any, ...], options: dict[str, Any], complaint: str
) -> None:
    mock = Mock()
    mock.scripts.add("chat", "x", name="taken")
    with pytest.raises(ValueError, match=complaint):
        mock.scripts.add(*arguments, **options)
    assert len(mock.scripts) == 1
    with pytest.raises(KeyError, match="there is no script 'other'"):
        mock.scripts.remove("other")


def test_what_is_scripted_has_a_form() -> None:
    assert ANSWERS.keys() == SCRIPTED


def test_a_script_is_found_by_the_session_that_a_body_names() -> None:
    mock = Mock()
    mock.scripts.add("chat", "In s.", session="s")
    client = DirectClient(create_app(mock))
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    asked = {"query": "Where?", "session_id": "s"}
    assert client.call("POST", f"{_W}/peers/al/chat", asked).json == {"content": "In s."}
    assert _ask(mock) != "In s."
    client.call("GET", f"{_W}/queue/status", session_id="s")
    assert mock.requests[-1].session == "s"


@pytest.mark.parametrize("journal_bytes", [100, 1_500, 16_000_000])
@pytest.mark.parametrize("fault", [False, True])
def test_a_callable_that_fails_is_a_500_in_json_however_small_the_journal(journal_bytes: int, fault: bool) -> None:
    with MockServer(journal_bytes=journal_bytes) as server:
        server.mock.scripts.add("chat", lambda _: 1 / 0)
        if fault:
            server.mock.faults.delay(0, operation="chat")
        answer = httpx.post(f"{server.url}{_W}/peers/al/chat", json={"query": "x" * 500})
    assert (answer.status_code, answer.json()) == (500, {"detail": "An unexpected error occurred"})


def _stream(mock: Mock) -> bytes:
    asked = {"query": "Colour?", "stream": True}
    return DirectClient(create_app(mock)).call("POST", f"{_W}/peers/al/chat", asked).body


def _event(text: str) -> bytes:
    return f'data: {{"delta": {{"content": "{text}"}}, "done": false}}\n\n'.encode()


_DONE = b'data: {"done": true}\n\n'


@pytest.mark.parametrize(
    ("pieces", "sent"),
    [
        (["Bl", b"data: {broken\n\n", "ue."], _event("Bl") + b"data: {broken\n\n" + _event("ue.") + _DONE),
        (["Blue.", _DONE, _event("late")], _event("Blue.") + _DONE + _event("late")),
        ([b"data: \xe2\x82", b"\xac\n\n"], "data: €\n\n".encode()),
        ([bytearray(b": a comment\n\n")], b": a comment\n\n"),
        (b"nothing like an event", b"nothing like an event"),
        ([{"raw": "event: x\n"}, {"base64": "gA=="}], b"event: x\n\x80"),
        ([], _DONE),
    ],
)
def test_bytes_in_a_stream_go_on_the_wire_as_they_are(pieces: Any, sent: bytes) -> None:
    mock = Mock()
    mock.scripts.add("chat", pieces)
    assert _stream(mock) == sent
    mock.scripts.add("chat", lambda _: pieces)
    assert _stream(mock) == sent


@given(st.lists(st.text(max_size=3) | st.binary(max_size=4), min_size=1, max_size=5))
def test_a_script_of_pieces_is_read_back_over_http_and_recorded(pieces: list[str | bytes]) -> None:
    mock = Mock()
    client = DirectClient(create_app(mock))
    mock.scripts.add("chat", pieces)
    sent = _stream(mock)
    assert sent == mock.requests[-1].answer_content
    assert json.dumps(mock.requests[-1].as_json())
    [listed] = client.call("GET", "/_mock/scripts").json
    client.call("DELETE", "/_mock/scripts")
    assert client.call("POST", "/_mock/scripts", {"operation": "chat", "answers": listed["answers"]}).status == 201
    assert _stream(mock) == sent
    whole = client.call("POST", f"{_W}/peers/al/chat", {"query": "?"}).json["content"]
    assert whole == "".join(piece for piece in pieces if isinstance(piece, str))


def test_pieces_of_bytes_are_chunks_of_the_body() -> None:
    with MockServer() as server:
        server.mock.scripts.add("chat", [b"data: \xe2\x82", b"\xac\n\n"])
        asked = {"query": "?", "stream": True}
        with httpx.stream("POST", f"{server.url}{_W}/peers/al/chat", json=asked) as answer:
            chunks = list(answer.iter_raw())
    assert chunks == [b"data: \xe2\x82", b"\xac\n\n"]


@pytest.mark.parametrize(
    "fault", [{"fault": "malform"}, {"fault": "truncate"}, {"fault": "drop_field", "field": "done"}]
)
def test_a_fault_may_meet_a_stream_of_bytes(fault: dict[str, Any]) -> None:
    mock = Mock()
    mock.scripts.add("chat", ["Bl", b"data: {broken\n\n", b"\xff", b"data:\n\n\n"])
    mock.faults.add(fault.pop("fault"), **fault)
    assert isinstance(_stream(mock), bytes)
    assert mock.requests[-1].status == 200
