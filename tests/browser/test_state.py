"""The page shows the state as it is, and as it changes."""

import re
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from mockserver import MockServer

pytestmark = pytest.mark.browser

_S = "/v3/workspaces/w/sessions"


def _say(server: MockServer, session: str, *contents: str, peer: str = "alice") -> list[str]:
    said = [{"peer_id": peer, "content": content} for content in contents]
    answer = httpx.post(f"{server.url}{_S}/{session}/messages", json={"messages": said})
    return [row["id"] for row in answer.json()]


def _create(server: MockServer, session: str, **body: object) -> None:
    httpx.post(f"{server.url}{_S}", json={"id": session, **body})


def test_an_empty_server_says_what_to_do(page: Page) -> None:
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()


def test_what_clients_do_appears_by_itself(page: Page, server: MockServer) -> None:
    _create(server, "supper", metadata={"topic": "cooking"}, peers={"alice": {}, "bob": {}})
    _say(server, "supper", "What is there?")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    bubble = page.get_by_role("article")
    expect(bubble).to_contain_text("What is there?")
    expect(bubble).to_contain_text("alice")
    expect(bubble).to_contain_text(re.compile(r"\d tokens"))
    httpx.request("DELETE", f"{server.url}{_S}/supper/peers", json=["bob"])
    expect(page.get_by_label("Peers of the session")).to_contain_text("bob left")
    expect(page.get_by_label("Workspace")).to_have_value("w")


def test_clones_stand_under_their_originals_with_the_cutoff_in_both(page: Page, server: MockServer) -> None:
    _, second, _ = _say(server, "a", "one", "two", "three")
    clone = httpx.post(f"{server.url}{_S}/a/clone?message_id={second}").json()["id"]
    _say(server, clone, "another three")
    rows = page.get_by_role("treeitem")
    expect(rows.nth(0)).to_contain_text("a")
    expect(rows.nth(1)).to_contain_text("clone up to #2")
    expect(rows.nth(1)).to_have_attribute("aria-level", "2")
    page.get_by_role("button", name=f"cloned here: {clone}").click()
    expect(page.get_by_role("heading", name=clone)).to_be_visible()
    expect(page.get_by_text("up to its message 2")).to_be_visible()
    expect(page.locator("article", has_text="two")).to_contain_text("copied up to here")
    page.get_by_role("button", name="a", exact=True).click()
    expect(page.get_by_role("heading", name="a", exact=True)).to_be_visible()


def test_a_deleted_session_counts_down_and_goes(page: Page, server: MockServer) -> None:
    server.mock.reset(purge_after=3)
    _create(server, "a")
    httpx.delete(f"{server.url}{_S}/a")
    row = page.get_by_role("treeitem")
    expect(row).to_contain_text(re.compile(r"purge in [23] s"))
    expect(row).to_contain_text(re.compile(r"purge in 1 s"))
    expect(row).to_have_count(0)
    expect(page.get_by_text("The session a is gone.")).to_be_visible()


def test_metadata_and_configuration_unfold(page: Page, server: MockServer) -> None:
    _create(server, "a", metadata={"deep": {"er": [1, {"x": "y"}]}}, configuration={"reasoning": {"enabled": False}})
    head = page.locator("#session-head")
    expect(head.get_by_text("configuration")).to_be_visible()
    for label in ("metadata", "deep", "er", "1"):
        head.locator(".key").get_by_text(label, exact=True).click()
    expect(head.get_by_text("y", exact=True)).to_be_visible()


def test_it_comes_back_after_the_server_did(open_page: Callable[..., Page]) -> None:
    with MockServer() as server:
        port = int(server.url.rpartition(":")[2])
        page = open_page(f"{server.url}/_mock/")
        _create(server, "before")
        expect(page.get_by_role("treeitem")).to_contain_text("before")
    expect(page.get_by_role("status").filter(has_text="reconnecting")).to_be_visible()
    with MockServer(port=port) as server:
        _create(server, "after")
        expect(page.get_by_role("treeitem")).to_contain_text("after")
        expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()


