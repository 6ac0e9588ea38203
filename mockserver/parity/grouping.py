"""Groups differences by the quirks that explain them, or by operation and field, for a summary that fits a screen."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from .recordings import Json

_INDEX = re.compile(r"\[\d+\]")
_NAMES_WIDTH = 90  # how many characters the names of several fields may have in one line
_SHOWN = 35  # the most characters of a value
_UNEXPLAINED_SHOWN = 8  # how many groups without a quirk are shown
# How many fields are counted separately. A field may be a key of metadata, so their number has no limit.
FIELDS_LIMIT = 5_000
_OTHERS = "other fields"


class Difference(NamedTuple):
    """One place in which an answer differs.

    Arguments:
        operation: The name of the operation.
        place: Such as `body.items[0].id`.
        expected: What the real server answered there.
        got: What the other server answered there.
        quirks: The names of the quirks that explain it together; empty if none do.
        request: Names the request, such as `x-routing, step 3`. Another request has another name.
    """

    operation: str
    place: str
    expected: Json
    got: Json
    quirks: tuple[str, ...]
    request: str


@dataclass
class Field:
    """The differences in one field of one operation.

    Attributes:
        name: The operation and the field.
        example: The request of the first difference, with what was expected and what came.
        requests: The number of requests in which the field differs.
    """

    name: str
    example: str
    requests: int = 0
    last: str = ""


@dataclass
class Group:
    """Differences that the same quirks explain, or that no quirk explains and that are in the same field.

    Attributes:
        quirks: The names of the quirks; empty if none explain the group.
        requests: The number of requests in which the group occurs.
        fields: The fields in which it occurs, by their names.
    """

    quirks: tuple[str, ...]
    requests: int = 0
    fields: dict[str, Field] = field(default_factory=dict)
    last: str = ""

    def most_frequent(self) -> list[Field]:
        """The fields, those with the most requests first."""
        return sorted(self.fields.values(), key=lambda one: -one.requests)


class Groups:
    """Counts differences in groups, with one example of each field. Its size does not grow with their number.

    Add the differences of one request one after the other.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[str, ...], Group] = {}
        self._fields = 0

    def add(self, difference: Difference) -> None:
        """Count a difference."""
        name = f"{difference.operation} {_printable(field_of(difference.place))}"
        if self._fields >= FIELDS_LIMIT and not self._has(difference.quirks, name):
            name = _OTHERS
        group = self._groups.setdefault(_key(difference.quirks, name), Group(difference.quirks))
        if name not in group.fields:
            group.fields[name] = Field(name, f"{difference.request}: {_compared(difference)}")
            self._fields += 1
        for counted in (group, group.fields[name]):
            counted.requests += counted.last != difference.request
            counted.last = difference.request

    def all(self) -> list[Group]:
        """All groups: first those of quirks. Of both, the most frequent ones come first."""
        return sorted(self._groups.values(), key=lambda group: (not group.quirks, -group.requests))

    def lines(self, advice: str) -> Iterator[str]:
        """The summary. No lines if there are no groups.

        Its first line says how many groups are quirks, and adds the advice if there are any. Then come two lines for
        each group. Of the groups without a quirk, it has only the most frequent ones.
        """
        groups = self.all()
        known = [group for group in groups if group.quirks]
        others = groups[len(known) :]
        if groups:
            verb = "is a quirk" if len(known) == 1 else "are quirks"
            yield f"{len(known)} of {len(groups)} groups of differences {verb}{f': {advice}' if known else ''}"
        for group in known:
            yield from _described(group)
        if known and others:
            yield "No quirk explains these:"
        for group in others[:_UNEXPLAINED_SHOWN]:
            yield from _described(group)
        if len(others) > _UNEXPLAINED_SHOWN:
            yield f"and {len(others) - _UNEXPLAINED_SHOWN} more"

    def _has(self, quirks: tuple[str, ...], name: str) -> bool:
        group = self._groups.get(_key(quirks, name))
        return group is not None and name in group.fields


def field_of(place: str) -> str:
    """The place without the indices of lists: `body.items[0].id` is in the field `body.items[].id`."""
    return _INDEX.sub("[]", place)


def _key(quirks: tuple[str, ...], name: str) -> tuple[str, ...]:
    return quirks or ("", name)


def _described(group: Group) -> Sequence[str]:
    """The counts of the group, and an example of its most frequent field."""
    fields = group.most_frequent()
    title = f"{' + '.join(group.quirks)}: {_listed(fields)}" if group.quirks else fields[0].name
    return f"{group.requests:>5}  {title}", f"{'':5}  {fields[0].example}"


def _listed(fields: Sequence[Field]) -> str:
    """The first field, and as many others as fit into a line."""
    texts = [f"{one.name} ({one.requests})" for one in fields]
    lengths = accumulate(len(text) + 2 for text in texts)
    count = max(1, sum(length <= _NAMES_WIDTH for length in lengths))
    more = [f"{len(texts) - count} more"] if count < len(texts) else []
    return ", ".join(texts[:count] + more)


def _compared(difference: Difference) -> str:
    """What was expected and what came, each from about where the two begin to differ."""
    expected, got = (_as_text(difference.place, value) for value in (difference.expected, difference.got))
    pairs = enumerate(zip(expected, got, strict=False))
    common = next((at for at, (one, other) in pairs if one != other), min(len(expected), len(got)))
    start = max(0, common - _SHOWN // 2)
    return f"expected {_cut(expected, start)}, got {_cut(got, start)}"


def _as_text(place: str, value: Json) -> str:
    """A value in one line. What came in place of a status is its number with the body."""
    if place == "status" and isinstance(value, str):
        return _printable(" ".join(value.split()))
    return _printable(json.dumps(value, ensure_ascii=False))


def _printable(text: str) -> str:
    """The text, with escapes for what could change the terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _cut(text: str, start: int) -> str:
    shown = f"...{text[start:]}" if start > 3 else text
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."
