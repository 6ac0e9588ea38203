"""The log of webhook deliveries and its assertions: `mock.deliveries`."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from ..domain.clock import Clock, timestamp
from ..domain.records import Row
from .delivery import Delivery
from .hints import OF_MOCKS, did_you_mean
from .log import WAITING, Expected, Log
from .matching import DeliveryCriteria, Pattern
from .server_link import ServerLink

if TYPE_CHECKING:
    from .webhook_sender import WebhookSender


# The events that version 3.0.7 of the API sends to webhooks.
EVENTS = ("queue.empty", "test.event")


class WebhookLog(Log[Delivery]):
    """The webhook deliveries, in order. A delivery is added when its event happens. You get it as `Mock.deliveries`.

    It keeps at most `journal_entries` deliveries and about `journal_bytes` bytes. When a bound is exceeded, the oldest
    deliveries are dropped. With 0 entries the log is off; deliveries are still sent.

    Attributes:
        dropped: How many deliveries were dropped since the last reset.
        is_sending: Whether deliveries are sent. If not, they stay in the log as pending.

    >>> from mockserver import Mock
    >>> deliveries = Mock().deliveries
    >>> deliveries.assert_sent("queue.empty", workspace="w")
    Traceback (most recent call last):
    ...
    AssertionError: expected at least one delivery with event=queue.empty, workspace=w; there were 0
    no other delivery came
    """

    noun, plural = "delivery", "deliveries"
    hints = {name: hint.replace("assert_called", "assert_sent") for name, hint in OF_MOCKS.items()} | {
        "assert_called": "use assert_sent()",
        "assert_has_calls": "iterate over the log itself",
    }

    def __init__(self, clock: Clock, server_link: ServerLink) -> None:
        super().__init__(clock, server_link)
        self._secret = ""
        self._sender: WebhookSender | None = None
        self.is_sending = True

    # --- Sending ---

    def reset(self, settings: Mapping[str, Any]) -> None:
        """Reset the log as `Log.reset` does, cancel what is being sent, and sign with `webhook_secret` from now on."""
        super().reset(settings)
        self._secret = settings["webhook_secret"]

    def publish(self, event: str, data: Mapping[str, Any], endpoints: list[Row]) -> None:
        """Send an event to webhook endpoints, in the background.

        Arguments:
            event: One of `EVENTS`.
            data: The `data` of the body.
            endpoints: The rows of the endpoints.
        """
        if not endpoints:
            return
        from hmac import digest  # Most servers have no webhooks.

        now = self._clock.now()
        document = {"type": event, "data": data, "timestamp": timestamp(now)}
        content = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
        # A secret may have characters that UTF-8 cannot encode, such as lone surrogates.
        signature = digest(self._secret.encode("utf-8", "surrogatepass"), content, "sha256").hex()
        for row in endpoints:
            self._count += 1
            delivery = Delivery(self._count, now, event, row, content, signature)
            self.add(delivery)
            if self.is_sending:
                self._send(delivery)

    def stop(self) -> None:
        """Cancel the deliveries that are not complete, and wait, at most a second, until their thread ends."""
        if self._sender is not None:
            self._sender.stop()

    def _send(self, delivery: Delivery) -> None:
        if self._sender is None:
            from .webhook_sender import WebhookSender  # Most servers have no webhooks.

            self._sender = WebhookSender(self.update)
        self._sender.send(delivery)

    def _remove(self, workspace: str | None) -> None:
        if self._sender is not None:
            self._sender.cancel(workspace)
        super()._remove(workspace)

    # --- Queries and assertions ---

    def where(self, event: str | None = None, /, **criteria: Unpack[DeliveryCriteria]) -> list[Delivery]:
        """The deliveries that match, in order. Raises ValueError for invalid criteria, as the methods below do."""
        return self._matching(_pattern(event, criteria))

    def assert_sent(
        self,
        event: str | None = None,
        /,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        **criteria: Unpack[DeliveryCriteria],
    ) -> list[Delivery]:
        """The deliveries that match, complete or not.

        Raises AssertionError unless `times` deliveries match, or from `at_least` to `at_most`; by default, at least
        one.
        """
        __tracebackhide__ = True
        return self._assert_count(_pattern(event, criteria, Expected._fields), Expected(times, at_least, at_most))

    def wait_for(
        self,
        event: str | None = None,
        /,
        *,
        timeout: float = 1.0,
        at_least: int = 1,
        **criteria: Unpack[DeliveryCriteria],
    ) -> list[Delivery]:
        """Wait until at least `at_least` deliveries match and are complete: answered or failed. Returns all of these.

        Arguments:
            timeout: Seconds to wait at most, from 0 to 86,400.

        Raises AssertionError at the timeout.
        """
        __tracebackhide__ = True
        return self._wait_for(_pattern(event, criteria, WAITING), at_least, timeout, lambda delivery: delivery.is_over)

    async def wait_for_async(
        self,
        event: str | None = None,
        /,
        *,
        timeout: float = 1.0,  # noqa: ASYNC109 - the same arguments as `wait_for`
        at_least: int = 1,
        **criteria: Unpack[DeliveryCriteria],
    ) -> list[Delivery]:
        """The same as `wait_for`, for coroutines: the event loop runs meanwhile."""
        __tracebackhide__ = True
        pattern = _pattern(event, criteria, WAITING)
        return await self._wait_for_async(pattern, at_least, timeout, lambda delivery: delivery.is_over)


def _pattern(event: str | None, criteria: DeliveryCriteria, beside: Sequence[str] = ()) -> Pattern:
    given: dict[str, Any] = {**criteria} if event is None else {"event": event, **criteria}
    name = given.get("event")
    if isinstance(name, str) and name not in EVENTS:
        raise ValueError(f"there is no event {name!r}; {did_you_mean(name, EVENTS)}")
    return Pattern(given, of="delivery", beside=beside)
