"""What a request must be like: to be found in the journal, to meet a fault, to get a scripted answer.

And what a delivery must be like, to be found among the others.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from .exchanges import Exchange, shortened
from .registry import did_you_mean

_LONGEST_PATH = 2_000

Predicate = Callable[[Exchange], object]


# So many pairs of entries are compared where a part of a list is looked for.
_COMPARED_LIMIT = 20_000


class Criteria(TypedDict, total=False):
    """What a request must be like; what is left out, or None, does not matter.

    `operation` is the name of an operation (`"clone_session"`), `path` a whole path in which `*` stands for anything,
    or a compiled pattern that it must match whole; `workspace`, `session` and `peer` are ids that the path or the body
    names; `query` are parameters that count, as texts; `body` is a part of the JSON body: of an object the members
    that count, of a list all entries. `predicate` is called with the Exchange.
    """

    operation: str | None
    method: str | None
    path: "str | re.Pattern[str] | None"
    workspace: str | None
    session: str | None
    peer: str | None
    query: Mapping[str, str] | None
    body: Any
    predicate: Predicate | None


class Answered(Criteria, total=False):
    """The same, and `status`, that of the answer."""

    status: int | None


class Difference(NamedTuple):
    """What is not as it should be, in a line, and how many values that are."""

    line: str
    values: int = 1


class Delivered(TypedDict, total=False):
    """What a delivery to a webhook must be like; what is left out, or None, does not matter.

    `event` is `"queue.empty"` or `"test.event"`, `workspace` the id of the workspace, `url` where it was sent, `status`
    what the receiver answered; `body` is a part of the body. `predicate` is called with the Delivery.
    """

    event: str | None
    workspace: str | None
    url: str | None
    status: int | None
    body: Any
    predicate: Callable[[Any], object] | None


# Takes an Exchange, or a Delivery.
Leaf = Callable[[Any], Iterator[Difference]]


class Pattern:
    """Criteria that were checked. `known` are the names of the operations there are, where somebody knows them.

    `of` is what it is a pattern of: a request, or a delivery. Raises ValueError for what is no criterion of that, and
    for an operation that is not there.
    """

    def __init__(self, criteria: Mapping[str, Any], known: Iterable[str] = (), of: str = "request") -> None:
        self.of = of
        self.criteria = {name: value for name, value in criteria.items() if value is not None}
        for name, value in self.criteria.items():
            _check(of, name, value, list(known))
        self._leaves = [_LEAVES[of][name](value) for name, value in self.criteria.items()]

    def matches(self, one: Any) -> bool:
        """Whether an Exchange, or a Delivery, is like this."""
        return not any(True for leaf in self._leaves for _ in leaf(one))

    def differences(self, one: Any) -> list[Difference]:
        """What is not as it should be."""
        return [difference for leaf in self._leaves for difference in leaf(one)]

    def __str__(self) -> str:
        parts = (f"{name}={shortened(_shown(value))}" for name, value in self.criteria.items())
        return ", ".join(parts) or f"any {self.of}"


def _check(of: str, name: str, value: Any, operations: list[str]) -> None:
    if name not in _LEAVES[of]:
        raise ValueError(f"a {of} has no {name!r}; {did_you_mean(name, _LEAVES[of])}")
    kinds = _KINDS.get(name)
    if kinds is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
        raise ValueError(f"{name} cannot be {value!r}")
    if name == "predicate" and not callable(value):
        raise ValueError(f"predicate must be callable: {value!r}")
    if name == "path" and isinstance(value, str) and len(value) > _LONGEST_PATH:
        raise ValueError(f"path has more than {_LONGEST_PATH} characters")
    if name == "operation" and operations and value not in operations:
        raise ValueError(f"no operation {value!r}; {did_you_mean(value, operations)}")


def _equal(name: str) -> Callable[[Any], Leaf]:
    """The leaf for a field of the exchange that must be just this."""

    def leaf_of(expected: Any) -> Leaf:
        def leaf(exchange: Exchange) -> Iterator[Difference]:
            found = getattr(exchange, name)
            if found != expected:
                yield Difference(f"{name}: expected {shortened(expected)}, was {shortened(found)}")

        return leaf

    return leaf_of


def _method(expected: str) -> Leaf:
    return _equal("method")(expected.upper())


def _path(expected: "str | re.Pattern[str]") -> Leaf:
    pattern = _glob(expected) if isinstance(expected, str) else expected
    shown = expected if isinstance(expected, str) else expected.pattern

    def leaf(exchange: Exchange) -> Iterator[Difference]:
        if pattern.fullmatch(exchange.path) is None:
            yield Difference(f"path: expected {shown}, was {shortened(exchange.path)}")

    return leaf


def _glob(path: str) -> re.Pattern[str]:
    """The pattern of a path in which `*` stands for anything; each piece is looked for once, so that none is slow."""
    first, *others = map(re.escape, re.split(r"\*+", path))
    if not others:
        return re.compile(first)
    *middle, last = others
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + ".*" + last, re.DOTALL)


def _part_of(name: str) -> Callable[[Any], Leaf]:
    """The leaf for a field of the exchange that must hold this."""

    def leaf_of(expected: Any) -> Leaf:
        def leaf(exchange: Exchange) -> Iterator[Difference]:
            return _lacks(expected, getattr(exchange, name), name)

        return leaf

    return leaf_of


def _lacks(expected: Any, found: Any, place: str) -> Iterator[Difference]:
    """What is not there of what is expected, each with its place: `body.peers.bob`."""
    if isinstance(expected, Mapping) and isinstance(found, dict):
        for name, part in expected.items():
            if name in found:
                yield from _lacks(part, found[name], f"{place}.{name}")
            else:
                yield Difference(f"{place}.{name}: expected {shortened(part)}, was not there", _values(part))
    elif isinstance(expected, (list, tuple)) and isinstance(found, list) and len(expected) == len(found):
        for number, (part, entry) in enumerate(zip(expected, found, strict=True)):
            yield from _lacks(part, entry, f"{place}[{number}]")
    elif isinstance(expected, (list, tuple)) and isinstance(found, list) and _is_searched(expected, found):
        for part in expected:
            nearest = min(
                (list(_lacks(part, entry, f"{place}[{number}]")) for number, entry in enumerate(found)), key=len
            )
            yield from nearest
    elif expected != found or isinstance(expected, bool) is not isinstance(found, bool):
        yield Difference(f"{place}: expected {shortened(expected)}, was {shortened(found)}", _values(expected))


def _is_searched(expected: Sequence[Any], found: Sequence[Any]) -> bool:
    """Whether each entry is looked for among all those that were found: a part of a list, and no endless search."""
    return len(expected) < len(found) and len(expected) * len(found) <= _COMPARED_LIMIT


def _values(expected: Any) -> int:
    """How many values are expected in all: so many differ where nothing is like it."""
    if isinstance(expected, Mapping):
        return 1 + sum(map(_values, expected.values()))
    return 1 + sum(map(_values, expected)) if isinstance(expected, (list, tuple)) else 1


def _predicate(expected: Predicate) -> Leaf:
    def leaf(exchange: Exchange) -> Iterator[Difference]:
        if not expected(exchange):
            yield Difference(f"predicate: {_shown(expected)} said no")

    return leaf


def _shown(value: Any) -> Any:
    if isinstance(value, re.Pattern):
        return value.pattern
    return getattr(value, "__name__", repr(value)) if callable(value) else value


_OF_REQUESTS: dict[str, Callable[[Any], Leaf]] = {
    "operation": _equal("operation"),
    "method": _method,
    "path": _path,
    "workspace": _equal("workspace"),
    "session": _equal("session"),
    "peer": _equal("peer"),
    "status": _equal("status"),
    "query": _part_of("query"),
    "body": _part_of("body"),
    "predicate": _predicate,
}
_LEAVES = {
    "request": _OF_REQUESTS,
    "delivery": {
        **{name: _equal(name) for name in ("event", "url")},
        **{name: _OF_REQUESTS[name] for name in ("workspace", "status", "body", "predicate")},
    },
}
_KINDS: dict[str, Any] = {
    "operation": str,
    "method": str,
    "path": (str, re.Pattern),
    "workspace": str,
    "session": str,
    "peer": str,
    "event": str,
    "url": str,
    "status": int,
    "query": Mapping,
}
