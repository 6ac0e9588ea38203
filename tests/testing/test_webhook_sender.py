"""One POST request of the webhook sender: what is sent, and how much of an answer is read."""

import asyncio
import http.client
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest

from mockserver.testing.webhook_sender import ANSWER_LIMIT, _Post, post
from support.raw_server import raw_server

_HEADERS = {"Content-Type": "application/json", "X-Signed": "yes"}


def _post(url: str) -> tuple[int, bytes]:
    return asyncio.run(post(url, _HEADERS, b"{}"))


_LARGE = b"x" * (ANSWER_LIMIT + 1)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay", (200, b"ok")),
        (b"HTTP/1.0 200 OK\r\ncontent-length:2 \r\n\r\nokay", (200, b"ok")),
        (b"HTTP/1.1 500 No\r\n\r\nuntil the end", (500, b"until the end")),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", (302, b"")),
        (b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nother", (204, b"")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 202 OK\r\n\r\nx", (202, b"x")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=b\r\nok\r\n3\r\nay!\r\n0\r\n\r\n",
            (200, b"okay!"),
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + _LARGE, (200, _LARGE[:-1])),
        (b"HTTP/1.1 200 OK\r\n\r\n" + _LARGE, (200, _LARGE[:-1])),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4001\r\n" + _LARGE, (200, _LARGE[:-1])),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n" + _LARGE, (200, _LARGE[:-1])),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", (200, b"short")),
    ],
)
def test_an_answer_is_read_as_far_as_it_fits(said: bytes, expected: tuple[int, bytes]) -> None:
    with raw_server(said) as (url, _):
        assert _post(url) == expected


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab",
    ],
)
def test_what_is_no_answer_is_none(said: bytes) -> None:
    with raw_server(said) as (url, _), pytest.raises((OSError, http.client.HTTPException)):
        _post(url)


_HEADS = [b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.0 200 OK\n\n"]


@pytest.mark.parametrize(("head", "length"), [(head, length) for head in _HEADS for length in range(len(head))])
def test_a_head_that_ends_early_is_no_answer(head: bytes, length: int) -> None:
    with raw_server(head[:length]) as (url, _), pytest.raises((OSError, http.client.HTTPException)):
        _post(url)


@pytest.mark.parametrize("head", _HEADS)
def test_a_head_that_is_whole_is_an_answer(head: bytes) -> None:
    with raw_server(head) as (url, _):
        assert _post(url) == (200, b"")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", "/"),
        ("/hook?token=a%20b&c=d", "/hook?token=a%20b&c=d"),
        ("/a b/é?q=ü#part", "/a%20b/%C3%A9?q=%C3%BC"),
        ('/\x01?\x7f"', "/%01?%7F%22"),
    ],
)
def test_what_is_sent_is_one_request_to_what_the_url_names(path: str, target: str) -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n") as (url, sent):
        host = url.removeprefix("http://")
        _post(f"http://somebody:secret@{host}{path}")
    head = [f"POST {target} HTTP/1.1", f"Host: {host}", "Content-Type: application/json", "X-Signed: yes"]
    lines = [*head, "Connection: close", "Content-Length: 2", "", "{}"]
    assert sent == ["\r\n".join(lines).encode()]


@pytest.mark.parametrize(
    "url",
    [
        "http://:80/",
        "http://127.0.0.1:port/",
        "http://127.0.0.1:99999/",
        "http://a..b/",
        "http://\ud800/",
    ],
)
def test_a_url_that_leads_nowhere_is_told(url: str) -> None:
    with pytest.raises((ValueError, OSError)):
        _post(url)


def test_tls_is_spoken_to_those_who_are_trusted_only() -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n{}") as (url, sent), pytest.raises(OSError, match=r"(?i)ssl"):
        _post(url.replace("http://", "https://"))
    assert not any(b"POST" in one for one in sent)


def _resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    real = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        if host != "receiver.test":
            return real(host, *rest, **more)
        return [found for address in addresses for found in real(address, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_each_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve(monkeypatch, "127.0.0.2", "127.0.0.1")
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n") as (url, _):
        assert _post(url.replace("127.0.0.1", "receiver.test"))[0] == 200
    with pytest.raises(ConnectionError):
        _post(url.replace("127.0.0.1", "receiver.test"))


def test_a_host_without_an_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve(monkeypatch)
    with pytest.raises(OSError, match="empty list"):
        _post("http://receiver.test/")


def test_a_name_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(socket.gaierror, match="not known"):
        _post("http://receiver.test/")


@pytest.mark.parametrize("leaves", [False, True])
def test_a_name_whose_address_does_not_come_holds_nobody(monkeypatch: pytest.MonkeyPatch, leaves: bool) -> None:
    """Neither those who wait no longer nor, when it comes at last, those who have left."""
    answered = threading.Event()
    real = socket.getaddrinfo

    def slow(host: Any, *rest: Any, **more: Any) -> Any:
        if host != "receiver.test":
            return real(host, *rest, **more)
        answered.wait(60)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await post("http://receiver.test/", {}, b"{}")
        if not leaves:
            answered.set()
            await asyncio.to_thread(_join_posts)

    asyncio.run(impatient())
    answered.set()
    _join_posts()


def _join_posts() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("POST "):
            thread.join(60)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://[::1]/x", ("::1", 80)),
        ("http://[2001:db8::8080]/", ("2001:db8::8080", 80)),
        ("https://[fe80::abcd]/", ("fe80::abcd", 443)),
        ("http://[::1]:8080/", ("::1", 8080)),
    ],
)
def test_an_ipv6_address_is_not_read_as_a_port(url: str, address: tuple[str, int]) -> None:
    connection = _Post(url, {}, b"")._connection
    assert (connection.host, connection.port) == address


def test_a_cancelled_request_ends_its_thread() -> None:
    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await post(url, _HEADERS, b"{}")

    with raw_server(hangs=True) as (url, _):
        asyncio.run(impatient())
        _join_posts()


def test_a_request_that_is_cancelled_while_it_connects_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled = threading.Event()
    real = socket.create_connection

    def slow(*rest: Any, **more: Any) -> socket.socket:
        connection = real(*rest, **more)
        cancelled.wait(60)
        return connection

    monkeypatch.setattr(socket, "create_connection", slow)

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await post(url, _HEADERS, b"{}")

    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n") as (url, sent):
        asyncio.run(impatient())
        cancelled.set()
        _join_posts()
    assert sent in ([], [b""])


@pytest.mark.process
def test_a_pending_delivery_does_not_keep_the_process_alive() -> None:
    """Neither a receiver that does not answer nor a look-up that hangs; without a server, nothing stops the sender."""
    script = """
import socket, sys, threading
from mockserver import Mock
real = socket.getaddrinfo
def look_up(host, *rest, **more):
    if host == "receiver.test":
        threading.Event().wait()
    return real(host, *rest, **more)
socket.getaddrinfo = look_up
rows = [{"id": str(n), "workspace_id": "w", "url": url} for n, url in enumerate([sys.argv[1], "http://receiver.test/"])]
Mock().deliveries.publish("test.event", {}, rows)
"""
    with raw_server(hangs=True) as (url, _):
        ended = subprocess.run([sys.executable, "-c", script, url], timeout=60, check=False)
    assert ended.returncode == 0
