"""Waits for something, unless the client disconnects first."""

import asyncio
from collections.abc import Coroutine

from starlette.types import Message, Receive


async def outlasts(waiting: Coroutine[None, None, None], receive: Receive) -> bool:
    """Wait for a coroutine. Returns whether it completed before the client disconnected; otherwise it is cancelled."""
    wait = asyncio.ensure_future(waiting)
    leave = asyncio.ensure_future(left(receive))
    try:
        await asyncio.wait({wait, leave}, return_when=asyncio.FIRST_COMPLETED)
        return wait.done()
    finally:
        wait.cancel()
        leave.cancel()


async def left(receive: Receive) -> None:
    """Return when the client has disconnected."""
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()
