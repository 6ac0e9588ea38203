"""Faults: rules that make requests fail, late, broken or not at all answered."""

from collections.abc import Callable, Mapping
from inspect import signature
from itertools import count
from typing import Any, Literal, Unpack

from ..domain.clock import Clock
from . import effects
from .effects import Effect, Place
from .exchange import Exchange, preview
from .hosting import Hosting
from .matching import Criteria, Pattern
from .names import Register, checked_name, meant
from .numbers import Seed
from .rules import Fault, Rule, assert_fired

# The methods of Faults that set a rule, by which other languages name it.
KINDS = (
    *("error", "delay", "quota", "disconnect", "lose_answer"),
    *("truncate", "malform", "drop_field", "wrong_type", "hang"),
)


class Faults(Register[Fault]):
    """The rules of one fake server, `mock.faults`; the first whose turn it is takes a request.

    Each method sets a rule and returns it. They raise ValueError for what makes no sense, and then nothing is set.

    >>> import httpx
    >>> from mockserver import MockServer
    >>> with MockServer() as server:
    ...     down = server.mock.faults.error(503, method="GET", path="/health", times=2)
    ...     [httpx.get(f"{server.url}/health").status_code for _ in range(3)]
    [503, 503, 200]
    >>> down
    <Fault 'error-1': error(503) for method=GET, path=/health; of 2 it struck 2>
    """

    kind = "fault"

    def __init__(self, clock: Clock, hosting: Hosting) -> None:
        super().__init__()
        self.operations: frozenset[str] = frozenset()
        self._clock = clock
        self._hosting = hosting
        self._seed: Seed = None
        self._made = 0

    def restart(self, seed: Seed) -> None:
        """Take all rules away; chances follow from this seed from now on."""
        self._take_away(self.entries)
        self._made = 0
        self._seed = seed

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
        effect = effects.error(status, answer, headers, carry_out=carry_out)
        return self._set("error", [status, *([] if answer is None else [answer])], effect, rule)

    def delay(self, seconds: float, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request when it comes, and answer so many seconds later."""
        if rule.get("delay") is not None:
            raise ValueError("delay takes its seconds once")
        return self._set("delay", [seconds], Effect(), {**rule, "delay": seconds})

    def quota(self, limit: int, per: float, **rule: Unpack[Rule]) -> Fault:
        """Answer 429 with Retry-After to what goes beyond `limit` calls in `per` seconds of the fake's clock."""
        return self._set("quota", [limit, per], effects.quota(limit, per), rule)

    def disconnect(self, at: Place = "start", **rule: Unpack[Rule]) -> Fault:
        """Close the connection: at the start, before the request is carried out; after the head; within the body."""
        return self._set("disconnect", [at], effects.disconnect(at), rule)

    def lose_answer(self, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request and close the connection without an answer."""
        return self._set("lose_answer", [], effects.lose_answer(), rule)

    def truncate(self, share: float = 0.5, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and send only this share of the answer's body, as if it were whole."""
        return self._set("truncate", [share], effects.truncate(share), rule)

    def malform(self, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and send an answer that is no JSON."""
        return self._set("malform", [], effects.malform(), rule)

    def drop_field(self, field: str, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and leave a field out of the answer; of every entry, in a list."""
        return self._set("drop_field", [field], effects.drop_field(field), rule)

    def wrong_type(self, field: str, **rule: Unpack[Rule]) -> Fault:
        """Carry out the request, and give a field of the answer another type; in every entry, in a list."""
        return self._set("wrong_type", [field], effects.wrong_type(field), rule)

    def hang(self, at: Literal["start", "body"] = "start", **rule: Unpack[Rule]) -> Fault:
        """Carry out the request when it comes, and answer once `release()` is called on what this returns.

        At the start, nothing is sent until then; within the body, its first half is (of a stream, half of the pieces).
        """
        return self._set("hang", [at], effects.hang(at), rule)

    def add(self, kind: str, /, **arguments: Any) -> Fault:
        """Set a rule by the name of its fault, with the arguments of the method of that name."""
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; {meant(str(kind), KINDS)}")
        method: Callable[..., Fault] = getattr(self, kind)
        known = {*signature(method).parameters, *Rule.__annotations__} - {"rule"}
        for name in arguments:
            if name not in known:
                raise ValueError(f"{kind} takes no {name!r}; {meant(name, known)}")
        try:
            return method(**arguments)
        except TypeError as problem:
            raise ValueError(str(problem).replace("Faults.", "")) from None

    def _set(self, kind: str, given: list[Any], effect: Effect, rule: Mapping[str, Any]) -> Fault:
        own = Rule.__annotations__.keys() - Criteria.__annotations__.keys()
        pattern = Pattern({name: value for name, value in rule.items() if name not in own}, self.operations)
        call = f"{kind}({', '.join(map(preview, given))})"
        taken, made, name = {fault.name for fault in self.entries}, self._made, rule.get("name")
        if name is None:
            made = next(number for number in count(made + 1) if f"{kind}-{number}" not in taken)
            name = f"{kind}-{made}"
        if checked_name(name) in taken:
            raise ValueError(f"there is a fault {name!r} already")
        seed = f"{self._seed} {name}" if rule.get("seed") is None else rule["seed"]
        fault = Fault(name, call, effect, pattern, {**rule, "seed": seed}, self._hosting)
        self._made = made
        self._hosting.between_requests(lambda: self.entries.append(fault))
        return fault

    def striking(self, exchange: Exchange) -> Fault | None:
        """The rule that takes this request, or None."""
        return next((fault for fault in self.entries if fault.strikes(exchange, self._clock.peek)), None)

    def remove(self, fault: Fault | str) -> None:
        """Take a rule away, by itself or by its name; what it holds is answered. Raises UnknownName."""
        found = self[fault.name if isinstance(fault, Fault) else fault]
        self._hosting.between_requests(lambda: self._take_away([found]))

    def forget(self, workspace: str | None = None) -> None:
        """Take away all rules, or those that name this workspace."""
        meant_by = [one for one in self if workspace is None or one.pattern.criteria.get("workspace") == workspace]
        self._hosting.between_requests(lambda: self._take_away(meant_by))

    def _take_away(self, faults: list[Fault]) -> None:
        for fault in faults:
            fault.let_go()
        self.entries = [fault for fault in self.entries if fault not in faults]

    def assert_fired(self, name: str | None = None) -> None:
        """Raises AssertionError for a rule that never fired: the one of this name, or any that must fire."""
        __tracebackhide__ = True
        assert_fired([self[name]] if name is not None else [fault for fault in self.entries if fault.must_fire])
