"""Filters on metadata."""

from decimal import Decimal
from typing import Any

from ..errors import InvalidFilter
from ..index import is_scalar
from ..records import Row
from .columns import WILDCARD, Column, check_operator, has_operators, member_condition
from .logic import (
    COMPARISONS,
    Condition,
    EvaluatedLast,
    Reader,
    Steps,
    all_of,
    compared,
    contains,
    decimal,
    text,
    text_contains,
)


class MetadataColumn(Column):
    """The metadata. Each key of an object in a filter is a condition. No other value can match."""

    def condition(self, value: Any, steps: Steps) -> Condition | None:
        if isinstance(value, dict):
            return all_of(_field(key, inner, steps) for key, inner in value.items())
        return _containing(value, steps)


def _field(key: str, value: Any, steps: Steps) -> Condition | None:
    """The condition on one top-level key of metadata. None if it matches every row. Raises InvalidFilter."""
    if value == WILDCARD:
        return None
    if is_scalar(value):
        return _equal(key, value, steps)
    if not has_operators(value):
        return _containing({key: value}, steps)
    return all_of(_operation(key, name, operand, steps) for name, operand in value.items())


def _containing(value: Any, steps: Steps) -> Condition:
    return lambda row: contains(row["metadata"], value, steps)


def _equal(key: str, wanted: Any, steps: Steps) -> Condition:
    """The same as `_containing` for an object with one scalar, in a fifth of the time."""

    def condition(row: Row) -> bool:
        steps.take()
        value = row["metadata"].get(key, _ABSENT)
        if isinstance(value, bool) or isinstance(wanted, bool):
            return value is wanted
        return bool(value == wanted)

    return condition


# The value of a missing key. It equals no value of a filter.
_ABSENT = object()


def _operation(key: str, name: str, operand: Any, steps: Steps) -> Condition | None:
    check_operator(name)
    if operand == WILDCARD:
        return None

    def cast(value: Any) -> str | None:
        return text(value, steps)

    def read_text(row: Row) -> str | None:
        return text(row["metadata"].get(key), steps)

    if name == "in":
        return member_condition(read_text, operand, cast)
    if name in ("contains", "icontains"):
        return text_contains(read_text, str(operand))
    return _comparison(key, name, operand, read_text)


def _comparison(key: str, name: str, operand: Any, read_text: Reader) -> Condition:
    """Compare by value if the operand is a number, else as text by code point. `ne` with a string compares text."""
    if isinstance(operand, bool):
        return compared(read_text, COMPARISONS[name], "true" if operand else "false")
    if isinstance(operand, str) and (name == "ne" or decimal(operand) is None):
        return compared(read_text, COMPARISONS[name], operand)
    if not isinstance(operand, (int, float, str)):
        complaint = f"Invalid value for numeric operator: {operand}. Expected a number, got {type(operand).__name__}"
        raise InvalidFilter(
            f"Failed to build numeric comparison condition for operator '{name}' with value '{operand}': "
            f"Failed to process numeric cast for value '{operand}': {complaint}"
        )

    def read_number(row: Row) -> Decimal | None:
        written = read_text(row)
        if not written:
            return None
        number = decimal(written)
        if number is None:
            raise InvalidFilter(
                f"Metadata field '{key}' of '{row['id']}' is not a number: it cannot be compared with {operand}"
            )
        return number

    return EvaluatedLast(compared(read_number, COMPARISONS[name], decimal(str(operand))))