def test_ten_thousand_sessions_and_messages_are_windowed(open_page: Callable[..., Page], server: MockServer) -> None:
    messages = [{"peer_id": "alice", "content": f"number {place} " + "x" * (place % 300)} for place in range(10_000)]
    sessions = [{"id": f"s-{place:05}"} for place in range(9_999)]
    server.mock.load({"workspaces": {"w": {"sessions": [*sessions, {"id": "talk", "messages": messages}]}}})
    page = open_page(f"{server.url}/_mock/#w/talk")
    expect(page.locator("article", has_text="number 9999 ")).to_be_in_viewport()
    assert page.get_by_role("treeitem").count() < 60
    assert page.get_by_role("article").count() < 60
    page.locator("#messages").evaluate("list => { list.scrollTop = list.scrollHeight / 2 }")
    expect(page.locator("article:not([aria-busy])").first).to_contain_text(re.compile(r"number [456]\d\d\d"))
    page.locator("#messages").evaluate("list => { list.scrollTop = 0 }")
    expect(page.locator("article", has_text="number 0 ")).to_be_in_viewport()
    _say(server, "talk", "the last")
    page.get_by_role("button", name=re.compile("1 new")).click()
    expect(page.locator("article", has_text="the last")).to_be_in_viewport()
    tree = page.get_by_role("tree")
    tree.evaluate("list => { list.scrollTop = list.scrollHeight }")
    expect(page.get_by_role("treeitem", name="s-00000")).to_be_in_viewport()
    page.get_by_label("Find sessions by id").fill("s-0123")
    expect(page.get_by_role("treeitem")).to_have_count(10)


def test_it_follows_the_newest_until_somebody_chooses(page: Page, server: MockServer) -> None:
    _create(server, "first")
    page.get_by_label("follow the newest").check()
    _say(server, "second", "here")
    expect(page.get_by_role("heading", name="second")).to_be_visible()
    page.get_by_role("treeitem", name="first").click()
    _say(server, "second", "and here")
    expect(page.get_by_role("treeitem", name="second")).to_contain_text("2 messages")
    expect(page.get_by_role("heading", name="first")).to_be_visible()


_HOSTILE = [
    "<img src=x onerror=document.title='broken'>",
    "</script><script>document.title='broken'</script>",
    "\"'><svg onload=document.title='broken'>",
    "javascript:document.title='broken'",
    "{{constructor.constructor('document.title=1')()}}",
    "\u202e]]>&lt;b&gt;",
]


def test_what_users_wrote_is_text_wherever_it_is_shown(page: Page, server: MockServer) -> None:
    _create(server, "a", metadata={text: {text: [text]} for text in _HOSTILE})
    _say(server, "a", *_HOSTILE)
    metadata = {"metadata": {text: text for text in _HOSTILE}}
    httpx.put(f"{server.url}/v3/workspaces/w/peers/alice", json=metadata)
    for text in _HOSTILE:
        httpx.get(f"{server.url}/{quote(text, safe='')}", params={text: text})
        expect(page.get_by_role("article").get_by_text(text)).to_be_visible()
    page.locator("#session-facts").get_by_text("metadata").click()
    page.locator("#peers > summary").click()
    page.locator("#peers-list").get_by_text("metadata").click()
    calls = page.locator("#calls").get_by_role("button")
    expect(calls.get_by_text("404")).to_have_count(len(_HOSTILE))
    for place in range(len(_HOSTILE)):
        calls.nth(place).click()
        expect(page.get_by_role("dialog")).to_contain_text("404")
        page.keyboard.press("Escape")
    assert page.title() == "honcho-mockserver"
    assert page.locator("main img, main svg, dialog img, dialog svg, script:not([src]), iframe").count() == 0


def test_hostile_ids_from_a_world_are_text_too(open_page: Callable[..., Page], server: MockServer) -> None:
    """A peer's name in a world may be any id; the address of the page may be anything."""
    page = open_page(f"{server.url}/_mock/#%E0%A4%A/<img src=x onerror=alert(1)>")
    server.mock.requests.forget()
    server.mock.faults.error(503, name="a fault: b.c-d_e", operation="get_sessions")
    httpx.post(f"{server.url}{_S}/list")
    expect(page.locator("#calls").get_by_text("fault a fault: b.c-d_e")).to_be_visible()
