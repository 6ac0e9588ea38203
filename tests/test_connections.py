"""What a connection accepts is bounded, and pipelined requests are answered, with both HTTP parsers."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from mockserver import MockServer
from support.raw_client import until_the_end
from support.server_address import address_of

pytestmark = pytest.mark.usefixtures("each_loop")

_GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
_HEAD = b"HEAD /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
_CHUNKED = b"POST /v3/workspaces HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
_LINES = b"X-A: %b\r\n" % (b"a" * 1000)


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    with MockServer() as server:
        yield address_of(server.url)
        assert httpx.get(f"{server.url}/health").status_code == 200


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (b"GET /health HTTP/1.1\r\n", _LINES * 64),
        (b"GET /health HTTP/1.1\r\nX-A: ", b"a" * 65_536),
        (b"GET /", b"a" * 65_536),
        (_CHUNKED + b"2\r\n{}\r\n0\r\n", _LINES * 64),
        (_CHUNKED + b"2;", b"a" * 65_536),
    ],
    ids=["headers", "header", "target", "trailers", "extension"],
)
def test_what_does_not_end_is_refused(address: tuple[str, int], beginning: bytes, piece: bytes) -> None:
    """The test would never end otherwise: the client sends until the server closes the connection."""
    with socket.create_connection(address, timeout=60) as client:
        try:
            client.sendall(beginning)
            while True:
                client.sendall(piece)
        except (ConnectionResetError, BrokenPipeError):
            pass


@pytest.mark.parametrize("size", [1_000, 60_000])
@pytest.mark.parametrize("piece", [1_000, 100_000])
def test_a_head_of_many_bytes_is_accepted(address: tuple[str, int], size: int, piece: int) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: " + b"a" * size + b"\r\n\r\n"
    with socket.create_connection(address, timeout=60) as client:
        for start in range(0, len(head), piece):
            client.sendall(head[start : start + piece])
        assert until_the_end(client).startswith(b"HTTP/1.1 200")


def test_a_body_of_many_bytes_is_accepted(address: tuple[str, int]) -> None:
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(_CHUNKED + chunk * 100 + b"b\r\n" + b'{"id": "w"}' + b"\r\n0\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 422")  # It has no content type.


@pytest.mark.parametrize(
    "malformed", [b"\0\r\n\r\n", b"GET\r\n\r\n", _CHUNKED + b"zz\r\n"], ids=["bytes", "line", "chunk"]
)
@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("request_", [_GET, _HEAD], ids=["GET", "HEAD"])
def test_requests_before_a_malformed_one_keep_their_answers(
    address: tuple[str, int], malformed: bytes, count: int, request_: bytes
) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(request_ * count + malformed)
        received = until_the_end(client)
    assert received.count(b"HTTP/1.1 200") == count
    assert received.count(b"HTTP/1.1 4") == 1
    assert received.rindex(b"HTTP/1.1 4") > received.rindex(b"HTTP/1.1 200")


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
@pytest.mark.parametrize("offer", [b"h2c", b"websocket"])
@pytest.mark.parametrize("pieces", [1, 2, 20])
def test_an_offer_of_an_upgrade_changes_nothing(
    address: tuple[str, int], offer: bytes, pieces: int, version: bytes
) -> None:
    """The client of Java sends one with each request, in the middle of its headers."""
    offering = (
        b"POST /v3/workspaces/w/sessions HTTP/%b\r\nConnection: Upgrade, HTTP2-Settings, keep-alive\r\n"
        b"Host: localhost\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: %b\r\n"
        b'Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"id":"s"}' % (version, offer)
    )
    last = _GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    requests = [offering, offering, last] if version == b"1.1" else [offering]
    sent = b"".join(requests)
    size = -(-len(sent) // pieces)
    with socket.create_connection(address, timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(sent), size):
            client.sendall(sent[start : start + size])
        received = until_the_end(client)
    assert received.count(b"HTTP/1.1 200") == len(requests)
    assert received.count(b'"id":"s"') == len(requests) - requests.count(last)


@pytest.mark.parametrize("target", [b"localhost:80", b"/health", b"http://localhost/health", b"*"])
@pytest.mark.parametrize("offer", [b"", b"Upgrade: h2c\r\nConnection: Upgrade\r\n"], ids=["plain", "offer"])
def test_a_request_to_connect_is_refused(address: tuple[str, int], target: bytes, offer: bytes) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(b"CONNECT " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + offer + b"\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 4")
