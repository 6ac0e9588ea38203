"""Pages that are put together of kept bytes are the pages that rendering them whole gives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from mockserver.api import rendering
from mockserver.api.rendering import RenderedRows
from support import strategies

_rows = st.fixed_dictionaries(
    {"id": strategies.ids, "metadata": strategies.objects, "content": st.one_of(strategies.texts, st.just("é" * 1_000))}
)


@given(st.lists(_rows, min_size=1, max_size=8), st.lists(st.lists(st.integers(0, 7), max_size=6), max_size=8))
def test_a_page_is_its_json_however_often_its_rows_were_listed(
    rows: list[dict[str, Any]], places: list[list[int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "_ROWS_LIMIT", 6)
        kept = RenderedRows()
        for number, chosen in enumerate(places, 1):
            items = [rows[place % len(rows)] for place in chosen]
            page = {"items": items, "total": len(items), "page": number, "size": 50, "pages": -(-len(items) // 50)}
            assert kept.page(page) == to_json(page)


def test_what_is_kept_is_bounded_in_number_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_ROWS_LIMIT", 10)
    kept = RenderedRows()
    for number in range(100):
        kept.page({"items": [{"id": number}, {"id": "x" * 5_000}], "total": 2, "page": 1, "size": 2, "pages": 1})
        assert len(kept._rows) == len(kept._contents) <= 10
    assert all(len(content) < 100 for content in kept._contents.values())


def test_a_row_that_took_the_place_of_another_in_memory_is_not_mistaken_for_it() -> None:
    """It is found by its identity, which Python gives to another as soon as the row is gone: so it must not go."""
    kept = RenderedRows()
    for number in range(1_000):
        page = {"items": [{"id": number}], "total": 1, "page": 1, "size": 1, "pages": 1}
        assert kept.page(page) == to_json(page)
