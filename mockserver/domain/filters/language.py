"""The filter language: compiles a filter document to a predicate over rows. `logic` defines what it means.

- A key is the name of a column, or `AND`, `OR` or `NOT` with a list of filters. `NOT` negates each member and joins
  them with AND. Empty members and conditions (`{}`, `"*"`) are ignored.
- A value is compared for equality, or it is an object of operators (`gte lte gt lt ne in contains icontains`).
- Metadata is compared by containment, each key separately. The value of a key is an object of operators if at least
  one of its keys is an operator, else a value to contain.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import InvalidFilter, UnknownColumn
from ..index import is_scalar
from ..records import Row
from .columns import WILDCARD, Column
from .logic import Condition, EvaluatedLast, Steps, TooManySteps, all_of, any_of, none_of

Predicate = Callable[[Row], bool]

MAX_DEPTH = 5
# Limits of the mock server, so that no filter can block it: members of a filter, and values that it compares.
MAX_MEMBERS = 10_000
MAX_COMPARISONS = 5_000_000
_LOGIC = {"AND": all_of, "OR": any_of, "NOT": none_of}

# Column names that the live server knows for every table. For other unknown names it has another message.
_KNOWN_EVERYWHERE = ("workspace_id", "session_id", "peer_id", "created_at", "metadata")


def compile_filter(table: str, columns: Mapping[str, Column], filters: Row | None) -> "Filter | None":
    """Compile a filter document.

    Arguments:
        table: The name of the table in errors, such as "Session".
        columns: The columns that a filter may use, by name.
        filters: The document.

    Returns the predicate, or None if it matches every row. Raises InvalidFilter, with the message of the live server,
    for an invalid document. The predicate raises InvalidFilter if it compares other text with a number.
    """
    if not filters:
        return None
    try:
        condition = _document(table, columns, filters, 0, _Limits())
    except InvalidFilter as error:
        error.value = filters  # Report the whole document, not only the invalid part.
        raise
    except TooManySteps as error:
        raise InvalidFilter(str(error), filters) from None
    return None if condition is None else Filter(condition, filters)


class Filter:
    """The predicate of a filter document.

    `needs` is a key of metadata and the scalar that every matching row has there: an index can find the candidates. It
    is None if the filter has no such key, or if evaluating the filter can fail: then every row must be evaluated.
    """

    __slots__ = ("_condition", "_filters", "needs")

    def __init__(self, condition: Condition, filters: Row) -> None:
        self._condition = condition
        self._filters = filters
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
    return next(((key, value) for key, value in metadata.items() if is_scalar(value) and value != WILDCARD), None)


class _Limits:
    """The limits of one filter, for all its parts and all rows."""

    def __init__(self) -> None:
        self.members = Steps(MAX_MEMBERS, f"Filter has more than {MAX_MEMBERS} members")
        self.comparisons = Steps(MAX_COMPARISONS, f"The filter takes more than {MAX_COMPARISONS} comparisons")


def _document(table: str, columns: Mapping[str, Column], filters: Row, depth: int, limits: _Limits) -> Condition | None:
    limits.members.take()
    if depth > MAX_DEPTH:
        raise InvalidFilter(f"Filter nesting exceeds maximum depth of {MAX_DEPTH}")
    conditions: list[Condition | None] = []
    for operator, join in _LOGIC.items():
        if operator in filters:
            members = _members(operator, filters[operator])
            conditions.append(join([_document(table, columns, member, depth + 1, limits) for member in members]))
    conditions += [
        _field(table, columns, name, value, limits.comparisons) for name, value in filters.items() if name not in _LOGIC
    ]
    return all_of(conditions)


def _members(operator: str, members: object) -> Iterable[Row]:
    if members is None:
        raise InvalidFilter(f"{operator} operator cannot be None")
    if not isinstance(members, list):
        raise InvalidFilter(f"{operator} operator must contain a list, got {type(members).__name__}")
    for member in members:
        if not isinstance(member, dict):
            raise InvalidFilter(
                f"{operator} operator must contain a list of objects, got {type(member).__name__} in it"
            )
        yield member


def _field(table: str, columns: Mapping[str, Column], name: str, value: Any, steps: Steps) -> Condition | None:
    column = columns.get(name)
    if column is None:
        if name in _KNOWN_EVERYWHERE:
            raise UnknownColumn(f"Column '{name}' does not exist on {table}", columns)
        raise UnknownColumn(f"Column '{name}' is not allowed to be filtered on or does not exist on {table}", columns)
    return None if value == WILDCARD else column.condition(value, steps)
