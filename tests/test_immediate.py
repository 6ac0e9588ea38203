"""An answer without a task of the event loop has the same bytes as one through ASGI, and the same consequences."""

import itertools
import logging
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from mockserver import MockServer, create_app
from mockserver.fast_path import UVICORN_SETTINGS
from mockserver.uvicorn_immediate import ImmediateAnswers, is_known
from support.raw_client import until_the_end
from support.server_address import address_of
from support.waiting import wait_until

pytestmark = pytest.mark.skipif(find_spec("httptools") is None, reason="only with httptools")

_SESSIONS = b"/v3/workspaces/w/sessions"
_LAST = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def _request(
    line: bytes, body: bytes = b"", *headers: bytes, version: bytes = b"1.1", kind: bytes = b"application/json"
) -> bytes:
    lines = [b"%b HTTP/%b" % (line, version), b"Host: localhost", b"Content-Type: " + kind, *headers]
    if body or line.startswith(b"P"):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


# Requests that are answered at once, and requests that go through ASGI, at least one for each reason.
_REQUESTS = [
    _request(b"POST " + _SESSIONS, b'{"id":"s","metadata":{"a":1}}'),
    _request(b"POST " + _SESSIONS, b'{"id":"s"}'),
    _request(b"POST " + _SESSIONS, b'{"id":1}'),
    _request(b"POST " + _SESSIONS, b"{"),
    _request(b"POST " + _SESSIONS + b"/list?size=1", b"{}"),
    _request(b"POST " + _SESSIONS + b"/list?size=0", b"{}"),
    _request(b"POST " + _SESSIONS + b"/s/messages", b'{"messages":[{"content":"hello","peer_id":"bob"}]}'),
    _request(b"POST " + _SESSIONS + b"/s/clone"),
    _request(b"POST " + _SESSIONS + b"/%73/clone"),
    _request(b"DELETE " + _SESSIONS + b"/s"),
    _request(b"DELETE " + _SESSIONS + b"/missing"),
    _request(b"PATCH " + _SESSIONS),
    _request(b"GET /nowhere"),
    _request(b"GET /v3/workspaces/"),
    _request(b"GET /health"),
    _request(b"HEAD /health"),
    _request(b"HEAD /openapi.json"),
    _request(b"OPTIONS *"),
    _request(b"GET http://localhost/health"),
    _request(b"GET /health", b"", b"Origin: http://localhost:3000"),
    _request(b"GET /_mock/faults"),
    _request(b"POST /v3/workspaces", b'{"id":"w"}', b"Expect: 100-continue"),
    _request(b"POST /v3/workspaces", b'{"id":"w","metadata":{"a":"%b"}}' % (b"a" * 70_000)),
    _request(b"POST /v3/workspaces", b'{"id":"w"}', kind=b"text/plain"),
    (
        b"POST /v3/workspaces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n5\r\n:"w"}\r\n0\r\n\r\n'
    ),
]
# After these, the connection ends.
_ENDS = [
    _LAST,
    _request(b"GET /health", version=b"1.0"),
    b"nonsense\r\n\r\n",
    b"POST /v3/workspaces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n",
]


@pytest.fixture(scope="module")
def immediate() -> Iterator[MockServer]:
    with MockServer(seed=1) as server:
        yield server


