"""What a server may offer to the app beyond ASGI: control over the connection of a request."""

from typing import Protocol

from starlette.types import Message, Scope, Send


class ConnectionExtension(Protocol):
    """The connection of a request. `send` is the function that the server gave to the app.

    Middleware may replace `send` with a function of its own, which must then see every message: compare before you use
    `send_at_once`.
    """

    @property
    def send(self) -> Send: ...

    def is_gone(self) -> bool:
        """Whether the connection is closed. `receive` reports it only to the last of several requests on it."""

    def hang_up(self) -> None:
        """Close the connection after the data that was sent so far."""

    async def send_at_once(self, start: Message, body: Message) -> None:
        """Send a whole answer in one write."""


# The key under which a server puts it into the scope.
KEY = "mockserver.connection"


def connection_of(scope: Scope) -> ConnectionExtension | None:
    """The connection of a request; None if the server offers none, or the client is in the same process."""
    connection: ConnectionExtension | None = scope.get(KEY)
    return connection
