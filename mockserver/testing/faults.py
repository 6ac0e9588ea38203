"""Faults: rules that make requests fail, late, broken or not at all answered."""

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Unpack

from ..domain.clock import Chances, Clock
from . import effects
from .effects import EFFECTS, Effect, Place
from .errors import UnknownName
from .exchanges import Exchange
from .patterns import Criteria, Pattern

_MICROSECONDS = 1_000_000


class Rule(Criteria, total=False):
    """Which requests a fault meets, and how often.

    Beside the Criteria: `name`; `times`, after how many it is over; `after`, how many pass before the first; `every`
    nth of the rest; `probability` from 0 to 1, drawn from a run of chances that `seed` makes repeat; `delay`, by how
    many seconds the answer is late as well; `must_fire`, whether a test in which it never did shall fail.
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

    def __init__(self, name: str, kind: str, effect: Effect, pattern: Pattern, rule: Mapping[str, Any]) -> None:
        self.name = name
        self.kind = kind
        self.effect = effect
        self.pattern = pattern
        self.matched = 0
        self.fired = 0
        self.times = _count("times", rule.get("times"), 1)
        self.after = _count("after", rule.get("after"), 0) or 0
        self.every = _count("every", rule.get("every"), 1) or 1
        probability = rule.get("probability")
        self.probability = None if probability is None else effects.number("probability", probability, least=0, most=1)
        self.delay = effects.seconds(rule.get("delay") or 0)
        self.must_fire = bool(rule.get("must_fire"))
        self.retry_after: int | None = None
        self._chances = Chances(rule.get("seed") or 0)
        self._window_ends = 0
        self._in_window = 0
        self._released = False
        self._held: list[asyncio.Future[None]] = []

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

    def _passes(self, limit: int, per: float, now: int) -> bool:
        """Whether the call is within the quota; a window begins with its first call."""
        if now >= self._window_ends:
            self._window_ends = now + round(per * _MICROSECONDS)
            self._in_window = 0
        self._in_window += 1
        self.retry_after = math.ceil((self._window_ends - now) / _MICROSECONDS)
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
        if self.effect.holds and not self._released:
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
        """Send the answers that it holds, and let later requests pass. From any thread."""
        self._released = True
        for held in list(self._held):
            with suppress(RuntimeError):  # Its loop is closed, and nobody waits any more.
                held.get_loop().call_soon_threadsafe(_let_go, held)

    def as_json(self) -> dict[str, Any]:
        """The rule and how often it fired, in the form that the control plane answers."""
        return {
            "name": self.name,
            "fault": self.kind,
            "requests": str(self.pattern),
            "times": self.times,
            "matched": self.matched,
            "fired": self.fired,
            "held": self.held,
            "is_over": self.is_over,
        }

    def __repr__(self) -> str:
        return f"<Fault {self.name!r}: {self.kind} for {self.pattern}, fired {self.fired} times>"


class Faults:
    """The rules of one fake server, `mock.faults`; the first whose turn it is takes a request.

    Each method sets a rule and returns it. They raise ValueError for what makes no sense, and then nothing is set.

    >>> import httpx
    >>> from mockserver import MockServer
    >>> with MockServer() as server:
    ...     down = server.mock.faults.error(503, method="GET", path="/health", times=2)
    ...     [httpx.get(f"{server.url}/health").status_code for _ in range(3)]
    [503, 503, 200]
    >>> down
    <Fault 'error-1': error for method=GET, path=/health, fired 2 times>
    """

    def __init__(self, clock: Clock) -> None:
        self.operations: frozenset[str] = frozenset()
        self._clock = clock
        self._rules: list[Fault] = []
        self._made = 0

    def error(
        self,
        status: int = 500,
        answer: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        carry_out: bool = False,
        **rule: Unpack[Rule],
    ) -> Fault:
        """Answer with this status; the request is not carried out, unless `carry_out` says so."""
        return self._set("error", effects.error(status, answer, headers, carry_out=carry_out), rule)

    def delay(self, seconds: float, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request when it comes, and answer so many seconds later."""
        return self._set("delay", effects.delay(), {**rule, "delay": seconds})

    def quota(self, limit: int, per: float, **rule: Unpack[Rule]) -> Fault:
        """Answer 429 with Retry-After to what goes beyond `limit` calls in `per` seconds of the fake's clock."""
        return self._set("quota", effects.quota(limit, per), rule)

    def disconnect(self, at: Place = "start", **rule: Unpack[Rule]) -> Fault:
        """Close the connection: at the start, before the request is carried out; after the head; within the body."""
        return self._set("disconnect", effects.disconnect(at), rule)

    def lose_answer(self, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request and close the connection without an answer."""
        return self._set("lose_answer", effects.lose_answer(), rule)

    def truncate(self, share: float = 0.5, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and send only this share of the answer's body, as if it were whole."""
        return self._set("truncate", effects.truncate(share), rule)

    def malform(self, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and send an answer that is no JSON."""
        return self._set("malform", effects.malform(), rule)

    def drop_field(self, field: str, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and leave a field out of the answer; of every entry, in a list."""
        return self._set("drop_field", effects.drop_field(field), rule)

    def wrong_type(self, field: str, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and give a field of the answer another type; in every entry, in a list."""
        return self._set("wrong_type", effects.wrong_type(field), rule)

    def hang(self, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request when it comes, and answer once `release()` is called on what this returns."""
        return self._set("hang", effects.hang(), rule)

    def add(self, kind: str, **arguments: Any) -> Fault:
        """Set a rule by the name of its fault, with the arguments of the method of that name."""
        if kind not in EFFECTS:
            raise ValueError(f"there is no fault {kind!r}; there are {', '.join(EFFECTS)}")
        method: Callable[..., Fault] = getattr(self, kind)
        try:
            return method(**arguments)
        except TypeError as problem:
            raise ValueError(str(problem).replace("Faults.", "")) from None

    def _set(self, kind: str, effect: Effect, rule: Mapping[str, Any]) -> Fault:
        known = Rule.__annotations__.keys() - Criteria.__annotations__.keys()
        pattern = Pattern({name: value for name, value in rule.items() if name not in known}, self.operations)
        name = rule.get("name") or f"{kind}-{self._made + 1}"
        if not isinstance(name, str) or name in (fault.name for fault in self._rules):
            raise ValueError(f"there is a fault {name!r} already" if isinstance(name, str) else f"no name: {name!r}")
        fault = Fault(name, kind, effect, pattern, rule)
        self._made += 1
        self._rules.append(fault)
        return fault

    def striking(self, exchange: Exchange) -> Fault | None:
        """The rule that takes this request, or None."""
        return next((fault for fault in self._rules if fault.strikes(exchange, self._clock.peek)), None)

    def remove(self, name: str) -> None:
        """Take a rule away; what it holds is answered. Raises UnknownName where there is none of this name."""
        fault = self[name]
        fault.release()
        self._rules.remove(fault)

    def forget(self, workspace: str | None = None) -> None:
        """Take away all rules, or those that name this workspace."""
        for fault in list(self._rules):
            if workspace is None or fault.pattern.criteria.get("workspace") == workspace:
                self.remove(fault.name)

    def assert_fired(self, name: str | None = None) -> None:
        """Raises AssertionError for a rule that never fired: the one of this name, or any that must fire."""
        asked = [self[name]] if name is not None else [fault for fault in self._rules if fault.must_fire]
        idle = [repr(fault) + f", {fault.matched} requests were such" for fault in asked if not fault.fired]
        if idle:
            raise AssertionError("these faults never fired: " + "; ".join(idle))

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._rules))

    def __getitem__(self, name: str) -> Fault:
        for fault in self._rules:
            if fault.name == name:
                return fault
        raise UnknownName(
            f"there is no fault {name!r}; there are {', '.join(one.name for one in self._rules) or 'none'}"
        )


def _count(name: str, value: Any, least: int) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise ValueError(f"{name} must be a number without a fraction from {least} up: {value!r}")
    return value


def _let_go(held: "asyncio.Future[None]") -> None:
    if not held.done():
        held.set_result(None)
