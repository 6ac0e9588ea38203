"""Faults: which requests meet one, what the client gets, and that nothing else happens."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from inspect import Parameter, getdoc, signature
from typing import Any, Unpack
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from mockserver import Mock, MockServer
from mockserver.api.answers import Stream
from mockserver.api.observed import ObservedEndpoint
from mockserver.api.operation import Call, Reply, Router
from mockserver.testing.fault_kinds import KINDS
from mockserver.testing.faults import Faults, Rule
from support.direct_client import DirectClient
from support.started_mock import Start

_S = "/v3/workspaces/w/sessions"


def _make(client: DirectClient, id_: str = "s") -> int:
    return client.call("POST", _S, {"id": id_}).status


def _total(client: DirectClient) -> int:
    return int(client.call("POST", f"{_S}/list").json["total"])


@pytest.fixture
def sockets(each_loop: None) -> Iterator[tuple[MockServer, httpx.Client]]:
    """A server and a client of it, on each loop."""
    with MockServer() as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield server, client


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        ({}, [503, 503, 503, 503, 503, 503]),
        ({"times": 2}, [503, 503, 200, 200, 200, 200]),
        ({"after": 2}, [200, 200, 503, 503, 503, 503]),
        ({"every": 3}, [200, 200, 503, 200, 200, 503]),
        ({"after": 1, "every": 2, "times": 2}, [200, 200, 503, 200, 503, 200]),
        ({"probability": 0}, [200] * 6),
        ({"probability": 1}, [503] * 6),
    ],
)
def test_a_rule_says_which_of_its_requests_it_strikes(start: Start, rule: dict[str, Any], statuses: list[int]) -> None:
    mock, client = start()
    fault = mock.faults.error(503, operation="get_or_create_session", **rule)
    assert [_make(client) for _ in statuses] == statuses
    assert client.call("POST", f"{_S}/list").status == 200
    assert (fault.fired, fault.is_over) == (statuses.count(503), "times" in rule and rule["times"] == fault.fired)


@given(st.integers(0, 5), st.integers(1, 4), st.integers(1, 4), st.integers(0, 30))
def test_the_nth_that_follow_are_struck_until_the_rule_is_over(
    start: Start, after: int, every: int, times: int, calls: int
) -> None:
    mock, client = start()
    mock.faults.error(599, after=after, every=every, times=times)
    struck = [number for number in range(1, calls + 1) if client.call("GET", "/health").status == 599]
    assert struck == [after + every * n for n in range(1, times + 1) if after + every * n <= calls]


@given(st.integers(), st.floats(0, 1))
def test_chances_repeat_with_their_seed(start: Start, seed: int, probability: float) -> None:
    def run() -> list[int]:
        mock, client = start()
        mock.faults.error(probability=probability, seed=seed)
        return [client.call("GET", "/health").status for _ in range(20)]

    assert run() == run()


@pytest.mark.parametrize(
    ("criteria", "struck"),
    [
        ({"method": "post"}, True),
        ({"method": "PUT"}, False),
        ({"path": "/v3/workspaces/*"}, True),
        ({"path": "/v3/workspaces"}, False),
        ({"workspace": "w", "session": "s"}, True),
        ({"session": "t"}, False),
        ({"workspace": "v"}, False),
        ({"body": {"metadata": {"k": [1]}}}, True),
        ({"body": {"metadata": {"k": [1, 2]}}}, False),
        ({"body": {"metadata": {"k": [True]}}}, False),
        ({"predicate": lambda request: "other" in request.body["metadata"]}, True),
        ({"predicate": lambda request: request.peer == "bob"}, False),
    ],
)
def test_a_rule_finds_its_requests_by_what_they_are_like(start: Start, criteria: dict[str, Any], struck: bool) -> None:
    mock, client = start()
    mock.faults.error(418, **criteria)
    answer = client.call("POST", _S, {"id": "s", "metadata": {"k": [1], "other": 2}})
    assert answer.status == (418 if struck else 200)


@pytest.mark.parametrize("name", KINDS)
def test_the_method_of_a_kind_has_the_arguments_and_the_docstring_of_its_class(name: str) -> None:
    kind, method = KINDS[name], getattr(Faults, name)
    declared = {
        argument.name: Parameter.empty if argument.is_required else argument.default for argument in kind.arguments()
    }
    types = {argument.name: argument.type for argument in kind.arguments()}
    _, *arguments, rule = signature(method).parameters.values()
    assert {argument.name: argument.default for argument in arguments} == declared
    assert {argument.name: argument.annotation for argument in arguments} == types
    assert {argument.name: argument.kind for argument in arguments} == {
        argument.name: argument.kind for argument in signature(kind).parameters.values()
    }
    assert rule.annotation == Unpack[Rule]
    assert getdoc(method) == getdoc(kind)


def test_a_typo_in_an_argument_is_an_error_for_type_checkers_too(start: Start) -> None:
    mock, _ = start()
    with pytest.raises(ValueError, match="error takes no 'statsu'; did you mean 'status'"):
        mock.faults.error(statsu=503)  # type: ignore[call-arg]  # the typo is the point
    with pytest.raises(ValueError, match="status must be an integer"):
        mock.faults.error("503")  # type: ignore[arg-type]  # the type is the point
    with pytest.raises(ValueError, match="times must be an integer"):
        mock.faults.lose_answer(times="2")  # type: ignore[arg-type]  # the type is the point


def test_an_unknown_argument_is_answered_with_the_arguments_of_the_fault_and_the_criteria(start: Start) -> None:
    mock, _ = start()
    with pytest.raises(ValueError) as raised:
        mock.faults.error(503, time=2)  # type: ignore[call-arg]  # the typo is the point
    assert str(raised.value) == (
        "error takes no 'time'; did you mean 'times'? (arguments: status, answer, headers, carry_out, name, times, after, "
        "every, probability, seed, delay, must_fire; criteria: operation, method, path, workspace, session, peer, query, "
        "body, predicate)"
    )
    assert list(mock.faults) == []


@pytest.mark.parametrize(
    ("kind", "name", "hint"),
    [
        ("error", "retry_after", 'error takes no \'retry_after\'; use headers={"Retry-After": "3"} (arguments: '),
        ("error", "retryAfter", '; use headers={"Retry-After": "3"} (arguments: '),
        ("error", "detail", "; did you mean 'answer'? (arguments: "),
        ("error", "status_code", "; did you mean 'status'? (arguments: "),
        ("malform", "timeout", "; did you mean 'delay'? (arguments: "),
        ("malform", "once", "; did you mean 'times'? (arguments: "),
        ("malform", "url", "; did you mean 'path'? (arguments: "),
        ("error", "json", "; did you mean 'answer'? (arguments: "),
        ("malform", "sesion", "; did you mean 'session'? (arguments: "),
    ],
)
def test_an_argument_of_another_library_is_answered_with_what_means_it(
    start: Start, kind: str, name: str, hint: str
) -> None:
    mock, client = start()
    with pytest.raises(ValueError) as raised:
        getattr(mock.faults, kind)(**{name: 1})
    assert hint in str(raised.value)
    [entry] = client.call("POST", "/_mock/faults", {"fault": kind, name: 1}).json["detail"]
    assert hint.partition("; ")[2].partition(" (arg")[0] in entry["msg"]


def test_an_argument_of_another_fault_is_answered_with_that_one(start: Start) -> None:
    mock, _ = start()
    with pytest.raises(ValueError, match=r"; quota sends Retry-After, and error takes headers=\{") as raised:
        mock.faults.add("malform", retry_after=3)
    assert "did you mean" not in str(raised.value)


def test_a_fault_may_name_several_operations_by_a_pattern_or_a_list(start: Start) -> None:
    mock, client = start()
    mock.faults.error(503, operation=["get_or_create_*", "clone_session"], name="down")
    mock.faults.error(504, operation="*_session", method="delete")
    statuses = [
        client.call("POST", _S, {"id": "s"}),
        client.call("POST", f"{_S}/s/clone"),
        client.call("GET", "/health"),
    ]
    assert [answer.status for answer in statuses] == [503, 503, 200]
    assert client.call("DELETE", f"{_S}/s").status == 504
    mock.faults.clear()
    assert len(mock.faults) == 0


def test_the_first_rule_whose_turn_it_is_takes_the_request(start: Start) -> None:
    mock, client = start()
    mock.faults.error(500, times=1, name="first")
    mock.faults.error(502, times=1, name="second")
    assert [_make(client) for _ in range(3)] == [500, 502, 200]
    assert [exchange.fault for exchange in mock.requests] == ["first", "second", None]


def test_an_error_is_answered_with_its_body_and_headers_and_without_carrying_out(start: Start) -> None:
    mock, client = start()
    mock.faults.error(429, {"message": "slow down"}, {"Retry-After": "7"}, times=1)
    answer = client.call("POST", _S, {"id": "s"})
    assert (answer.status, answer.json, answer.headers["Retry-After"]) == (429, {"message": "slow down"}, "7")
    assert _total(client) == 0


@pytest.mark.parametrize("status", [204, 304, 307])
def test_a_status_without_a_body_has_none(sockets: tuple[MockServer, httpx.Client], status: int) -> None:
    server, client = sockets
    server.mock.faults.error(status, {"some": "thing"}, times=1)
    server.mock.faults.malform(method="DELETE", times=1)
    answer = client.get("/health")
    assert (answer.status_code, answer.content) == (status, b"")
    assert client.get("/health").status_code == 200


def test_an_error_may_come_although_the_request_was_carried_out(start: Start) -> None:
    mock, client = start()
    mock.faults.error(500, carry_out=True, times=1)
    assert _make(client) == 500
    assert _total(client) == 1


def test_a_quota_is_counted_in_windows_of_the_fake_clock(start: Start) -> None:
    mock, client = start(frozen_at="2026-03-01T12:00:00Z")
    mock.faults.quota(2, per=60, operation="get_or_create_session")
    assert [_make(client) for _ in range(4)] == [200, 200, 429, 429]
    mock.clock.advance(18.5)
    answer = client.call("POST", _S, {"id": "s"})
    assert (answer.status, answer.headers["Retry-After"]) == (429, "42")
    mock.clock.advance(41.5)
    assert [_make(client) for _ in range(3)] == [200, 200, 429]


def test_a_lost_answer_lets_the_retry_meet_its_own_effect(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    client.post(_S, json={"id": "s"})
    server.mock.faults.lose_answer(operation="delete_session", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.delete(f"{_S}/s")
    assert client.delete(f"{_S}/s").status_code == 404


def test_a_connection_that_is_closed_at_the_start_leaves_everything_as_it_was(
    sockets: tuple[MockServer, httpx.Client],
) -> None:
    server, client = sockets
    server.mock.faults.disconnect(times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.post(_S, json={"id": "s"})
    assert client.post(f"{_S}/list").json()["total"] == 0
    assert server.mock.requests[0].status is None


@pytest.mark.parametrize("at", ["head", "body"])
def test_a_connection_may_break_after_the_head_or_within_the_body(
    sockets: tuple[MockServer, httpx.Client], at: Any
) -> None:
    server, client = sockets
    server.mock.faults.disconnect(at, times=1)
    received: list[bytes] = []
    with client.stream("POST", _S, json={"id": "s"}) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
            received.extend(answer.iter_raw())
    length = int(answer.headers["content-length"])
    assert len(b"".join(received)) == (0 if at == "head" else length // 2)
    assert client.post(f"{_S}/list").json()["total"] == 1


def test_a_client_in_the_same_process_meets_an_exception(start: Start) -> None:
    mock, client = start()
    mock.faults.disconnect(times=1)
    with pytest.raises(ConnectionResetError, match="the fault closed the connection"):
        _make(client)
    assert _make(client) == 200


def test_a_truncated_body_is_a_whole_answer_that_is_no_json(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    whole = client.post(_S, json={"id": "s"}).content
    server.mock.faults.truncate(0.25)
    answer = client.post(_S, json={"id": "s"})
    assert (answer.status_code, answer.content) == (200, whole[: len(whole) // 4])


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_a_malformed_body_is_no_json_whatever_it_was(start: Start, answer: Any) -> None:
    mock, _ = start()
    kind = mock.faults.malform().kind
    with pytest.raises(ValueError, match=r"."):
        json.loads(kind.change(json.dumps(answer).encode()))


def test_an_answer_may_lack_a_field_or_have_it_in_another_type(start: Start) -> None:
    mock, client = start()
    client.call("POST", _S, {"id": "s", "metadata": {"topic": "math", "n": 1}})
    mock.faults.drop_field("created_at", operation="get_sessions", times=1)
    mock.faults.wrong_type("metadata.n", operation="get_sessions", times=1)
    mock.faults.wrong_type("total", operation="get_sessions", times=1)
    mock.faults.drop_field("nothing.like.it", operation="get_sessions", times=1)
    lacking, spoilt, wrong, whole = (client.call("POST", f"{_S}/list").json for _ in range(4))
    [row] = whole["items"]
    assert lacking == {**whole, "items": [{name: row[name] for name in row if name != "created_at"}]}
    assert spoilt == {**whole, "items": [{**row, "metadata": {"topic": "math", "n": "not of this type"}}]}
    assert wrong == {**whole, "total": "not of this type"}


def test_a_delay_holds_up_nobody_else(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    server.mock.faults.delay(30, session="slow")

    def call() -> None:
        with pytest.raises(httpx.HTTPError):
            client.post(_S, json={"id": "slow"})

    slow = threading.Thread(target=call)
    slow.start()
    server.mock.requests.wait_for(timeout=60, session="slow")
    assert httpx.post(f"{server.url}{_S}/list").json()["total"] == 1  # It is carried out, and not answered yet.
    server.__exit__(None, None, None)
    slow.join(60)
    assert not slow.is_alive()


def test_what_hangs_is_answered_when_it_is_released(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    fault = server.mock.faults.hang(session="s", name="stuck")
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(client.post(_S, json={"id": "s"}).status_code))
    waiting.start()
    [request] = server.mock.requests.wait_for(timeout=60, session="s")
    assert request.status is None
    assert httpx.get(f"{server.url}/_mock/faults/stuck").json()["held"] == 1
    fault.release()
    waiting.join(60)
    assert answers == [200]
    assert server.mock.requests[0].status == 200
    assert client.post(_S, json={"id": "s"}).status_code == 200


def test_who_gives_up_waiting_is_forgotten(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    client.post(_S, json={"id": "s"})  # Imports the model of the body, which may take longer than the timeout below.
    fault = server.mock.faults.hang(times=1)
    with pytest.raises(httpx.ReadTimeout):
        client.post(_S, json={"id": "s"}, timeout=0.5)
    while fault.held:
        client.get("/health")
    assert server.mock.requests[1].status is None


_KINDS: list[tuple[str, dict[str, Any]]] = [
    ("error", {"status": 503}),
    ("quota", {"limit": 0, "per": 60}),
    ("disconnect", {}),
]
_REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/v3/workspaces", {"id": "x"}),
    ("POST", _S, {"id": "t", "peers": {"bob": {}}}),
    ("PUT", f"{_S}/s", {"metadata": {"k": 1}}),
    ("POST", f"{_S}/s/messages", {"messages": [{"content": "x", "peer_id": "al"}]}),
    ("POST", f"{_S}/s/clone", None),
    ("DELETE", f"{_S}/s", None),
    ("DELETE", "/v3/workspaces/w", None),
]


@given(st.lists(st.tuples(st.sampled_from(_KINDS), st.sampled_from(_REQUESTS)), max_size=6))
def test_no_fault_changes_state_unless_it_says_so(start: Start, steps: list[Any]) -> None:
    mock, client = start(world={"workspaces": {"w": {"sessions": [{"id": "s"}]}}})
    before = mock.world()
    for (kind, arguments), (method, path, body) in steps:
        mock.faults.add(kind, **arguments, times=1)
        with suppress(ConnectionResetError):
            assert client.call(method, path, body).status in (503, 429)
    assert mock.world() == before
    assert mock.pending() == []


@pytest.mark.parametrize(
    ("kind", "arguments", "complaint"),
    [
        ("explode", {}, "there is no fault 'explode'; there are delay, disconnect,"),
        ("error", {"status": 99}, "status must be an integer of at least 200: 99"),
        ("error", {"status": True}, "status must be an integer"),
        ("error", {"status": None}, "status must be an integer"),
        ("quota", {"limit": None, "per": 1}, "limit must be an integer"),
        ("error", {"status": 600}, "status must be at most 599: 600"),
        ("error", {"answer": {1, 2}}, "answer cannot be written as JSON"),
        ("error", {"headers": ["a"]}, "headers must map names to values: ['a']"),
        ("error", {"headers": {"a b": "c"}}, "not the name of a header: 'a b'"),
        ("error", {"headers": {5: "c"}}, "not the name of a header: 5"),
        ("error", {"headers": {"a": "b\r\nc: d"}}, "the value of the header 'a' must be a string"),
        ("error", {"headers": {"a": "é"}}, "the value of the header 'a' must be a string of printable ASCII: 'é'"),
        ("error", {"headers": {"a": 5}}, "the value of the header 'a' must be a string of printable ASCII: 5"),
        ("error", {"carry_out": 1}, "carry_out must be true or false: 1"),
        ("error", {"headers": {"Content-Length": "3"}}, "the server sets the header 'Content-Length'"),
        ("error", {"operation": "get_session"}, "no operation 'get_session'; did you mean 'get_sessions'"),
        (
            "error",
            {"colour": "red"},
            "error takes no 'colour' (arguments: status, answer, headers, carry_out, name, times,",
        ),
        ("error", {"times": 0}, "times must be an integer of at least 1: 0"),
        ("error", {"probability": 2}, "probability must be a number from 0 to 1: 2"),
        ("error", {"predicate": 5}, "predicate must be callable: 5"),
        ("error", {"workspace": 5}, "workspace must be a string: 5"),
        ("error", {"name": "taken"}, "there is already a fault 'taken'"),
        ("delay", {}, "delay needs 'seconds': how long the answer is delayed, up to 3600"),
        ("error", {"method": "FETCH"}, "there is no method 'FETCH'; the methods are CONNECT, DELETE, GET,"),
        ("error", {"must_fire": "no"}, "must_fire must be true or false: 'no'"),
        ("error", {"operation": []}, "operation must be a name, or a list of names: []"),
        ("error", {"operation": "gt_*"}, "no operation 'gt_*'; did you mean 'get_"),
        ("error", {"operation": ["clone_session", "get_sesions"]}, "no operation 'get_sesions'; did you mean 'get_"),
        ("delay", {"seconds": 1, "delay": 2}, "the fault delay takes `seconds`, but not `delay`"),
        ("delay", {"seconds": -1}, "seconds must be a number from 0 to 3600: -1"),
        ("quota", {"limit": -1, "per": 1}, "limit must be an integer"),
        ("quota", {"limit": 1, "per": 0}, "per must be a number from 0.001"),
        ("disconnect", {"at": "tail"}, "at must be one of start, head, body: 'tail'"),
        ("hang", {"at": "tail"}, "at must be one of start, body: 'tail'"),
        ("truncate", {"share": 1.5}, "share must be a number from 0 to 1: 1.5"),
        ("drop_field", {"field": ""}, "field must be the name of a field: ''"),
    ],
)
def test_a_wrong_rule_says_what_is_wrong_and_is_not_set(
    start: Start, kind: str, arguments: dict[str, Any], complaint: str
) -> None:
    mock, client = start()
    mock.faults.delay(0, name="taken")
    with pytest.raises(ValueError, match=r".") as raised:
        mock.faults.add(kind, **arguments)
    assert complaint in str(raised.value)
    assert [fault.name for fault in mock.faults] == ["taken"]
    assert _make(client) == 200


def test_rules_are_listed_named_and_taken_away_and_a_reset_forgets_them(start: Start) -> None:
    mock, client = start()
    mock.faults.error(503, name="down", workspace="w")
    mock.faults.delay(0, workspace="v")
    assert [(fault.name, str(fault.kind)) for fault in mock.faults] == [("down", "error(503)"), ("delay-1", "delay(0)")]
    mock.faults.remove("down")
    assert _make(client) == 200
    with pytest.raises(KeyError, match="there is no fault 'down'; there are delay-1"):
        mock.faults.remove("down")
    mock.reset(workspace="v")
    assert len(mock.faults) == 0
    mock.faults.error(503)
    mock.reset()
    assert _make(client) == 200


def test_a_rule_that_never_fired_can_be_told(start: Start) -> None:
    mock, client = start()
    mock.faults.error(503, operation="clone_session", must_fire=True, name="down")
    mock.faults.error(503, operation="clone_session")
    with pytest.raises(
        AssertionError, match="these faults never fired: <Fault 'down': error\\(503\\) for operation=clone"
    ):
        mock.faults.assert_fired()
    client.call("POST", f"{_S}/s/clone")
    mock.faults.assert_fired()
    mock.faults.assert_fired("down")


def test_unknown_paths_and_methods_meet_faults_too(start: Start) -> None:
    mock, client = start()
    mock.faults.error(502, path="/v3/nowhere")
    mock.faults.error(504, method="PATCH")
    assert client.call("GET", "/v3/nowhere").status == 502
    assert client.call("PATCH", _S).status == 504


def test_the_control_plane_meets_no_fault(start: Start) -> None:
    mock, client = start()
    mock.faults.error(503)
    assert client.call("POST", "/_mock/reset").status == 200
    assert _make(client) == 200


def _with_streams() -> Starlette:
    """An app with what the API has beside JSON: an upload, and an answer that comes as a stream of events."""
    router = Router()

    @router.operation("POST", "/upload", answers={201: "Anything"}, access=None)
    def upload(call: Call) -> Reply:
        return 201, {"stored": True}

    @router.operation("POST", "/stream", answers={200: "Anything"}, access=None)
    def stream(call: Call) -> Reply:
        return 200, Stream(b"text/event-stream", [b'data: {"n": 1}\n\n', b'data: {"n": 2}\n\n'])

    mock = Mock()
    app = Starlette(routes=[ObservedEndpoint(mock, router.operations)])
    app.state.mock = mock
    return app


@pytest.mark.parametrize(
    ("kind", "arguments", "status", "content"),
    [
        ("delay", {"seconds": 0}, 200, b'data: {"n": 1}\n\ndata: {"n": 2}\n\n'),
        ("error", {"status": 503, "answer": "down"}, 503, b'"down"'),
        ("truncate", {"share": 0.44}, 200, b'data: {"n": 1}'),
        ("malform", {}, 200, b'data: {"n": 1}]\n\ndata: {"n": 2}]\n\n'),
        ("drop_field", {"field": "content"}, 200, b'data: {"n": 1}\n\ndata: {"n": 2}\n\n'),
    ],
)
def test_streams_meet_faults(kind: str, arguments: dict[str, Any], status: int, content: bytes) -> None:
    app = _with_streams()
    client = DirectClient(app)
    app.state.mock.faults.add(kind, **arguments, times=1)
    answer = client.send("POST", "/stream")
    assert (answer.status, answer.body) == (status, content)
    answer = client.send("POST", "/stream")
    assert (answer.headers["content-type"], "content-length" in answer.headers) == ("text/event-stream", False)
    assert app.state.mock.requests[-1].answer == 'data: {"n": 1}\n\ndata: {"n": 2}\n\n'


def test_a_stream_may_break_in_its_middle() -> None:
    app = _with_streams()
    app.state.mock.faults.disconnect("body", path="/stream")
    with pytest.raises(ConnectionResetError):
        DirectClient(app).send("POST", "/stream")


_CHAT = "/v3/workspaces/w/peers/al/chat"
_ASKED = {"query": "Who?", "stream": True}


def test_a_stream_is_cut_between_its_pieces(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    server.mock.scripts.add("chat", ["one", "two", "three"])
    whole = client.post(_CHAT, json=_ASKED).text.split("\n\n")
    server.mock.faults.disconnect("body")
    received: list[bytes] = []
    with client.stream("POST", _CHAT, json=_ASKED) as answer, pytest.raises(httpx.RemoteProtocolError):
        received.extend(answer.iter_raw())
    text = b"".join(received).decode()
    assert text.split("\n\n") == [*whole[:2], ""]
    assert server.mock.requests[-1].answer == text


@pytest.mark.parametrize(("path", "body"), [(_CHAT, _ASKED), (_S, {"id": "s"})], ids=["stream", "whole"])
def test_an_answer_may_stall_in_its_middle(
    sockets: tuple[MockServer, httpx.Client], path: str, body: dict[str, Any]
) -> None:
    server, client = sockets
    server.mock.scripts.add("chat", ["one", "two", "three"])
    client.post(_S, json={"id": "s"})
    usual = client.post(path, json=body).content
    fault = server.mock.faults.hang("body")
    with client.stream("POST", path, json=body) as answer:
        pieces = answer.iter_raw()
        received = next(pieces)
        assert len(received) < len(usual)
        while not fault.held:
            httpx.get(f"{server.url}/_mock/clock")
        fault.release()
        assert received + b"".join(pieces) == usual
    assert server.mock.requests[-1].answer_content == usual


def test_who_leaves_a_stalled_answer_is_forgotten(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    client.post(_CHAT, json=_ASKED)  # Imports the model of the body, which may take longer than the timeout below.
    fault = server.mock.faults.hang("body", times=1)
    with pytest.raises(httpx.ReadTimeout):
        client.post(_CHAT, json=_ASKED, timeout=0.2)
    while fault.held:
        client.get("/health")
    assert server.mock.requests[1].status == 200


def test_uploads_meet_faults() -> None:
    app = _with_streams()
    form = {"content-type": "multipart/form-data; boundary=x"}
    app.state.mock.faults.error(413, operation="upload", predicate=lambda request: b"big" in request.content)
    sent = [DirectClient(app).send("POST", "/upload", [b"--x ", file], headers=form) for file in (b"big", b"small")]
    assert [answer.status for answer in sent] == [413, 201]


def test_an_answer_that_a_fault_made_says_so_and_one_that_it_let_through_says_why_it_came(start: Start) -> None:
    mock, client = start()
    mock.faults.error(404, name="é", path="/health", times=1)
    mock.faults.delay(0, name="late")
    made = client.call("GET", "/health").headers["x-mock-diagnosis"]
    assert unquote(made) == mock.requests[0].diagnosis == "the fault 'é' answered, not the API"
    assert made.isascii()
    client.call("DELETE", f"{_S}/s")
    assert mock.requests[1].diagnosis == "there is no workspace 'w'; there are none"


_CARRIED_OUT: list[tuple[str, dict[str, Any]]] = [
    ("error", {"status": 500, "carry_out": True}),
    ("lose_answer", {}),
    ("delay", {"seconds": 0}),
    ("truncate", {}),
    ("malform", {}),
    ("drop_field", {"field": "id"}),
    ("wrong_type", {"field": "created_at"}),
    ("disconnect", {"at": "head"}),
    ("disconnect", {"at": "body"}),
]


@given(st.lists(st.tuples(st.sampled_from(_CARRIED_OUT), st.sampled_from(_REQUESTS)), max_size=6))
def test_a_fault_that_carries_a_request_out_leaves_just_what_no_fault_would(start: Start, steps: list[Any]) -> None:
    worlds = []
    for is_faulty in (True, False):
        mock, client = start(world={"workspaces": {"w": {"sessions": [{"id": "s"}]}}}, seed=1)
        for (kind, arguments), (method, path, body) in steps:
            if is_faulty:
                mock.faults.add(kind, **arguments, times=1)
            with suppress(ConnectionResetError):
                client.call(method, path, body)
            mock.faults.forget()
        worlds.append((mock.world(), mock.pending()))
    assert worlds[0] == worlds[1]


def test_chances_are_those_of_the_seed_of_the_rule_and_of_the_mock(start: Start) -> None:
    def run(seed: int | None = None) -> list[list[int]]:
        mock, client = start()
        runs = []
        for _ in range(2):
            mock.faults.error(probability=0.5, seed=seed)
            runs.append([client.call("GET", "/health").status for _ in range(40)])
            mock.faults.forget()
        return runs

    assert run(1)[0] == run(1)[1] != run(2)[0]
    assert run()[0] != run()[1]
    mine, others = start(seed=1), start(seed=2)
    assert _struck(*mine) != _struck(*others)


def _struck(mock: Mock, client: DirectClient) -> list[int]:
    mock.faults.error(probability=0.5)
    return [client.call("GET", "/health").status for _ in range(40)]


def test_a_quota_begins_anew_where_the_clock_was_turned_back(start: Start) -> None:
    mock, client = start(frozen_at="2026-03-02T00:00:00Z")
    mock.faults.quota(1, per=60)
    assert [_make(client) for _ in range(2)] == [200, 429]
    mock.clock.freeze("2026-03-01T00:00:00Z")
    assert _make(client) == 200
    assert client.call("GET", "/health").headers["Retry-After"] == "60"


def test_names_begin_anew_after_a_reset_and_make_room_for_given_ones(start: Start) -> None:
    mock, _ = start()
    mock.faults.error(name="error-1")
    assert mock.faults.error().name == "error-2"
    mock.reset()
    assert mock.faults.error().name == "error-1"
    for name in ("", "a/b", "x" * 101, "a\nb", 5):
        with pytest.raises(ValueError, match="a name must be a string of 1 to 100"):
            mock.faults.error(name=name)  # type: ignore[arg-type]  # one of them is no text
    fault = mock.faults["error-1"]
    mock.faults.remove(fault)
    assert list(mock.faults) == []


def test_a_field_that_is_not_there_is_no_hit(start: Start) -> None:
    mock, client = start()
    fault = mock.faults.drop_field("create_at", times=1, must_fire=True)
    assert client.call("POST", _S, {"id": "s", "metadata": {"name": "Zoë"}}).status == 200
    assert (fault.matched, fault.fired, mock.requests[0].fault) == (1, 0, None)
    with pytest.raises(AssertionError, match="never fired"):
        mock.faults.assert_fired()


def test_an_error_may_be_the_page_of_a_proxy(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    server.mock.faults.error(502, "<h1>Bad Gateway</h1>", {"Content-Type": "text/html", "Via": "proxy"}, times=1)
    answer = client.get("/health")
    assert (answer.status_code, answer.text, answer.headers["via"]) == (502, "<h1>Bad Gateway</h1>", "proxy")
    assert answer.headers.get_list("content-type") == ["text/html"]
    assert client.get("/health").status_code == 200


def test_what_is_released_while_it_is_delayed_does_not_hang(sockets: tuple[MockServer, httpx.Client]) -> None:
    server, client = sockets
    fault = server.mock.faults.hang(delay=0.05, path="/health")
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(client.get("/health").status_code))
    waiting.start()
    server.mock.requests.wait_for(timeout=60, path="/health")
    fault.release()
    waiting.join(60)
    assert answers == [200]


def test_leaving_a_server_tells_of_faults_that_never_fired_unless_something_else_went_wrong() -> None:
    with pytest.raises(AssertionError, match="these faults never fired: <Fault 'hang-1'"), MockServer() as server:
        server.mock.faults.hang(must_fire=True)
    server = MockServer()
    server.__enter__()
    server.mock.faults.hang(must_fire=True)
    server.__exit__(LookupError, LookupError("the reason"), None)
