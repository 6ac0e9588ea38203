"""Criteria that select requests (for the log, faults and scripts) or webhook deliveries, and their mismatches."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypedDict

from .criteria import check, glob
from .exchange import Exchange, preview
from .hints import did_you_mean

# The maximum number of comparisons to find a part of a list. They take a few milliseconds.
_COMPARED_LIMIT = 20_000
# How many near misses, and how many matches, a failed assertion shows.
_SHOWN_NEAREST = 3
_SHOWN_MATCHES = 10

Predicate = Callable[[Exchange], object]


class Criteria(TypedDict, total=False):
    """Criteria for requests. A criterion that is left out, or None, matches every request.

    Keys:
        operation: The name of an operation, such as "clone_session", in which `*` stands for any characters, or a list
            of such names.
        method: The HTTP method, in upper or lower case.
        path: A whole path, in which `*` stands for any characters, or a compiled pattern that the whole path matches.
        workspace, session, peer: Ids that the path, the query or the body contains.
        query: Parameters of the query, as strings. Other parameters are ignored.
        body: A part of the JSON body. For an object, some of its members. For a list, all entries in order, or some
            entries in any order.
        predicate: A function that gets the Exchange and returns whether it matches.
    """

    operation: str | Sequence[str] | None
    method: str | None
    path: "str | re.Pattern[str] | None"
    workspace: str | None
    session: str | None
    peer: str | None
    query: Mapping[str, str] | None
    body: Any
    predicate: Predicate | None


class AnsweredCriteria(Criteria, total=False):
    """The keys of `Criteria`, and `status`: the status of the answer, or a class such as "4xx"."""

    status: int | str | None


class DeliveryCriteria(TypedDict, total=False):
    """Criteria for webhook deliveries. A criterion that is left out, or None, matches every delivery.

    Keys:
        event: "queue.empty" or "test.event".
        workspace: The id of the workspace.
        url: The URL of the endpoint.
        status: The status that the receiver answered, or a class such as "4xx".
        body: A part of the JSON body, as in `Criteria`.
        predicate: A function that gets the Delivery and returns whether it matches.
    """

    event: str | None
    workspace: str | None
    url: str | None
    status: int | str | None
    body: Any
    predicate: Callable[[Any], object] | None


class Mismatch(NamedTuple):
    """A criterion or a part of a body that an entry does not match: a line of text, and the number of expected values
    that do not match. Near misses are ranked by this number: a missing object counts as much as all its members.
    """

    line: str
    values: int = 1


# Compares one criterion with an Exchange or a Delivery.
Matcher = Callable[[Any], Iterator[Mismatch]]


class Pattern:
    """Validated criteria.

    Arguments:
        criteria: The criteria by name; None as a value is ignored.
        known: The names of all operations, to detect typos. Empty: any name is accepted.
        of: What to match: "request" or "delivery".
        beside: The names of the arguments beside the criteria, to suggest one for an unknown criterion.

    Raises ValueError for an unknown criterion or operation, and for a value of the wrong type.
    """

    def __init__(
        self, criteria: Mapping[str, Any], known: Iterable[str] = (), of: str = "request", beside: Iterable[str] = ()
    ) -> None:
        self.of = of
        self.criteria = {name: value for name, value in criteria.items() if value is not None}
        operations = list(known)
        for name, value in self.criteria.items():
            if name not in _MATCHERS[of]:
                raise ValueError(f"a {of} has no {name!r}; {did_you_mean(name, [*_MATCHERS[of], *beside])}")
            check(name, value, operations)
        self._matchers = [_MATCHERS[of][name](value) for name, value in self.criteria.items()]

    def matches(self, entry: Any) -> bool:
        """Whether an Exchange or a Delivery matches all criteria."""
        return not any(True for matcher in self._matchers for _ in matcher(entry))

    def mismatches(self, entry: Any) -> list[Mismatch]:
        """How an Exchange or a Delivery differs from the criteria."""
        return [mismatch for matcher in self._matchers for mismatch in matcher(entry)]

    def __str__(self) -> str:
        parts = (f"{name}={preview(_shown(value))}" for name, value in self.criteria.items())
        return ", ".join(parts) or f"any {self.of}"


def _equal(name: str) -> Callable[[Any], Matcher]:
    """Make matchers for an attribute that must have the expected value."""

    def matcher_for(expected: Any) -> Matcher:
        def matcher(exchange: Exchange) -> Iterator[Mismatch]:
            found = getattr(exchange, name)
            if found != expected:
                yield Mismatch(f"{name}: expected {preview(expected)}, was {preview(found)}")

        return matcher

    return matcher_for


def _operation(expected: str | Sequence[str]) -> Matcher:
    names = [expected] if isinstance(expected, str) else list(expected)
    if len(names) == 1 and "*" not in names[0]:
        return _equal("operation")(names[0])
    patterns = [glob(name) for name in names]
    shown = names[0] if len(names) == 1 else f"one of {', '.join(names)}"

    def matcher(exchange: Exchange) -> Iterator[Mismatch]:
        found = exchange.operation
        if found is None or not any(pattern.fullmatch(found) for pattern in patterns):
            yield Mismatch(f"operation: expected {shown}, was {preview(found)}")

    return matcher


def _status(expected: int | str) -> Matcher:
    if isinstance(expected, int):
        return _equal("status")(expected)
    hundred = int(expected[0])

    def matcher(entry: Any) -> Iterator[Mismatch]:
        if entry.status is None or entry.status // 100 != hundred:
            yield Mismatch(f"status: expected {expected}, was {preview(entry.status)}")

    return matcher


def _method(expected: str) -> Matcher:
    return _equal("method")(expected.upper())


def _path(expected: "str | re.Pattern[str]") -> Matcher:
    pattern = glob(expected) if isinstance(expected, str) else expected
    shown = expected if isinstance(expected, str) else expected.pattern

    def matcher(exchange: Exchange) -> Iterator[Mismatch]:
        if pattern.fullmatch(exchange.path) is None:
            yield Mismatch(f"path: expected {shown}, was {preview(exchange.path)}")

    return matcher


def _part_of(name: str) -> Callable[[Any], Matcher]:
    """Make matchers for an attribute that must contain the expected value."""

    def matcher_for(expected: Any) -> Matcher:
        def matcher(exchange: Exchange) -> Iterator[Mismatch]:
            return _missing(expected, getattr(exchange, name), name)

        return matcher

    return matcher_for


def _missing(expected: Any, found: Any, place: str) -> Iterator[Mismatch]:
    """The expected values that are missing or different, each with its place, such as `body.peers.bob`."""
    if isinstance(expected, Mapping) and isinstance(found, dict):
        for name, part in expected.items():
            if name in found:
                yield from _missing(part, found[name], f"{place}.{name}")
            else:
                yield Mismatch(f"{place}.{name}: expected {preview(part)}, was not there", _values(part))
    elif isinstance(expected, (list, tuple)) and isinstance(found, list) and len(expected) == len(found):
        for number, (part, entry) in enumerate(zip(expected, found, strict=True)):
            yield from _missing(part, entry, f"{place}[{number}]")
    elif isinstance(expected, (list, tuple)) and isinstance(found, list) and _is_searched(expected, found):
        for part in expected:  # The order is not compared: each part differs from the entry that is nearest to it.
            nearest = min(
                (list(_missing(part, entry, f"{place}[{number}]")) for number, entry in enumerate(found)), key=len
            )
            yield from nearest
    # In Python True == 1, in JSON they differ.
    elif expected != found or isinstance(expected, bool) is not isinstance(found, bool):
        yield Mismatch(f"{place}: expected {preview(expected)}, was {preview(found)}", _values(expected))


def _is_searched(expected: Sequence[Any], found: Sequence[Any]) -> bool:
    """Whether to search for the expected entries in any order: if fewer are expected than found, and it is fast."""
    return len(expected) < len(found) and len(expected) * len(found) <= _COMPARED_LIMIT


def _values(expected: Any) -> int:
    """The number of values in an expected value, with those inside it."""
    if isinstance(expected, Mapping):
        return 1 + sum(map(_values, expected.values()))
    return 1 + sum(map(_values, expected)) if isinstance(expected, (list, tuple)) else 1


def _predicate(expected: Predicate) -> Matcher:
    def matcher(exchange: Exchange) -> Iterator[Mismatch]:
        if not expected(exchange):
            yield Mismatch(f"predicate: {_shown(expected)} returned false")

    return matcher


def _shown(value: Any) -> Any:
    if isinstance(value, re.Pattern):
        return value.pattern
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return getattr(value, "__name__", repr(value)) if callable(value) else value


_OF_REQUESTS: dict[str, Callable[[Any], Matcher]] = {
    "operation": _operation,
    "method": _method,
    "path": _path,
    "workspace": _equal("workspace"),
    "session": _equal("session"),
    "peer": _equal("peer"),
    "status": _status,
    "query": _part_of("query"),
    "body": _part_of("body"),
    "predicate": _predicate,
}
_MATCHERS = {
    "request": _OF_REQUESTS,
    "delivery": {
        **{name: _equal(name) for name in ("event", "url")},
        **{name: _OF_REQUESTS[name] for name in ("workspace", "status", "body", "predicate")},
    },
}


class Described(Protocol):
    """The attributes of a log entry that `explanation` uses."""

    number: int

    @property
    def line(self) -> str:
        """The entry in one line."""


def explanation(
    pattern: Pattern,
    entries: Iterable[Described],
    found: Sequence[Described],
    expected: str,
    after: int,
    notes: Iterable[str],
) -> str:
    """Explain in a few lines why an assertion on a log failed.

    Arguments:
        pattern: What was searched for.
        entries: All entries of the log.
        found: The entries that match.
        expected: How many were expected, such as "3 requests".
        after: Only entries with a larger number count; 0: all.
        notes: Lines to add, on the state of the log.
    """
    count = f"there {'was' if len(found) == 1 else 'were'} {len(found)}"
    if after:
        expected, count = f"{expected} after #{after}", f"{count}, all before it" if found else count
    with_criteria = f" with {pattern}" if pattern.criteria else ""
    lines = [f"expected {expected}{with_criteria}; {count}"]
    lines += [f"  {entry.line}" for entry in found[:_SHOWN_MATCHES]]
    if len(found) > _SHOWN_MATCHES:
        lines.append(f"  and {len(found) - _SHOWN_MATCHES} more")
    numbers = {entry.number for entry in found}
    others = (entry for entry in entries if entry.number not in numbers and entry.number > after)
    return "\n".join([*lines, *notes, *_nearest(pattern, others)])


def _nearest(pattern: Pattern, entries: Iterable[Described]) -> Iterator[str]:
    """The entries with the fewest mismatches, the latest first if equal, each with its mismatches."""
    compared = [(pattern.mismatches(entry), entry) for entry in entries]
    compared.sort(key=lambda pair: (sum(mismatch.values for mismatch in pair[0]), -pair[1].number))
    if not compared:
        yield f"no other {pattern.of} came"
        return
    yield "nearest:"
    for mismatches, entry in compared[:_SHOWN_NEAREST]:
        yield f"  {entry.line}"
        for mismatch in mismatches:
            yield f"      {mismatch.line}"
