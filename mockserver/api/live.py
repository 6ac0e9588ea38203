"""Server-sent events for the page: changes of the state and received requests, in real time."""

import asyncio
import json
import re
from threading import Event
from typing import Any

from starlette.types import Receive, Scope, Send

from ..testing.exchange import Exchange
from ..testing.mock import Mock
from . import answers, asgi_extension
from .routing import header_of
from .waiting import left

_TICK_SECONDS = 0.1
# The maximum number of requests in an event, and in the first event of a stream.
_SENT = 40
_SENT_AT_FIRST = 200
# After this time without an event, a comment shows the client that the stream is alive.
_HEARTBEAT_SECONDS = 15.0
# The id of an event: the identity of the server, how often its log was reset, and the number of a request.
_PLACE = re.compile(r"(\S+)/(\d{1,15})\.(\d{1,15})", re.ASCII)
_NOWHERE = (-1, 0)
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    *answers.GUARDED,
)
_RETRY = b"retry: 1000\n\n"


class Feed:
    """An answer that streams what happens, until the client disconnects or the server ends.

    An event reports that something changed, and the requests since the last event, at most 40 (200 in the first event).
    `count` is the number of the last request. The client compares it with the numbers of the listed requests to see how
    many were left out. The id of an event is its position in the request log. A client that reconnects with it
    (`Last-Event-ID`, or `last`) gets the requests that it missed and that the log still has.
    """

    def __init__(self, mock: Mock, last: str) -> None:
        self._mock = mock
        self._incomplete: list[Exchange] = []
        self._seen: object = None
        self._position = _NOWHERE
        self._resume(last)

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the client disconnects or the server ends."""
        last = header_of(scope, b"last-event-id")
        if last is not None:
            self._resume(last.decode("latin-1"))
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end() -> None:
            loop.call_soon_threadsafe(ended.set)  # A mock may have a second server, in another thread.

        with self._mock.server_link.calls_at_end(end):
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            await send({"type": "http.response.body", "body": _RETRY, "more_body": True})
            await self._send_events(ended, scope, receive, send)

    async def _send_events(self, ended: asyncio.Event, scope: Scope, receive: Receive, send: Send) -> None:
        elapsed = self._mock.clock.elapsed
        last_sent = elapsed()
        leaving, connected = asyncio.ensure_future(left(receive)), asgi_extension.connection_of(scope)
        ending = asyncio.ensure_future(ended.wait())
        try:
            with self._mock.requests.watching(Event()) as changed:
                while not (leaving.done() or ended.is_set() or (connected is not None and connected.is_gone())):
                    with self._mock.server_link.turn:
                        piece = self._news(is_certain=changed.is_set())
                    changed.clear()
                    if piece is None and elapsed() - last_sent > _HEARTBEAT_SECONDS:
                        piece = ":\n\n"
                    if piece is not None:
                        last_sent = elapsed()
                        await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
                    # The wait is short, so that this connection does not delay the shutdown of the server.
                    await asyncio.wait({leaving, ending}, timeout=_TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            return  # The server stopped waiting for this connection.
        finally:
            leaving.cancel()
            ending.cancel()
        await send({"type": "http.response.body", "body": b""})

    def _resume(self, last: str) -> None:
        """Continue after the event with this id, if this server sent it."""
        place = _PLACE.fullmatch(last)
        if place is not None and place[1] == self._mock.server_link.identity:
            self._position = (int(place[2]), int(place[3]))

    def _news(self, *, is_certain: bool) -> str | None:
        """The next event, or None if nothing happened since the last one.

        `is_certain` is true if the log changed. The position alone does not show this, because it stays the same when
        an earlier request is answered.
        """
        mock = self._mock
        position = mock.requests.position
        play = None if mock.play is None else mock.play.as_json()
        now = (position, mock.server_link.changes, mock.clock.state(), play)
        if now == self._seen and not is_certain:
            return None
        news = json.dumps(self._requests(_SENT_AT_FIRST if self._seen is None else _SENT), separators=(",", ":"))
        self._seen = now
        return f"id: {mock.server_link.identity}/{position[0]}.{position[1]}\ndata: {news}\n\n"

    def _requests(self, limit: int) -> dict[str, Any]:
        """The requests since the last event, and earlier ones that were sent incomplete and are complete now."""
        log = self._mock.requests
        runs, count = log.position
        latest = log.since(self._position, limit)
        incomplete = [exchange for exchange in self._incomplete if exchange.weight]  # The log still has them.
        sent = [exchange for exchange in incomplete if exchange.is_complete] + latest
        self._incomplete = [one for one in incomplete + latest if not one.is_complete][-_SENT_AT_FIRST:]
        self._position = runs, count
        return {
            "run": f"{self._mock.server_link.identity}/{runs}",
            "requests": [exchange.summary() for exchange in sent],
            "count": count,
            "kept_from": log.first,
            "off": log.is_off,
        }
