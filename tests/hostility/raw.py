"""Bytes on a socket that are no request, or one that never becomes whole."""

import socket
import struct
import time
from collections import deque
from random import Random
from typing import NamedTuple

from .sockets import connected, until_closed

_LINES = (
    *(
        b"GARBAGE",
        b"GET",
        b"GET /",
        b"GET / HTTP/9.9",
        b"GET  /  HTTP/1.1",
        b" GET / HTTP/1.1",
        b"get /health HTTP/1.1",
    ),
    *(
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0",
        b"CONNECT x:1 HTTP/1.1",
        b"\0" * 50,
        b"\xff" * 9,
    ),
    *(b"OPTIONS * HTTP/1.1", b"GET http://[ HTTP/1.1", b"GET http://x:99999999/ HTTP/1.1", b"GET http://x HTTP/1.1"),
    *(b"GET /\xff HTTP/1.1", b"GET /\0 HTTP/1.1", b"GET /%zz?% HTTP/1.1", b"GET /a b HTTP/1.1", b"GET ? HTTP/1.1"),
    *(
        b"GET //x HTTP/1.1",
        b"GET # HTTP/1.1",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1",
        b"X" * 70_000,
        b"GET /health HTTP/1.0",
    ),
)
_HEADERS = (
    *(
        b"content-length: -1",
        b"content-length: 1, 2",
        b"content-length: " + b"9" * 30,
        b"content-length: 5\r\ncontent-length: 6",
    ),
    *(b"content-length: 3\r\ntransfer-encoding: chunked", b"transfer-encoding: gzip, chunked", b"transfer-encoding: x"),
    *(b"no colon", b": empty", b"a: b\r\n folded", b"nul: \0", b"bad name: x", b"\xff: \xff", b"a" * 70_000 + b": x"),
    *(b"long: " + b"x" * 200_000, b"many: x\r\n" * 2_000 + b"last: x", b"expect: 100-continue", b"expect: nothing"),
    *(b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\nsec-websocket-version: 13",),
    *(b"connection: upgrade, http2-settings\r\nupgrade: h2c", b"connection: close, keep-alive", b"host: y\r\nhost: ["),
    *(b"content-type: application/json\r\ncontent-type: text/plain", b"origin: null", b"x: y\rz: w", b"x: y\nz: w"),
)
_CHUNKS = (
    *(
        b"zz\r\n",
        b"5\r\nab",
        b"-1\r\n",
        b"f" * 18 + b"\r\n",
        b"5;x=y\r\n{    \r\n0\r\n\r\n",
        b"2\r\n{}\r\n0\r\ntrailer: x\r\n\r\n",
    ),
    *(
        b"1\r\n{\r\n",
        b"0\r\n",
        b"2\r\n{}",
        b"\r\n\r\n",
        b"2\n{}\n0\n\n",
        b"1" + b"0" * 5 + b"\r\n{",
        b"2\r\n{}xx0\r\n\r\n",
    ),
)


class Attempt(NamedTuple):
    """What is sent, in pieces, and how it ends: `half` closed, `slow` and then half closed, `reset`, or `left` open."""

    label: str
    pieces: tuple[bytes, ...]
    end: str


def attempt(random: Random, reading: bytes) -> Attempt:
    """Something that breaks HTTP; `reading` is a whole request that changes nothing, to begin or to end with."""
    return random.choice(_WAYS)(random, reading)


def _line(random: Random, reading: bytes) -> Attempt:
    return Attempt("request line", (random.choice(_LINES), b"\r\nhost: x\r\n\r\n"), _end(random))


def _headers(random: Random, reading: bytes) -> Attempt:
    line, _, rest = reading.partition(b"\r\n")
    return Attempt("headers", (line + b"\r\n" + random.choice(_HEADERS) + b"\r\n", rest), _end(random))


def _chunks(random: Random, reading: bytes) -> Attempt:
    lines = (b"POST /v3/workspaces/list HTTP/1.1", b"host: x", b"content-type: application/json")
    chunks = b"".join(random.choices(_CHUNKS, k=random.choice((1, 2, 3))))
    return Attempt("chunks", (b"\r\n".join((*lines, b"transfer-encoding: chunked\r\n\r\n")), chunks), _end(random))


def _length(random: Random, reading: bytes) -> Attempt:
    head, _, body = reading.partition(b"\r\n\r\n")
    wrong = max(0, len(body) + random.choice((-1, 1, 10, 100_000)))
    lines = (head.partition(b"\r\n")[0], b"host: x", b"content-length: %d\r\n\r\n" % wrong)
    return Attempt("length", (b"\r\n".join(lines), body), _end(random))


def _pipeline(random: Random, reading: bytes) -> Attempt:
    following = random.choice((reading, random.choice(_LINES) + b"\r\n\r\n", random.randbytes(50)))
    times = random.choice((1, 2, 30)) if len(reading) < 2_000 else 1
    return Attempt("pipeline", (reading * times, following), _end(random))


def _cut(random: Random, reading: bytes) -> Attempt:
    place = random.randrange(len(reading))
    end = random.choice(("half", "slow", "reset", "left"))
    return Attempt("cut", (reading[: place // 2], reading[place // 2 : place]), end)


def _flipped(random: Random, reading: bytes) -> Attempt:
    spoiled = bytearray(reading)
    for _ in range(random.choice((1, 3, 10))):
        spoiled[random.randrange(len(spoiled))] = random.randrange(256)
    return Attempt("flipped", (bytes(spoiled),), _end(random))


_WAYS = (_line, _headers, _chunks, _length, _pipeline, _cut, _flipped)


def _end(random: Random) -> str:
    return random.choices(("half", "slow", "reset", "left"), (30, 2, 3, 2))[0]


class Sender:
    """Carries attempts out; what is left open stays so for a while, beside the other requests."""

    def __init__(self, address: tuple[str, int], seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._left: deque[socket.socket] = deque()

    def send(self, attempt: Attempt) -> bytes:
        """All that comes back.

        Raises Hung or TimeoutError where the server does not close what was half closed, or does not read on.
        """
        connection = connected(self._address, self._seconds)
        try:
            for piece in attempt.pieces:
                connection.sendall(piece)
                if attempt.end == "slow":
                    time.sleep(0.01)
            if attempt.end in ("half", "slow"):
                connection.shutdown(socket.SHUT_WR)
                return until_closed(connection, self._seconds)
        except TimeoutError:
            raise
        except OSError:
            return b""  # The server need not hear more than it takes to see that this is no request.
        finally:
            self._let_go(connection, attempt.end)
        return b""

    def close(self) -> None:
        while self._left:
            _reset(self._left.popleft())

    def _let_go(self, connection: socket.socket, end: str) -> None:
        if end == "left":
            self._left.append(connection)
            if len(self._left) > 20:
                _reset(self._left.popleft())
        elif end == "reset":
            _reset(connection)
        else:
            connection.close()


def _reset(connection: socket.socket) -> None:
    """Close in a way that the other side hears as an error."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
