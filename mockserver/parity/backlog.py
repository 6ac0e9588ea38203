"""The requests that wait until they are compared, over all mocks that are compared with one real server."""

import asyncio
from collections import deque
from concurrent.futures import Future
from threading import Lock

# How many requests wait for the real server, with how many bytes, before clients wait too.
MOST_WAITING = 1_000
_MOST_BYTES = 64 * 1024 * 1024


class Backlog:
    """Delays the answers of the fake server if too many requests wait for the real one.

    Arguments:
        most: How many requests may wait. With 0, each answer waits until it is compared.
    """

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._waiting: deque[tuple[Future[None], int]] = deque()
        self._bytes = 0
        self._lock = Lock()  # Several mocks have several servers, each in its thread.

    async def add(self, done: "Future[None]", size: int) -> None:
        """Add a request with this many bytes, which ends with `done`. Wait until few enough requests wait."""
        with self._lock:
            waiting = self._waiting
            waiting.append((done, size))
            self._bytes += size
            while waiting and waiting[0][0].done():
                self._bytes -= waiting.popleft()[1]
            awaited = done if self._bytes > _MOST_BYTES else None
            if len(waiting) > self._most:
                awaited = awaited or waiting[-1 - self._most][0]
        if awaited is not None:
            await asyncio.shield(asyncio.wrap_future(awaited))
