"""The journal: what came, in order and within bounds; and assertions that explain a miss."""

import asyncio
import re
import sys
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, MockServer, create_app
from mockserver.formats.json_text import parse
from mockserver.testing.exchange import Exchange
from mockserver.testing.hints import suggest
from mockserver.testing.matching import Pattern
from support.direct_client import DirectClient
from support.started_mock import Start

_W = "/v3/workspaces/w"
_S = f"{_W}/sessions"


def test_an_entry_has_all_of_the_request_and_its_answer(start: Start) -> None:
    mock, client = start(frozen_at="2026-03-01T12:00:00Z")
    client.send(
        "POST",
        f"{_S}/list",
        [b'{"filters": ', b'{"id": "s"}}'],
        query="page=2",
        headers={"content-type": "application/json", "authorization": "Bearer secret"},
    )
    [entry] = mock.requests
    assert entry.as_json() == {
        "number": 1,
        "at": "2026-03-01T12:00:00Z",
        "operation": "get_sessions",
        "method": "POST",
        "path": f"{_S}/list",
        "query": {"page": "2"},
        "headers": {"host": "localhost", "content-type": "application/json", "authorization": "(masked)"},
        "workspace": "w",
        "session": None,
        "peer": None,
        "body": {"filters": {"id": "s"}},
        "status": 200,
        "answer": {"items": [], "total": 0, "page": 2, "size": 50, "pages": 0},
        "duration": entry.duration,
        "diagnosis": entry.diagnosis,
        "notes": [],
        "fault": None,
        "bodies_left_out": False,
    }
    assert entry.duration is not None
    assert 0 < entry.duration < 10


def test_requests_are_numbered_in_order_and_those_that_no_operation_takes_are_there_too(start: Start) -> None:
    mock, client = start()
    client.call("GET", "/health")
    client.call("GET", "/nowhere")
    client.call("PATCH", _W)
    client.call("GET", "/health/")
    client.send("POST", _S, [b"{" * 11_000_000])
    client.call("POST", "/_mock/purge")
    assert [(entry.number, entry.operation, entry.status) for entry in mock.requests] == [
        (1, "health_check", 200),
        (2, None, 404),
        (3, None, 405),
        (4, None, 307),
        (5, "get_or_create_session", 413),
    ]


def test_a_request_names_workspace_session_and_peer_in_its_path_or_its_body(start: Start) -> None:
    mock, client = start()
    client.call("POST", "/v3/workspaces", {"id": "w"})
    client.call("POST", _S, {"id": "s"})
    client.call("POST", f"{_W}/peers", {"id": "bob"})
    client.call("PUT", f"{_S}/s/peers/bob/config", {"observe_me": True})
    client.send("POST", _S, [b'["id"]'], headers={"content-type": "application/json"})
    client.call("POST", _S, {"id": 5})
    named = [(entry.workspace, entry.session, entry.peer) for entry in mock.requests]
    assert named == [
        ("w", None, None),
        ("w", "s", None),
        ("w", None, "bob"),
        ("w", "s", "bob"),
        ("w", None, None),
        ("w", None, None),
    ]


@given(
    st.integers(0, 6),
    st.integers(0, 3000),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2500)), max_size=25),
)
def test_the_journal_never_exceeds_its_bounds(
    start: Start, entries: int, limit: int, requests: list[tuple[int, int]]
) -> None:
    mock, client = start(journal_entries=entries, journal_bytes=limit)
    for path, body in requests:
        client.send("POST", "/" + "x" * path, [b"x" * body], headers={"content-type": "application/json"})
        client.send("POST", _S, [b'{"id": "s", "metadata": {"k": "%s"}}' % (b"x" * body)])
        kept = list(mock.requests)
        held = sum(entry.head_size + len(entry.content) + len(entry.answer_content) for entry in kept)
        assert held == mock.requests._weight <= limit
        assert len(kept) <= entries
    sent = 2 * len(requests)
    if entries:
        assert len(mock.requests) + mock.requests.dropped == sent
        assert [entry.number for entry in mock.requests] == list(range(mock.requests.dropped + 1, sent + 1))


