"""The columns of filters: text, numbers, booleans and times.

A column compiles the value of its key in a filter to a condition. The value is compared for equality, or it is an
object of operators. The messages of the errors are those of the live server.
"""

import operator
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from ..clock import microseconds
from ..errors import InvalidFilter, UnknownOperator
from ..records import Row
from .logic import COMPARISONS, Condition, Reader, Steps, all_of, compared, decimal, member_of, text_contains

WILDCARD = "*"
OPERATORS = frozenset({"gte", "lte", "gt", "lt", "ne", "in", "contains", "icontains"})


def has_operators(value: object) -> bool:
    """Whether a value is an object of operators: at least one of its keys is an operator."""
    return isinstance(value, dict) and not OPERATORS.isdisjoint(value)


class Column:
    """A column of text. `read` returns the value of a row, and `cast` converts the value of a filter to its type.

    `cost` is the number of steps of a comparison. One step is the time to compare two values of metadata.
    """

    cost: ClassVar[int] = 2

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, row: Row) -> Any:
        return row[self.name]

    def cast(self, value: Any) -> Any:
        """Convert the value of a filter for a test of equality. None for null, which equals nothing."""
        if isinstance(value, (bool, dict)):
            raise InvalidFilter(
                f"Invalid value for column '{self.name}': {value}. Expected text, got {type(value).__name__}"
            )
        return None if value is None else str(value)

    def cast_ordered(self, value: Any) -> Any:
        """The same for `gte lte gt lt`. The live server expects a number there, on all columns but times."""
        _number(value)
        return self.cast(value)

    def cast_member(self, value: Any) -> Any:
        """The same for each entry of the list of `in`."""
        return self.cast(value)

    def condition(self, value: Any, steps: Steps) -> Condition | None:
        """The condition of a filter on this column. None if it matches every row. Raises InvalidFilter."""

        def read(row: Row) -> Any:
            steps.take(self.cost)
            return self.read(row)

        if not has_operators(value):
            return compared(read, operator.eq, self.cast(value))
        return all_of(self._operation(read, name, operand) for name, operand in value.items())

    def _operation(self, read: Reader, name: str, operand: Any) -> Condition | None:
        check_operator(name)
        if operand == WILDCARD:
            return None
        if name == "in":
            return member_condition(read, operand, self.cast_member)
        if name in ("contains", "icontains"):
            return text_contains(read, self.cast_part(operand))
        cast = self.cast if name == "ne" else self.cast_ordered
        return compared(read, COMPARISONS[name], cast(operand))

    def cast_part(self, value: Any) -> str:
        """The text for `contains` and `icontains`."""
        return str(value)


class NumberColumn(Column):
    """A column of integers."""

    def cast(self, value: Any) -> Any:
        return None if value is None else _number(value)

    def cast_part(self, value: Any) -> str:
        raise InvalidFilter(f"Column '{self.name}' is a number: it has no text that could contain '{value}'")


class BooleanColumn(Column):
    """A column of booleans. 1 and 0 are accepted too."""

    def cast(self, value: Any) -> Any:
        if value is not None and (not isinstance(value, (bool, int, float)) or value not in (0, 1)):
            raise InvalidFilter(f"Invalid boolean value: {value}. Expected true or false, got {type(value).__name__}")
        return None if value is None else bool(value)

    def cast_part(self, value: Any) -> str:
        raise InvalidFilter(f"Column '{self.name}' is true or false: it has no text that could contain '{value}'")


class TimeColumn(Column):
    """A column of timestamps. The value in a filter is ISO 8601, in UTC if it has no offset."""

    cost = 6

    def read(self, row: Row) -> Any:
        return microseconds(datetime.fromisoformat(row[self.name]))

    def cast(self, value: Any) -> Any:
        return None if value is None else _moment(value, "Invalid datetime value")

    def cast_ordered(self, value: Any) -> Any:
        return _moment(value, "Invalid datetime value")

    def cast_member(self, value: Any) -> Any:
        return None if value is None else _moment(value, "Invalid datetime value in list")

    def cast_part(self, value: Any) -> str:
        raise InvalidFilter(f"Column '{self.name}' is a time: it has no text that could contain '{value}'")


def check_operator(name: str) -> None:
    """Raise InvalidFilter if the name is not an operator."""
    if name not in OPERATORS:
        raise UnknownOperator(name, OPERATORS)


def member_condition(read: Reader, operand: Any, cast: Callable[[Any], Any]) -> Condition | None:
    """The condition of `in`. None if the list has a `*`, which matches every row."""
    if not isinstance(operand, list):
        raise InvalidFilter(
            f"Invalid value for 'in' operator: {operand}. Expected an iterable (list, tuple, set), "
            f"got {type(operand).__name__}"
        )
    if WILDCARD in operand:
        return None
    return member_of(read, [cast(entry) for entry in operand])


def _number(value: Any) -> Decimal:
    number = None if isinstance(value, bool) or not isinstance(value, (int, float, str)) else decimal(str(value))
    if number is None:
        raise InvalidFilter(f"Invalid numeric value: {value}. Expected a number, got {type(value).__name__}")
    return number


def _moment(value: Any, complaint: str) -> int:
    try:
        return microseconds(datetime.fromisoformat(value))
    except (TypeError, ValueError, OverflowError):
        raise InvalidFilter(f"{complaint}: {value}") from None
