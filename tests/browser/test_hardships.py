"""What is slow, broken, lost or hidden is told rightly, and nothing is taken for something else."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from mockserver import MockServer
from mockserver.demo import DemoPlayer
from mockserver.testing.data import data_file
from support.waiting import wait_until

pytestmark = pytest.mark.browser

_S = "/v3/workspaces/w/sessions"
_HIDE = """(is) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => is })
    document.dispatchEvent(new Event('visibilitychange'))
}"""


def _create(server: MockServer, *sessions: str) -> None:
    for session in sessions:
        httpx.post(f"{server.url}{_S}", json={"id": session}, timeout=20)


def _write(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_label("Message", exact=True).press("Enter")


def test_twins_in_two_workspaces_are_not_taken_for_each_other(
    open_page: Callable[..., Page], server: MockServer
) -> None:
    def twin(workspace: str) -> dict[str, object]:
        said = [{"peer_id": "al", "content": f"{workspace} {place}"} for place in range(200)]
        return {"sessions": [{"id": "s", "created_at": "2026-01-01T00:00:00Z", "messages": said}]}

    server.mock.reset(world={"workspaces": {"v": twin("v"), "w": twin("w")}}, frozen_at="2026-03-01")
    page = open_page(f"{server.url}/_mock/#v/s")
    expect(page.locator("article .content").get_by_text("v 199", exact=True)).to_be_visible()
    page.locator("#messages").evaluate("list => { list.scrollTop = 0 }")
    expect(page.locator("article .content").get_by_text("v 0", exact=True)).to_be_visible()
    page.get_by_label("Workspace").select_option("w")
    expect(page.locator("article .content").get_by_text("w 199", exact=True)).to_be_visible()
    page.locator("#messages").evaluate("list => { list.scrollTop = 0 }")
    expect(page.locator("article .content").get_by_text("w 0", exact=True)).to_be_visible()
    expect(page.locator("article .content").get_by_text(re.compile("^v "))).to_have_count(0)


def test_a_call_that_is_answered_stays_so(page: Page, server: MockServer) -> None:
    server.mock.faults.delay(0.4, times=1)
    _create(server, "a")
    expect(page.locator("#calls .status")).to_have_text("200")
    page.get_by_role("button", name="Pause the list").click()
    page.get_by_role("button", name="Resume the list").click()
    expect(page.locator("#calls .status")).to_have_text("200")


def test_a_hidden_page_listens_no_more_and_then_hears_what_it_missed(page: Page, server: MockServer) -> None:
    _create(server, "a")
    hang = server.mock.faults.hang(times=1)
    page.evaluate("(url) => { fetch(url, { method: 'POST' }) }", f"{server.url}{_S}/list")
    expect(page.locator("#calls .status").first).to_have_text(re.compile(r"^\D$"))
    page.evaluate(_HIDE, True)
    page.wait_for_function("() => true")
    wait_until(lambda: not server.mock.requests._waiting)
    hang.release()
    _create(server, "b")
    page.evaluate(_HIDE, False)
    expect(page.locator("#calls .status")).to_have_text(["200", "200", "200"])
    expect(page.get_by_role("treeitem")).to_have_count(2)


def test_the_keys_find_their_way_where_nothing_or_much_is(page: Page, server: MockServer) -> None:
    page.get_by_role("tree").focus()
    page.keyboard.press("ArrowDown")
    server.mock.load({"workspaces": {"w": {"sessions": [{"id": f"s{place:03}"} for place in range(600)]}}})
    expect(page.get_by_role("treeitem").first).to_be_visible()
    page.get_by_role("tree").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-place='599']")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("[data-place='598']")).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator("[data-place='0']")).to_be_focused()


def test_an_answer_that_breaks_off_is_told(page: Page, server: MockServer) -> None:
    _create(server, "a")
    server.mock.faults.disconnect("body", operation="create_messages_for_session")
    _write(page, "hello")
    expect(page.locator("#command-result")).to_have_text("POST got no whole answer")


def test_what_became_of_a_command_is_not_told_of_another(page: Page, server: MockServer) -> None:
    _create(server, "a")
    server.mock.faults.error(503, operation="create_messages_for_session", delay=0.5)
    _write(page, "slow")
    page.get_by_role("button", name="Freeze").click()
    expect(page.locator("#command-result")).to_have_text("200")
    expect(page.locator("#calls .status").first).to_have_text("503")
    expect(page.get_by_label("Message", exact=True)).to_have_value("slow")
    expect(page.locator("#command-result")).to_have_text("200")


def test_what_was_refused_goes_before_what_was_written_meanwhile(page: Page, server: MockServer) -> None:
    _create(server, "a")
    server.mock.faults.error(503, operation="create_messages_for_session", delay=0.5)
    _write(page, "first")
    page.get_by_label("Message", exact=True).fill("second")
    expect(page.get_by_label("Message", exact=True)).to_have_value("first\nsecond")


def test_a_view_that_failed_is_read_again(page: Page, server: MockServer) -> None:
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    page.route("**/_mock/view?*", lambda route: route.abort(), times=1)
    _create(server, "a")
    expect(page.get_by_role("treeitem")).to_have_count(1)


def test_idle_it_asks_for_nothing(page: Page, server: MockServer) -> None:
    server.mock.load({"workspaces": {"w": {"sessions": [{"id": f"s{place:03}"} for place in range(300)]}}})
    expect(page.get_by_role("treeitem").first).to_be_visible()
    page.locator("#tree").evaluate("list => { list.scrollTop = list.scrollHeight / 2 }")
    expect(page.get_by_role("treeitem", name="s150")).to_be_visible()
    page.wait_for_timeout(500)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1000)
    assert asked == []


def test_a_demo_is_followed_after_a_reload_too(open_page: Callable[..., Page]) -> None:
    with MockServer(world=data_file("demo.json")) as server, DemoPlayer(server.url, data_file("play.json")) as player:
        server.mock.play = player.play
        page = open_page(f"{server.url}/_mock/")
        expect(page.get_by_role("heading", name="supper")).to_be_visible()
        page.reload()
        expect(page.get_by_label("follow the newest")).to_be_checked()
        page.get_by_role("treeitem", name="spanish").click()
        page.reload()
        expect(page.get_by_role("heading", name="spanish")).to_be_visible()
        expect(page.get_by_label("follow the newest")).not_to_be_checked()