def test_bodies_that_are_too_large_are_left_out_and_the_rest_is_kept(start: Start) -> None:
    mock, client = start(journal_bytes=5_000)
    client.call("POST", _S, {"id": "s", "metadata": {"k": "x" * 5_000}})
    [entry] = mock.requests
    assert (entry.status, entry.body, entry.answer, entry.bodies_left_out) == (200, None, None, True)


def test_with_no_entries_it_is_off(start: Start) -> None:
    mock, client = start(journal_entries=0)
    assert client.call("GET", "/health").status == 200
    assert (list(mock.requests), mock.requests.dropped) == ([], 0)
    with pytest.raises(AssertionError, match="the log is off: journal_entries is 0"):
        mock.requests.assert_called()


def test_operations_and_statuses_are_selected_by_lists_patterns_and_classes(start: Start) -> None:
    mock, client = start()
    client.call("POST", _S, {"id": "s"})
    client.call("POST", f"{_S}/list")
    client.call("DELETE", f"{_S}/nobody")
    client.call("GET", "/nowhere")
    requests = mock.requests

    def numbers(*operation: Any, **criteria: Any) -> list[int]:
        return [entry.number for entry in requests.where(*operation, **criteria)]

    assert numbers("get_*") == [1, 2]
    assert numbers("*") == [1, 2, 3]
    assert numbers(["delete_session", "get_sess*"]) == numbers({"delete_session", "get_sess*"}) == [2, 3]
    assert numbers(operation=["get_sessions"]) == [2]
    assert (numbers(status="4xx"), numbers(status="2XX"), numbers(status="5xx")) == ([3, 4], [1, 2], [])
    with pytest.raises(AssertionError) as raised:
        requests.assert_called(["clone_session", "get_peers"], status="5xx")
    text = re.sub(r" in [\d.]+ ms", "", str(raised.value))
    assert text.startswith(
        'expected at least one request with operation=["clone_session", "get_peers"], status=5xx; there were 0\n'
        "nearest:\n  #4 GET /nowhere -> 404\n"
        "      operation: expected one of clone_session, get_peers, was null\n      status: expected 5xx, was 404\n"
    )


@given(st.integers(0, 4), st.none() | st.integers(0, 5), st.none() | st.integers(0, 5))
def test_a_count_is_held_to_its_bounds(start: Start, came: int, at_least: int | None, at_most: int | None) -> None:
    mock, client = start()
    for _ in range(came):
        client.call("GET", "/health")
    if at_least is not None and at_most is not None and at_least > at_most:
        return
    fits = came >= (1 if at_least is at_most is None else at_least or 0) and (at_most is None or came <= at_most)
    body = {"like": {"operation": "health_check"}, "at_least": at_least, "at_most": at_most}
    answer = client.call("POST", "/_mock/requests/assert", body)
    assert answer.status == (200 if fits else 409)
    if fits:
        assert len(mock.requests.assert_called("health_check", at_least=at_least, at_most=at_most)) == came
        return
    with pytest.raises(AssertionError) as raised:
        mock.requests.assert_called("health_check", at_least=at_least, at_most=at_most)
    assert str(raised.value) == answer.json["detail"]


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({}, "expected at least one request; there were 0"),
        ({"times": 1}, "expected 1 request; there were 0"),
        ({"at_least": 2}, "expected at least 2 requests; there were 0"),
        ({"at_least": 1, "at_most": 3}, "expected at least 1 and at most 3 requests; there were 0"),
    ],
)
def test_an_assertion_without_criteria_is_about_all_requests(start: Start, bounds: Any, text: str) -> None:
    with pytest.raises(AssertionError, match=f"^{text}\nno other request came$"):
        start().mock.requests.assert_called(**bounds)


def test_in_a_coroutine_one_waits_without_blocking_the_client() -> None:
    async def visit(app: Any) -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://fake") as client:
            requests = app.state.mock.requests
            sending = asyncio.ensure_future(client.delete(f"{_S}/s"))
            with pytest.raises(RuntimeError, match=r"blocks the event loop .* use `await requests\.wait_for_async"):
                requests.wait_for("delete_session", timeout=60)
            [entry] = await requests.wait_for_async("delete_session", timeout=60, status="4xx")
            assert (await sending).status_code == entry.status
            assert requests.wait_for("delete_session") == [entry]
            with pytest.raises(AssertionError, match=r"^expected at least 2 requests with session=s; there was 1"):
                await requests.wait_for_async(at_least=2, timeout=0, session="s")

    asyncio.run(visit(create_app()))


