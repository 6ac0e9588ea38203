"""What happens is told as it happens: each request once, or how many there were."""

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from starlette.datastructures import MutableHeaders

from mockserver import Mock, MockServer, create_app
from mockserver.api import live
from support.waiting import wait_until

_S = "/v3/workspaces/w/sessions"
_SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/_mock/events",
    "query_string": b"",
    "headers": [(b"host", b"localhost")],
}


class _Listener:
    """Hears the events of a server, one after the other."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()
        self.id = ""

    def next(self) -> Any:
        """The next event."""
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.id = value
            if name == "data":
                return json.loads(value)
        raise EOFError

    def until(self, count: int) -> list[Any]:
        """The events up to the one that tells of so many requests."""
        heard = [self.next()]
        while heard[-1]["count"] < count:
            heard.append(self.next())
        return heard


@contextmanager
def _listening(server: MockServer, last: str | None = None) -> Iterator[_Listener]:
    headers = {} if last is None else {b"last-event-id": last.encode("latin-1")}
    with httpx.stream("GET", f"{server.url}/_mock/events", headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield _Listener(answer)


def _create(server: MockServer, *ids: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        for id_ in ids:
            client.post(_S, json={"id": id_})


def _numbers(events: list[Any]) -> list[int]:
    return [one["number"] for event in events for one in event["requests"]]


def test_it_begins_with_the_last_requests_and_goes_on_with_those_that_come(server: MockServer) -> None:
    _create(server, "a", "b")
    with _listening(server) as listener:
        assert _numbers([listener.next()]) == [1, 2]
        _create(server, "c")
        [event] = listener.until(3)
        [told] = event["requests"]
        assert (told["number"], told["method"], told["path"], told["status"]) == (3, "POST", _S, 200)
        assert (told["session"], "body" in told, "answer" in told) == ("c", False, False)


def test_who_comes_back_hears_just_what_was_missed(server: MockServer) -> None:
    _create(server, "a")
    with _listening(server) as listener:
        listener.next()
        last = listener.id
    _create(server, "b", "c")
    with _listening(server, last) as listener:
        assert _numbers([listener.next()]) == [2, 3]


@pytest.mark.parametrize("last", ["", "x", "x/1.1", "/.", "²/²", "9" * 5000])
def test_who_comes_from_elsewhere_begins_anew(server: MockServer, last: str) -> None:
    _create(server, "a")
    with _listening(server, last) as listener:
        assert _numbers([listener.next()]) == [1]


def test_of_too_many_the_last_are_told_and_the_count_of_all(server: MockServer) -> None:
    with _listening(server) as listener:
        listener.next()
        _create(server, *map(str, range(500)))
        events = listener.until(500)
    numbers = _numbers(events)
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 500
    assert all(len(event["requests"]) <= 40 for event in events)
    assert all(event["requests"][-1]["number"] == event["count"] for event in events if event["requests"])


def test_a_reset_a_clock_and_a_fault_are_told_though_no_request_comes(server: MockServer) -> None:
    with _listening(server) as listener:
        first = listener.next()
        for change in (server.mock.clock.freeze, lambda: server.mock.faults.error(503), server.mock.reset):
            change()
            event = listener.next()
            assert event["requests"] == []
        assert event["run"] != first["run"]


def test_a_request_that_waits_is_told_again_when_it_is_answered(server: MockServer) -> None:
    server.mock.faults.delay(0.3, times=1)
    with _listening(server) as listener:
        listener.next()
        _create(server, "a")
        waiting, answered = [event["requests"] for event in (listener.next(), listener.next())]
    assert [(one["number"], one["status"]) for one in waiting] == [(1, None)]
    assert [(one["number"], one["status"], one["fault"]) for one in answered] == [(1, 200, "delay-1")]


def test_one_that_never_came_back_is_not_told_after_a_reset(server: MockServer) -> None:
    hang = server.mock.faults.hang(times=1)
    with _listening(server) as listener, ThreadPoolExecutor(1) as pool:
        listener.next()
        waiting = pool.submit(_create, server, "a")
        assert _numbers([listener.next()]) == [1]
        hang.release()
        server.mock.requests.forget()
        server.mock.reset()
        waiting.result(timeout=60)
        _create(server, "b")
        heard = listener.until(1)
    assert [(one["number"], one["session"]) for event in heard for one in event["requests"]] == [(1, "b")]


def test_the_advance_of_a_seeded_clock_is_told() -> None:
    with MockServer(seed=1) as server, _listening(server) as listener:
        listener.next()
        server.mock.clock.advance(3600)
        assert listener.next()["requests"] == []


def test_who_asks_for_what_came_after_an_event_hears_just_that(server: MockServer) -> None:
    _create(server, "a")
    with _listening(server) as listener:
        listener.next()
        last = listener.id
    _create(server, "b")
    with httpx.stream("GET", f"{server.url}/_mock/events", params={"last": last}, timeout=60) as answer:
        assert _numbers([_Listener(answer).next()]) == [2]


def test_the_ids_in_a_large_body_are_not_looked_for(server: MockServer) -> None:
    httpx.post(f"{server.url}{_S}", json={"id": "a", "metadata": {"x": "y" * 20_000}})
    with _listening(server) as listener:
        [told] = listener.next()["requests"]
    assert (told["workspace"], told["session"]) == ("w", None)
    assert server.mock.requests[0].as_json()["session"] == "a"


def test_headers_that_middleware_adds_stay_with_their_answer() -> None:
    app = create_app(Mock())
    adding = [MutableHeaders(scope=_first_message(app)) for _ in range(2)]
    for headers in adding:
        headers.append("x-own", "1")
    assert "x-own" not in MutableHeaders(scope=_first_message(app))


def _first_message(app: Any) -> Any:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"} if not sent else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(dict(_SCOPE), receive, send))
    return sent[0]


def test_clients_who_sent_two_requests_at_once_and_left_are_forgotten(server: MockServer, each_loop: None) -> None:
    """Of requests on one connection, uvicorn tells only the last that the client is gone."""
    with MockServer() as other, socket.create_connection(("127.0.0.1", int(other.url.rpartition(":")[2]))) as client:
        request = b"GET /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.sendall(request + request)
        client.recv(100)
        client.close()
        wait_until(lambda: not other.mock.requests._waiting)


def test_when_nothing_happens_it_says_that_it_is_there(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_HEARTBEAT_SECONDS", 0.05)
    with httpx.stream("GET", f"{server.url}/_mock/events", timeout=60) as answer:
        assert ":" in (line for line in answer.iter_lines() if not line.startswith(("id", "data", "retry")))


def test_a_server_that_waits_no_more_ends_it_without_a_word() -> None:
    app = create_app(Mock())

    async def receive() -> Any:
        return {"type": "http.request"} if not sent else await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 3:
            begun.set()

    async def cut_short() -> None:
        answering = asyncio.ensure_future(app(dict(_SCOPE), receive, send))
        await begun.wait()
        answering.cancel()
        await answering

    sent: list[Any] = []
    begun = asyncio.Event()
    asyncio.run(cut_short())
    assert [message["type"] for message in sent] == ["http.response.start", *["http.response.body"] * 2]


def test_without_a_journal_the_count_goes_on() -> None:
    with MockServer(journal_entries=0) as server, _listening(server) as listener:
        assert listener.next()["off"] is True
        _create(server, "a")
        assert (listener.next() | {"run": ""}) == {"run": "", "requests": [], "count": 1, "kept_from": 2, "off": True}


def test_it_ends_with_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_TICK_SECONDS", 60)
    with MockServer() as server:
        stream = _listening(server)
        listener = stream.__enter__()
        listener.next()
    with pytest.raises(EOFError):
        listener.next()
    stream.__exit__(None, None, None)


def test_a_client_who_left_is_forgotten(server: MockServer) -> None:
    with _listening(server) as listener:
        listener.next()
    httpx.post(f"{server.url}{_S}", json={"id": "a"})
    with _listening(server) as listener:  # in its tick, the other is noticed to be gone
        listener.next()
        _create(server, "b")
        listener.next()
        assert len(server.mock.requests._waiting) == 1
