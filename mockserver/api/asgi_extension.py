"""What goes beyond ASGI: the server gives the app control over the connection of a request, and the app gives the
server answers without `await`.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from starlette.types import Message, Scope, Send


class ConnectionExtension(Protocol):
    """The connection of a request. `send` is the function that the server gave to the app.

    Middleware may replace `send` with another function, which must then see every message: call `send_at_once` only if
    the app still has this `send`.
    """

    @property
    def send(self) -> Send: ...

    def is_gone(self) -> bool:
        """Whether the connection is closed. If several requests share the connection, `receive` reports the disconnect
        only to the last one.
        """

    def hang_up(self) -> None:
        """Close the connection after the data that was sent so far."""

    async def send_at_once(self, start: Message, body: Message) -> None:
        """Send a whole answer in one write."""


# The key in the scope under which a server puts the connection.
KEY = "mockserver.connection"


def connection_of(scope: Scope) -> ConnectionExtension | None:
    """The connection of a request; None if the server offers none, or the client is in the same process."""
    connection: ConnectionExtension | None = scope.get(KEY)
    return connection


class Immediate(NamedTuple):
    """A whole answer: its first ASGI message and its body. `error` is the error of the app that caused it, or None."""

    start: Message
    content: bytes
    error: BaseException | None


# What answers the request with this scope, once its body is complete. None if the request has to go through ASGI.
Answering = Callable[[Scope], Callable[[bytes], Immediate] | None]
