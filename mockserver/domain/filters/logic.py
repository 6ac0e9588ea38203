"""The meaning of a filter: the semantics of the SQL that the live server generates.

- **Logic** has three values. A condition on a row is true, false or unknown (None). `AND` is false if a member is
  false, else unknown if one is unknown. `OR` is true if a member is true, else unknown if one is unknown. `NOT` swaps
  true and false, and keeps unknown. A row matches if the whole filter is true. Empty members are ignored.
- **Missing fields** and nulls make a comparison unknown, `ne` included. Only `null` and `{"ne": null}` on a column test
  for null, and are never unknown. Only conclusions have columns that can be null, such as `session_id`.
- **Equality** in metadata is containment, as with `@>`. An object contains another if it has all its keys, with values
  that contain the other values. A list contains another if each element of the other is contained in some element.
  A scalar contains an equal scalar. Numbers are equal by value, a boolean is not a number, and null equals null.
- **Order** is by code point for text, and by value for numbers. A value in metadata is compared as text (`->>`): a
  string as it is, any other value as the database writes JSON.
- **Substrings** are matched case-insensitively. `%` and `_` are ordinary characters.
- **Casts** of text to a number can fail. Such a condition is evaluated last, and not at all if another one is false.
- **Lists**: `in` is true if the value is in the list. Else it is unknown if the list has a null, or if the row has no
  value and the list is not empty. Else it is false.
"""

import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import Any

from ..records import Row
from .steps import Steps, for_size

Condition = Callable[[Row], bool | None]
Reader = Callable[[Row], Any]

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gte": operator.ge,
    "lte": operator.le,
    "gt": operator.gt,
    "lt": operator.lt,
    "ne": operator.ne,
}


class EvaluatedLast:
    """A condition that can fail. It is evaluated after the others, as PostgreSQL evaluates cheap conditions first."""

    def __init__(self, condition: Condition) -> None:
        self._condition = condition

    def __call__(self, row: Row) -> bool | None:
        return self._condition(row)


def all_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """All conditions joined with AND. None if there are no conditions."""
    return _joined(conditions, decisive=False)


def any_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """All conditions joined with OR. None if there are no conditions."""
    return _joined(conditions, decisive=True)


def none_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """Each condition negated, and joined with AND."""
    return all_of(_negated(condition) for condition in conditions if condition is not None)


def _joined(conditions: Iterable[Condition | None], *, decisive: bool) -> Condition | None:
    """Join conditions: if one condition has the `decisive` value, that is the result."""
    present = [condition for condition in conditions if condition is not None]
    may_fail = any(isinstance(condition, EvaluatedLast) for condition in present)
    if may_fail and not decisive:  # PostgreSQL evaluates the members of an OR in their order.
        present.sort(key=lambda condition: isinstance(condition, EvaluatedLast))

    def joined(row: Row) -> bool | None:
        verdict: bool | None = not decisive
        for condition in present:
            value = condition(row)
            if value is decisive:
                return decisive
            if value is None:
                verdict = None
        return verdict

    if len(present) < 2:
        return present[0] if present else None
    return EvaluatedLast(joined) if may_fail else joined


def _negated(condition: Condition) -> Condition:
    def negated(row: Row) -> bool | None:
        verdict = condition(row)
        return None if verdict is None else not verdict

    return EvaluatedLast(negated) if isinstance(condition, EvaluatedLast) else negated


def compared(read: Reader, compare: Callable[[Any, Any], bool], wanted: Any) -> Condition:
    """`compare(value, wanted)` for the value of a row. Unknown if the row has none."""

    def condition(row: Row) -> bool | None:
        value = read(row)
        return None if value is None else compare(value, wanted)

    return condition


def is_null(read: Reader, *, negated: bool = False) -> Condition:
    """Whether a row has no value. With `negated`, whether a row has a value. It is never unknown."""
    return lambda row: (read(row) is None) is not negated


def member_of(read: Reader, wanted: Collection[Any]) -> Condition:
    """Whether the value of a row is one of `wanted`. None stands for null."""
    listed = frozenset(wanted)
    others = None if None in listed else False

    def condition(row: Row) -> bool | None:
        value = read(row)
        if value is None:
            return None if listed else False
        return True if value in listed else others

    return condition


def text_contains(read: Reader, part: str) -> Condition:
    """Whether the text of a row contains a part, without regard to case."""
    wanted = folded(part)

    def condition(row: Row) -> bool | None:
        value = read(row)
        return None if value is None else wanted in folded(value)

    return condition


def folded(text: str) -> str:
    """The text in lower case as the database folds it: each character becomes one character."""
    # Python lowers sigma depending on its neighbours, and the dotted I to two characters. No other letter is special.
    return text.replace("\N{GREEK CAPITAL LETTER SIGMA}", "\N{GREEK SMALL LETTER SIGMA}").replace("İ", "i").lower()


# Writing a value takes this many steps.
_WRITING = 4


def text(value: Any, steps: Steps) -> str | None:
    """The result of `->>`: None for null, a string as it is, any other value as the database writes it.

    Each value costs a few steps, a long one more. Raises TooManySteps.
    """
    if value is None or isinstance(value, str):
        _pay(value, steps)
        return value
    return _written(value, steps)


def _pay(value: Any, steps: Steps) -> None:
    steps.take(_WRITING + for_size(value))


def _written(value: Any, steps: Steps) -> str:
    _pay(value, steps)
    if isinstance(value, dict):
        # The database keeps the keys of an object by length in bytes, then by bytes.
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{_written(key, steps)}: {_written(value[key], steps)}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join([_written(entry, steps) for entry in value]) + "]"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, float):
        # Decimal notation without an exponent, and no negative zero.
        return format(abs(Decimal(repr(value))) if value == 0 else Decimal(repr(value)), "f")
    return _CONSTANTS[value] if value is None or isinstance(value, bool) else repr(value)


_CONSTANTS = {None: "null", True: "true", False: "false"}


def decimal(text: str) -> Decimal | None:
    """The finite number in a text, or None."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
