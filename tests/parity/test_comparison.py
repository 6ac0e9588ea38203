"""A comparison repeats what comes to a mock, notes what differs, and says when it cannot go on."""

from asyncio import to_thread
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from mockserver import MockServer
from mockserver.api.live import Feed
from mockserver.parity.backlog import Backlog
from mockserver.parity.client import Client
from mockserver.parity.comparison import Compared, Comparison
from mockserver.parity.visit import Visit
from support.raw_server import raw_server
from support.running_app import running
from support.waiting import wait_until

_W = "/v3/workspaces/w"
_SESSION = {"id": "s"}


class _Run:
    """A client of a fake whose answers are compared."""

    def __init__(self, fake: MockServer, visit: Visit, client: httpx.Client, **options: Any) -> None:
        self.fake, self.client = fake, client
        self.found: list[Compared] = []
        self.said: list[str] = []
        self.comparison = Comparison(visit, fake.mock, found=self.found.append, say=self.said.append, **options)
        fake.mock.observer = self.comparison

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many answers agreed, differed, and were not compared."""
        self.comparison.wait()
        return self.comparison.agree, self.comparison.differ, self.comparison.not_compared.total()


@contextmanager
def _comparing(fake: MockServer, url: str, **options: Any) -> Iterator[_Run]:
    with Client(url) as connection, httpx.Client(base_url=fake.url) as client:
        run = _Run(fake, Visit(connection), client, **options)
        try:
            yield run
        finally:
            run.comparison.close()
            run.comparison.visit.clean_up()


@pytest.fixture
def run(server: MockServer, running_live_server: MockServer) -> Iterator[_Run]:
    """The default profile, compared with the live one."""
    running_live_server.mock.reset(quirks="live")
    with _comparing(server, running_live_server.url) as run:
        yield run


def test_a_difference_is_counted_reported_and_noted(run: _Run) -> None:
    run.client.post(f"{_W}/sessions", json=_SESSION)
    run.client.post(f"{_W}/sessions", json=_SESSION)
    assert run.counts == (1, 1, 0)
    [first, second] = run.fake.mock.requests
    assert [tuple(one.outcome.differences) for one in run.found] == [(("status", 201, 200),), ()]
    assert [one.quirks for one in run.found] == [[("created_status",)], []]
    wait_until(lambda: first.is_compared and second.is_compared)
    assert (
        list(first.notes)[-1] == "the real server answers otherwise: status is 201 there, and 200 here (created_status)"
    )
    assert not second.notes


def test_a_generated_id_that_comes_back_is_that_of_the_real_server(run: _Run) -> None:
    batch = {"messages": [{"content": "hi", "peer_id": "bob"}, {"content": "ho", "peer_id": "al"}]}
    first, _ = run.client.post(f"{_W}/sessions/s/messages", json=batch).json()
    run.client.get(f"{_W}/sessions/s/messages/{first['id']}")
    later = first["created_at"].replace("Z", "+00:00")
    run.client.post(f"{_W}/sessions/s/messages/list", json={"filters": {"created_at": {"gte": later}}})
    clone = run.client.post(f"{_W}/sessions/s/clone", params={"message_id": first["id"]}).json()["id"]
    run.client.put(f"{_W}/sessions/{clone}", json={"metadata": {"k": 1}})
    run.client.post(f"{_W}/sessions/list", json={"filters": {"id": clone}})
    run.client.post(f"{_W}/sessions/list", json={"filters": {"id": {"in": ["s", clone]}}})
    assert run.counts == (7, 0, 0)


def test_names_and_workspaces_are_those_of_this_run(run: _Run, running_live_server: MockServer) -> None:
    other = {"workspaces": {"w": {"sessions": [{"id": "s", "messages": [{"peer_id": "al", "content": "other"}]}]}}}
    running_live_server.mock.load(other)
    before = running_live_server.mock.world()
    run.client.post(f"{_W}/sessions/s/messages", json={"messages": [{"content": "hi", "peer_id": "bob"}]})
    run.client.post("/v3/workspaces/list")
    run.client.delete("/v3/workspaces/list")
    run.client.put("/v3/workspaces/list", json={})
    run.client.delete(f"{_W}/sessions/s")
    run.client.delete(_W)
    assert run.counts[2] == 0
    run.comparison.visit.clean_up()
    running_live_server.mock.purge()
    assert (running_live_server.mock.world(), run.comparison.visit.created) == (before, {})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v3/keys?workspace_id=w", None),
        ("POST", f"{_W}/webhooks", {"url": "http://127.0.0.1/"}),
        ("GET", f"{_W}/webhooks/test", None),
        ("GET", "/v3/nowhere", None),
        ("GET", "/v3/workspaces/%2e/w", None),
        ("POST", "/v3/workspaces/%2e%2e/keys", None),
        ("POST", f"{_W}%2Fwebhooks", {"url": "http://127.0.0.1/"}),
        ("DELETE", f"{_W}%2F..%2Fother", None),
        ("POST", "/v3/workspaces/%3Cid:1%3E/sessions", _SESSION),
        ("POST", "/v3/workspaces", b'{"id": "a", "id": "b"}'),
    ],
)
def test_what_is_not_for_the_real_server_is_not_sent_there(
    run: _Run, running_live_server: MockServer, method: str, path: str, body: Any
) -> None:
    count = len(running_live_server.mock.requests)
    content = {"content": body} if isinstance(body, bytes) else {"json": body} if body else {}
    with run.client.stream(method, httpx.URL(run.fake.url, raw_path=path.encode()), **content) as answer:
        answer.read()
    assert (run.counts, len(running_live_server.mock.requests)) == ((0, 0, 1), count)


@pytest.mark.parametrize(
    "leave",
    [
        lambda mock: mock.restore(mock.snapshot()),
        lambda mock: mock.load({}),
        lambda mock: mock.purge(),
        lambda mock: mock.work(),
        lambda mock: mock.clock.freeze(),
        lambda mock: mock.clock.advance(1),
        lambda mock: mock.faults.error(503),
        lambda mock: mock.scripts.add("chat", "Blue."),
        lambda mock: mock.reset(workspace="w"),
    ],
)
def test_what_no_request_can_repeat_ends_the_comparison_until_a_reset(
    run: _Run, leave: Callable[[Any], object]
) -> None:
    run.client.post(f"{_W}/peers", json={"id": "bob"})
    leave(run.fake.mock)
    for _ in range(2):
        run.client.post(f"{_W}/peers/bob/chat", json={"query": "which?"})
    run.client.post(f"{_W}/peers", json={"id": "bob"})
    agree, differ, not_compared = run.counts
    assert (agree, differ, not_compared) == (0, 1, 3)
    assert len(run.said) == 1
    run.fake.mock.reset()
    run.client.post(f"{_W}/sessions", json=_SESSION)
    assert run.counts == (agree, differ + 1, not_compared)


_WORLD: dict[str, Any] = {
    "peers": [{"id": "al", "metadata": {"k": 1}, "cards": {"bob": ["tall"]}}, {"id": "bob"}],
    "sessions": [
        {
            "id": "s",
            "metadata": {"k": 2},
            "peers": {"al": {"observe_others": True}, "bob": {"present": False}, "eve": None},
            "messages": [
                {"id": f"message-{number:013}", "peer_id": peer, "content": f"{number}"}
                for number, peer in enumerate(["al", "bob", "eve"] * 40)
            ],
        }
    ],
    "conclusions": [{"content": "so", "observer_id": "al", "observed_id": "bob", "session_id": "s"}],
}


@pytest.mark.parametrize(
    ("change", "agrees"),
    [({}, True), ({"is_active": False}, False), ({"summaries": {"short": {"content": "so"}}}, False)],
)
def test_a_starting_world_is_created_first_if_requests_can_create_it(
    server: MockServer, running_live_server: MockServer, change: dict[str, Any], agrees: bool
) -> None:
    running_live_server.mock.reset(quirks="live")
    [session] = _WORLD["sessions"]
    world = {**_WORLD, "sessions": [{**session, **change}]}
    server.mock.reset(world={"workspaces": {"w": world}}, auth_secret="mine" if agrees else None)
    with _comparing(server, running_live_server.url, shares_secret=True) as run:
        run.client.headers["authorization"] = f"Bearer {server.token(admin=True)}" if agrees else ""
        run.client.get(f"{_W}/sessions/s/messages/message-{7:013}")
        run.client.post(f"{_W}/sessions/s/clone", params={"message_id": f"message-{7:013}"})
        assert run.counts == ((2, 0, 0) if agrees else (0, 0, 2))
        assert len(run.said) == (0 if agrees else 1)


def test_a_server_that_does_not_answer_is_said_once_and_the_fake_goes_on(server: MockServer) -> None:
    with _comparing(server, "http://127.0.0.1:9") as run:
        answers = [run.client.post(f"{_W}/sessions", json=_SESSION).status_code for _ in range(3)]
        assert (answers, run.counts, len(run.said)) == ([200] * 3, (0, 0, 3), 1)
        assert run.comparison.is_broken
    assert run.said[0].startswith("answers are no longer compared, because of the real server, which does not answer: ")


def test_a_redirect_is_not_followed(server: MockServer, running_live_server: MockServer) -> None:
    count = len(running_live_server.mock.requests)
    elsewhere = f"HTTP/1.1 307 Temporary Redirect\r\nlocation: {running_live_server.url}/\r\ncontent-length: 0\r\n\r\n"
    with raw_server(elsewhere.encode()) as (url, _), _comparing(server, url) as run:
        run.client.post(f"{_W}/sessions", json=_SESSION)
        assert run.counts == (0, 1, 0)
    assert len(running_live_server.mock.requests) == count


class _Held:
    """A server that answers the first request with 404, and the others only after `release`."""

    def __init__(self) -> None:
        self.came = 0
        self.release = Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the form of an ASGI app
        self.came += 1
        if self.came > 1:
            await to_thread(self.release.wait, 30)
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


def test_a_slow_server_delays_no_client_until_too_many_requests_wait(server: MockServer) -> None:
    held = _Held()
    with running(held) as url, _comparing(server, url, backlog=Backlog(2)) as run, ThreadPoolExecutor() as threads:
        for number in range(3):  # One is answered, and two wait.
            assert run.client.post(f"{_W}/sessions", json={"id": f"s{number}"}).status_code == 200
            wait_until(lambda: held.came >= min(number + 1, 2))  # noqa: B023 - called at once
        delayed = threads.submit(run.client.post, f"{_W}/sessions", json={"id": "late"})
        wait_until(lambda: len(server.mock.requests) == 4)
        was_delayed = not delayed.done()
        held.release.set()
        assert (was_delayed, delayed.result().status_code) == (True, 200)
        assert run.counts == (0, 4, 0)


def test_a_note_that_comes_late_reaches_the_page(server: MockServer) -> None:
    held = _Held()
    with running(held) as url, _comparing(server, url) as run:
        for number in range(2):
            run.client.post(f"{_W}/sessions", json={"id": f"s{number}"})
        wait_until(lambda: held.came == 2 and server.mock.requests[0].is_compared)
        feed = Feed(server.mock, "")
        sent = [(feed._news(is_certain=True) or "").count("the real server answers otherwise")]
        held.release.set()
        wait_until(lambda: server.mock.requests[1].is_compared)
        news = [feed._news(is_certain=True) or "", feed._news(is_certain=True) or ""]
    assert sent + [text.count("the real server answers otherwise") for text in news] == [1, 1, 0]


def test_the_same_server_agrees_on_requests_of_all_kinds(server: MockServer, running_live_server: MockServer) -> None:
    server.mock.reset(quirks="live")
    running_live_server.mock.reset(quirks="live", purge_after=None)
    with _comparing(server, running_live_server.url) as run:
        _send_all_kinds(run.client)
        agree, differ, _ = run.counts
        assert differ == 0, [one.outcome.differences for one in run.found]
        assert agree == 31
        assert run.comparison.not_compared == {
            "has a text that looks like a placeholder": 1,
            "a body that is too large": 1,
        }


def _send_all_kinds(client: httpx.Client) -> None:
    client.post(f"{_W}/peers", json={"id": "bob"})
    client.post(f"{_W}/peers/bob/chat", json={"query": "x", "stream": True})
    client.post(f"{_W}/peers/bob/chat", json={"query": "x"})
    client.post(
        f"{_W}/sessions/s/messages/upload", data={"peer_id": "bob"}, files={"file": ("a.txt", b"Hello", "text/plain")}
    )
    client.post(
        f"{_W}/sessions/s/messages/upload",
        data={"peer_id": "bob"},
        files={"file": ("a.txt", b"\xff\xfe", "text/plain")},
    )
    client.head("/health")
    client.options(f"{_W}/sessions")
    client.post(f"{_W}/sessions/", json={"id": "q"})
    client.post(f"{_W}/sessions", content=b"{bad", headers={"content-type": "application/json"})
    client.post(f"{_W}/sessions", content=b"x" * 11_000_000, headers={"content-type": "application/json"})
    client.post(f"{_W}/search", json={"query": "hello"})
    client.get(f"{_W}/sessions/s/context")
    client.get(f"{_W}/sessions/s/summaries")
    client.get(f"{_W}/queue/status")
    client.post(f"{_W}/sessions", json={"id": "x" * 500})
    client.post(f"{_W}/sessions/list", json={"filters": {"id": "x" * 500}})
    client.post(f"{_W}/sessions", json={"id": "bad id"})
    client.post("/v3/workspaces", json={"id": "bad id"})
    client.post("/v3/workspaces", json={"id": ""})
    client.post("/v3/workspaces", json={"id": "y" * 600})
    client.post(f"{_W}/sessions/list", json={"filters": {"id": {"contains": "x"}}})
    client.post(f"{_W}/sessions/list", json={"filters": {"OR": [{"id": "s"}, {"id": {"icontains": "Q"}}]}})
    client.post(f"{_W}/sessions/s/messages", json={"messages": [{"content": "<id:1>", "peer_id": "bob"}]})
    client.get(f"{_W}/peers/bob/context")
    client.post(f"{_W}/peers/bob/representation", json={})
    client.post(
        f"{_W}/conclusions",
        json={"conclusions": [{"content": "so", "observer_id": "bob", "observed_id": "bob", "session_id": "s"}]},
    )
    client.post(f"{_W}/conclusions/list", json={"filters": {"session_id": "s"}})
    client.post(f"{_W}/conclusions/query", json={"query": "so"})
    client.post(f"{_W}/schedule_dream", json={"observer": "bob", "observed": "bob", "dream_type": "omni"})
    client.delete(f"{_W}/sessions/s")
    client.get(f"{_W}/sessions/s/peers")
    client.delete(_W)
    client.put("/v3/workspaces/list", json={})


def test_a_synchronous_comparison_is_done_before_the_client_has_its_answer(
    server: MockServer, running_live_server: MockServer
) -> None:
    with _comparing(server, running_live_server.url, backlog=Backlog(0)) as run:
        for number in range(3):
            run.client.post(f"{_W}/sessions", json={"id": f"s{number}"})
            assert (len(run.found), server.mock.requests[-1].is_compared) == (number + 1, True)


def test_the_end_does_not_wait_for_a_server_that_hangs(server: MockServer) -> None:
    held = _Held()
    with running(held) as url:
        with _comparing(server, url) as run:
            for number in range(3):
                run.client.post(f"{_W}/sessions", json={"id": f"s{number}"})
            wait_until(lambda: held.came == 2)
            run.comparison.close()
            held.release.set()  # For the clean-up.
        assert len(run.found) == 2
        assert run.comparison.not_compared == {"the comparison was interrupted": 2}
        assert (run.comparison.is_broken, run.said) == (False, [])


def test_a_workspace_that_a_failing_proxy_may_have_created_is_deleted(server: MockServer) -> None:
    timeout = b"HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n"
    with raw_server(timeout) as (url, _), _comparing(server, url) as run:
        run.client.post(f"{_W}/sessions", json=_SESSION)
        assert run.counts == (0, 1, 0)
        assert [name[-1] for name in run.comparison.visit.created] == ["w"]
        run.comparison.visit.created.clear()  # This server cannot answer a deletion.
