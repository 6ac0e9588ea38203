"""A client that sends any bytes there are, and reads what comes back until it is whole."""

import socket
import time
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

# After so long, less than the server waits for more, a connection is not used again.
_IDLE_SECONDS = 2.0


class Hung(Exception):
    """The answer did not come within the time that it may take."""


class Unanswered(Exception):
    """The connection ended, and no answer had come."""


class Answer(NamedTuple):
    status: int
    body: bytes


class Connection:
    """A persistent connection; it is opened when it is needed, and again where the server has closed it."""

    def __init__(self, address: tuple[str, int], seconds: float) -> None:
        self._address = address
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._deadline = 0.0
        self._used = 0.0
        self._held = b""

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
        self._held = b""

    def ask(self, request: bytes) -> Answer:
        """The answer to one request.

        Raises Hung where it takes longer than it may, Unanswered where there is none, OSError where nobody listens.
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
        # Where the server has gone, it may have said why before.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._open().sendall(request)

    def _answer(self, is_head: bool) -> Answer:
        status = 100
        while status < 200:
            head = self._until(b"\r\n\r\n")
            status = int(head[9:12])
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        has_none = is_head or status in (204, 304)
        body = b"" if has_none else self._exactly(int(fields.get(b"content-length", b"0")))
        if fields.get(b"connection") == b"close" or b"transfer-encoding" in fields:
            self.close()
        return Answer(status, body)

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise Unanswered
        self._socket.settimeout(max(0.001, self._deadline - time.monotonic()))
        return self._socket

    def _until(self, end: bytes) -> bytes:
        while end not in self._held:
            self._more()
        head, _, self._held = self._held.partition(end)
        return head

    def _exactly(self, length: int) -> bytes:
        chunks, missing = [self._held], length - len(self._held)
        while missing > 0:
            self._held = b""
            self._more()
            chunks.append(self._held)
            missing -= len(self._held)
        whole = b"".join(chunks)
        self._held = whole[length:]
        return whole[:length]

    def _more(self) -> None:
        try:
            chunk = self._open().recv(1 << 18)
        except ConnectionResetError:
            raise Unanswered from None
        if not chunk:
            raise Unanswered
        self._held += chunk


def connected(address: tuple[str, int], seconds: float) -> socket.socket:
    """A connection whose small pieces leave at once."""
    connection = socket.create_connection(address, timeout=seconds)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def until_closed(connection: socket.socket, seconds: float) -> bytes:
    """All that comes until the server closes the connection. Raises Hung where it does not."""
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
