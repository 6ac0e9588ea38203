"""The journal on the page, the reference, the demo; and that all can be used without a mouse, a large screen or eyes."""

import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from mockserver import MockServer
from mockserver.demo import DemoPlayer
from mockserver.testing.data import data_file

from .conftest import FLAGS, NAMES

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
    page.get_by_role("button", name="Pause the list").click()
    _create(server, "d")
    expect(page.get_by_text("Paused; 1 more came.")).to_be_visible()
    expect(page.locator("#calls .call")).to_have_count(3)
    page.get_by_role("button", name="Resume the list").click()
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


def test_calls_of_before_the_page_are_called_older_and_loaded_on_demand(
    open_page: Callable[..., Page], server: MockServer
) -> None:
    _create(server, *(f"s{number}" for number in range(250)))
    page = open_page(f"{server.url}/_mock/")  # The first event has the last 200 calls.
    older = page.locator("#journal-older")
    expect(older).to_have_text("50 older calls: load")
    expect(page.locator("#journal-note")).to_have_text("")
    older.click()
    expect(older).to_be_hidden()
    page.locator("#calls").evaluate("list => { list.scrollTop = list.scrollHeight }")
    expect(page.locator("#calls")).to_contain_text("#1 ")


def test_calls_that_came_faster_than_the_list_shows_are_counted_and_loaded_on_demand(
    page: Page, server: MockServer
) -> None:
    expect(page.get_by_text("No call yet.")).to_be_visible()
    # An event has at most 40 calls. The page reads events meanwhile, but the server sends none while it carries this out.
    server.mock.server_link.between_requests(lambda: _record(server, 100))
    expect(page.locator("#journal-note")).to_have_text(
        "60 calls came faster than this list shows, or while it was hidden."
    )
    expect(page.locator("#journal-older")).to_be_hidden()
    page.locator("#calls").evaluate("list => { list.scrollTop = list.scrollHeight }")
    page.get_by_role("button", name="60 calls not shown: load").click()
    expect(page.locator("#journal-note")).to_have_text("")


def _record(server: MockServer, calls: int) -> None:
    """Record requests at one moment, as many clients may send them."""
    scope = {"method": "GET", "path": "/health", "headers": [], "query_string": b""}
    for _ in range(calls):
        exchange = server.mock.requests.arrived(scope, None, {}, b"")
        server.mock.requests.add(exchange)
        server.mock.requests.answered(exchange, 404, b"", 0.001)


def test_the_page_explains_itself(page: Page) -> None:
    expect(page.locator("#intro")).to_contain_text("The live state of this mock server")
    page.get_by_role("button", name="Help").click()
    dialog = page.get_by_role("dialog", name="What this page shows")
    for word in ("session", "peer", "clone", "purge"):
        expect(dialog.get_by_role("term").get_by_text(word, exact=True)).to_be_visible()
    _assert_accessible(page)
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="Faults").click()
    expect(opened.value.locator("body")).to_contain_text("# Faults")
    opened.value.close()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Help")).to_be_focused()


def test_a_screenshot_from_the_shell_shows_the_state(server: MockServer, tmp_path: Path) -> None:
    """The browser dumps the document at the moment at which it would take the screenshot."""
    _create(server, "seen")
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        pytest.skip("there is no browser")
    command = [chromium, "--headless", *FLAGS, f"--user-data-dir={tmp_path}", "--dump-dom", f"{server.url}/_mock/"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "<h2>seen</h2>" in done.stdout
    assert "connecting" not in done.stdout


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
        page.get_by_role("button", name="Pause the demo").click()
        expect(page.get_by_role("button", name="Resume the demo")).to_be_visible()
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
        *(
            "workspace",
            "help",
            "theme",
            "follow",
            "find",
            "new-session",
            "tree",
            "messages",
            "composer-peer",
            "composer-text",
        ),
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