def test_a_coroutine_is_woken_by_a_server_in_a_thread() -> None:
    async def visit(server: MockServer) -> None:
        late = asyncio.ensure_future(asyncio.to_thread(httpx.delete, f"{server.url}{_S}/s"))
        [entry] = await server.mock.requests.wait_for_async("delete_session", timeout=60, status=404)
        assert entry.session == "s"
        await late

    with MockServer() as server:
        asyncio.run(visit(server))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("asert_called", "; did you mean 'assert_called'?"),
        ("bananas", "; there are add, "),
        ("call_count", "; use count()"),
        ("_hidden", ""),
    ],
)
def test_a_name_that_a_log_does_not_have_gets_a_suggestion_once(start: Start, name: str, hint: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(start().mock.requests, name)
    for _ in range(2):
        suggest(caught.value)
    message = str(caught.value)
    assert message.startswith(f"'RequestLog' object has no attribute '{name}'{hint}")
    assert message.count(";") == bool(hint)


def test_names_of_habit_are_there_or_get_a_hint(start: Start) -> None:
    mock, client = start()
    client.call("GET", "/health")
    requests: Any = mock.requests
    for name, hint in (("assert_called_once", r"use assert_called\(times=1\)"), ("call_count", r"use count\(\)")):
        with pytest.raises(AttributeError, match=f"'RequestLog' object has no attribute '{name}'; {hint}"):
            getattr(requests, name)
    with pytest.raises(AttributeError, match=r"; use assert_sent\(times=1\)"):
        _ = mock.deliveries.assert_called_once  # type: ignore[attr-defined]  # the hint is the point
    with pytest.raises(AttributeError, match=r"has no attribute '_hidden'$"):
        _ = requests._hidden
    assert not hasattr(requests, "__wrapped__")
    requests.clear()
    assert len(requests) == 0


def test_it_is_filtered_by_what_requests_and_answers_are_like(start: Start) -> None:
    mock, client = start()
    for id_ in ("s", "t"):
        client.call("POST", _S, {"id": id_, "metadata": {"k": id_}})
    client.call("DELETE", f"{_S}/t")
    client.call("POST", "/v3/workspaces/v/sessions", {"id": "s"})
    client.call("DELETE", f"{_S}/nobody")

    def numbers(**criteria: Any) -> list[int]:
        return [entry.number for entry in mock.requests.where(**criteria)]

    assert numbers() == [1, 2, 3, 4, 5]
    assert numbers(method="delete") == [3, 5]
    assert numbers(path=f"{_S}/*") == [3, 5]
    assert numbers(path=re.compile(r".*/[st]")) == [3]
    assert numbers(operation="get_or_create_session", workspace="w") == [1, 2]
    assert numbers(session="s") == [1, 4]
    assert numbers(status=404) == [5]
    assert numbers(body={"metadata": {"k": "t"}}) == [2]
    assert numbers(predicate=lambda entry: entry.number > 3, status=200) == [4]
    assert mock.requests.count(session="t") == 2


def test_what_was_called_can_be_asserted_with_how_often_and_in_which_order(start: Start) -> None:
    mock, client = start()
    client.call("POST", _S, {"id": "s"})
    client.call("POST", f"{_S}/s/clone")
    requests = mock.requests
    assert [entry.number for entry in requests.assert_called(session="s")] == [1, 2]
    requests.assert_called(times=1, operation="clone_session")
    requests.assert_not_called(operation="delete_session")
    requests.assert_order({"session": "s"}, {"operation": "clone_session"})
    requests.assert_order("get_or_create_session", "clone_session")
    requests.assert_not_called("delete_session")
    assert requests.count("clone_session") == len(requests.where("clone_session")) == 1
    assert [entry.number for entry in requests[:1]] == [1]
    with pytest.raises(AssertionError, match="expected 3 requests with session=s; there were 2"):
        requests.assert_called(times=3, session="s")
    with pytest.raises(AssertionError, match=r"expected 0 requests with status=201; there was 1\n  #2 POST .*/clone"):
        requests.assert_not_called(status=201)
    with pytest.raises(
        AssertionError,
        match=r"step 2 of the order: expected at least one request after #2 with session=s; there were 2, all",
    ):
        requests.assert_order({"operation": "clone_session"}, {"session": "s"})


def test_a_miss_shows_the_nearest_calls_and_what_differed_field_by_field(start: Start) -> None:
    mock, client = start()
    client.call("GET", "/health")
    client.call("POST", _S, {"id": "s", "metadata": {"topic": "maths", "tags": [1, 2]}, "peers": {"al": {}}})
    client.call("POST", _S, {"id": "other"})
    with pytest.raises(AssertionError) as raised:
        mock.requests.assert_called(
            operation="get_or_create_session",
            session="s",
            body={"metadata": {"topic": "math", "tags": [1, 3]}, "peers": {"bob": {}}},
        )
    text = re.sub(r" in [\d.]+ ms", "", str(raised.value))
    assert text == (
        "expected at least one request with operation=get_or_create_session, session=s, "
        'body={"metadata": {"topic": "math", "tags": [1, 3]}, "peers": {"bob": {}}}; there were 0\n'
        "nearest:\n"
        "  #2 POST /v3/workspaces/w/sessions -> 200\n"
        "      body.metadata.topic: expected math, was maths\n"
        "      body.metadata.tags[1]: expected 3, was 2\n"
        "      body.peers.bob: expected {}, was not there\n"
        "  #3 POST /v3/workspaces/w/sessions -> 200\n"
        "      session: expected s, was other\n"
        '      body.metadata: expected {"topic": "math", "tags": [1, 3]}, was not there\n'
        '      body.peers: expected {"bob": {}}, was not there\n'
        "  #1 GET /health -> 200\n"
        "      operation: expected get_or_create_session, was health_check\n"
        "      session: expected s, was null\n"
        '      body: expected {"metadata": {"topic": "math", "tags": [1, 3]}, "peers": {"bob": {}}}, was null'
    )


def test_a_slip_of_the_pen_is_no_silent_miss(start: Start) -> None:
    mock, _ = start()
    with pytest.raises(ValueError, match="no operation 'clone_sesion'; did you mean 'clone_session'"):
        mock.requests.assert_not_called(operation="clone_sesion")
    with pytest.raises(ValueError, match="a request has no 'sesion'; did you mean 'session'"):
        mock.requests.assert_not_called(sesion="s")  # type: ignore[call-arg]  # the slip is the point
    with pytest.raises(ValueError, match="a request has no 'time'; did you mean 'times'"):
        mock.requests.assert_called(time=2)  # type: ignore[call-arg]  # the slip is the point
    with pytest.raises(ValueError, match="a request has no 'time_out'; did you mean 'timeout'"):
        mock.requests.wait_for(time_out=2)  # type: ignore[call-arg]  # the slip is the point
    with pytest.raises(ValueError, match="a request has no 'paus'; did you mean 'pause'"):
        mock.scripts.add("chat", "x", paus=2)  # type: ignore[call-arg]  # the slip is the point
    with pytest.raises(AttributeError, match=r"'Faults' object has no attribute 'rate_limit'; use quota\(limit, per\)"):
        _ = mock.faults.rate_limit  # type: ignore[attr-defined]  # the slip is the point


def test_a_test_may_wait_until_a_call_arrives() -> None:
    with MockServer() as server:
        requests = server.mock.requests
        late = threading.Timer(0.02, lambda: httpx.delete(f"{server.url}{_S}/s"))
        late.start()
        [entry] = requests.wait_for("delete_session", timeout=60, status=404)
        late.join()
        assert entry.session == "s"
        assert requests.wait_for(session="s") == [entry]
        with pytest.raises(
            AssertionError, match=r"after 0.01 seconds: expected at least 2 requests with session=s; there was"
        ):
            requests.wait_for(timeout=0.01, at_least=2, session="s")


def test_it_is_forgotten_whole_or_for_one_workspace(start: Start) -> None:
    mock, client = start()
    for workspace in ("w", "v", "w"):
        client.call("POST", f"/v3/workspaces/{workspace}/sessions", {"id": "s"})
    mock.requests.forget("w")
    assert [entry.number for entry in mock.requests] == [2]
    mock.reset(workspace="v")
    assert list(mock.requests) == []
    client.call("GET", "/health")
    assert mock.requests[0].number == 4
    mock.reset()
    client.call("GET", "/health")
    assert [entry.number for entry in mock.requests] == [1]


def test_what_cannot_be_read_is_kept_as_text(start: Start) -> None:
    mock, client = start()
    client.send("POST", _S, [b"[" * 5_000], headers={"content-type": "application/json"})
    client.send("POST", _S, [b"\xff"])
    assert [entry.body for entry in mock.requests] == ["[" * 5_000, "�"]
    assert "sent: [[[[" in str(mock.requests[0])
    assert all(len(line) < 300 for line in str(mock.requests).split("\n"))


def test_entries_show_themselves_in_a_few_lines(start: Start) -> None:
    mock, client = start(frozen_at="2026-03-01T12:00:00Z")
    client.call("POST", _S, {"id": "s", "metadata": {"k": "x" * 300}})
    client.call("DELETE", f"{_W}/sessions/t")
    made, missed = (re.sub(r" in [\d.]+ ms", "", str(entry)).split("\n") for entry in mock.requests)
    assert made[0] == "#1 POST /v3/workspaces/w/sessions -> 200"
    assert made[1].startswith('    sent: {"id": "s", "metadata": {"k": "xxx')
    assert made[1].endswith("...")
    assert missed == [
        "#2 DELETE /v3/workspaces/w/sessions/t -> 404",
        "    why: workspace 'w' has no session 't'; it has 's'",
        '    answered: {"detail": "Session t not found in workspace w"}',
    ]
    assert repr(mock.requests) == "<RequestLog: 2 requests>"
    assert repr(mock.requests[0]).startswith("<Exchange #1 POST /v3")
    assert mock.requests[0].at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert str(Mock().requests) == "no request"


def test_an_assertion_tells_how_much_fell_out(start: Start) -> None:
    mock, client = start(journal_entries=1)
    for _ in range(3):
        client.call("GET", "/health")
    with pytest.raises(AssertionError, match="the log dropped 2 older requests"):
        mock.requests.assert_called(operation="clone_session")


def test_criteria_show_what_they_ask(start: Start) -> None:
    mock, client = start()
    client.call("GET", "/health")

    def odd(request: object) -> bool:
        return False

    with pytest.raises(AssertionError, match=r"with path=\^/x\$, predicate=odd; there were 0"):
        mock.requests.assert_called(path=re.compile("^/x$"), predicate=odd)
    with pytest.raises(AssertionError, match="predicate: odd returned false"):
        mock.requests.assert_called(predicate=odd)


@given(
    st.binary(max_size=60) | st.sampled_from([b'{"id": "\\ud800"}', b"[" * 260 + b"]" * 260, b'{"x": NaN}', b"1e999"])
)
def test_whatever_was_sent_the_journal_is_json_that_any_language_reads(start: Start, content: bytes) -> None:
    _, client = start()
    client.send("POST", _S, [content], headers={"content-type": "application/json", "x-odd": "\xff"}, query="%ff=\xff")
    for answer in (client.call("GET", "/_mock/requests"), client.call("POST", "/_mock/requests/assert", {})):
        assert answer.status == 200
        assert parse(answer.body)["requests"][0]["number"] == 1


def test_many_small_headers_take_no_more_than_the_bound(start: Start) -> None:
    mock, client = start(journal_bytes=100_000)
    headers = {f"x{number}": "y" for number in range(2_000)}
    for _ in range(20):
        client.send("GET", "/health", headers=headers)
    held = [getattr(entry, name) for entry in mock.requests for name in ("_head", "path", "content", "answer_content")]
    assert 50_000 < sum(map(sys.getsizeof, held)) < 100_000
    assert mock.requests[0].headers["x1999"] == "y"
    assert mock.requests.dropped > 10


def test_what_came_where_there_is_no_operation_has_its_body_too(start: Start) -> None:
    mock, client = start()
    client.call("POST", "/v3/session", {"id": "x"})
    assert mock.requests[0].body == {"id": "x"}


def test_an_error_of_a_predicate_is_told_where_it_happened(start: Start) -> None:
    mock, client = start()
    mock.faults.error(503, predicate=lambda request: request.body["nope"])
    with pytest.raises(TypeError):
        client.call("GET", "/health")
    assert mock.requests[0].status == 500
    assert str(mock.requests[0].diagnosis).startswith("the mock server failed: TypeError(")


def test_a_deletion_is_known_by_what_was_done_not_by_what_was_answered(start: Start) -> None:
    mock, client = start()
    for id_ in ("s", "t"):
        client.call("POST", _S, {"id": id_})
    mock.faults.error(500, carry_out=True, session="s", times=1)
    mock.faults.error(202, session="t", times=1)
    before = mock.snapshot()
    for id_ in ("s", "t", "s"):
        client.call("DELETE", f"{_S}/{id_}")
    assert mock.requests[-1].diagnosis == "session 's' was deleted by request #3 and awaits its purge"
    assert client.call("POST", f"{_S}/t/clone").status == 201
    mock.purge()
    client.call("DELETE", f"{_S}/s")
    assert mock.requests[-1].diagnosis == "session 's' was deleted by request #3 and is purged"
    client.call("POST", _S, {"id": "s"})
    client.call("DELETE", f"{_S}/s")
    client.call("DELETE", f"{_S}/s")
    assert mock.requests[-1].diagnosis == "session 's' was deleted by request #9 and awaits its purge"
    mock.restore(before)
    client.call("DELETE", f"{_S}/none")
    assert "deleted" not in str(mock.requests[-1].diagnosis)


def test_an_empty_list_for_want_of_what_was_named_says_so(start: Start) -> None:
    mock, client = start()
    client.call("POST", _S, {"id": "s"})
    nowhere = client.call("POST", "/v3/workspaces/W/sessions/list")
    beyond = client.call("POST", f"{_S}/list", page=3)
    whole = client.call("POST", f"{_S}/list")
    assert unquote(nowhere.headers["x-mock-diagnosis"]) == "there is no workspace 'W'; did you mean 'w'?"
    assert beyond.headers["x-mock-diagnosis"] == "page 3 of 1 (1 session)"
    assert "x-mock-diagnosis" not in whole.headers
    assert [entry.diagnosis is None for entry in mock.requests] == [True, False, False, True]


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda requests: requests.assert_called(times="2"), "times must be an integer of at least 0"),
        (lambda requests: requests.assert_called(5), "operation must be a name, or a list of names: 5"),
        (lambda requests: requests.wait_for(timeout=-1), "timeout must be a number from 0"),
        (lambda requests: requests.wait_for(at_least="x"), "at_least must be an integer"),
        (
            lambda requests: requests.assert_order(5),
            "a step must be a mapping of criteria or the name of an operation: 5",
        ),
        (lambda requests: requests.where(path="x" * 3_000), "path has more than 2000 characters"),
        (lambda requests: requests.where(path="v3/x"), "never matches; did you mean '/v3/x'?"),
        (lambda requests: requests.where(query="page=2"), "query must map names of parameters to strings: 'page=2'"),
        (lambda requests: requests.where(query={"page": 2}), "query has strings only: 'page' cannot be 2"),
        (
            lambda requests: requests.where(method="FETCH"),
            "there is no method 'FETCH'; the methods are CONNECT, DELETE",
        ),
        (
            lambda requests: requests.where(status="404"),
            "status must be a number from 100 to 599, or a class such as '4xx': '404'; did you mean 404, without quotes?",
        ),
        (lambda requests: requests.where(status=4040), "status must be a number from 100 to 599, .*: 4040$"),
        (lambda requests: requests.where(status="9xx"), "status must be a number from 100 to 599, .*: '9xx'$"),
        (lambda requests: requests.where(operation="x" * 3_000), "operation has more than 2000 characters"),
        (lambda requests: requests.assert_order(), "an order needs at least one step"),
        (lambda requests: requests.assert_called(times=1, at_least=1), "pass times alone, or at_least and at_most"),
        (
            lambda requests: requests.assert_called(at_least=3, at_most=2),
            "at_least cannot be greater than at_most: 3 and",
        ),
        (lambda requests: requests.assert_called(at_most="2"), "at_most must be an integer of at least 0: '2'"),
    ],
)
def test_what_makes_no_sense_is_refused(start: Start, call: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        call(start().mock.requests)


@given(
    st.lists(st.sampled_from(["a", "b", "*", "/", "?", "["]), max_size=8),
    st.text("ab/?[", max_size=8).map("/{}".format),
)
def test_a_star_in_a_path_stands_for_anything_and_nothing_else_for_anything_but_itself(
    path: list[str], found: str
) -> None:
    path = ["/", *path] if path[:1] != ["*"] else path
    expected = re.fullmatch("".join(".*" if piece == "*" else re.escape(piece) for piece in path), found) is not None
    exchange = Exchange(1, 0, {"method": "GET", "path": found, "query_string": b"", "headers": []}, None, {}, b"")
    assert Pattern({"path": "".join(path)}).matches(exchange) is expected


def test_parameters_of_the_query_and_headers_that_come_twice_are_all_there(start: Start) -> None:
    mock, client = start()
    client.call("POST", f"{_S}/list", page=2, size=10)
    mock.requests.assert_called(query={"page": "2"})
    mock.requests.assert_not_called(query={"page": "3"})
    head = {
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"a", b"1"), (b"a", b"2"), (b"cookie", b"x")],
    }
    assert Exchange(1, 0, head, None, {}, b"").headers == {"a": "1, 2", "cookie": "(masked)"}


