"""What is known of a peer, over HTTP: conclusions, cards, representations, contexts and questions."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, MockServer, create_app
from mockserver.api import answers
from mockserver.api.events import words
from support.direct_client import Answer, DirectClient
from support.started_mock import Start

_W = "/v3/workspaces/w"
_WORLD = {"workspaces": {"w": {"peers": [{"id": "al"}, {"id": "bob"}], "sessions": [{"id": "s"}]}}}


def _conclude(client: DirectClient, *contents: str, session: str | None = None) -> Answer:
    drafts = [{"content": one, "observer_id": "al", "observed_id": "bob", "session_id": session} for one in contents]
    return client.call("POST", f"{_W}/conclusions", {"conclusions": drafts})


@given(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=9), st.integers(1, 4), st.integers(1, 4))
def test_conclusions_are_listed_newest_first_and_reversed_they_mirror(
    start: Start, kept: list[str], page: int, size: int
) -> None:
    _, client = start(world=_WORLD)
    made = [_conclude(client, content).json[0] for content in kept]
    listed, mirrored = (
        client.call("POST", f"{_W}/conclusions/list", page=page, size=size, reverse=reverse).json
        for reverse in (False, True)
    )
    assert listed["items"] == made[::-1][(page - 1) * size : page * size]
    assert mirrored["items"] == made[(page - 1) * size : page * size]
    assert listed["total"] == len(made)


@pytest.mark.parametrize(("quirks", "status"), [("none", 422), ("inner_failures", 500)])
def test_a_query_names_one_observer_and_one_observed_peer(start: Start, quirks: str, status: int) -> None:
    _, client = start(world=_WORLD, quirks=quirks)
    _conclude(client, "fact")
    for filters in ({"observer_id": "al", "observed_id": "bob"}, {"observer": "al", "observed": "bob"}):
        found = client.call("POST", f"{_W}/conclusions/query", {"query": "fact", "filters": filters})
        assert [one["content"] for one in found.json] == ["fact"]
    odd = {"observer_id": ["al"], "observed_id": "bob"}
    assert client.call("POST", f"{_W}/conclusions/query", {"query": "fact", "filters": odd}).status == status


@pytest.mark.parametrize(
    ("filters", "contents"),
    [
        ({"session_id": "s"}, ["of s"]),
        ({"NOT": [{"session_id": "s"}]}, []),
        ({"session_id": None}, ["of none"]),
        ({"observer": "al", "session_name": "s", "level": "explicit"}, ["of s"]),
        ({"observer_id": "al", "observed_id": "bob", "workspace_id": "w"}, ["of s", "of none"]),
        ({"workspace_id": "v"}, []),
        ({"created_at": {"gte": "2020-01-01"}}, ["of s", "of none"]),
    ],
)
def test_conclusions_are_filtered_by_their_columns(start: Start, filters: Any, contents: list[str]) -> None:
    _, client = start(world=_WORLD)
    _conclude(client, "of none")
    _conclude(client, "of s", session="s")
    listed = client.call("POST", f"{_W}/conclusions/list", {"filters": filters}).json
    assert [one["content"] for one in listed["items"]] == contents


def test_a_batch_of_conclusions_is_kept_whole_or_not_at_all(start: Start) -> None:
    _, client = start(world=_WORLD)
    good = {"content": "x", "observer_id": "al", "observed_id": "bob"}
    for wrong, detail in (
        ({"observer_id": "ghost"}, "Peer ghost not found in workspace w"),
        ({"session_id": "none"}, "Session none not found in workspace w"),
    ):
        answer = client.call("POST", f"{_W}/conclusions", {"conclusions": [good, {**good, **wrong}]})
        assert (answer.status, answer.json) == (404, {"detail": detail})
    assert client.call("POST", "/v3/workspaces/v/conclusions", {"conclusions": [good]}).status == 404
    assert client.call("POST", f"{_W}/conclusions/list").json["total"] == 0


def test_a_conclusion_has_at_most_so_many_tokens(start: Start) -> None:
    _, client = start(world=_WORLD)
    assert _conclude(client, "tea " * 8_000).status == 201
    refused = _conclude(client, "tea " * 8_200)
    assert refused.status == 422
    [offence] = refused.json["detail"]
    assert offence["loc"] == ["body", "conclusions", 0]
    assert offence["msg"] == "Value error, content exceeds maximum of 8192 tokens"


def test_a_conclusion_with_a_control_token_is_refused_as_a_message_is(start: Start) -> None:
    _, client = start(world=_WORLD)
    refused = _conclude(client, "fine", "bad <|endoftext|>")
    [offence] = refused.json["detail"]
    assert (refused.status, offence["loc"]) == (422, ["body", "conclusions", 1])
    said = {"messages": [{"peer_id": "bob", "content": "bad <|endoftext|>"}]}
    [told] = client.call("POST", f"{_W}/sessions/s/messages", said).json["detail"]
    assert offence["msg"] == told["msg"]


@pytest.mark.parametrize("given_too", [{}, {"observations": []}])
def test_conclusions_go_before_their_old_name(start: Start, given_too: Any) -> None:
    _, client = start(world=_WORLD, quirks="field_names")
    drafts = [{"content": "x", "observer_id": "al", "observed_id": "bob"}]
    assert client.call("POST", f"{_W}/conclusions", {"conclusions": drafts, **given_too}).status == 201
    [offence] = client.call("POST", f"{_W}/conclusions", {"observations": []}).json["detail"]
    assert (offence["type"], offence["loc"]) == ("too_short", ["body", "observations"])
    [offence] = client.call("POST", f"{_W}/conclusions", {}).json["detail"]
    assert (offence["type"], offence["loc"]) == ("missing", ["body", "conclusions"])


def test_the_conclusions_of_a_session_go_with_its_purge(start: Start) -> None:
    mock, client = start(world=_WORLD)
    _conclude(client, "of none")
    _conclude(client, "of s", session="s")
    mock.summarize("s", "They met.")
    client.call("DELETE", f"{_W}/sessions/s")
    assert client.call("POST", f"{_W}/conclusions/list").json["total"] == 2
    assert client.call("GET", f"{_W}/sessions/s/summaries").json["short_summary"]["content"] == "They met."
    mock.purge()
    assert [one["content"] for one in client.call("POST", f"{_W}/conclusions/list").json["items"]] == ["of none"]
    assert client.call("GET", f"{_W}/sessions/s/summaries").json["short_summary"] is None


def test_a_query_gives_the_nearest_of_one_pair(start: Start) -> None:
    _, client = start(world=_WORLD)
    _conclude(client, "bob drinks tea", "bob runs in the morning")
    asked = {"query": "Does he run?", "filters": {"observer_id": "al", "observed_id": "bob"}, "top_k": 1}
    assert [one["content"] for one in client.call("POST", f"{_W}/conclusions/query", asked).json] == [
        "bob runs in the morning"
    ]
    other = {**asked, "filters": {"observer_id": "bob", "observed_id": "al"}}
    assert client.call("POST", f"{_W}/conclusions/query", other).json == []


def test_a_representation_is_what_was_concluded_as_text(start: Start) -> None:
    mock, client = start(world=_WORLD, frozen_at="2026-03-01T12:00:00.5Z")
    _conclude(client, "bob likes tea")
    mock.clock.advance(61)
    _conclude(client, "bob is tall", session="s")
    known = client.call("POST", f"{_W}/peers/al/representation", {"target": "bob"}).json["representation"]
    assert known == (
        "## Explicit Observations\n\n[2026-03-01 12:00:00] bob likes tea\n[2026-03-01 12:01:01] bob is tall\n"
    )
    of_session = {"target": "bob", "session_id": "s"}
    assert "likes tea" not in client.call("POST", f"{_W}/peers/al/representation", of_session).json["representation"]
    context = client.call("GET", f"{_W}/peers/al/context", target="bob").json
    assert context == {"peer_id": "al", "target_id": "bob", "representation": known, "peer_card": None}
    session = client.call("GET", f"{_W}/sessions/s/context", peer_target="bob", peer_perspective="al").json
    assert session["peer_representation"] == known


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({}, "to peer 'al' about itself: 0 conclusions would"),
        ({"target": "bob"}, "to peer 'al' about peer 'bob': 2 conclusions would"),
        ({"target": "bob", "session_id": "s"}, "to peer 'al' about peer 'bob' in session 's': 1 conclusion would"),
    ],
)
def test_a_question_without_a_script_is_answered_by_what_would_have_been_used(
    start: Start, asked: Any, answer: str
) -> None:
    _, client = start(world=_WORLD)
    _conclude(client, "bob likes tea")
    _conclude(client, "bob is tall", session="s")
    content = client.call("POST", f"{_W}/peers/al/chat", {"query": "Who?", **asked}).json["content"]
    assert content == f"No script answers this question {answer} have been used."


def _events(body: bytes) -> list[Any]:
    *events, rest = body.decode().split("\n\n")
    assert rest == ""
    assert all(event.startswith("data: ") for event in events)
    return [json.loads(event.removeprefix("data: ")) for event in events]


@given(st.text())
def test_a_streamed_answer_is_the_plain_one_in_pieces(start: Start, text: str) -> None:
    mock, client = start(world=_WORLD)
    mock.scripts.add("chat", text)
    plain = client.call("POST", f"{_W}/peers/al/chat", {"query": "Who?"}).json["content"]
    streamed = client.call("POST", f"{_W}/peers/al/chat", {"query": "Who?", "stream": True})
    *pieces, last = _events(streamed.body)
    assert last == {"done": True}
    assert all(event["done"] is False for event in pieces)
    assert "".join(event["delta"]["content"] for event in pieces) == plain == text
    assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8"


@given(st.text())
def test_words_lose_nothing(text: str) -> None:
    assert "".join(words(text)) == text


def test_a_script_may_say_the_pieces_of_a_stream_or_that_there_is_no_answer(start: Start) -> None:
    mock, client = start(world=_WORLD)
    mock.scripts.add("chat", ["Bl", "", "ue."], None)
    for pieces in (["Bl", "", "ue."], []):
        *events, _ = _events(client.call("POST", f"{_W}/peers/al/chat", {"query": "?", "stream": True}).body)
        assert [event["delta"]["content"] for event in events] == pieces


def test_an_unscripted_answer_is_streamed_too(start: Start) -> None:
    _, client = start(world=_WORLD)
    *events, _ = _events(client.call("POST", f"{_W}/peers/al/chat", {"query": "?", "stream": True}).body)
    assert "".join(event["delta"]["content"] for event in events).startswith("No script answers")


def test_a_summary_is_replaced_by_one_of_its_kind(start: Start) -> None:
    mock, client = start(world=_WORLD, frozen_at="2026-03-01T12:00:00Z")
    batch = {"messages": [{"content": "hello", "peer_id": "al"}, {"content": "bye", "peer_id": "al"}]}
    first, last = (one["id"] for one in client.call("POST", f"{_W}/sessions/s/messages", batch).json)
    mock.summarize("s", "They met.", kind="long")
    mock.summarize("s", "Hello.", up_to=first)
    assert mock.summarize("s", "They greeted.", up_to=first)["content"] == "They greeted."
    summaries = client.call("GET", f"{_W}/sessions/s/summaries").json
    assert summaries["short_summary"] == {
        "content": "They greeted.",
        "message_id": first,
        "summary_type": "short",
        "created_at": "2026-03-01T12:00:00Z",
        "token_count": 3,
    }
    assert summaries["long_summary"]["message_id"] == last


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        ({"session": "none"}, KeyError, "there is no session 'none'"),
        ({"session": "s", "workspace": "none"}, KeyError, "there is no session 's' in the workspace 'none'"),
        ({"session": "s"}, ValueError, "several workspaces have a session 's': 'w', 'v'; pass workspace="),
        ({"session": "s", "workspace": "w", "up_to": "m"}, KeyError, "there is no message 'm' in the session 's'"),
        (
            {"session": "s", "workspace": "w", "kind": "tall"},
            ValueError,
            "a summary must be a string of kind 'short' or 'long'",
        ),
    ],
)
def test_a_summary_of_what_is_not_there_is_refused(
    start: Start, arguments: Any, error: type[Exception], complaint: str
) -> None:
    mock, client = start(world=_WORLD)
    client.call("POST", "/v3/workspaces/v/sessions", {"id": "s"})
    with pytest.raises(error, match=complaint):
        mock.summarize(content="So.", **arguments)
    answer = client.call("POST", "/_mock/summaries", {"content": "So.", **arguments})
    assert answer.status == (404 if error is KeyError else 422)
    assert client.call("POST", "/_mock/summaries", {"content": "So.", "session": "s", "workspace": "w"}).status == 201


def test_a_stream_comes_with_pauses_and_stops_when_the_client_leaves() -> None:
    import httpx

    with MockServer(world=_WORLD) as server, httpx.Client(base_url=server.url) as client:
        server.mock.scripts.add("chat", ["one", "two", "three"], pause=0.01)
        asked = {"query": "?", "stream": True}
        assert len(_events(client.post(f"{_W}/peers/al/chat", json=asked).content)) == 4
        server.mock.scripts.add("chat", ["one", "two"], pause=60)
        with client.stream("POST", f"{_W}/peers/al/chat", json=asked) as answer:
            assert b"one" in next(answer.iter_raw())


def test_an_empty_session_or_target_is_one_of_that_name(start: Start) -> None:
    _, client = start(world=_WORLD)
    _conclude(client, "bob likes tea", session="s")
    client.call("PUT", f"{_W}/peers/al/card", {"peer_card": ["own"]})
    for asked in ({"target": "bob", "session_id": ""}, {"target": ""}):
        assert client.call("POST", f"{_W}/peers/al/representation", asked).json == {"representation": ""}
    context = client.call("GET", f"{_W}/peers/al/context", target="").json
    assert context == {"peer_id": "al", "target_id": "", "representation": "", "peer_card": None}
    assert client.call("GET", f"{_W}/peers/al/card", target="").json == {"peer_card": None}
    client.call("PUT", f"{_W}/peers/al/card", {"peer_card": ["of the empty"]}, target="")
    assert client.call("GET", f"{_W}/peers/al/card", target="").json == {"peer_card": ["of the empty"]}
    assert client.call("GET", f"{_W}/peers/al/card").json == {"peer_card": ["own"]}


def test_a_question_with_an_empty_session_is_about_all_sessions(start: Start) -> None:
    _, client = start(world=_WORLD)
    _conclude(client, "bob likes tea", session="s")
    asked = {"query": "?", "target": "bob", "session_id": ""}
    assert "1 conclusion" in client.call("POST", f"{_W}/peers/al/chat", asked).json["content"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ({}, 200, None),
        ({"target": "eve"}, 200, None),
        ({"target": "ghost"}, 404, "Peer ghost not found in workspace v"),
        ({"session_id": "s"}, 404, "Session s not found in workspace v"),
        ({"session_id": "gone"}, 404, "Session gone not found in workspace v"),
        ({"session_id": "none", "target": "ghost"}, 404, "Peer ghost not found in workspace v"),
    ],
)
def test_who_is_asked_is_created_and_what_the_question_names_must_be_there(
    start: Start, asked: Any, status: int, detail: str | None, stream: bool
) -> None:
    _, client = start(world=_WORLD)
    if "session_id" in asked:
        client.call("POST", "/v3/workspaces/v/sessions", {"id": "gone"})
        client.call("DELETE", "/v3/workspaces/v/sessions/gone")
    answer = client.call("POST", "/v3/workspaces/v/peers/eve/chat", {"query": "?", "stream": stream, **asked})
    assert answer.status == status
    assert detail is None or answer.json == {"detail": detail}
    assert [peer["id"] for peer in client.call("POST", "/v3/workspaces/v/peers/list").json["items"]] == ["eve"]


@pytest.mark.parametrize("name", ["", "bad id"])
@pytest.mark.parametrize(
    ("by_default", "method", "path", "body"),
    [
        (422, "POST", "/peers/bad%20id/chat", {"query": "?"}),
        (404, "POST", "/peers/al/chat", {"query": "?", "target": "NAME"}),
        (404, "GET", "/peers/bad%20id/card", None),
        (422, "PUT", "/peers/bad%20id/card", {"peer_card": []}),
        (404, "POST", "/conclusions", {"conclusions": [{"content": "x", "observer_id": "al", "observed_id": "NAME"}]}),
        (404, "POST", "/conclusions", {"conclusions": [{"content": "x", "observer_id": "NAME", "observed_id": "al"}]}),
        (422, "POST", "/conclusions/query", {"query": "x", "filters": {"observer_id": ["al"], "observed_id": "al"}}),
    ],
)
def test_a_malformed_id_of_a_peer_is_refused_and_the_live_server_fails(
    start: Start, by_default: int, method: str, path: str, body: Any, name: str
) -> None:
    sent = json.loads(json.dumps(body).replace("NAME", name))
    for quirks, status in (("none", by_default), ("inner_failures", 500)):
        _, client = start(world=_WORLD, quirks=quirks)
        answer = client.call(method, f"{_W}{path}", sent)
        assert answer.status == status, answer.json
        assert client.call("POST", f"{_W}/peers/list").json["total"] == 2
        assert client.call("POST", f"{_W}/conclusions/list").json["total"] == 0


def test_the_context_of_a_peer_with_a_malformed_id_has_a_detail_of_its_own(start: Start) -> None:
    for quirks in ("none", "inner_failures"):
        _, client = start(world=_WORLD, quirks=quirks)
        answer = client.call("GET", f"{_W}/peers/bad%20id/context")
        assert (answer.status, answer.json) == (404, {"detail": "Peer not found"})


@pytest.mark.parametrize("query", [{}, {"target": "al"}])
def test_the_context_of_an_unknown_peer_is_refused_in_other_words_if_its_id_is_malformed(
    start: Start, query: dict[str, str]
) -> None:
    _, client = start()
    client.call("POST", f"{_W}/peers", {"id": "al"})
    for peer, detail in (("ghost", "Peer ghost not found in workspace w"), ("bad id", "Peer not found")):
        answer = client.call("GET", f"{_W}/peers/{peer}/context", **query)
        assert (answer.status, answer.json) == (404, {"detail": detail})


def test_a_context_may_be_limited_to_the_session_and_to_what_is_near(start: Start) -> None:
    _, client = start(world=_WORLD)
    _conclude(client, "bob likes tea", session="s")
    _conclude(client, "bob is tall")

    def known(**wanted: object) -> str:
        of_bob = {"peer_target": "bob", "peer_perspective": "al", **wanted}
        text: str = client.call("GET", f"{_W}/sessions/s/context", **of_bob).json["peer_representation"]
        return text

    assert "tea" in known()
    assert "tall" in known()
    assert "tall" not in known(limit_to_session=True)
    assert "tall" not in known(limit_to_session=True, search_query="tall", include_most_frequent=True)
    assert "tea" not in known(search_query="tall", search_top_k=1, max_conclusions=1)
    assert "tea" in known(search_query="tall", search_top_k=1, max_conclusions=3, include_most_frequent=True)


def test_a_representation_has_25_conclusions_unless_asked_and_up_to_100_for_null(start: Start) -> None:
    _, client = start(world=_WORLD)
    for number in range(27):
        _conclude(client, f"fact {number}")

    def count(**wanted: object) -> int:
        asked = {"target": "bob", **wanted}
        text: str = client.call("POST", f"{_W}/peers/al/representation", asked).json["representation"]
        return text.count("fact")

    assert [count(), count(max_conclusions=None), count(max_conclusions=26)] == [25, 27, 26]


def test_the_conclusions_of_a_batch_keep_their_order(start: Start) -> None:
    _, client = start(world=_WORLD)
    first, second = (_conclude(client, *"abc").json for _ in range(2))
    listed, mirrored = (
        client.call("POST", f"{_W}/conclusions/list", reverse=reverse).json["items"] for reverse in (False, True)
    )
    assert listed == [*second, *first]
    assert mirrored == [*first, *second]


def test_a_query_of_an_observer_without_a_name_is_refused(start: Start) -> None:
    _, client = start(world=_WORLD)
    asked = {"query": "x", "filters": {"observer_id": "", "observed_id": "bob"}}
    assert client.call("POST", f"{_W}/conclusions/query", asked).status == 422


def test_a_card_makes_the_peer_who_has_it_and_nobody_else(start: Start) -> None:
    _, client = start(world=_WORLD)
    client.call("PUT", f"{_W}/peers/eve/card", {"peer_card": ["x"]}, target="zed")
    assert [peer["id"] for peer in client.call("POST", f"{_W}/peers/list").json["items"]] == ["al", "bob", "eve"]


def test_a_nul_is_dropped_even_if_nothing_is_left_and_no_summary_has_one(start: Start) -> None:
    mock, client = start(world=_WORLD)
    assert _conclude(client, "").status == 422
    assert _conclude(client, "\0").json[0]["content"] == ""
    assert _conclude(client, "a\0b").json[0]["content"] == "ab"
    assert mock.summarize("s", "a\0b")["content"] == "ab"
    with pytest.raises(ValueError, match="a summary cannot be written as JSON"):
        mock.summarize("s", "\ud800")
    assert Mock(world=mock.world()).world() == mock.world()


def test_a_long_stream_lets_others_have_their_turn() -> None:
    pieces = ["word "] * 3_000

    async def run() -> list[str]:
        mock = Mock()
        mock.scripts.add("chat", pieces)
        app, order = create_app(mock), []

        async def call(name: str, path: str, body: bytes) -> None:
            head = {"type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": ""}
            message = {"type": "http.request", "body": body}

            async def receive() -> Any:
                return message

            async def send(message: Any) -> None:
                if not message.get("more_body") and message["type"] == "http.response.body":
                    order.append(name)

            await app({**head, "headers": [(b"content-type", b"application/json")]}, receive, send)

        asked = json.dumps({"query": "?", "stream": True}).encode()
        await asyncio.gather(call("long", f"{_W}/peers/al/chat", asked), call("short", f"{_W}/peers/list", b"{}"))
        return order

    assert asyncio.run(run()) == ["short", "long"]


def test_a_pause_lies_between_pieces_and_not_after_the_last(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def outlasts(waiting: Any, receive: Any) -> bool:
        waiting.close()
        return len(waited) < 3

    def sleep(seconds: float) -> Any:
        waited.append(seconds)
        return asyncio.sleep(0)

    monkeypatch.setattr(answers, "outlasts", outlasts)
    monkeypatch.setattr(answers, "asyncio", SimpleNamespace(sleep=sleep))
    mock, client = start(world=_WORLD)
    mock.scripts.add("chat", ["a"], pause=0.5)
    asked = {"query": "?", "stream": True}
    assert len(_events(client.call("POST", f"{_W}/peers/al/chat", asked).body)) == 2
    assert waited == [0.5]
    mock.scripts.add("chat", ["a", "b", "c", "d"], pause=0.25)  # The client leaves in the second pause.
    assert len(_events(client.call("POST", f"{_W}/peers/al/chat", asked).body)) == 2
    assert waited == [0.5, 0.25, 0.25]
