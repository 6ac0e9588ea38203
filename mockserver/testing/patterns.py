"""What a request must be like: to be found in the journal, to meet a fault, to get a scripted answer."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import translate
from typing import Any, TypedDict

from .exchanges import Exchange, shortened

Predicate = Callable[[Exchange], object]


class Criteria(TypedDict, total=False):
    """What a request must be like; what is left out, or None, does not matter.

    `operation` is the name of an operation (`"clone_session"`), `path` a whole path in which `*` stands for anything,
    or a compiled pattern that it must match whole; `workspace`, `session` and `peer` are ids that the path or the body
    names; `body` is a part of the JSON body: of an object the members that count, of a list all entries. `predicate` is
    called with the Exchange.
    """

    operation: str | None
    method: str | None
    path: "str | re.Pattern[str] | None"
    workspace: str | None
    session: str | None
    peer: str | None
    body: Any
    predicate: Predicate | None


class Answered(Criteria, total=False):
    """The same, and `status`, that of the answer."""

    status: int | None


class Pattern:
    """Criteria that were checked. `known` are the names of the operations there are, where somebody knows them.

    Raises ValueError for what is no criterion, and for an operation that is not there.
    """

    def __init__(self, criteria: Mapping[str, Any], known: Iterable[str] = ()) -> None:
        self.criteria = {name: value for name, value in criteria.items() if value is not None}
        self._leaves = [_LEAVES[name](value) for name, value in self.criteria.items() if _checked(name, value, known)]

    def matches(self, exchange: Exchange) -> bool:
        return not any(True for leaf in self._leaves for _ in leaf(exchange))

    def differences(self, exchange: Exchange) -> list[str]:
        """What is not as it should be, one line for each field."""
        return [difference for leaf in self._leaves for difference in leaf(exchange)]

    def __str__(self) -> str:
        parts = (f"{name}={shortened(_shown(value))}" for name, value in self.criteria.items())
        return ", ".join(parts) or "any request"


Leaf = Callable[[Exchange], Iterator[str]]


def _checked(name: str, value: Any, known: Iterable[str]) -> bool:
    if name not in _LEAVES:
        raise ValueError(f"a request has no {name!r}; it has {', '.join(_LEAVES)}")
    kinds = _KINDS.get(name)
    if kinds is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
        raise ValueError(f"{name} cannot be {value!r}")
    if name == "predicate" and not callable(value):
        raise ValueError(f"predicate must be callable: {value!r}")
    names = list(known)
    if name == "operation" and names and value not in names:
        from difflib import get_close_matches  # Only a slip of the pen needs it.

        close = get_close_matches(value, names, 1, 0.5)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(names))}"
        raise ValueError(f"no operation {value!r}; {hint}")
    return True


def _equal(name: str) -> Callable[[Any], Leaf]:
    """The leaf for a field of the exchange that must be just this."""

    def leaf_of(expected: Any) -> Leaf:
        def leaf(exchange: Exchange) -> Iterator[str]:
            found = getattr(exchange, name)
            if found != expected:
                yield f"{name}: expected {shortened(expected)}, was {shortened(found)}"

        return leaf

    return leaf_of


def _method(expected: str) -> Leaf:
    return _equal("method")(expected.upper())


def _path(expected: "str | re.Pattern[str]") -> Leaf:
    pattern = re.compile(translate(expected)) if isinstance(expected, str) else expected
    shown = expected if isinstance(expected, str) else expected.pattern

    def leaf(exchange: Exchange) -> Iterator[str]:
        if pattern.fullmatch(exchange.path) is None:
            yield f"path: expected {shown}, was {shortened(exchange.path)}"

    return leaf


def _body(expected: Any) -> Leaf:
    def leaf(exchange: Exchange) -> Iterator[str]:
        return _lacks(expected, exchange.body, "body")

    return leaf


def _lacks(expected: Any, found: Any, place: str) -> Iterator[str]:
    """What is not there of what is expected, each with its place: `body.peers.bob`."""
    if isinstance(expected, Mapping) and isinstance(found, dict):
        for name, part in expected.items():
            if name in found:
                yield from _lacks(part, found[name], f"{place}.{name}")
            else:
                yield f"{place}.{name}: expected {shortened(part)}, was not there"
    elif isinstance(expected, (list, tuple)) and isinstance(found, list) and len(expected) == len(found):
        for number, (part, entry) in enumerate(zip(expected, found, strict=True)):
            yield from _lacks(part, entry, f"{place}[{number}]")
    elif expected != found or isinstance(expected, bool) is not isinstance(found, bool):
        yield f"{place}: expected {shortened(expected)}, was {shortened(found)}"


def _predicate(expected: Predicate) -> Leaf:
    def leaf(exchange: Exchange) -> Iterator[str]:
        if not expected(exchange):
            yield f"predicate: {_shown(expected)} said no"

    return leaf


def _shown(value: Any) -> Any:
    if isinstance(value, re.Pattern):
        return value.pattern
    return getattr(value, "__name__", repr(value)) if callable(value) else value


_LEAVES: dict[str, Callable[[Any], Leaf]] = {
    "operation": _equal("operation"),
    "method": _method,
    "path": _path,
    "workspace": _equal("workspace"),
    "session": _equal("session"),
    "peer": _equal("peer"),
    "status": _equal("status"),
    "body": _body,
    "predicate": _predicate,
}
_KINDS: dict[str, Any] = {
    "operation": str,
    "method": str,
    "path": (str, re.Pattern),
    "workspace": str,
    "session": str,
    "peer": str,
    "status": int,
}
