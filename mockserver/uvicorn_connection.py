"""Gives the app access to uvicorn's connections, which ASGI does not offer: see `api/asgi_extension.py`."""

from collections.abc import Callable, Coroutine
from operator import attrgetter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import fast_path
from .api import asgi_extension


def with_connection(app: ASGIApp) -> ASGIApp:
    """The app, with the connection in the scope of each request. Logs no errors about clients that disconnected.

    uvicorn reports a lost client only to the last of several requests that a client sent at once, and not at all to a
    request with a broken body that uvicorn has already answered. uvloop and h11 then raise an error when the app sends
    its answer.

    If uvicorn does not have the shape that this relies on, the app is called as it is.
    """

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        # At the log level trace, uvicorn wraps `send` in a function.
        cycle = getattr(send, "__self__", None)
        if cycle is None or not fast_path.has_known_shape(type(cycle)):  # type: ignore[arg-type]  # classes are hashable
            await app(scope, receive, send)
            return
        scope[asgi_extension.KEY] = _UvicornConnection(send)
        try:
            await app(scope, receive, send)
        except Exception as error:
            if not _cycle_of(send).transport.is_closing() or not _comes_from_connection(error):
                raise
            _cycle_of(send).disconnected = True
        finally:
            # The connection refers to the scope: without this line, the two live until a garbage collection.
            scope.pop(asgi_extension.KEY, None)

    return call


class _UvicornConnection:
    """The connection of one request: `send` is a method of the uvicorn object that holds the connection."""

    __slots__ = ("send",)

    def __init__(self, send: Send) -> None:
        self.send = send

    def is_gone(self) -> bool:
        return bool(_cycle_of(self.send).transport.is_closing())

    def hang_up(self) -> None:
        cycle = _cycle_of(self.send)
        cycle.disconnected = True  # Otherwise uvicorn logs that the answer is incomplete.
        cycle.transport.close()

    def send_at_once(self, start: Message, body: Message) -> Coroutine[Any, Any, None]:
        # Not `async`: the caller awaits the coroutine itself, without another one in between.
        return fast_path.send_in_one_write(_cycle_of(self.send), self.send, start, body)


_cycle_of: Callable[[Send], Any] = attrgetter("__self__")


def _comes_from_connection(error: BaseException) -> bool:
    """Whether uvicorn or one of its libraries raised the error. False if the error was raised while an error of the app
    was handled.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    origin = "" if trace is None else trace.tb_frame.f_globals.get("__name__", "").partition(".")[0]
    context = error.__context__
    return origin in ("uvicorn", "h11", "uvloop", "asyncio") and (
        # Starlette raises an HTTPException for an answer such as 404, which is not a failure.
        context is None or isinstance(context, HTTPException) or _comes_from_connection(context)
    )
