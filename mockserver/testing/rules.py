"""A fault: a rule that says which requests it strikes, and how often."""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from ..domain.clock import Chances
from .effects import Effect, seconds
from .exchange import Exchange
from .hosting import Hosting
from .matching import Criteria, Pattern
from .numbers import checked_seed, number, whole

_MICROSECONDS = 1_000_000


class Rule(Criteria, total=False):
    """Which requests a fault meets, and how often.

    Beside the Criteria: `name`; `times`, after how many it is over; `after`, how many pass before the first; `every`
    nth of the rest; `probability` from 0 to 1, drawn from a run of chances of its own, which repeats with the seed of
    the mock or this `seed`; `delay`, by how many seconds the answer is late as well; `must_fire`, whether a test in
    which it never did shall fail.
    """

    name: str | None
    times: int | None
    after: int | None
    every: int | None
    probability: float | None
    seed: int | str | None
    delay: float | None
    must_fire: bool | None


class Fault:
    """A rule that was set. `matched` counts the requests that it is about, `fired` those that it struck."""

    def __init__(
        self, name: str, call: str, effect: Effect, pattern: Pattern, rule: Mapping[str, Any], hosting: Hosting
    ) -> None:
        self.name = name
        self.call = call
        self.effect = effect
        self.pattern = pattern
        self.matched = 0
        self.fired = 0
        self.times = None if rule.get("times") is None else whole("times", rule["times"], 1)
        self.after = whole("after", rule.get("after") or 0)
        self.every = whole("every", 1 if rule.get("every") is None else rule["every"], 1)
        chance = rule.get("probability")
        self.probability = None if chance is None else number("probability", chance, least=0, most=1)
        self.delay = seconds(rule.get("delay") or 0)
        self.must_fire = bool(rule.get("must_fire"))
        self.retry_after: int | None = None
        self._chances = Chances(checked_seed(rule.get("seed")))
        self._window = (0, 0)
        self._in_window = 0
        self._released = False
        self._held: list[asyncio.Future[None]] = []
        self._hosting = hosting

    @property
    def is_over(self) -> bool:
        """Whether it has fired as often as it may, or was released."""
        return self._released or (self.times is not None and self.fired >= self.times)

    def strikes(self, exchange: Exchange, now: Callable[[], int]) -> bool:
        """Whether it is this request's turn; counts it."""
        if self.is_over or not self.pattern.matches(exchange):
            return False
        self.matched += 1
        turn = self.matched - self.after
        if turn <= 0 or turn % self.every:
            return False
        if self.probability is not None and self._chances.next() >= self.probability:
            return False
        if self.effect.quota is not None and self._passes(*self.effect.quota, now()):
            return False
        self.fired += 1
        return True

    def take_back(self) -> None:
        """It found nothing to do on a request that it struck: that does not count."""
        self.fired -= 1

    def _passes(self, limit: int, per: float, now: int) -> bool:
        """Whether the call is within the quota; a window begins with its first call."""
        start, end = self._window
        if not start <= now < end:
            end = now + round(per * _MICROSECONDS)
            self._window = (now, end)
            self._in_window = 0
        self._in_window += 1
        self.retry_after = math.ceil((end - now) / _MICROSECONDS)
        return self._in_window <= limit

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer that it gives."""
        known = dict(self.effect.headers)
        if self.effect.quota is not None:
            known["Retry-After"] = str(self.retry_after)
        return known

    async def wait(self) -> None:
        """As long as it delays or holds an answer; other requests go on."""
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.effect.holds == "start":
            await self.hold()

    async def hold(self) -> None:
        """Until the release."""
        if not self._released:
            held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._held.append(held)
            try:
                await held
            finally:
                self._held.remove(held)

    @property
    def held(self) -> int:
        """How many answers wait for its release."""
        return len(self._held)

    def release(self) -> None:
        """Send the answers that it holds, and let later requests pass: it is over. From any thread."""
        self._hosting.between_requests(self.let_go)

    def let_go(self) -> None:
        """The same, between two requests already."""
        self._released = True
        for held in list(self._held):
            with suppress(RuntimeError):  # Its loop is closed, and nobody waits any more.
                held.get_loop().call_soon_threadsafe(_let_go, held)

    def as_json(self) -> dict[str, Any]:
        """The rule and how often it fired, in the form that the control plane answers."""
        return {
            "name": self.name,
            "fault": self.call,
            "requests": str(self.pattern),
            "times": self.times,
            "after": self.after,
            "every": self.every,
            "probability": self.probability,
            "delay": self.delay,
            "must_fire": self.must_fire,
            "matched": self.matched,
            "fired": self.fired,
            "held": self.held,
            "is_over": self.is_over,
        }

    def __repr__(self) -> str:
        return f"<Fault {self.name!r}: {self.call} for {self.pattern}; of {self.matched} it struck {self.fired}>"


def assert_fired(faults: Iterable[Fault]) -> None:
    """Raises AssertionError where one of these never fired."""
    __tracebackhide__ = True
    idle = [repr(fault) for fault in faults if not fault.fired]
    if idle:
        raise AssertionError("these faults never fired: " + ", ".join(idle))


def _let_go(held: "asyncio.Future[None]") -> None:
    if not held.done():
        held.set_result(None)
