"""What happens, as it happens: server-sent events for whoever watches the server."""

import asyncio
import json
import re
from typing import Any

from starlette.types import Receive, Scope, Send

from ..testing.exchanges import Exchange
from ..testing.mock import Mock
from . import answers, asgi_extension
from .waiting import left

_TICK_SECONDS = 0.1
# Of the requests of a tick, so many are told; at the beginning, so many of those before.
_TOLD = 40
_TOLD_AT_FIRST = 200
# How often the stream says that it is still there, when there is nothing to tell.
_BEAT_SECONDS = 15.0
_PLACE = re.compile(r"(\S+)/(\d{1,15})\.(\d{1,15})", re.ASCII)
_NOWHERE = (-1, 0)
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    *answers.GUARDED,
)
_RETRY = b"retry: 1000\n\n"


class Feed:
    """The answer that tells what happens until its client leaves, or the server ends.

    An event says that something changed, and which requests came: at most 40 of a tenth of a second. Their numbers and
    `count`, that of the last, show how many more there were. The id of an event is its place in the journal; a client
    that comes back with it (`Last-Event-ID`, or `last`) hears what it missed, as far as the journal has it.
    """

    def __init__(self, mock: Mock, last: str) -> None:
        self._mock = mock
        self._unanswered: list[Exchange] = []
        self._seen: object = None
        self._position = _NOWHERE
        self._resume(last)

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as long as somebody listens."""
        for name, value in scope["headers"]:
            if name == b"last-event-id":
                self._resume(value.decode("latin-1"))
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end() -> None:
            loop.call_soon_threadsafe(ended.set)  # A mock may have a second server, in another thread.

        with self._mock.hosting.calls_when_it_ends(end):
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            await send({"type": "http.response.body", "body": _RETRY, "more_body": True})
            await self._send_events(ended, scope, receive, send)

    async def _send_events(self, ended: asyncio.Event, scope: Scope, receive: Receive, send: Send) -> None:
        elapsed = self._mock.clock.elapsed
        said = elapsed()
        leaving, connected = asyncio.ensure_future(left(receive)), asgi_extension.connection_of(scope)
        ending = asyncio.ensure_future(ended.wait())
        try:
            with self._mock.requests.watching() as moved:
                while not (leaving.done() or ended.is_set() or (connected is not None and connected.is_gone())):
                    piece = self._news(is_certain=moved.is_set())
                    moved.clear()
                    if piece is None and elapsed() - said > _BEAT_SECONDS:
                        piece = ":\n\n"
                    if piece is not None:
                        said = elapsed()
                        await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
                    # A server that ends waits for its connections no longer than a tick.
                    await asyncio.wait({leaving, ending}, timeout=_TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            return  # The server does not wait any more; there is nothing to tell of that.
        finally:
            leaving.cancel()
            ending.cancel()
        await send({"type": "http.response.body", "body": b""})

    def _resume(self, last: str) -> None:
        """Begin where the client left off, if it was here before."""
        place = _PLACE.fullmatch(last)
        if place is not None and place[1] == self._mock.hosting.identity:
            self._position = (int(place[2]), int(place[3]))

    def _news(self, *, is_certain: bool) -> str | None:
        """The next event; None if nothing happened since the last."""
        mock = self._mock
        position = mock.requests.position
        play = None if mock.play is None else mock.play.as_json()
        now = (position, mock.hosting.turns, mock.clock.state(), play)
        if now == self._seen and not is_certain:
            return None
        news = json.dumps(self._requests(_TOLD_AT_FIRST if self._seen is None else _TOLD), separators=(",", ":"))
        self._seen = now
        return f"id: {mock.hosting.identity}/{position[0]}.{position[1]}\ndata: {news}\n\n"

    def _requests(self, limit: int) -> dict[str, Any]:
        """Those that came since the last event, and those that were told before and are answered now."""
        journal = self._mock.requests
        runs, count = journal.position
        latest = journal.since(self._position, limit)
        waiting = [one for one in self._unanswered if one.weight]  # The others are not in the journal any more.
        told = [one for one in waiting if one.duration is not None] + latest
        self._unanswered = [one for one in waiting + latest if one.duration is None][-_TOLD_AT_FIRST:]
        self._position = runs, count
        return {
            "run": f"{self._mock.hosting.identity}/{runs}",
            "requests": [one.summary() for one in told],
            "count": count,
            "kept_from": journal.first,
            "off": journal.is_off,
        }
