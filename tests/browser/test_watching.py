"""The journal on the page, the reference, the demo; and that all can be used without a mouse, a large screen or eyes."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from mockserver import MockServer
from mockserver.demo import DemoPlayer
from mockserver.testing.data import data_file

pytestmark = pytest.mark.browser

_S = "/v3/workspaces/w/sessions"


def _create(server: MockServer, *ids: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        for id_ in ids:
            client.post(_S, json={"id": id_})


def _assert_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_calls_come_as_they_are_made_and_open_with_both_bodies(page: Page, server: MockServer) -> None:
    _create(server, "a")
    httpx.post(f"{server.url}{_S}/b/clone")
    first, second = (page.locator("#calls").get_by_role("button").nth(place) for place in (0, 1))
    expect(first).to_contain_text("404")
    expect(first).to_contain_text("no session 'b'")
    expect(second).to_contain_text(re.compile(r"200.*POST.*#1 · [\d:]+ · [\d.]+ ms", re.DOTALL))
    second.click()
    dialog = page.get_by_role("dialog", name="Call #1")
    expect(dialog).to_contain_text("get_or_create_session")
    expect(dialog.get_by_text("is_active", exact=True)).to_be_visible()
    expect(dialog.locator("code")).to_contain_text("""-d '{"id":"a"}'""")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(second).to_be_focused()


def test_it_is_filtered_paused_and_emptied(page: Page, server: MockServer) -> None:
    _create(server, "a", "b")
    httpx.post(f"{server.url}{_S}/c/clone")
    expect(page.locator("#calls .call")).to_have_count(3)
    page.get_by_label("refused only").check()
    expect(page.locator("#calls .call")).to_have_count(1)
    page.get_by_label("refused only").uncheck()
    page.get_by_label("Filter the journal").fill("post clone 404")
    expect(page.locator("#calls .call")).to_have_count(1)
    page.get_by_label("Filter the journal").fill("")
    page.get_by_role("button", name="Pause").click()
    _create(server, "d")
    expect(page.get_by_text("Paused; 1 more came.")).to_be_visible()
    expect(page.locator("#calls .call")).to_have_count(3)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("#calls .call")).to_have_count(4)
    page.get_by_role("button", name="Empty").click()
    expect(page.get_by_text("No call yet.")).to_be_visible()


def test_it_stays_usable_under_many_hundreds_of_requests_a_second(page: Page, server: MockServer) -> None:
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(_create, server, *(f"s{number}" for number in range(400)))
        expect(page.get_by_role("treeitem").first).to_be_visible()
        page.get_by_label("Find sessions by id").fill("s39")
    expect(page.locator("#journal-count")).to_have_text("1,600")
    expect(page.get_by_role("treeitem")).to_have_count(11)
    assert page.locator("#calls .call").count() < 100


def test_it_says_how_many_calls_are_not_shown_and_loads_them_on_demand(
    open_page: Callable[..., Page], server: MockServer
) -> None:
    # The first event has the last 200 calls. Later events leave calls out only under a load that depends on the machine.
    _create(server, *(f"s{number}" for number in range(250)))
    page = open_page(f"{server.url}/_mock/")
    expect(page.locator("#journal-note")).to_have_text("Sampled: 50 calls came too fast to show.")
    page.locator("#calls").evaluate(
        """async (list) => {
            while (!list.querySelector('.gap')) {
                list.scrollTop += 300
                await new Promise(requestAnimationFrame)
            }
        }"""
    )
    page.locator("#calls .gap button").first.click()
    expect(page.locator("#journal-note")).to_have_text("")


def test_every_operation_is_in_the_reference_and_can_be_tried(
    open_page: Callable[..., Page], server: MockServer
) -> None:
    page = open_page(f"{server.url}/docs")
    expect(page.locator(".opblock")).to_have_count(46)
    page.locator(".opblock", has_text="/v3/workspaces/list").first.click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response .response-col_status")).to_contain_text("200")
    server.mock.requests.assert_called("get_all_workspaces", status=200)
    page.get_by_label("Select a definition").select_option("Control plane of the mock server")
    expect(page.locator(".opblock", has_text="/_mock/purge").first).to_be_visible()


def test_the_page_and_the_reference_show_the_version_of_the_api(
    open_page: Callable[..., Page], server: MockServer
) -> None:
    page = open_page(f"{server.url}/_mock/")
    expect(page.get_by_role("link", name="API 3.0.7 reference")).to_be_visible()
    server.mock.reset(api_version="3.0.12")
    expect(page.get_by_role("link", name="API 3.0.12 reference")).to_be_visible()
    reference = open_page(f"{server.url}/docs")
    expect(reference.locator(".info .version").first).to_have_text("3.0.12")
    expect(reference.locator(".opblock")).to_have_count(46)


def test_a_demo_moves_by_itself_and_can_be_paused(open_page: Callable[..., Page]) -> None:
    with MockServer(world=data_file("demo.json")) as server, DemoPlayer(server.url, data_file("play.json")) as player:
        server.mock.play = player.play
        page = open_page(f"{server.url}/_mock/")
        expect(page.get_by_role("heading", name="supper")).to_be_visible()
        expect(page.get_by_role("article").first).to_contain_text("What can I cook tonight?")
        page.get_by_role("button", name="Pause the play").click()
        expect(page.get_by_role("button", name="Let the play go on")).to_be_visible()
        assert player.play.is_paused


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 380])
def test_it_is_readable_in_both_themes_and_widths(
    open_page: Callable[..., Page],
    screenshot: Callable[[Page, str], None],
    server: MockServer,
    scheme: str,
    width: int,
) -> None:
    """By the rules of axe: names, roles, contrast; and nothing sticks out."""
    server.mock.reset(world=data_file("demo.json"), purge_after=60)
    algebra = f"{server.url}/v3/workspaces/demo/sessions/algebra"
    clone = httpx.post(f"{algebra}/clone?message_id=algebra-question-0001").json()["id"]
    httpx.request("DELETE", f"{algebra}/peers", json=["bob"])
    httpx.delete(f"{server.url}/v3/workspaces/demo/sessions/{clone}")
    server.mock.faults.error(503, operation="get_sessions", times=1)
    httpx.post(f"{server.url}/v3/workspaces/demo/sessions/list")
    httpx.post(f"{server.url}/v3/workspaces/demo/sessions/{clone}/clone")
    page = open_page(f"{server.url}/_mock/#demo/algebra", width=width, height=780, color_scheme=scheme)
    for panel in ("sessions", "conversation", "journal", "controls") if width == 380 else ("whole",):
        if width == 380:
            page.get_by_role("tab", name=panel.title()).click()
        if panel in ("whole", "sessions"):
            page.locator("#peers > summary").click()
        if panel in ("whole", "controls"):
            page.locator("#faults > summary").click()
        if panel in ("whole", "conversation"):
            expect(page.get_by_role("article").last).to_be_in_viewport()
        screenshot(page, f"{panel}-{width}-{scheme}")
        _assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 380:
        page.get_by_role("tab", name="Journal").click()
    page.locator("#calls button").first.click()
    screenshot(page, f"call-{width}-{scheme}")
    _assert_accessible(page)


def test_all_can_be_done_with_the_keyboard(page: Page, server: MockServer) -> None:
    _create(server, "a", "b", "c")
    expect(page.get_by_role("treeitem")).to_have_count(3)
    page.get_by_role("tree").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="a", exact=True)).to_be_visible()
    page.get_by_label("Calls, the newest first").get_by_role("button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Call #2")).to_be_visible()
    page.keyboard.press("Escape")
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert reached >= {
        *("workspace", "theme", "follow", "find", "new-session", "tree", "messages", "composer-peer", "composer-text"),
        *(
            "freeze",
            "advance-seconds",
            "save",
            "load",
            "purge",
            "reset",
            "journal-pause",
            "journal-empty",
            "journal-find",
        ),
        *("journal-refused", "command"),
    }


def test_on_a_narrow_screen_the_arrows_change_the_panel(open_page: Callable[..., Page], server: MockServer) -> None:
    page = open_page(f"{server.url}/_mock/", width=380, height=700)
    page.get_by_role("tab", name="Conversation").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Journal")).to_be_focused()
    expect(page.get_by_text("No call yet.")).to_be_visible()


def test_the_theme_is_chosen_and_kept(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page.get_by_role("button", name="Theme: auto").click()
    light = page.evaluate(background)
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(background) != light
    page.reload()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
