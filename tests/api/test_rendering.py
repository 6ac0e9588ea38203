"""Pages that are put together of kept bytes are the pages that rendering them whole gives."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from mockserver.api import rendering
from mockserver.api.rendering import RenderedRows
from mockserver.domain.index import as_read
from support import strategies
from support.started_mock import Start

_SEARCHED = ("", "/peers/bob", "/sessions/s")
_rows = st.fixed_dictionaries(
    {"id": strategies.ids, "metadata": strategies.objects, "content": st.one_of(strategies.texts, st.just("é" * 1_000))}
)


def _page(items: list[dict[str, Any]], number: int = 1) -> dict[str, Any]:
    return {"items": items, "total": len(items), "page": number, "size": 50, "pages": -(-len(items) // 50)}


@given(st.lists(_rows, min_size=1, max_size=8), st.lists(st.lists(st.integers(0, 7), max_size=6), max_size=8))
def test_a_page_is_its_json_however_often_its_rows_were_listed(
    rows: list[dict[str, Any]], places: list[list[int]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "_ROWS_LIMIT", 6)
        kept = RenderedRows()
        for number, chosen in enumerate(places, 1):
            items = [rows[place % len(rows)] for place in chosen]
            page = _page(items, number)
            assert kept.page(page) == to_json(as_read(page))


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


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_as_the_database_writes_it(number: float) -> None:
    """PostgreSQL writes all digits, and its client reads a number without a point as an integer."""
    written = format(Decimal(repr(number)), "f")
    assert as_read([{"n": number}]) == [{"n": float(written) if "." in written else int(written)}]
    assert RenderedRows().page(_page([{"n": number}])) == to_json(_page([{"n": as_read(number)}]))


@pytest.mark.parametrize("number", [2e30, -1.5e300])
def test_every_later_answer_has_a_large_float_as_an_integer(start: Start, number: float) -> None:
    _, client = start()
    written = {"deep": [{"n": number}]}
    batch = {"messages": [{"peer_id": "bob", "content": "hello there", "metadata": written}]}
    session, messages = "/v3/workspaces/w/sessions/s", "/v3/workspaces/w/sessions/s/messages"
    assert (
        client.call("POST", "/v3/workspaces/w/sessions", {"id": "s", "metadata": written}).json["metadata"] == written
    )
    [said] = client.call("POST", messages, batch).json
    place = f"{messages}/{said['id']}"
    assert said["metadata"] == client.call("PUT", place, {"metadata": written}).json["metadata"] == written
    clone = client.call("POST", f"{session}/clone").json
    later = [
        clone,
        client.call("GET", place).json,
        client.call("PUT", place, {}).json,
        *client.call("POST", f"{messages}/list").json["items"],
        *client.call("POST", f"/v3/workspaces/w/sessions/{clone['id']}/messages/list").json["items"],
        *(client.call("POST", f"/v3/workspaces/w{of}/search", {"query": "hello"}).json[0] for of in _SEARCHED),
        *client.call("GET", f"{session}/context").json["messages"],
    ]
    read = {"deep": [{"n": int(Decimal(repr(number)))}]}
    assert [row["metadata"] for row in later] == [read] * 9


@pytest.mark.parametrize(
    ("given", "read"),
    [(1e22, 10**22), (-2e30, -(2 * 10**30)), (1e15, 1e15), (1e-7, 1e-7), ([{"a": 1e16}], [{"a": 10**16}])],
)
def test_a_large_float_is_read_as_an_integer(given: Any, read: Any) -> None:
    assert repr(as_read(given)) == repr(read)
