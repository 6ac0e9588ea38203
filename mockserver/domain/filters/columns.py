"""The columns of filters: text, numbers, booleans and times.

A column compiles the value of its key in a filter to a condition. The value is compared for equality, or it is an
object of operators. If the live server refuses a value, the error has its message. If the database of the live server
fails, `Compilation` decides whether to raise an error or to evaluate the value.
"""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..clock import microseconds, sortable, timestamp
from ..errors import InvalidFilter, UnknownOperator
from ..records import Row
from .compilation import Compilation
from .logic import COMPARISONS, Condition, Reader, all_of, compared, decimal, is_null, member_of, text_contains
from .steps import CHARACTERS, for_size

WILDCARD = "*"
OPERATORS = frozenset({"gte", "lte", "gt", "lt", "ne", "in", "contains", "icontains"})
# Steps of comparing a value, and of reading a time in a filter.
_COST = 3
_PARSING = 6
_LARGEST_INTEGER = 2**63 - 1  # the largest bigint: the live server sends integers to its database with this type


def has_operators(value: object) -> bool:
    """Whether a value is an object of operators: at least one of its keys is an operator."""
    return isinstance(value, dict) and not OPERATORS.isdisjoint(value)


class Column:
    """A column of text. `read` returns the value of a row, and `cast` converts the value of a filter to its type.

    `source` is its key in a row.
    """

    def __init__(self, name: str, source: str | None = None) -> None:
        self.name = name
        self.source = source or name

    def read(self, row: Row) -> Any:
        return row[self.source]

    def cast(self, value: Any, compilation: Compilation) -> Any:
        """Convert the value of a filter for a test of equality, and each entry of the list of `in`."""
        if isinstance(value, list):
            # The database compares it with a list of texts, which no text equals (recorded). Others it cannot compare.
            if not all(entry is None or isinstance(entry, (str, list)) for entry in value):
                compilation.note(f"the database cannot compare the text of '{self.name}' with the list {value}")
            return None
        if isinstance(value, (bool, dict)):
            compilation.refuse_or_note(
                f"Invalid value for column '{self.name}': {value}. Expected text, got {type(value).__name__}"
            )
        elif not isinstance(value, str):
            compilation.note(f"the database cannot compare the text of '{self.name}' with the number {value}")
        return str(value)

    def cast_ordered(self, value: Any, compilation: Compilation) -> Any:
        """Convert the operand of `gte`, `lte`, `gt`, `lt` or `ne`. The live server expects a number there, on all
        columns but times.
        """
        to_number(value, compilation)
        compilation.note(f"the database cannot compare the text of '{self.name}' with the number {value}")
        return str(value)

    def cast_member(self, value: Any, compilation: Compilation) -> Any:
        """Convert an entry of the list of `in`. None stands for null."""
        return None if value is None else self.cast(value, compilation)

    def condition(self, value: Any, compilation: Compilation) -> Condition | None:
        """The condition of a filter on this column. None if it matches every row. Raises InvalidFilter."""
        take, read_value = compilation.comparisons.take, self.read

        def read(row: Row) -> Any:
            value = read_value(row)
            take(_COST + for_size(value))
            return value

        if value is None:
            return is_null(read)
        if isinstance(value, list) and compilation.list_means_in:
            return self._member(read, value, compilation)
        if not has_operators(value):
            return self._equality(read, self._cast_equal(value, compilation), compilation)
        return all_of([self._operation(read, name, operand, compilation) for name, operand in value.items()])

    def _equality(self, read: Reader, wanted: Any, compilation: Compilation) -> Condition:
        if type(self) is not Column:
            return compared(read, operator.eq, wanted)
        take, source, text = compilation.comparisons.take, self.source, wanted if isinstance(wanted, str) else None

        def is_equal(row: Row) -> bool | None:
            """The same as `compared`, with fewer calls, because most filters are of this kind."""
            value: str | None = row[source]
            if value is None:
                take(_COST)
                return None
            take(_COST + len(value) // CHARACTERS)
            return value == text

        return is_equal

    def _cast_equal(self, value: Any, compilation: Compilation) -> Any:
        try:
            return self.cast(value, compilation)
        except InvalidFilter as error:
            if isinstance(value, list):
                error.change = "list_means_in"
            elif isinstance(value, dict):
                error.keys = [*value]
            raise

    def _operation(self, read: Reader, name: str, operand: Any, compilation: Compilation) -> Condition | None:
        check_operator(name)
        if operand == WILDCARD:
            return None
        if name == "in":
            return self._member(read, operand, compilation)
        if name in ("contains", "icontains"):
            return text_contains(read, self.cast_part(operand, compilation))
        if name == "ne" and operand is None:
            return is_null(read, negated=True)
        return compared(read, COMPARISONS[name], self.cast_ordered(operand, compilation))

    def _member(self, read: Reader, operand: Any, compilation: Compilation) -> Condition | None:
        return member_condition(read, operand, lambda value: self.cast_member(value, compilation), compilation)

    def cast_part(self, value: Any, compilation: Compilation) -> str:  # noqa: ARG002 - other columns refuse the value
        """The text for `contains` and `icontains`."""
        return str(value)


class NumberColumn(Column):
    """A column of integers."""

    def cast(self, value: Any, compilation: Compilation) -> Any:
        if not isinstance(value, str):
            return to_number(value, compilation)
        compilation.note(f"the database cannot compare the number '{self.name}' with text")
        number = decimal(value)
        if number is None:
            compilation.refuse_or_note(f"Invalid numeric value: {value}. Expected a number, got str")
        return number

    def cast_ordered(self, value: Any, compilation: Compilation) -> Any:
        return to_number(value, compilation)

    def cast_part(self, value: Any, compilation: Compilation) -> str:
        compilation.refuse_or_note(f"Column '{self.name}' is a number: it has no text that could contain '{value}'")
        return ""


class BooleanColumn(Column):
    """A column of booleans."""

    def cast(self, value: Any, compilation: Compilation) -> Any:
        if not isinstance(value, bool):
            compilation.refuse_or_note(
                f"Invalid boolean value: {value}. Expected true or false, got {type(value).__name__}"
            )
        return value is True

    def cast_ordered(self, value: Any, compilation: Compilation) -> Any:
        if isinstance(value, bool):
            compilation.note(f"the database cannot compare the boolean '{self.name}' with a number")
        else:
            to_number(value, compilation)  # refuses text, as the live server does before its database fails
        return self.cast(value, compilation)

    def cast_part(self, value: Any, compilation: Compilation) -> str:
        compilation.refuse_or_note(
            f"Column '{self.name}' is true or false: it has no text that could contain '{value}'"
        )
        return ""


class TimeColumn(Column):
    """A column of timestamps. The value in a filter is ISO 8601, in UTC if it has no offset."""

    def read(self, row: Row) -> Any:
        text = row[self.source]
        return None if text is None else sortable(text)

    def cast(self, value: Any, compilation: Compilation) -> Any:
        if (
            isinstance(value, list)
            and value
            and all(isinstance(one, str) and _parsed(one, compilation) is not None for one in value)
        ):
            return None  # As in `Column.cast`, if all entries are times (recorded in x2-vr-lists).
        compilation.note(f"the database cannot compare the time '{self.name}' with text for equality")
        return _moment(value, "Invalid datetime value", compilation)

    def cast_ordered(self, value: Any, compilation: Compilation) -> Any:
        return _moment(value, "Invalid datetime value", compilation)

    def cast_member(self, value: Any, compilation: Compilation) -> Any:
        return None if value is None else _moment(value, "Invalid datetime value in list", compilation)

    def _member(self, read: Reader, operand: Any, compilation: Compilation) -> Condition | None:
        # On a time column, an empty list matches every row. On other columns, it matches no row (recorded,
        # x2-filter-lapses).
        return super()._member(read, operand, compilation) if operand != [] else None

    def cast_part(self, value: Any, compilation: Compilation) -> str:
        compilation.refuse_or_note(f"Column '{self.name}' is a time: it has no text that could contain '{value}'")
        return ""


def check_operator(name: str) -> None:
    """Raise InvalidFilter if the name is not an operator."""
    if name not in OPERATORS:
        raise UnknownOperator(name, OPERATORS)


def member_condition(
    read: Reader, operand: Any, cast: Callable[[Any], Any], compilation: Compilation
) -> Condition | None:
    """The condition of `in`. None if the list has a `*`, which matches every row. An object stands for its keys."""
    if not isinstance(operand, (list, dict)):
        raise InvalidFilter(
            f"Invalid value for 'in' operator: {operand}. Expected an iterable (list, tuple, set), "
            f"got {type(operand).__name__}"
        )
    if WILDCARD in operand:
        return None
    compilation.comparisons.take(len(operand))
    return member_of(read, [cast(entry) for entry in operand])


def check_integer(value: object, compilation: Compilation) -> None:
    """Note an integer that is too large for a comparison of numbers in the database. Large floats fit."""
    if isinstance(value, int) and not -_LARGEST_INTEGER - 1 <= value <= _LARGEST_INTEGER:
        compilation.note(f"the integer {value} does not fit into the type bigint of the database")


def to_number(value: Any, compilation: Compilation) -> Decimal:
    """The number of a JSON number or of a string.

    Raises InvalidFilter for another string, as the live server does, and the error of `Compilation` for other types.
    """
    check_integer(value, compilation)
    compilation.comparisons.take(for_size(value))
    number = None if isinstance(value, bool) or not isinstance(value, (int, float, str)) else decimal(str(value))
    if number is None:
        complaint = f"Invalid numeric value: {value}. Expected a number, got {type(value).__name__}"
        raise InvalidFilter(complaint) if isinstance(value, str) else compilation.error(complaint)
    return number


_BEFORE_ALL, _AFTER_ALL = "", "~"
# Times that the live server accepts in addition to ISO 8601: without leading zeros, and with lower-case letters
# (x2-filter-lapses).
_LOOSE_TIME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(.*)", re.ASCII | re.DOTALL)


def _moment(value: Any, complaint: str, compilation: Compilation) -> str | None:
    """A time as `sortable` text. The live server refuses other strings, and fails with values of other types."""
    if not isinstance(value, str):
        compilation.refuse_or_note(f"{complaint}: {value}")
        return None
    moment = _parsed(value, compilation)
    if moment is None:
        raise InvalidFilter(f"{complaint}: {value}")
    return moment


def _parsed(value: str, compilation: Compilation) -> str | None:
    """A text that is a time as `sortable` text, or None."""
    compilation.comparisons.take(_PARSING + for_size(value))
    text = value.strip()
    if loose := _LOOSE_TIME.fullmatch(text):
        year, month, day, rest = loose.groups()
        text = f"{year}-{month:0>2}-{day:0>2}{rest.upper()}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return sortable(timestamp(microseconds(moment)))
    except OverflowError:  # With its offset, the time is before the first year, or after the last one.
        return _BEFORE_ALL if moment.year == 1 else _AFTER_ALL
