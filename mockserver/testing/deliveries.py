"""Deliveries: what was sent to webhooks, within bounds, and assertions about it."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Unpack

from ..domain.clock import Clock, timestamp
from ..domain.records import Row
from .arguments import integer, number
from .delivery import Delivery
from .hosting import Hosting
from .misses import deliveries, explanation
from .patterns import Delivered, Pattern
from .registry import did_you_mean

if TYPE_CHECKING:
    from .courier import Courier


# What 3.0.7 tells its webhooks.
EVENTS = ("queue.empty", "test.event")


class Deliveries:
    """What was sent to webhooks, in order; `mock.deliveries`. A delivery is here from the moment of its event.

    It keeps at most `entries` of them, and about `limit` bytes; the oldest fall out, and `dropped` counts them. With 0
    entries it keeps none.

    >>> from mockserver import Mock
    >>> deliveries = Mock().deliveries
    >>> deliveries.assert_sent("queue.empty", workspace="w")
    Traceback (most recent call last):
    ...
    AssertionError: expected at least one delivery with event=queue.empty, workspace=w; there were 0
    no other delivery came
    """

    def __init__(self, clock: Clock, hosting: Hosting) -> None:
        self.dropped = 0
        self.secret = ""
        self._clock = clock
        self._hosting = hosting
        self._lock = Lock()
        self._count = self._runs = self._entries = self._limit = self._weight = 0
        self._kept: deque[Delivery] = deque()
        self._waiting: list[Event] = []
        self._courier: Courier | None = None

    def restart(self, entries: int, limit: int, secret: str) -> None:
        """Forget everything, and count from 1 again within these bounds; what is not over is given up."""
        self._forget(None)
        self._runs += 1
        self.dropped = self._count = 0
        self._entries = entries
        self._limit = limit
        self.secret = secret

    def publish(self, event: str, data: Mapping[str, Any], endpoints: list[Row]) -> None:
        """Send an event to these endpoints, in the background."""
        if not endpoints:
            return
        from hmac import digest  # Most servers never have anything to tell.

        now = self._clock.now()
        document = {"type": event, "data": data, "timestamp": timestamp(now)}
        content = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
        signature = digest(self.secret.encode("utf-8", "surrogatepass"), content, "sha256").hex()
        for row in endpoints:
            self._count += 1
            delivery = Delivery(self._count, now, event, row, content, signature)
            with self._lock:
                self._kept.append(delivery)
                self._weight += delivery.weigh()
                self._make_room()
            self._send(delivery)

    def stop(self) -> None:
        """Give up what is not over, and wait until nothing of it runs."""
        if self._courier is not None:
            self._courier.stop()

    def _send(self, delivery: Delivery) -> None:
        if self._courier is None:
            from .courier import Courier

            self._courier = Courier(self._ended)
        self._courier.send(delivery)

    def _ended(self, delivery: Delivery) -> None:
        """Take note that it is over; called from any thread."""
        with self._lock:
            if delivery.weight:  # It did not fall out meanwhile.
                self._weight += delivery.weigh()
                self._make_room()
        for event in tuple(self._waiting):
            event.set()

    def _make_room(self) -> None:
        """Let the oldest fall out until the bounds hold."""
        while len(self._kept) > self._entries or self._weight > self._limit:
            self._let_go(self._kept.popleft())
            self.dropped += 1

    def _let_go(self, delivery: Delivery) -> None:
        self._weight -= delivery.weight
        delivery.weight = 0

    def forget(self, workspace: str | None = None) -> None:
        """Forget the deliveries, all or those of a workspace, and give up those that are not over."""
        self._hosting.between_requests(lambda: self._forget(workspace))

    def _forget(self, workspace: str | None) -> None:
        if self._courier is not None:
            self._courier.abandon(workspace)
        with self._lock:
            kept: deque[Delivery] = deque()
            for delivery in self._kept:
                if workspace in (None, delivery.workspace):
                    self._let_go(delivery)
                else:
                    kept.append(delivery)
            self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Delivery]:
        with self._lock:
            return iter(list(self._kept))

    def __getitem__(self, place: int) -> Delivery:
        return list(self)[place]

    def __repr__(self) -> str:
        return f"<Deliveries: {len(self)}>"

    def where(self, event: str | None = None, /, **criteria: Unpack[Delivered]) -> list[Delivery]:
        """The deliveries that are like this, in order."""
        return self._matching(_pattern(event, criteria))

    def assert_sent(
        self, event: str | None = None, /, *, times: int | None = None, **criteria: Unpack[Delivered]
    ) -> list[Delivery]:
        """The deliveries that are like this, over or not. Raises AssertionError where there is none, or not `times`."""
        __tracebackhide__ = True
        pattern = _pattern(event, criteria)
        if times is not None:
            integer("times", times)
        found = self._matching(pattern)
        if len(found) == times or (times is None and found):
            return found
        raise AssertionError(self._explanation(pattern, found, deliveries(times)))

    def wait_for(
        self,
        event: str | None = None,
        /,
        *,
        timeout: float = 1.0,
        at_least: int = 1,
        **criteria: Unpack[Delivered],
    ) -> list[Delivery]:
        """Wait until deliveries like this are over, answered or failed, at most `timeout` seconds; all that are.

        Raises AssertionError when the time is over.
        """
        __tracebackhide__ = True
        pattern = _pattern(event, criteria)
        integer("at_least", at_least)
        deadline = self._clock.elapsed() + number("timeout", timeout, least=0, most=86_400)
        with self.watching(Event()) as ended:
            while True:
                ended.clear()
                found = [one for one in self._matching(pattern) if one.is_over]
                if len(found) >= at_least:
                    return found
                if not ended.wait(max(0.0, deadline - self._clock.elapsed())):
                    why = self._explanation(pattern, found, f"at least {deliveries(at_least)}")
                    raise AssertionError(f"after {timeout:g} seconds: {why}" if timeout else why)

    @contextmanager
    def watching(self, event: Event) -> Iterator[Event]:
        """Set the event whenever a delivery is over."""
        self._waiting.append(event)
        try:
            yield event
        finally:
            self._waiting.remove(event)

    @property
    def position(self) -> tuple[int, int]:
        """Where it is now, for `since`."""
        return self._runs, self._count

    def since(self, position: tuple[int, int]) -> list[Delivery]:
        """The deliveries after a position; all, if everything was forgotten since."""
        runs, count = position
        return [one for one in self if runs != self._runs or one.number > count]

    def _matching(self, pattern: Pattern) -> list[Delivery]:
        return [delivery for delivery in self if pattern.matches(delivery)]

    def _explanation(self, pattern: Pattern, found: list[Delivery], expected: str) -> str:
        notes = [f"{self.dropped} older deliveries fell out"] if self.dropped else []
        return explanation(pattern, list(self), found, expected, 0, notes)


def _pattern(event: str | None, criteria: Delivered) -> Pattern:
    asked: dict[str, Any] = {**criteria} if event is None else {"event": event, **criteria}
    wanted = asked.get("event")
    if isinstance(wanted, str) and wanted not in EVENTS:
        raise ValueError(f"there is no event {wanted!r}; {did_you_mean(wanted, EVENTS)}")
    return Pattern(asked, of="delivery")
