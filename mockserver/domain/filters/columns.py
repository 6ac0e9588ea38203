"""What can be filtered on: columns of text, number, truth and time.

A column turns what stands beside its name in a filter into a condition: a value to equal, or an object of operators.
The texts of the errors are the live server's.
"""

import operator
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from ..clock import microseconds
from ..errors import InvalidFilter
from ..records import Row
from .logic import COMPARISONS, Condition, Reader, Steps, all_of, compared, decimal, member_of, text_contains

WILDCARD = "*"
OPERATORS = frozenset({"gte", "lte", "gt", "lt", "ne", "in", "contains", "icontains"})


def has_operators(value: object) -> bool:
    """Whether what stands beside a name is an object of operators: one of its keys is one."""
    return isinstance(value, dict) and not OPERATORS.isdisjoint(value)


class Column:
    """A column of text. `read` gives a row's value, `cast` the value of a filter in the same terms.

    `cost` is how many steps a comparison takes: what it takes in time, measured by that of two values of metadata.
    """

    cost: ClassVar[int] = 2

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, row: Row) -> Any:
        return row[self.name]

    def cast(self, value: Any) -> Any:
        """The filter's value as it is compared for equality; None for null, which equals nothing."""
        if isinstance(value, (bool, dict)):
            raise InvalidFilter(
                f"Invalid value for column '{self.name}': {value}. Expected text, got {type(value).__name__}"
            )
        return None if value is None else str(value)

    def cast_ordered(self, value: Any) -> Any:
        """The same for `gte lte gt lt`, which the live server takes for numbers on every column but times."""
        _number(value)
        return self.cast(value)

    def cast_member(self, value: Any) -> Any:
        """The same for each entry of the list of `in`."""
        return self.cast(value)

    def condition(self, value: Any, steps: Steps) -> Condition | None:
        """What a filter asks of this column; None where it asks nothing. Raises InvalidFilter."""

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
        """The text that `contains` and `icontains` look for."""
        return str(value)


class NumberColumn(Column):
    """A column of whole numbers."""

    def cast(self, value: Any) -> Any:
        return None if value is None else _number(value)

    def cast_part(self, value: Any) -> str:
        raise InvalidFilter(f"Column '{self.name}' is a number: it has no text to contain '{value}'")


class TruthColumn(Column):
    """A column that is true or false; 1 and 0 count as such."""

    def cast(self, value: Any) -> Any:
        if value is not None and (not isinstance(value, (bool, int, float)) or value not in (0, 1)):
            raise InvalidFilter(f"Invalid boolean value: {value}. Expected true or false, got {type(value).__name__}")
        return None if value is None else bool(value)

    def cast_part(self, value: Any) -> str:
        raise InvalidFilter(f"Column '{self.name}' is true or false: it has no text to contain '{value}'")


class TimeColumn(Column):
    """A column of timestamps; a filter gives ISO 8601, in UTC where it has no offset."""

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
        raise InvalidFilter(f"Column '{self.name}' is a time: it has no text to contain '{value}'")


def check_operator(name: str) -> None:
    """Raise InvalidFilter for what is no operator."""
    if name not in OPERATORS:
        raise InvalidFilter(f"Unsupported comparison operator: {name}")


def member_condition(read: Reader, operand: Any, cast: Callable[[Any], Any]) -> Condition | None:
    """The condition of `in`: the value is one of the operand's, each cast; None where `*` is among them."""
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
