"""Faults: `mock.faults`, and the rules that say which requests meet a fault and how often.

What each kind of fault does to a request is in `fault_kinds.py`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Unpack

from ..domain.clock import Chances, Clock
from .arguments import (
    Argument,
    ClosePlace,
    HoldPlace,
    Seed,
    arguments_of,
    boolean,
    checked_delay,
    checked_seed,
    integer,
    number,
)
from .exchange import Exchange
from .hints import did_you_mean
from .matching import Criteria, Pattern
from .registry import Registry, checked_name
from .server_link import ServerLink

if TYPE_CHECKING:
    from .fault_kinds import Kind


class Rule(Criteria, total=False):
    """Which requests a fault applies to, and how often: the criteria, and these arguments. None means not given."""

    name: Annotated[
        str | None,
        Argument("by default the kind with a number, such as error-1", check=lambda _, name: checked_name(name)),
    ]
    times: Annotated[
        int | None, Argument("the number of requests after which the fault ends", check=partial(integer, least=1))
    ]
    after: Annotated[int | None, Argument("how many matching requests pass first", check=integer)]
    every: Annotated[
        int | None,
        Argument("after those, the fault applies only to every n-th matching request", check=partial(integer, least=1)),
    ]
    probability: Annotated[
        float | None,
        Argument("the probability that a request meets the fault, from 0 to 1", check=partial(number, least=0, most=1)),
    ]
    seed: Annotated[
        int | str | None,
        Argument(
            "the seed for `probability`, so that every run selects the same requests; by default it is derived from "
            "the seed of the mock",
            check=lambda _, seed: checked_seed(seed),
        ),
    ]
    delay: Annotated[
        float | None, Argument("how many seconds the answer is also delayed, up to 3600", check=checked_delay)
    ]
    must_fire: Annotated[
        bool | None,
        Argument("whether the test fails if no request meets the fault", check=boolean),
    ]


RULE_ARGUMENTS = arguments_of(Rule)


class Fault:
    """An active rule. `matched` is the number of requests that match its criteria, `fired` the number of requests to
    which the fault was applied.
    """

    def __init__(
        self, name: str, kind: "Kind", pattern: Pattern, rule: Mapping[str, Any], server_link: ServerLink
    ) -> None:
        self.name = name
        self.kind = kind
        self.pattern = pattern
        self.matched = 0
        self.fired = 0
        self.times: int | None = rule.get("times")
        self.after: int = rule.get("after", 0)
        self.every: int = rule.get("every", 1)
        self.probability: float | None = rule.get("probability")
        self.delay: float = rule.get("delay", kind.delay)
        self.must_fire: bool = rule.get("must_fire", False)
        self._chances = Chances(rule.get("seed"))
        self._window = kind.window()
        self._released = False
        self._held: list[asyncio.Future[None]] = []
        self._server_link = server_link

    @property
    def is_over(self) -> bool:
        """Whether it fired as often as `times` allows, or was released."""
        return self._released or (self.times is not None and self.fired >= self.times)

    def fires(self, exchange: Exchange, now: Callable[[], int]) -> bool:
        """Count the request if it matches, and return whether it meets the fault. `now` reads the mock's clock."""
        if self.is_over or not self.pattern.matches(exchange):
            return False
        self.matched += 1
        position = self.matched - self.after
        if position <= 0 or position % self.every:
            return False
        if self.probability is not None and self._chances.next() >= self.probability:
            return False
        if self._window is not None and self._window.allows(now()):
            return False
        self.fired += 1
        return True

    def undo_firing(self) -> None:
        """Do not count the last request: the fault had nothing to change in its answer."""
        self.fired -= 1

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the replacement for the answer to the last request."""
        headers = {} if self.kind.replacement is None else dict(self.kind.replacement.headers)
        if self._window is not None:
            headers["Retry-After"] = str(self._window.retry_after)
        return headers

    @property
    def waits(self) -> bool:
        """Whether the answer is delayed or held, before its start or in its middle."""
        return bool(self.delay) or self.kind.holds_at is not None

    async def wait(self) -> None:
        """Wait until the answer may begin. Other requests are answered meanwhile."""
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.kind.holds_at == "start":
            await self.hold()

    async def hold(self) -> None:
        """Wait for the release."""
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._server_link.turn:  # A release in another thread comes before or after these two lines.
            if self._released:
                return
            self._held.append(held)
        try:
            await held
        finally:
            self._held.remove(held)

    @property
    def held(self) -> int:
        """How many answers wait for the release."""
        return len(self._held)

    def release(self) -> None:
        """Send the answers that are held. The fault is over: later requests pass. Callable from any thread."""
        self._server_link.between_requests(self.release_now)

    def release_now(self) -> None:
        """The same as `release`, for callers that run between two requests."""
        self._released = True
        for held in list(self._held):
            # A client in the same process may have a loop that is closed by now: then nobody waits any more.
            with suppress(RuntimeError):
                held.get_loop().call_soon_threadsafe(_finish, held)

    def as_json(self) -> dict[str, Any]:
        """The rule with its counts, as the control plane returns it."""
        return {
            "name": self.name,
            "fault": str(self.kind),
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
        return f"<Fault {self.name!r}: {self.kind} for {self.pattern}; fired {self.fired} of {self.matched}>"


def _finish(held: "asyncio.Future[None]") -> None:
    if not held.done():  # If the client left, the future is cancelled.
        held.set_result(None)


def assert_fired(faults: Iterable[Fault]) -> None:
    """Raises AssertionError if one of these never fired."""
    __tracebackhide__ = True
    idle = [repr(fault) for fault in faults if not fault.fired]
    if idle:
        raise AssertionError("these faults never fired: " + ", ".join(idle))


def _check_names(kind: "type[Kind]", given: Iterable[str], *, own: bool) -> None:
    """Raise ValueError for a name that is neither an argument of the kind, nor one of `Rule`, nor a criterion.

    `own` is whether the arguments of the kind itself may be among the given names.
    """
    arguments = [*(argument.name for argument in kind.arguments()), *RULE_ARGUMENTS]
    criteria = [name for name in Rule.__annotations__ if name not in RULE_ARGUMENTS]
    for name in given:
        if name in RULE_ARGUMENTS or name in criteria or (own and name in arguments):
            continue
        hint = did_you_mean(name, [*arguments, *criteria])
        suggestion = "" if hint.startswith("there are ") else f"; {hint}"  # All are listed anyway.
        raise ValueError(
            f"{kind.name} takes no {name!r}{suggestion} "
            f"(arguments: {', '.join(dict.fromkeys(arguments))}; criteria: {', '.join(criteria)})"
        )


_HINTS = {
    **dict.fromkeys(("timeout", "slow", "sleep", "latency"), "use delay(seconds) or hang()"),
    **dict.fromkeys(("fail", "raise_error", "status", "http_error"), "use error(status)"),
    **dict.fromkeys(("rate_limit", "throttle"), "use quota(limit, per)"),
    **dict.fromkeys(("drop_connection", "close", "reset_connection"), "use disconnect()"),
}


class Faults(Registry[Fault]):
    """The rules of one mock server, `mock.faults`. The first rule that fires is applied to the request.

    Each method adds a rule and returns it. It takes the arguments of the kind, and the arguments of `Rule` by keyword.
    For an invalid argument it raises ValueError and adds nothing.

    >>> import httpx
    >>> from mockserver import MockServer
    >>> with MockServer() as server:
    ...     down = server.mock.faults.error(503, method="GET", path="/health", times=2)
    ...     [httpx.get(f"{server.url}/health").status_code for _ in range(3)]
    [503, 503, 200]
    >>> down
    <Fault 'error-1': error(503) for method=GET, path=/health; fired 2 of 2>
    """

    kind = "fault"
    hints = _HINTS

    def __init__(self, clock: Clock, server_link: ServerLink) -> None:
        super().__init__()
        self.operations: frozenset[str] = frozenset()
        self._clock = clock
        self._server_link = server_link
        self._seed: Seed = None
        self._number = 0  # the number in the last generated name of a fault

    def reset(self, settings: Mapping[str, Any]) -> None:
        """Remove all rules. From now on the probabilities follow from the seed in these settings."""
        self._remove(self.entries)
        self._number = 0
        self._seed = settings["seed"]

    # The methods repeat the signatures and docstrings of the classes, so that editors and type checkers know them:
    # there is no type for "the arguments of this class and those of Rule". A test compares them with the classes.

    def error(
        self,
        status: int = 500,
        answer: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        carry_out: bool = False,
        **rule: Unpack[Rule],
    ) -> Fault:
        """Answer with this status, JSON body and headers. With a `Content-Type` header, the body may be any string."""
        return self._add("error", rule, status, answer, headers, carry_out=carry_out)

    def delay(self, seconds: float, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request at once, and send the answer later. All other faults take `delay=` as well."""
        if rule.get("delay") is not None:
            raise ValueError("the fault delay takes `seconds`, but not `delay`")
        return self._add("delay", rule, seconds)

    def quota(self, limit: int, per: float, **rule: Unpack[Rule]) -> Fault:
        """Answer 429 with `Retry-After` to requests beyond `limit` in `per` seconds of the mock's clock."""
        return self._add("quota", rule, limit, per)

    def disconnect(self, at: ClosePlace = "start", **rule: Unpack[Rule]) -> Fault:
        """Close the connection: at the `"start"`, after the `"head"` of the answer, or within its `"body"`."""
        return self._add("disconnect", rule, at)

    def lose_answer(self, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and close the connection without an answer. A retry sees the changes."""
        return self._add("lose_answer", rule)

    def truncate(self, share: float = 0.5, **rule: Unpack[Rule]) -> Fault:
        """Send only this share of the body, with a `Content-Length` that fits. It is usually invalid JSON."""
        return self._add("truncate", rule, share)

    def malform(self, **rule: Unpack[Rule]) -> Fault:
        """Send a body that is invalid JSON. In a stream, every event is invalid."""
        return self._add("malform", rule)

    def drop_field(self, field: str, **rule: Unpack[Rule]) -> Fault:
        """Leave a field out of the answer. In a list or page, every entry lacks it."""
        return self._add("drop_field", rule, field)

    def wrong_type(self, field: str, **rule: Unpack[Rule]) -> Fault:
        """Give a field of the answer a value of another type. In a list or page, every entry has it."""
        return self._add("wrong_type", rule, field)

    def hang(self, at: HoldPlace = "start", **rule: Unpack[Rule]) -> Fault:
        """Carry out the request at once, and hold the answer, or the second half of its `"body"`, until `release()`.

        `release()` is a method of the fault. In a stream, the first half of the pieces is sent at once.
        """
        return self._add("hang", rule, at)

    def add(self, kind: str, /, **arguments: Any) -> Fault:
        """Add a rule by the name of its kind, with the arguments of the method of that name. Raises ValueError."""
        from .fault_kinds import KINDS  # Most servers have no faults.

        if kind not in list(KINDS):  # A list, because JSON may contain an unhashable value.
            raise ValueError(f"there is no fault {kind!r}; {did_you_mean(str(kind), KINDS)}")
        method: Callable[..., Fault] = getattr(self, kind)
        for argument in KINDS[kind].arguments():
            if argument.is_required and argument.name not in arguments:
                raise ValueError(f"{kind} needs {argument.name!r}: {argument.declared.help}")
        _check_names(KINDS[kind], arguments, own=True)
        return method(**arguments)

    def _add(self, kind_name: str, rule: Mapping[str, Any], *arguments: Any, **options: Any) -> Fault:
        """Add a rule of a kind, with the arguments of its class."""
        from .fault_kinds import KINDS

        kind = KINDS[kind_name](*arguments, **options)
        _check_names(type(kind), rule, own=False)
        criteria = {name: value for name, value in rule.items() if name not in RULE_ARGUMENTS}
        pattern = Pattern(criteria, self.operations)
        checked = {
            name: argument.check(name, rule[name])
            for name, (argument, _) in RULE_ARGUMENTS.items()
            if rule.get(name) is not None
        }
        used, number = {fault.name for fault in self.entries}, self._number
        name = checked.get("name")
        if name is None:
            number = next(number for number in count(number + 1) if f"{kind.name}-{number}" not in used)
            name = f"{kind.name}-{number}"
        if name in used:
            raise ValueError(f"there is already a fault {name!r}")
        # Each fault draws its own random numbers, so that one does not depend on the requests of another.
        checked.setdefault("seed", f"{self._seed} {name}")
        fault = Fault(name, kind, pattern, checked, self._server_link)
        self._number = number
        self._server_link.between_requests(lambda: self.entries.append(fault))
        return fault

    def first_that_fires(self, exchange: Exchange) -> Fault | None:
        """The rule that takes this request, or None."""
        return next((fault for fault in self.entries if fault.fires(exchange, self._clock.peek)), None)

    def remove(self, fault: Fault | str) -> None:
        """Remove a rule, given as an object or by name, and send the answers that it holds. Raises UnknownName."""
        found = self[fault.name if isinstance(fault, Fault) else fault]
        self._server_link.between_requests(lambda: self._remove([found]))

    def forget(self, workspace: str | None = None) -> None:
        """Remove all rules, or those whose criteria name this workspace. Send the answers that they hold."""
        found = [fault for fault in self if workspace in (None, fault.pattern.criteria.get("workspace"))]
        self._server_link.between_requests(lambda: self._remove(found))

    clear = forget

    def _remove(self, faults: list[Fault]) -> None:
        for fault in faults:
            fault.release_now()
        self.entries = [fault for fault in self.entries if fault not in faults]

    def assert_fired(self, name: str | None = None) -> None:
        """Raises AssertionError for a rule that never fired: the one with this name, or each with `must_fire`."""
        __tracebackhide__ = True
        assert_fired([self[name]] if name is not None else [fault for fault in self.entries if fault.must_fire])