def test_a_call_that_came_too_often_is_shown_a_few_times(start: Start) -> None:
    mock, client = start()
    for _ in range(12):
        client.call("GET", "/health")
    with pytest.raises(AssertionError) as raised:
        mock.requests.assert_not_called("health_check")
    assert str(raised.value).count("GET /health") == 10
    assert "  and 2 more\nno other request came" in str(raised.value)


def test_what_no_json_can_show_is_shown_somehow(start: Start) -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(AssertionError, match=r"with body=\[+\.\.\.\]+; there were 0"):
        start().mock.requests.assert_called(body=loop)


def test_bodies_that_are_too_large_are_told_in_the_journal_and_to_the_control_plane(start: Start) -> None:
    mock, client = start()
    large = [b"x" * 11_000_000]
    assert client.send("POST", "/v3/nowhere", large).status == 404
    assert client.send("POST", "/_mock/reset", large).status == 413
    assert client.send("POST", "/_mock/nowhere", large).status == 404
    assert client.send("POST", "/_mock/reset", [b"{"], disconnects=True).status == 0
    assert client.send("POST", _S, large).status == 413
    assert [entry.bodies_left_out for entry in mock.requests] == [False, True]


def _spoken(*contents: str) -> Mock:
    mock = Mock()
    batch = {"messages": [{"content": content, "peer_id": "al"} for content in contents]}
    DirectClient(create_app(mock)).call("POST", "/v3/workspaces/w/sessions/s/messages", batch)
    return mock


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.lists(st.sampled_from("abc"), max_size=4))
def test_of_a_list_a_part_may_be_asked_for(sent: list[str], wanted: list[str]) -> None:
    found = _spoken(*sent).requests.where(body={"messages": [{"content": content} for content in wanted]})
    fits = sent == wanted if len(wanted) >= len(sent) else set(wanted) <= set(sent)
    assert bool(found) == fits


def test_an_entry_that_is_nowhere_in_a_list_is_told_by_the_nearest() -> None:
    requests = _spoken("x", "y").requests
    with pytest.raises(AssertionError, match=r"body\.messages\[0\]\.content: expected z, was x"):
        requests.assert_called(body={"messages": [{"content": "z", "peer_id": "al"}]})
    long = _spoken(*"x" * 100).requests
    assert not long.where(body={"messages": [{"content": "x"}] * 99 + [{}] * 300})
