"""What a server may do for the app beyond ASGI, with the connection of a request."""

from typing import Protocol

from starlette.types import Message, Scope, Send


class Connection(Protocol):
    """`send` is what the server gave to the app; something between may have put another in its place."""

    @property
    def send(self) -> Send: ...

    def is_gone(self) -> bool:
        """Whether it was closed; of several requests on one connection, `receive` tells only the last."""

    def hang_up(self) -> None:
        """Close the connection; what was sent already goes out first."""

    async def send_at_once(self, start: Message, body: Message) -> None:
        """Send a whole answer in one piece: each piece costs the client and the server a call of the system."""


# Where a server leaves it in the scope of a request.
PLACE = "mockserver.connection"


def of(scope: Scope) -> Connection | None:
    """The connection of a request; None in the same process."""
    connection: Connection | None = scope.get(PLACE)
    return connection
