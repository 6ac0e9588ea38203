"""What an app cannot know of uvicorn's connections: how to write at once, how to close one, when to keep silent."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .api import connection


def connected(app: ASGIApp) -> ASGIApp:
    """The app, with the connection of each request at hand, and without a word of the clients who are gone.

    Of several requests that are sent at once on one connection, uvicorn tells only the last that its client is gone,
    and none that a broken body was answered already; uvloop and h11 then make an error of the answer.
    """

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if hasattr(send, "__self__"):  # At the log level trace, uvicorn puts a function of its own before it.
            scope[connection.PLACE] = _Connection(send)
        try:
            await app(scope, receive, send)
        except Exception as error:
            cycle = getattr(send, "__self__", None)
            if cycle is None or not cycle.transport.is_closing() or not _is_of_the_connection(error):
                raise
            cycle.disconnected = True
        finally:
            # It leads back to the scope, and would keep both alive until a garbage collection.
            scope.pop(connection.PLACE, None)

    return call


class _Connection:
    """The connection of one request, as uvicorn holds it: in the object whose method `send` is."""

    __slots__ = ("send",)

    def __init__(self, send: Send) -> None:
        self.send = send

    def is_gone(self) -> bool:
        return bool(_cycle_of(self.send).transport.is_closing())

    def hang_up(self) -> None:
        cycle = _cycle_of(self.send)
        cycle.disconnected = True
        cycle.transport.close()

    async def send_at_once(self, start: Message, body: Message) -> None:
        cycle = _cycle_of(self.send)
        transport = cycle.transport
        cycle.transport = held = _Held(transport)
        try:
            await self.send(start)
            await self.send(body)
        finally:
            cycle.transport = transport
            held.let_go()


_cycle_of: Callable[[Send], Any] = attrgetter("__self__")


class _Held:
    """A transport that holds the head of an answer until its body is written, or it is let go or closed."""

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._head is None:
            self._head = data
        else:
            self._transport.write(self._head + data)
            self._head = b""

    def close(self) -> None:
        self.let_go()
        self._transport.close()

    def let_go(self) -> None:
        if self._head:
            self._transport.write(self._head)
            self._head = b""


def _is_of_the_connection(error: BaseException) -> bool:
    """Whether uvicorn, or what it speaks through, raised it, and nothing else did before but an answer such as 404."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    origin = "" if trace is None else trace.tb_frame.f_globals.get("__name__", "").partition(".")[0]
    before = error.__context__
    return origin in ("uvicorn", "h11", "uvloop", "asyncio") and (
        before is None or isinstance(before, HTTPException) or _is_of_the_connection(before)
    )
