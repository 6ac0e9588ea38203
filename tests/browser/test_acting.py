"""What one does on the page is an ordinary call, which it shows as a command that does the same."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from mockserver import MockServer
from mockserver.testing.fault_kinds import KINDS

pytestmark = pytest.mark.browser

_S = "/v3/workspaces/w/sessions"
_WORLD = {
    "workspaces": {
        "w": {
            "sessions": [
                {
                    "id": "a",
                    "peers": {"alice": {}, "cook": {"observe_me": False}},
                    "messages": [{"peer_id": "alice", "content": "one"}, {"peer_id": "cook", "content": "two"}],
                }
            ]
        }
    }
}


@pytest.fixture
def page(open_page: Callable[..., Page], server: MockServer) -> Page:
    """The page of a server with one session."""
    server.mock.reset(world=_WORLD)
    page = open_page(f"{server.url}/_mock/")
    expect(page.get_by_role("article")).to_have_count(2)
    return page


def _command(page: Page) -> list[str]:
    """The words of the command that the page shows."""
    return shlex.split(page.locator("#command").inner_text())


def test_a_session_is_created(page: Page, server: MockServer) -> None:
    page.get_by_role("button", name="New session").click()
    dialog = page.get_by_role("dialog", name="New session")
    dialog.get_by_label("Id").fill("it-s-new")
    dialog.get_by_label("Peers").fill("alice, bob")
    dialog.get_by_label("Metadata").fill('{"who\'s": "there"}')
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="it-s-new")).to_be_visible()
    [request] = server.mock.requests.assert_called("get_or_create_session", times=1)
    assert request.body == {"id": "it-s-new", "peers": {"alice": {}, "bob": {}}, "metadata": {"who's": "there"}}


def test_what_cannot_be_created_is_told(page: Page, server: MockServer) -> None:
    httpx.delete(f"{server.url}{_S}/a")
    page.get_by_role("button", name="New session").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Metadata").fill("{")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not valid JSON")
    dialog.get_by_label("Metadata").fill("")
    dialog.get_by_label("Id").fill("a")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_role("alert")).to_contain_text("awaits its purge")


def test_a_message_is_written_and_the_command_that_is_shown_does_the_same(page: Page, server: MockServer) -> None:
    page.get_by_label("Peer who writes").fill("bob")
    page.get_by_label("Message", exact=True).fill('It\'s "mine" $HOME\n`too`')
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.get_by_role("article")).to_have_count(3)
    done = subprocess.run(
        ["/bin/sh", "-c", page.locator("#command").text_content() or ""], check=True, capture_output=True
    )
    assert json.loads(done.stdout)[0]["content"] == 'It\'s "mine" $HOME\n`too`'
    first, second = server.mock.requests.assert_called("create_messages_for_session", times=2)
    assert first.body == second.body
    expect(page.get_by_role("article")).to_have_count(4)


def test_it_is_cloned_at_a_message_and_whole(page: Page, server: MockServer) -> None:
    page.get_by_role("button", name="Clone here, up to message 1").click()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_text("up to its message 1")).to_be_visible()
    page.get_by_role("button", name="Clone", exact=False).first.click()
    expect(page.get_by_text("with all its messages: 1 message")).to_be_visible()
    cut, whole = server.mock.requests.assert_called("clone_session", times=2)
    assert list(cut.query) == ["message_id"]
    assert whole.query == {}


def test_it_is_deleted_and_purged(page: Page, server: MockServer) -> None:
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#session-head")).to_contain_text("deleted, waits for its purge")
    assert _command(page)[-1] == f"{server.url}{_S}/a"
    page.get_by_role("button", name="Purge", exact=True).click()
    expect(page.get_by_text("The session a is gone.")).to_be_visible()
    assert server.mock.pending() == []


def test_everything_is_purged_and_reset(page: Page, server: MockServer) -> None:
    httpx.delete(f"{server.url}{_S}/a")
    page.get_by_role("button", name="Purge now").click()
    expect(page.get_by_role("treeitem")).to_have_count(0)
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.locator("#command-result")).to_have_text("200")


def test_the_clock_is_frozen_advanced_and_resumed(page: Page, server: MockServer) -> None:
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_text("frozen", exact=True)).to_be_visible()
    before = server.mock.clock.peek()
    page.get_by_label("Seconds to advance").fill("90.5")
    page.get_by_role("button", name="Advance").click()
    expect(page.locator("#command-result")).to_have_text("200")
    assert server.mock.clock.peek() - before == 90_500_000
    page.get_by_role("group", name="Clock").get_by_role("button", name="Resume").click()
    expect(page.get_by_text("frozen", exact=True)).to_be_hidden()


def test_a_fault_is_put_met_and_lifted(page: Page, server: MockServer) -> None:
    page.locator("#faults > summary").click()
    page.get_by_label("status").fill("418")
    page.get_by_label("Operation that the fault meets").fill("get_sessions")
    page.get_by_label("times").fill("1")
    expected = {"fault": "error", "status": 418, "operation": "get_sessions", "times": 1}
    assert json.loads(shlex.split(page.locator("#fault-preview code").inner_text())[-1]) == expected
    page.get_by_role("button", name="Add the fault").click()
    expect(page.locator("#faults-list")).to_contain_text("error(418)")
    httpx.post(f"{server.url}{_S}/list")
    expect(page.locator("#calls").get_by_text("fault error-1")).to_be_visible()
    expect(page.locator("#faults-list")).to_contain_text("fired 1 of 1, over")
    page.get_by_role("button", name="Lift the fault error-1").click()
    expect(page.locator("#faults-list")).to_be_empty()


def test_each_fault_can_be_put_as_it_is_proposed(page: Page, server: MockServer) -> None:
    page.locator("#faults > summary").click()
    for kind in KINDS:
        page.locator("#fault-kind").select_option(kind)
        page.get_by_role("button", name="Add the fault").click()
        expect(page.locator("#faults-list")).to_contain_text(f"{kind}-")
    assert [fault.kind.name for fault in server.mock.faults] == list(KINDS)


def test_a_world_is_saved_and_loaded_in_place_of_another(page: Page, server: MockServer, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Save").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert json.loads(file.read_text(encoding="utf-8")) == server.mock.world()
    server.mock.load({"workspaces": {}})
    expect(page.get_by_text("The workspace w is gone.")).to_be_visible()
    page.get_by_label("Load").set_input_files(file)
    page.get_by_role("button", name="Load it").click()
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_label("Load").set_input_files({"name": "x.json", "mimeType": "text/plain", "buffer": b"{"})
    expect(page.get_by_role("dialog")).to_contain_text("not JSON")


def test_a_refusal_is_told_with_its_reason(page: Page, server: MockServer) -> None:
    page.get_by_label("Peer who writes").fill("not an id!")
    page.get_by_label("Message", exact=True).fill("x")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#command-result")).to_contain_text(re.compile("^422: .*"))
    expect(page.get_by_label("Message", exact=True)).to_have_value("x")


def test_where_tokens_are_wanted_the_page_brings_one_and_shows_it(
    open_page: Callable[..., Page], server: MockServer
) -> None:
    server.mock.reset(world=_WORLD, auth_secret="secret")
    page = open_page(f"{server.url}/_mock/")
    page.get_by_label("Message", exact=True).fill("let me in")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article")).to_have_count(3)
    assert any(word.startswith("authorization: Bearer ey") for word in _command(page))


def test_commands_are_kept_and_copied(open_page: Callable[..., Page], server: MockServer) -> None:
    page = open_page(f"{server.url}/_mock/", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Freeze").click()
    page.get_by_role("group", name="Clock").get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="All commands").click()
    expect(page.get_by_label("Commands so far").get_by_role("listitem")).to_have_count(2)
    page.get_by_label("Commands so far").get_by_role("button", name="Copy").last.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"curl -s -X POST {server.url}/_mock/clock/freeze"
