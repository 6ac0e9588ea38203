"""An answer without a task of the event loop has the same bytes as one through ASGI, and the same consequences."""

import itertools
import logging
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import MockServer
from mockserver.uvicorn_immediate import ImmediateAnswers, has_known_protocol
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


# What is answered at once, and what is not for one of the many reasons.
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
        patch.setattr("mockserver.uvicorn_protocol.has_known_protocol", lambda _: False)
        server = MockServer(seed=1)
        server.start()
    yield server
    server.stop()


def _received(server: MockServer, pieces: list[bytes]) -> bytes:
    received = b""
    with socket.create_connection(address_of(server.url), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                client.sendall(piece)
            while piece := client.recv(65536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):  # The server closed the connection with bytes unread.
            pass
    return received


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


def test_a_client_that_ends_its_side_of_the_connection_gets_its_answer() -> None:
    with MockServer() as server:
        for _ in range(50):
            with socket.create_connection(address_of(server.url), timeout=60) as client:
                client.sendall(_request(b"GET /health"))
                client.shutdown(socket.SHUT_WR)
                assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_failure_of_the_server_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    with MockServer() as server, caplog.at_level(logging.ERROR, "uvicorn.error"):
        monkeypatch.setattr(server.mock.store, "workspaces", None)
        assert httpx.post(f"{server.url}/v3/workspaces", json={"id": "w"}).status_code == 500
    assert [record.getMessage() for record in caplog.records] == ["Exception in ASGI application\n"]
    assert caplog.records[0].exc_info


def test_this_version_of_uvicorn_has_the_known_protocol() -> None:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    assert has_known_protocol(HttpToolsProtocol)
    assert not has_known_protocol(type("Other", (HttpToolsProtocol,), {"on_body": lambda self, _: self}))


def test_a_request_of_the_usual_kind_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise AssertionError("the request went through ASGI")

    monkeypatch.setattr(ImmediateAnswers, "_release", fails)
    monkeypatch.setattr("mockserver.asgi.App.__call__", fails)
    with MockServer() as server:
        assert httpx.post(f"{server.url}/v3/workspaces", json={"id": "w"}).status_code == 200
