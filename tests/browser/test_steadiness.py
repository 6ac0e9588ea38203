"""Whatever comes, the page leaves alone what one is looking at, aiming at, or writing."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from mockserver import MockServer

pytestmark = pytest.mark.browser

_S = "/v3/workspaces/w/sessions"


def _create(server: MockServer, *sessions: str) -> None:
    for session in sessions:
        httpx.post(f"{server.url}{_S}", json={"id": session, "metadata": {"deep": {"er": 1}}})


def _say(server: MockServer, session: str, *contents: str, peer: str = "alice") -> None:
    said = [{"peer_id": peer, "content": content} for content in contents]
    httpx.post(f"{server.url}{_S}/{session}/messages", json={"messages": said})


def _row(page: Page, session: str) -> Locator:
    return page.locator(f"[data-id={session}]")


def _content(page: Page, text: str) -> Locator:
    return page.locator("article .content").get_by_text(text, exact=True)


def _heading(page: Page, session: str) -> None:
    expect(page.get_by_role("heading", name=session, exact=True)).to_be_visible()


def test_a_session_that_comes_does_not_take_the_place_of_the_one_that_is_shown(page: Page, server: MockServer) -> None:
    _create(server, "mine")
    _heading(page, "mine")
    _create(server, "innocent")
    expect(page.get_by_role("treeitem")).to_have_count(2)
    _heading(page, "mine")
    page.get_by_role("button", name="Delete").click()
    expect(_row(page, "mine")).to_contain_text("waits for its purge")
    assert page.url.endswith("#w/mine")


@pytest.mark.parametrize("delay", [0, 300], ids=["before the page changes", "after the page changed"])
def test_a_double_click_deletes_once_and_purges_nothing(page: Page, server: MockServer, delay: float) -> None:
    _create(server, "a")
    page.get_by_role("button", name="Delete").dblclick(delay=delay)
    expect(page.get_by_role("button", name="Purge", exact=True)).to_be_visible()
    server.mock.requests.assert_called("delete_session", times=1)
    assert len(server.mock.pending()) == 1


def test_what_is_half_written_stays_with_its_session(page: Page, server: MockServer) -> None:
    _create(server, "b")
    _heading(page, "b")
    _create(server, "a")
    text = page.get_by_label("Message", exact=True)
    text.fill("for b")
    _row(page, "a").click()
    _heading(page, "a")
    expect(text).to_have_value("")
    _row(page, "b").click()
    expect(text).to_have_value("for b")


def test_what_is_half_written_stays_when_a_reset_creates_the_session_again(page: Page, server: MockServer) -> None:
    world = {"workspaces": {"w": {"sessions": [{"id": "a", "messages": [{"peer_id": "alice", "content": "old"}]}]}}}
    server.mock.reset(world=world)
    expect(page.get_by_role("article")).to_have_count(1)
    text = page.get_by_label("Message", exact=True)
    text.fill("half")
    del world["workspaces"]["w"]["sessions"][0]["messages"]
    server.mock.reset(world=world)
    expect(page.get_by_role("article")).to_have_count(0)
    expect(text).to_have_value("half")
    text.press("Enter")
    expect(page.get_by_role("article")).to_contain_text("half")


def test_it_does_not_follow_away_from_who_writes(page: Page, server: MockServer) -> None:
    _create(server, "a")
    _heading(page, "a")
    page.get_by_label("follow the newest").check()
    page.get_by_label("Message", exact=True).press_sequentially("wait")
    _say(server, "b", "hello")
    expect(page.get_by_role("treeitem")).to_have_count(2)
    _heading(page, "a")
    expect(page.get_by_label("follow the newest")).not_to_be_checked()


def test_a_peer_that_was_typed_stays_and_a_message_is_sent_once(page: Page, server: MockServer) -> None:
    _say(server, "a", "one")
    server.mock.faults.delay(0.5, operation="create_messages_for_session", peer=None, times=1)
    peer, text = page.get_by_label("Peer who writes"), page.get_by_label("Message", exact=True)
    expect(page.get_by_role("article")).to_have_count(1)
    peer.fill("bob")
    text.fill("first")
    text.press("Enter")
    text.fill("second")
    text.press("Enter")
    expect(page.get_by_role("article")).to_have_count(2)
    expect(text).to_have_value("second")
    expect(peer).to_have_value("bob")
    server.mock.requests.assert_called("create_messages_for_session", times=2)


def test_what_was_unfolded_stays_so_and_keeps_the_focus(page: Page, server: MockServer) -> None:
    _create(server, "a")
    httpx.post(f"{server.url}/v3/workspaces/w/peers", json={"id": "alice", "metadata": {"own": {"thing": 1}}})
    page.locator("#session-facts").get_by_text("metadata").click()
    page.locator("#peers > summary").click()
    page.locator("#peers-list").get_by_text("metadata").click()
    page.get_by_role("button", name="Delete").focus()
    _say(server, "a", "a message", "and another")
    expect(page.get_by_role("article")).to_have_count(2)
    expect(page.locator("#peers-list")).to_contain_text("in 1 session")
    expect(page.locator("#session-facts").get_by_text("deep", exact=True)).to_be_visible()
    expect(page.locator("#peers-list").get_by_text("own", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_be_focused()


def test_a_row_of_the_tree_keeps_the_focus_and_takes_a_slow_click(page: Page, server: MockServer) -> None:
    _create(server, "a", "b")
    row = _row(page, "a")
    row.focus()
    page.keyboard.press("Enter")
    _heading(page, "a")
    expect(row).to_be_focused()
    _create(server, "c")
    expect(page.get_by_role("treeitem")).to_have_count(3)
    expect(row).to_be_focused()
    box = _row(page, "b").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    _say(server, "b", "while the button is down")
    expect(_row(page, "b")).to_contain_text("1 message")
    page.mouse.up()
    _heading(page, "b")


def test_messages_that_are_no_more_are_not_shown_again(page: Page, server: MockServer) -> None:
    def world(word: str) -> dict[str, object]:
        said = [{"peer_id": "al", "content": f"{word} {place}"} for place in range(300)]
        session = {"id": "a", "created_at": "2026-01-01T00:00:00Z", "messages": said}
        return {"workspaces": {"w": {"sessions": [session]}}}

    server.mock.load(world("old"))
    messages = page.locator("#messages")
    expect(page.locator("article", has_text="old 299")).to_be_visible()
    messages.evaluate("list => { list.scrollTop = 0 }")
    expect(_content(page, "old 0")).to_be_visible()
    server.mock.load(world("new"))
    expect(_content(page, "new 0")).to_be_visible()
    messages.evaluate("list => { list.scrollTop = list.scrollHeight }")
    expect(page.locator("article", has_text="new 299")).to_be_visible()
    expect(page.locator("article", has_text="old")).to_have_count(0)


def test_a_call_without_an_answer_is_refused_too_and_hung_ones_do_not_lock_the_page(
    page: Page, server: MockServer
) -> None:
    _create(server, "a")
    server.mock.faults.hang(operation="create_messages_for_session")
    server.mock.faults.disconnect(operation="get_sessions")
    page.locator("#faults > summary").click()
    for _ in range(6):
        page.get_by_label("Message", exact=True).fill("hello")
        page.get_by_label("Message", exact=True).press("Enter")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{server.url}{_S}/list")
    page.get_by_label("refused only").check()
    expect(page.locator("#calls .call")).to_have_count(1)
    expect(page.locator("#calls .call")).to_contain_text("sessions/list")
    page.get_by_role("button", name="Lift the fault hang-1").click()
    expect(page.get_by_role("article").first).to_contain_text("hello")


def test_the_journal_stays_where_one_reads_and_forgets_with_the_server(page: Page, server: MockServer) -> None:
    _create(server, *map(str, range(60)))
    calls = page.locator("#calls")
    expect(calls).to_contain_text("#60 ")
    calls.evaluate("list => { list.scrollTop = 960 }")
    expect(calls.get_by_text(re.compile("#40 "))).to_be_in_viewport()
    before = calls.get_by_text(re.compile("#40 ")).bounding_box()
    _create(server, "more", "and more")
    expect(page.locator("#journal-count")).to_have_text("62")
    assert calls.get_by_text(re.compile("#40 ")).bounding_box() == before
    page.get_by_role("button", name="Pause the list").click()
    _create(server, "held")
    expect(page.get_by_text("Paused; 1 more came.")).to_be_visible()
    server.mock.reset()
    _create(server, "x", "y")
    expect(page.locator("#journal-count")).to_have_text("2")
    page.get_by_role("button", name="Resume the list").click()
    expect(page.locator("#calls .call")).to_have_count(2)


def test_older_calls_are_told_of_and_loaded(open_page: Callable[..., Page], server: MockServer) -> None:
    server.mock.reset(journal_entries=300)
    with httpx.Client(base_url=server.url) as client:
        for _ in range(320):
            client.get("/health")
    page = open_page(f"{server.url}/_mock/")
    expect(page.locator("#journal-note")).not_to_contain_text("faster")
    expect(page.locator("#journal-note")).to_contain_text("Calls before #21 are not kept.")
    page.get_by_label("Filter the journal").fill("nothing like this")
    expect(page.locator("#journal-note")).to_contain_text("The filter looks through loaded calls only.")
    page.get_by_role("button", name="100 older calls: load").first.click()
    expect(page.get_by_role("button", name="older calls: load")).to_have_count(0)
    expect(page.locator("#journal-note")).not_to_contain_text("loaded calls only")


def test_a_server_with_another_secret_is_asked_for_another_token(page: Page, server: MockServer) -> None:
    for secret in ("one", "two"):
        world = {"workspaces": {"w": {"sessions": [{"id": "a"}]}}}
        server.mock.reset(auth_secret=secret, world=world)
        page.get_by_label("Message", exact=True).fill(f"by {secret}")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("article")).to_contain_text(f"by {secret}")


def test_a_world_is_loaded_as_it_is_written_and_its_command_names_the_file(
    page: Page, server: MockServer, tmp_path: Path
) -> None:
    file = tmp_path / "it's a world.json"
    text = '{"workspaces": {"w": {"metadata": {"large": 12345678901234567890, "one": 1.0}}}}'
    file.write_text(text, encoding="utf-8")
    # The browser keeps a file that is chosen before the page listens to the field, but nobody hears of it.
    expect(page.get_by_role("banner").get_by_role("status")).to_contain_text("live")
    page.get_by_label("Load").set_input_files(file)
    page.get_by_role("button", name="Load it").click()
    expect(page.get_by_label("Workspace")).to_have_value("w")
    assert (
        json.dumps(server.mock.world()["workspaces"]["w"]["metadata"]) == '{"large": 12345678901234567890, "one": 1.0}'
    )
    server.mock.reset()
    command = page.locator("#command").text_content() or ""
    subprocess.run(["/bin/sh", "-c", command], check=True, cwd=tmp_path, capture_output=True)
    assert list(server.mock.world()["workspaces"]) == ["w"]


def test_a_command_shows_what_it_is(page: Page, server: MockServer) -> None:
    """A text that would turn round what is shown, or hide in it, is escaped, and means the same."""
    _create(server, "a")
    hidden = "a\u202eb\u2066c\u200bd"
    page.get_by_label("Message", exact=True).fill(hidden)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article")).to_have_count(1)
    command = page.locator("#command").text_content() or ""
    assert command.isascii()
    assert json.loads(shlex.split(command)[-1])["messages"][0]["content"] == hidden


_CALLS: dict[str, dict[str, Any]] = {
    "JSON": {"method": "POST", "url": _S, "json": {"id": "it-s", "metadata": {"a": "'$HOME`"}}},
    "no JSON": {"method": "POST", "url": _S, "content": '{"id": ', "headers": {"content-type": "application/json"}},
    "a query": {"method": "POST", "url": f"{_S}/list", "params": {"size": "1", "reverse": "true"}},
    "a head": {"method": "HEAD", "url": "/health"},
    "a body of a GET": {"method": "GET", "url": "/health", "json": {"a": 1}},
    "a form": {
        "method": "POST",
        "url": f"{_S}/s/messages/upload",
        "data": {"peer_id": "al"},
        "files": {"file": ("it.txt", b"text", "text/plain")},
    },
}


def test_a_call_of_the_journal_is_sent_again_by_its_command(page: Page, server: MockServer, tmp_path: Path) -> None:
    (tmp_path / "it.txt").write_text("text", encoding="utf-8")
    for name, call in _CALLS.items():
        with httpx.Client(base_url=server.url) as client:
            client.request(**call)
        expect(page.locator("#calls .call")).to_have_count(1)
        page.locator("#calls").get_by_role("button").click()
        command = page.get_by_role("dialog").locator(".preview code").text_content() or ""
        page.keyboard.press("Escape")
        subprocess.run(["/bin/sh", "-c", command], check=True, cwd=tmp_path, capture_output=True)
        first, second = server.mock.requests
        for part in ("method", "path", "query", "body", "status"):
            assert getattr(first, part) == getattr(second, part), (name, part)
        server.mock.requests.forget()
        expect(page.locator("#calls .call")).to_have_count(0)


def test_the_arrows_go_from_message_to_message_and_the_tab_key_into_one(page: Page, server: MockServer) -> None:
    _say(server, "a", "one", "two", "three")
    expect(page.get_by_role("article")).to_have_count(3)
    page.get_by_role("feed").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("up to its message 2")).to_be_visible()
    page.get_by_role("feed").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#messages')") is None


def test_a_long_message_is_folded_and_unfolds_in_place(page: Page, server: MockServer) -> None:
    _say(server, "a", "\n".join(map(str, range(2000))), "last")
    rest = page.get_by_role("button", name=re.compile(r"… all [\d,]+ characters"))
    expect(rest).to_be_visible()
    assert (page.get_by_role("article").first.bounding_box() or {"height": 0})["height"] < 1000
    rest.click()
    expect(page.get_by_role("article").first).to_contain_text("1999")
    page.locator("#messages").evaluate("list => { list.scrollTop = 0 }")
    expect(page.get_by_role("article").first.locator(".who")).to_be_in_viewport()
