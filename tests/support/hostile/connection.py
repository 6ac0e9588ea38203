"""An HTTP connection that sends any bytes, and reads complete responses."""

import socket
import time
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

# An idle connection is not used again after this time, which is shorter than the keep-alive timeout of the server.
_IDLE_SECONDS = 2.0


class Hung(Exception):
    """The response did not arrive in time."""


class Unanswered(Exception):
    """The connection was closed before a complete response arrived."""


class Answer(NamedTuple):
    status: int
    body: bytes


class Connection:
    """A persistent connection. It opens when it is needed, and again after the server has closed it."""

    def __init__(self, address: tuple[str, int], seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._deadline = 0.0
        self._used = 0.0
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._buffer = b""

    def ask(self, request: bytes) -> Answer:
        """Send a request, and return the response.

        Raises Hung if the response takes too long, Unanswered if there is none, OSError if no server listens.
        """
        if time.monotonic() - self._used > _IDLE_SECONDS:
            self.close()
        self._deadline = time.monotonic() + self._seconds
        if self._socket is None:
            self._socket = connected(self._address, self._seconds)
        try:
            self._send(request)
            answer = self._answer(request.startswith(b"HEAD "))
        except TimeoutError:
            self.close()
            raise Hung from None
        except Unanswered:
            self.close()
            raise
        self._used = time.monotonic()
        return answer

    def _send(self, request: bytes) -> None:
        # A server that has closed the connection may have sent a response first.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._open().sendall(request)

    def _answer(self, is_head: bool) -> Answer:
        status = 100
        while status < 200:
            head = self._until(b"\r\n\r\n")
            status = int(head[9:12])
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        has_no_body = is_head or status in (204, 304)
        body = b"" if has_no_body else self._exactly(int(fields.get(b"content-length", b"0")))
        if fields.get(b"connection") == b"close" or b"transfer-encoding" in fields:
            self.close()
        return Answer(status, body)

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise Unanswered
        self._socket.settimeout(max(0.001, self._deadline - time.monotonic()))
        return self._socket

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(end)
        return head

    def _exactly(self, length: int) -> bytes:
        chunks, missing = [self._buffer], length - len(self._buffer)
        while missing > 0:
            self._buffer = b""
            self._more()
            chunks.append(self._buffer)
            missing -= len(self._buffer)
        whole = b"".join(chunks)
        self._buffer = whole[length:]
        return whole[:length]

    def _more(self) -> None:
        try:
            chunk = self._open().recv(1 << 18)
        except ConnectionResetError:
            raise Unanswered from None
        if not chunk:
            raise Unanswered
        self._buffer += chunk


def connected(address: tuple[str, int], seconds: float) -> socket.socket:
    """A connection that sends small pieces immediately."""
    connection = socket.create_connection(address, timeout=seconds)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def until_closed(connection: socket.socket, seconds: float) -> bytes:
    """Everything that arrives until the server closes the connection. Raises Hung if it does not close it in time."""
    deadline = time.monotonic() + seconds
    chunks: list[bytes] = []
    try:
        while True:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            chunk = connection.recv(1 << 18)
            if not chunk:
                break
            chunks.append(chunk)
    except TimeoutError:
        raise Hung from None
    except ConnectionResetError:
        pass
    return b"".join(chunks)