@pytest.fixture(scope="module")
def through_asgi() -> Iterator[MockServer]:
    """A server for a uvicorn of an unknown shape."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mockserver.uvicorn_protocol.is_known", lambda *_: False)
        server = MockServer(seed=1)
        server.start()
    yield server
    server.stop()


def _received(server: MockServer, pieces: list[bytes]) -> bytes:
    with socket.create_connection(address_of(server.url), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            client.sendall(piece)
        return until_the_end(client)


@given(
    requests=st.lists(st.sampled_from(_REQUESTS), max_size=6),
    end=st.sampled_from(_ENDS),
    cuts=st.lists(st.integers(0, 1_000), max_size=4),
)
def test_the_bytes_are_those_of_the_answers_through_asgi(
    immediate: MockServer, through_asgi: MockServer, requests: list[bytes], end: bytes, cuts: list[int]
) -> None:
    sent = b"".join([*requests, end])
    # The end comes in one piece: a server that closes the connection while bytes come may lose its last answer.
    places = [0, *sorted(cut for cut in cuts if cut < len(sent) - len(end)), len(sent)]
    pieces = [sent[start:stop] for start, stop in itertools.pairwise(places)]
    answers = []
    for server in (immediate, through_asgi):
        server.mock.reset()
        answers.append((_received(server, pieces), [str(request.status) for request in server.mock.requests]))
    assert answers[0] == answers[1]


def test_a_client_that_reads_no_answers_is_not_answered_without_end() -> None:
    """Some answers wait in the buffers of the connection, but not all that the first packet asks for."""
    request = _request(b"POST " + _SESSIONS + b"/s/messages/list", b"{}")
    message = {"content": "x" * 20_000, "peer_id": "bob"}
    with MockServer() as server, socket.create_connection(address_of(server.url)) as client:
        httpx.post(f"{server.url}{_SESSIONS.decode()}/s/messages", json={"messages": [message] * 25})
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.sendall(request * 400)
        wait_until(lambda: server.mock.requests.count() > 1)
        assert httpx.get(f"{server.url}/health").status_code == 200
        assert server.mock.requests[-1].number < 100


@pytest.mark.parametrize(
    "request_",
    [
        _request(b"GET /health"),
        _request(b"HEAD /openapi.json"),
        _request(b"GET /nowhere"),
        _request(b"GET /_mock/faults"),
        _request(b"GET /health", b"", b"Origin: http://localhost:3000"),
    ],
    ids=["at once", "HEAD", "nowhere", "control", "origin"],
)
def test_a_client_that_ends_its_side_of_the_connection_gets_its_answer(request_: bytes) -> None:
    with MockServer() as server:
        for _ in range(20):
            with socket.create_connection(address_of(server.url), timeout=60) as client:
                client.sendall(request_)
                client.shutdown(socket.SHUT_WR)
                assert client.recv(65536).startswith(b"HTTP/1.1 ")


@contextmanager
def _one_turn(server: MockServer) -> Iterator[None]:
    """Block the event loop of the server, so that all that clients send within the block comes in one turn."""
    began, may_go_on = threading.Event(), threading.Event()

    def block() -> None:
        began.set()
        may_go_on.wait()

    assert server._server is not None
    server._server.loop.result().call_soon_threadsafe(block)
    began.wait()
    try:
        yield
    finally:
        may_go_on.set()


@pytest.mark.parametrize("fails", [pytest.fail, sys.exit, Exception])
def test_a_request_that_fails_takes_no_other_with_it(fails: Callable[[str], object]) -> None:
    def answer(_: object) -> None:
        result = fails("as asked")
        if isinstance(result, Exception):
            raise result

    failing = _request(b"POST /v3/workspaces/w/peers/p/representation", b"{}")
    with MockServer() as server, ExitStack() as stack:
        server.mock.scripts.add("get_representation", answer)
        clients = [stack.enter_context(socket.create_connection(address_of(server.url), timeout=60)) for _ in range(3)]
        with _one_turn(server):
            for client, sent in zip(clients, [_LAST, failing + _LAST, _LAST], strict=True):
                client.sendall(sent)
        received = [until_the_end(client) for client in clients]
        assert [one.count(b"HTTP/1.1 ") for one in received] == [1, 1, 1]
        assert [one[9:12] for one in received] == [b"200", b"500", b"200"]
        assert httpx.get(f"{server.url}/health").status_code == 200


def test_a_connection_is_not_idle_while_a_request_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With this setting, uvicorn closes a connection as soon as it is idle."""
    monkeypatch.setitem(UVICORN_SETTINGS, "timeout_keep_alive", 0)
    slow = _request(b"POST /v3/workspaces", b'{"id":"w"}', b"Connection: close")
    with MockServer() as server, socket.create_connection(address_of(server.url), timeout=60) as client:
        client.sendall(_request(b"GET /health") + slow[:-3])
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        for _ in range(10):
            with _one_turn(server):
                pass
        client.sendall(slow[-3:])
        assert b'"id":"w"' in until_the_end(client)


def test_a_request_of_a_client_that_is_gone_is_not_carried_out() -> None:
    with MockServer() as server:
        with socket.create_connection(address_of(server.url)) as client, _one_turn(server):
            client.sendall(_request(b"GET /health") * 2 + _request(b"POST /v3/workspaces", b'{"id":"w"}'))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        assert httpx.get(f"{server.url}/health").status_code == 200
        assert not server.mock.requests.where("get_or_create_workspace")


def test_a_failure_of_the_server_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    with MockServer() as server, caplog.at_level(logging.ERROR, "uvicorn.error"):
        monkeypatch.setattr(server.mock.store, "workspaces", None)
        assert httpx.post(f"{server.url}/v3/workspaces", json={"id": "w"}).status_code == 500
    assert [record.getMessage() for record in caplog.records] == ["Exception in ASGI application\n"]
    assert caplog.records[0].exc_info


def test_this_version_of_uvicorn_has_the_known_protocol() -> None:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    config = uvicorn.Config(create_app(), access_log=False, log_config=None)
    assert is_known(config, HttpToolsProtocol)
    assert not is_known(config, type("Other", (HttpToolsProtocol,), {"on_body": lambda self, _: self}))
    assert not is_known(uvicorn.Config(create_app(), log_config=None), HttpToolsProtocol)


def test_a_request_of_the_usual_kind_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise AssertionError("the request went through ASGI")

    monkeypatch.setattr(ImmediateAnswers, "_release", fails)
    monkeypatch.setattr("mockserver.asgi.App.__call__", fails)
    with MockServer() as server:
        assert httpx.post(f"{server.url}/v3/workspaces", json={"id": "w"}).status_code == 200
