"""Bytes that are not a valid HTTP request, or not a complete one."""

import socket
import struct
import time
from collections import deque
from random import Random
from typing import NamedTuple

from .connection import connected, until_closed

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
    """The pieces to send, and how the connection ends.

    `half`: half-closed; `slow`: half-closed after pauses between the pieces; `reset`: reset; `left`: left open.
    """

    label: str
    pieces: tuple[bytes, ...]
    end: str


def attempt(random: Random, valid: bytes) -> Attempt:
    """An attempt that breaks HTTP. It may contain `valid`, a complete request that changes nothing."""
    return random.choice(_WAYS)(random, valid)


def _line(random: Random, valid: bytes) -> Attempt:
    return Attempt("request line", (random.choice(_LINES), b"\r\nhost: x\r\n\r\n"), _end(random))


def _headers(random: Random, valid: bytes) -> Attempt:
    line, _, rest = valid.partition(b"\r\n")
    return Attempt("headers", (line + b"\r\n" + random.choice(_HEADERS) + b"\r\n", rest), _end(random))


def _chunks(random: Random, valid: bytes) -> Attempt:
    lines = (b"POST /v3/workspaces/list HTTP/1.1", b"host: x", b"content-type: application/json")
    chunks = b"".join(random.choices(_CHUNKS, k=random.choice((1, 2, 3))))
    return Attempt("chunks", (b"\r\n".join((*lines, b"transfer-encoding: chunked\r\n\r\n")), chunks), _end(random))


def _length(random: Random, valid: bytes) -> Attempt:
    head, _, body = valid.partition(b"\r\n\r\n")
    wrong = max(0, len(body) + random.choice((-1, 1, 10, 100_000)))
    lines = (head.partition(b"\r\n")[0], b"host: x", b"content-length: %d\r\n\r\n" % wrong)
    return Attempt("length", (b"\r\n".join(lines), body), _end(random))


def _pipeline(random: Random, valid: bytes) -> Attempt:
    following = random.choice((valid, random.choice(_LINES) + b"\r\n\r\n", random.randbytes(50)))
    times = random.choice((1, 2, 30)) if len(valid) < 2_000 else 1
    return Attempt("pipeline", (valid * times, following), _end(random))


def _cut(random: Random, valid: bytes) -> Attempt:
    index = random.randrange(len(valid))
    end = random.choice(("half", "slow", "reset", "left"))
    return Attempt("cut", (valid[: index // 2], valid[index // 2 : index]), end)


def _corrupted(random: Random, valid: bytes) -> Attempt:
    corrupted = bytearray(valid)
    for _ in range(random.choice((1, 3, 10))):
        corrupted[random.randrange(len(corrupted))] = random.randrange(256)
    return Attempt("corrupted", (bytes(corrupted),), _end(random))


_WAYS = (_line, _headers, _chunks, _length, _pipeline, _cut, _corrupted)


def _end(random: Random) -> str:
    return random.choices(("half", "slow", "reset", "left"), (30, 2, 3, 2))[0]


class Sender:
    """Sends attempts. Connections that an attempt leaves open stay open for the next 20 such attempts."""

    def __init__(self, address: tuple[str, int], seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._left: deque[socket.socket] = deque()

    def send(self, attempt: Attempt) -> bytes:
        """Everything that the server sends.

        Raises Hung if the server does not close a half-closed connection, TimeoutError if it stops reading.
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
            return b""  # The server may close the connection once it sees that the request is invalid.
        finally:
            self._end_connection(connection, attempt.end)
        return b""

    def close(self) -> None:
        while self._left:
            _reset(self._left.popleft())

    def _end_connection(self, connection: socket.socket, end: str) -> None:
        if end == "left":
            self._left.append(connection)
            if len(self._left) > 20:
                _reset(self._left.popleft())
        elif end == "reset":
            _reset(connection)
        else:
            connection.close()


def _reset(connection: socket.socket) -> None:
    """Close the connection with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
