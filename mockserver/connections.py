"""What an app cannot know of uvicorn's connections: when to keep silent about one that is gone, how to close one."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from .api.broken import HANG_UP


def letting_go(app: ASGIApp) -> ASGIApp:
    """The app, without a word of those who hang up before they are answered, or whose body is broken off as it comes.

    Of several requests that are sent at once on one connection, uvicorn tells only the last that its client is gone,
    and none that a broken body was answered already; uvloop and h11 then make an error of the answer.
    """

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        scope[HANG_UP] = _hang_up, send
        try:
            await app(scope, receive, send)
        except Exception as error:
            cycle = getattr(send, "__self__", None)
            if cycle is None or not cycle.transport.is_closing() or not _is_of_the_connection(error):
                raise
            cycle.disconnected = True
        finally:
            # It leads back to the scope, and would keep both alive until a garbage collection.
            del scope[HANG_UP]

    return call


def _hang_up(send: Send) -> None:
    """Close the connection of a request; what was sent already goes out first."""
    cycle = getattr(send, "__self__")  # noqa: B009 - the type of `send` is that of any callable
    cycle.disconnected = True
    cycle.transport.close()


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
