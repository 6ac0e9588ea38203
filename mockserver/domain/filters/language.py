"""The filter language: compiles a filter document to a predicate over rows. `logic` defines what it means.

- A key is the name of a column, or `AND`, `OR` or `NOT` with a list of filters. `NOT` negates each member and joins
  them with AND. Empty members and conditions (`{}`, `"*"`) are ignored.
- A value is compared for equality, or it is an object of operators (`gte lte gt lt ne in contains icontains`). After
  the change `list_means_in`, a list means the operator `in`.
- Metadata is compared by containment, each key separately. The value of a key is an object of operators if at least
  one of its keys is an operator, else a value to contain.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..errors import InvalidFilter, UnknownColumn
from ..index import is_scalar
from ..profile import Profile
from ..records import Row
from .columns import OPERATORS, WILDCARD, Column
from .compilation import Compilation
from .logic import Condition, EvaluatedLast, all_of, any_of, none_of
from .steps import Steps, TooManySteps

MAX_DEPTH = 5
_LOGIC = {"AND": all_of, "OR": any_of, "NOT": none_of}


class Table(NamedTuple):
    """A table of the live server, with the columns that filters may use.

    Arguments:
        name: Its name in errors, such as "Session".
        columns: The columns that a filter may use, by name.
        known: Names that the live server allows in filters, even if the table has no such column. The error for such a
            name has a different message. None means all names.
    """

    name: str
    columns: Mapping[str, Column]
    known: frozenset[str] | None

    def column(self, name: str) -> Column:
        """The column of this name. Raises UnknownColumn."""
        column = self.columns.get(name)
        if column is not None:
            return column
        is_known = self.known is None or name in self.known
        problem = "does not exist" if is_known else "is not allowed to be filtered on or does not exist"
        raise UnknownColumn(f"Column '{name}' {problem} on {self.name}", name, self.name, self.columns)


def compile_filter(
    table: Table, filters: Row | None, profile: Profile, comparisons: Steps | None = None
) -> "Filter | None":
    """Compile a filter document for a table. `comparisons` are the steps that it may take.

    Returns the predicate, or None if it matches every row. Raises InvalidFilter, with the message of the live server,
    for an invalid document. The predicate raises InvalidFilter if it must compare text that is not a number with a
    number. With the quirk `inner_failures`, both raise InnerFailure where the database of the live server fails.
    """
    if not filters:
        return None
    compilation = Compilation(filters, profile, comparisons)
    try:
        condition = _document(table, filters, 0, compilation)
        compilation.finish()
    except InvalidFilter as error:
        error.value = filters  # Report the whole document, not only the invalid part.
        raise
    except TooManySteps as error:
        raise InvalidFilter(str(error), filters) from None
    return None if condition is None else Filter(condition, filters, frozenset(compilation.reads))


class Filter:
    """The predicate of a filter document.

    `needs` is a key of metadata and the scalar that every matching row has there: an index can find the candidates. It
    is None if the filter has no such key, or if evaluating the filter can fail: then every row must be evaluated.
    `reads` are the keys of a row that it may read.
    """

    __slots__ = ("_condition", "_filters", "needs", "reads")

    def __init__(self, condition: Condition, filters: Row, reads: frozenset[str]) -> None:
        self._condition = condition
        self._filters = filters
        self.reads = reads
        self.needs = None if isinstance(condition, EvaluatedLast) else _metadata_equality(filters)

    def __call__(self, row: Row) -> bool:
        try:
            return self._condition(row) is True
        except InvalidFilter as error:
            error.value = self._filters
            raise
        except TooManySteps as error:
            raise InvalidFilter(str(error), self._filters) from None


def _metadata_equality(filters: Row) -> tuple[str, Any] | None:
    metadata = filters.get("metadata")
    if not isinstance(metadata, dict):
        return None
    return next(
        (
            (key, value)
            for key, value in metadata.items()
            if is_scalar(value) and value != WILDCARD and key not in OPERATORS
        ),
        None,
    )


def _document(table: Table, filters: Row, depth: int, compilation: Compilation) -> Condition | None:
    compilation.take_member()
    if depth > MAX_DEPTH and compilation.profile.filter_depth:
        raise InvalidFilter(f"Filter nesting exceeds maximum depth of {MAX_DEPTH}")
    conditions: list[Condition | None] = []
    for operator, join in _LOGIC.items():
        if operator in filters:
            members = _members(operator, filters[operator], compilation)
            conditions.append(join([_document(table, member, depth + 1, compilation) for member in members]))
    for name, value in filters.items():
        if name not in _LOGIC:
            column = table.column(name)
            compilation.reads.add(column.source)
            conditions.append(None if value == WILDCARD else column.condition(value, compilation))
    return all_of(conditions)


def _members(operator: str, members: object, compilation: Compilation) -> Iterable[Row]:
    if members is None and operator == "NOT":
        raise InvalidFilter("NOT operator cannot be None")
    if not isinstance(members, list):
        raise InvalidFilter(f"{operator} operator must contain a list, got {type(members).__name__}")
    for member in members:
        if not isinstance(member, dict):
            raise compilation.error(
                f"{operator} operator must contain a list of objects, got {type(member).__name__} in it"
            )
        yield member
