"""What a filter means once it is understood: the semantics of the SQL that the live server makes of it.

- **Truth.** A condition on a row is true, false or unknown (None). `AND` is false where a member is false, else unknown
  where one is unknown; `OR` is true where a member is true, else unknown where one is unknown; `NOT` turns true and
  false round and leaves the unknown. A row is listed where the whole filter is true. Members that say nothing do not
  count.
- **The unknown** comes from what a row does not have, or has as null: it compares with nothing. Whether a column is
  null may be asked (`null`, `{"ne": null}`), and is never unknown; no column here is.
- **Equality** in metadata is containment, as `@>` has it: an object contains one whose every key it has with a value
  that contains the other's; a list contains one whose every element is contained in some element of its own; scalars
  contain their equals. Numbers are equal by value, no boolean is a number, and null is a value like others.
- **Order** of text goes by code point, of numbers by value. A value inside metadata is compared as its text (`->>`): a
  string as it is, anything else as the database writes JSON.
- **Parts** of text are looked for whatever the case, character by character; `%` and `_` stand for themselves.
- **Casts** to a number fail on text that is none, and are asked last: beside a condition that is false no cast is made.
- **Lists**: `in` is true where the value equals one of the list; else unknown where null is in the list, or where the
  row has no value and the list has any; else false.
"""

import json
import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..records import Row

Condition = Callable[[Row], bool | None]
Reader = Callable[[Row], Any]

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gte": operator.ge,
    "lte": operator.le,
    "gt": operator.gt,
    "lt": operator.lt,
    "ne": operator.ne,
}


class AskedLast:
    """A condition that may fail, asked after those beside it: PostgreSQL asks first what costs less."""

    def __init__(self, condition: Condition) -> None:
        self._condition = condition

    def __call__(self, row: Row) -> bool | None:
        return self._condition(row)


def all_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """False where one is false, else unknown where one is unknown; None where no condition says anything."""
    return _joined(conditions, decisive=False)


def any_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """True where one is true, else unknown where one is unknown; None where no condition says anything."""
    return _joined(conditions, decisive=True)


def none_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """Each condition negated, and all of that; the unknown stays unknown."""
    return all_of(_negated(condition) for condition in conditions if condition is not None)


def _joined(conditions: Iterable[Condition | None], *, decisive: bool) -> Condition | None:
    """The conditions joined so that one with the decisive verdict settles it."""
    said = [condition for condition in conditions if condition is not None]
    may_fail = any(isinstance(condition, AskedLast) for condition in said)
    if may_fail and not decisive:  # The members of an OR are asked in their order.
        said.sort(key=lambda condition: isinstance(condition, AskedLast))

    def joined(row: Row) -> bool | None:
        verdict: bool | None = not decisive
        for condition in said:
            one = condition(row)
            if one is decisive:
                return decisive
            if one is None:
                verdict = None
        return verdict

    if len(said) < 2:
        return said[0] if said else None
    return AskedLast(joined) if may_fail else joined


def _negated(condition: Condition) -> Condition:
    def negated(row: Row) -> bool | None:
        verdict = condition(row)
        return None if verdict is None else not verdict

    return AskedLast(negated) if isinstance(condition, AskedLast) else negated


def compared(read: Reader, compare: Callable[[Any, Any], bool], wanted: Any) -> Condition:
    """`compare(value, wanted)` for the value read from a row; unknown where it has none."""

    def condition(row: Row) -> bool | None:
        value = read(row)
        return None if value is None else compare(value, wanted)

    return condition


def member_of(read: Reader, wanted: Collection[Any]) -> Condition:
    """Whether the value read from a row is one of those wanted, among which None stands for null."""
    listed = frozenset(wanted)
    others = None if None in listed else False

    def condition(row: Row) -> bool | None:
        value = read(row)
        if value is None:
            return None if listed else False
        return True if value in listed else others

    return condition


def text_contains(read: Reader, part: str) -> Condition:
    """Whether the text read from a row has the part in it, whatever the case of letters."""
    wanted = folded(part)

    def condition(row: Row) -> bool | None:
        value = read(row)
        return None if value is None else wanted in folded(value)

    return condition


def folded(text: str) -> str:
    """The text in lower case as the database folds it, character by character and one for one."""
    # The only two letters for which Python looks at the ones beside them, or gives more than one.
    return text.replace("\N{GREEK CAPITAL LETTER SIGMA}", "\N{GREEK SMALL LETTER SIGMA}").replace("İ", "i").lower()


_encoded = json.JSONEncoder(ensure_ascii=False).encode

# What costs as much time as one comparison, measured: so many characters, and to write a value so many times that.
_CHARACTERS_A_STEP = 50
_WRITING = 4


class TooManySteps(Exception):
    """A comparison took more steps than were given to it."""


class Steps:
    """How many values may still be compared or written; shared by all that belong together."""

    def __init__(self, left: int, complaint: str = "too many steps") -> None:
        self._left = left
        self._complaint = complaint

    def take(self, count: int = 1) -> None:
        """Take one, or as many as `count`. Raises TooManySteps, with the complaint, where they are not left."""
        self._left -= count
        if self._left < 0:
            raise TooManySteps(self._complaint)


def contains(outer: Any, inner: Any, steps: Steps) -> bool:
    """Whether `outer @> inner`. Lists cost the product of their lengths: raises TooManySteps beyond `steps`."""
    steps.take()
    if isinstance(inner, Mapping):
        if not isinstance(outer, Mapping):
            return False
        return all(key in outer and contains(outer[key], value, steps) for key, value in inner.items())
    if isinstance(inner, list):
        if not isinstance(outer, list):
            return False
        return all(any(contains(mine, other, steps) for mine in outer) for other in inner)
    if isinstance(inner, bool) or isinstance(outer, bool):
        return inner is outer
    return not isinstance(outer, (Mapping, list)) and bool(outer == inner)


def text(value: Any, steps: Steps) -> str | None:
    """What `->>` gives for a value: None for null, a string as it is, anything else as the database writes it.

    Every value in it costs a few steps, a long one more: raises TooManySteps beyond `steps`.
    """
    if value is None or isinstance(value, str):
        _pay(value, steps)
        return value
    return _written(value, steps)


def _pay(value: Any, steps: Steps) -> None:
    steps.take(_WRITING + (len(value) // _CHARACTERS_A_STEP if isinstance(value, str) else 0))


def _written(value: Any, steps: Steps) -> str:
    _pay(value, steps)
    if isinstance(value, Mapping):
        # The database keeps the keys of an object by length in bytes, then by bytes.
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{_written(key, steps)}: {_written(value[key], steps)}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_written(entry, steps) for entry in value) + "]"
    if isinstance(value, float):
        # Decimal notation without an exponent, and no negative zero.
        return format(abs(Decimal(repr(value))) if value == 0 else Decimal(repr(value)), "f")
    return _encoded(value)


def decimal(text: str) -> Decimal | None:
    """The finite number that `text` reads as, or None."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
