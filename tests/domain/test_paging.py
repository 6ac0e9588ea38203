"""Pages part a list: nothing is left out, nothing comes twice, and the sums agree."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.history import History
from mockserver.domain.paging import of_records, of_rows
from mockserver.domain.records import Peer

_sizes = st.integers(1, 12)
_counts = st.integers(0, 30)


def _rows(count: int) -> list[dict[str, Any]]:
    return [{"id": str(number)} for number in range(count)]


@given(_counts, _sizes, st.booleans())
def test_the_pages_of_a_list_are_the_list(count: int, size: int, reverse: bool) -> None:
    rows = _rows(count)
    first = of_rows(rows, 1, size, reverse, None)
    pages = [of_rows(rows, page, size, reverse, None) for page in range(1, first["pages"] + 1)]
    assert [row for page in pages for row in page["items"]] == (rows[::-1] if reverse else rows)
    assert all(len(page["items"]) == size for page in pages[:-1])
    assert {page["total"] for page in pages} <= {count}


@given(_counts, _sizes, st.integers(1, 10**30))
def test_a_page_past_the_end_is_empty_and_counts_the_same(count: int, size: int, page: int) -> None:
    answer = of_rows(_rows(count), page, size, reverse=False, matches=None)
    assert answer["pages"] == (count + size - 1) // size
    assert (answer["items"] == []) == (page > answer["pages"])
    assert (answer["total"], answer["page"], answer["size"]) == (count, page, size)


@given(_counts, _sizes, st.integers(1, 8), st.booleans())
def test_a_filter_goes_before_the_page(count: int, size: int, page: int, reverse: bool) -> None:
    def is_even(row: dict[str, Any]) -> bool:
        return int(row["id"]) % 2 == 0

    evens = [row for row in _rows(count) if is_even(row)]
    assert of_rows(_rows(count), page, size, reverse, is_even) == of_rows(evens, page, size, reverse, None)


@given(_counts, _sizes, st.integers(1, 8), st.booleans())
def test_records_page_as_their_rows_do(count: int, size: int, page: int, reverse: bool) -> None:
    records = [Peer(number, row, History()) for number, row in enumerate(_rows(count))]
    for matches in (None, lambda row: row["id"] != "3"):
        assert of_records(records, page, size, reverse, matches) == of_rows(_rows(count), page, size, reverse, matches)
