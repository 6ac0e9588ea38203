"""Lists longer than a page, as a user of the SDK meets them."""

from typing import Any

import pytest
from honcho import Honcho

from mockserver import MockServer
from sdk.python.witnessing import Use

LISTS = ["peers", "sessions", "workspaces", "sessions of a peer", "messages", "conclusions"]


def _of(name: str, client: Honcho, use: Use, **asked: Any) -> Any:
    """A page of a list that has five entries: "0" to "4", the oldest first."""
    if name in {"peers", "sessions", "workspaces"}:
        return getattr(use(client), name)({"id": {"in": list("01234")}}, **asked)
    if name == "sessions of a peer":
        return use(use(client).peer("0")).sessions(**asked)
    if name == "messages":
        return use(use(client).session("0")).messages(**asked)
    return use(use(client).peer("0").conclusions).list(**asked)


def _text(entry: Any) -> str:
    return str(getattr(entry, "content", None) or getattr(entry, "id", entry))


@pytest.fixture(params=LISTS)
def name(request: pytest.FixtureRequest, client: Honcho, use: Use) -> str:
    """A list, with its entries."""
    for number in "01234":
        if request.param == "workspaces":
            use(Honcho(workspace_id=number)).get_metadata()
        elif request.param in {"sessions", "sessions of a peer"}:
            use(client).session(number, peers="0")
        else:
            use(client).peer(number)
    if request.param == "messages":
        use(use(client).session("0")).add_messages([use(client).peer("0").message(number) for number in "01234"])
    if request.param == "conclusions":
        for number in "01234":
            use(use(client).peer("0").conclusions).create([{"content": number}])
    return str(request.param)


def test_a_page_says_where_it_stands(name: str, client: Honcho, use: Use) -> None:
    page = _of(name, client, use, page=2, size=2)
    assert (page.page, page.size, page.total, page.pages) == (2, 2, 5, 3)
    assert (len(page), len(page.items), page.has_next_page()) == (2, 2, True)
    assert _text(page[0]) == _text(page.items[0])


def test_a_page_leads_to_the_next_until_there_is_none(name: str, client: Honcho, use: Use) -> None:
    page = _of(name, client, use, size=2)
    lengths = [len(page)]
    while page.has_next_page():
        page = use.result(page.get_next_page())
        lengths.append(len(page))
    assert lengths == [2, 2, 1]
    assert use.result(page.get_next_page()) is None


def test_a_list_goes_through_its_pages_in_order_and_back(
    name: str, honcho_server: MockServer, client: Honcho, use: Use
) -> None:
    there = [_text(one) for one in use.all(_of(name, client, use, size=2))]
    back = [_text(one) for one in use.all(_of(name, client, use, size=2, reverse=True))]
    assert there == back[::-1]
    # Conclusions come newest first.
    assert (back if name == "conclusions" else there) == list("01234")
    pages = [request.query["page"] for request in honcho_server.mock.requests if "page" in request.query]
    assert pages == ["1", "2", "3", "1", "2", "3"]


def test_a_list_of_nothing_has_no_pages(client: Honcho, use: Use) -> None:
    page = use(client).sessions()
    assert (page.total, page.pages, page.items, page.has_next_page()) == (0, 0, [], False)
