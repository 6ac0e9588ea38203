"""Pages of rows, as every list of the API returns them."""

from collections.abc import Sequence
from typing import Any, Protocol

from .records import Predicate, Row


class HasRow(Protocol):
    """A record with a row."""

    row: Row


def of_records(records: Sequence[HasRow], page: int, size: int, reverse: bool, matches: Predicate | None) -> Row:
    """A page of the rows of records. Without a filter it reads only the records of the page."""
    if matches is None:
        total = len(records)
        return _page([record.row for record in _slice(records, total, page, size, reverse)], total, page, size)
    return of_rows([record.row for record in records], page, size, reverse, matches)


def of_rows(rows: Sequence[Row], page: int, size: int, reverse: bool, matches: Predicate | None) -> Row:
    """A page with `items`, `total`, `page`, `size` and `pages`, which is 0 if there are no rows.

    Arguments:
        rows: All rows, oldest first.
        page: The number of the page, from 1. A page beyond the last has no items.
        size: How many items a page has at most.
        reverse: Newest first.
        matches: The filter. It sees every row once, in order.
    """
    if matches is not None:
        rows = [row for row in rows if matches(row)]
    total = len(rows)
    return _page(list(_slice(rows, total, page, size, reverse)), total, page, size)


def _slice(entries: Sequence[Any], total: int, page: int, size: int, reverse: bool) -> Sequence[Any]:
    first = (page - 1) * size
    if first >= total:
        return []
    if not reverse:
        return entries[first : first + size]
    last = total - first
    return entries[max(0, last - size) : last][::-1]


def _page(items: list[Row], total: int, page: int, size: int) -> Row:
    return {"items": items, "total": total, "page": page, "size": size, "pages": -(-total // size)}
