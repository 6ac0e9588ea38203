"""Waiting for something, and for a client who may leave before."""

import asyncio
from collections.abc import Coroutine

from starlette.types import Message, Receive


async def outlasts(waiting: Coroutine[None, None, None], receive: Receive) -> bool:
    """Whether the client is still there when the waiting is over."""
    wait = asyncio.ensure_future(waiting)
    leave = asyncio.ensure_future(left(receive))
    try:
        await asyncio.wait({wait, leave}, return_when=asyncio.FIRST_COMPLETED)
        return wait.done()
    finally:
        wait.cancel()
        leave.cancel()


async def left(receive: Receive) -> None:
    """Returns once the client is gone."""
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()
