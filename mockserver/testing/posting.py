"""One POST by HTTP/1.1 over asyncio's streams: no redirects, no second try, and never more of an answer than fits."""

import asyncio
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from threading import Thread
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

# How many bytes of the body of an answer are read.
ANSWER_LIMIT = 16 * 1024
_HEAD_LIMIT = 64 * 1024
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})\b")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*\bchunked[ \t]*\r\n", re.IGNORECASE)
_SAFE_IN_URL = "!#$%&'()*+,/:;=?@[]~"


async def post(url: str, headers: Mapping[str, str], content: bytes) -> tuple[int, bytes]:
    """Send `content` to the URL; the status and the body of the answer, or the first bytes of it.

    Raises OSError where there is no connection, or none any more; ValueError or EOFError for a URL that cannot be
    reached, and for what is no answer. It waits as long as it is let.
    """
    parts = urlsplit(url)
    reader, writer = await _connected(parts)
    try:
        writer.write(_head(parts, headers, len(content)) + content)
        await writer.drain()
        return await _answer(reader)
    finally:
        writer.transport.abort()


async def _connected(parts: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if not parts.hostname:
        raise ValueError("the URL has no host")
    is_safe = parts.scheme == "https"
    options: dict[str, Any] = {"ssl": _trust(), "server_hostname": parts.hostname} if is_safe else {}
    port = parts.port or (443 if is_safe else 80)
    failure = OSError("the host has no address")
    for address in await _addresses(parts.hostname, port):
        try:
            return await asyncio.open_connection(address, port, limit=_HEAD_LIMIT, **options)
        except OSError as error:
            failure = error
    raise failure


async def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a host. A name is looked up in a thread of its own: one that hangs keeps nobody from ending."""
    with suppress(socket.gaierror):
        return _looked_up(host, port, socket.AI_NUMERICHOST)
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str] | Exception] = loop.create_future()

    def tell(result: list[str] | Exception) -> None:
        if not found.done():  # Nobody waits for it any more.
            found.set_result(result)

    def look_up() -> None:
        result: list[str] | Exception
        try:
            result = _looked_up(host, port)
        except (OSError, ValueError) as error:
            result = error
        with suppress(RuntimeError):  # The loop is closed.
            loop.call_soon_threadsafe(tell, result)

    Thread(target=look_up, daemon=True, name=f"address of {host}").start()
    result = await found
    if isinstance(result, Exception):
        raise result
    return result


def _looked_up(host: str, port: int, flags: int = 0) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)]


@cache
def _trust() -> Any:
    """Whom to trust over TLS: those whom the system trusts."""
    import ssl  # Webhooks of tests speak plain HTTP.

    return ssl.create_default_context()


def _head(parts: SplitResult, headers: Mapping[str, str], length: int) -> bytes:
    target = quote(parts.path or "/", safe=_SAFE_IN_URL) + (
        f"?{quote(parts.query, safe=_SAFE_IN_URL)}" * bool(parts.query)
    )
    sent = {"Host": parts.netloc.rpartition("@")[2], **headers, "Content-Length": length, "Connection": "close"}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    status = 0
    while status < 200:  # Those below come before the answer.
        head = await reader.readuntil(b"\r\n\r\n")
        match = _STATUS.match(head)
        if match is None:
            raise ValueError(f"no answer of HTTP/1.1: {head[:40]!r}")
        status = int(match[1])
    if status in (204, 304):
        return status, b""
    if _CHUNKED.search(head):
        return status, await _chunks(reader)
    length = _LENGTH.search(head)
    return status, await _at_most(reader, ANSWER_LIMIT if length is None else min(int(length[1]), ANSWER_LIMIT))


async def _at_most(reader: asyncio.StreamReader, limit: int) -> bytes:
    """So many bytes, or fewer where the connection ends before."""
    content = b""
    while len(content) < limit and (piece := await reader.read(limit - len(content))):
        content += piece
    return content


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A body in chunks, or the beginning of it."""
    content = b""
    while len(content) < ANSWER_LIMIT and (size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)):
        content += await _at_most(reader, min(size, ANSWER_LIMIT - len(content)))
        if len(content) < ANSWER_LIMIT:
            await reader.readexactly(2)
    return content
