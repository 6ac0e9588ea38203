"""What the page is shown: windows that make up the whole state, and clones under their originals."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock
from mockserver.testing.view import Window, view
from mockserver.testing.worlds.read import WorldError
from support.direct_client import DirectClient
from support.random_steps import StepRunner, first_steps, steps
from support.started_mock import Start

_S = "/v3/workspaces/w/sessions"


def _sessions(mock: Mock, **window: Any) -> list[Any]:
    found: list[Any] = view(mock, Window("w", **window))["workspace"]["sessions"]["items"]
    return found


def _talk(client: DirectClient, session: str, *contents: str) -> list[str]:
    said = [{"peer_id": "al", "content": content} for content in contents]
    return [row["id"] for row in client.call("POST", f"{_S}/{session}/messages", {"messages": said}).json]


def test_a_clone_stands_under_its_original_with_its_cutoff(start: Start) -> None:
    mock, client = start()
    _, second, _ = _talk(client, "a", "1", "2", "3")
    cut = client.call("POST", f"{_S}/a/clone", message_id=second).json["id"]
    whole = client.call("POST", f"{_S}/{cut}/clone").json["id"]
    client.call("POST", _S, {"id": "b"})
    shown = [(one["id"], one["depth"], one["cloned_from"]) for one in _sessions(mock)]
    assert shown == [
        ("b", 0, None),
        ("a", 0, None),
        (cut, 1, {"session": "a", "messages": 2, "is_whole": False, "is_there": True}),
        (whole, 2, {"session": cut, "messages": 2, "is_whole": True, "is_there": True}),
    ]
    assert view(mock, Window("w", "a"))["workspace"]["session"]["clones"] == [
        {"id": cut, "is_active": True, "messages": 2}
    ]


def test_a_clone_whose_original_is_purged_stands_by_itself_also_when_another_has_that_id(start: Start) -> None:
    mock, client = start()
    [first] = _talk(client, "a", "1")
    clone = client.call("POST", f"{_S}/a/clone", message_id=first).json["id"]
    client.call("DELETE", f"{_S}/a")
    assert [one["depth"] for one in _sessions(mock)] == [0, 1]
    mock.purge()
    client.call("POST", _S, {"id": "a"})
    origin = {"session": "a", "messages": 1, "is_whole": False, "is_there": False}
    assert [(one["id"], one["depth"], one["cloned_from"]) for one in _sessions(mock)] == [
        ("a", 0, None),
        (clone, 0, origin),
    ]
    assert view(mock, Window("w", "a"))["workspace"]["session"]["clones"] == []
    saved = mock.world()
    assert saved["workspaces"]["w"]["sessions"][0]["cloned_from"] == {
        "session": "a",
        "message_id": first,
        "messages": 1,
        "purged": True,
    }
    assert _sessions(Mock(world=saved)) == _sessions(mock)


@given(st.lists(steps, max_size=25), st.integers(1, 5))
def test_windows_make_up_the_tree_and_the_conversation(start: Start, done: list[tuple[Any, ...]], size: int) -> None:
    """Every session stands once, right under its original or at the top, and every message once in its place."""
    runner = StepRunner(Mock(seed=1))
    for step in [*first_steps, *done]:
        runner.run_one(step)
    mock = runner.mock
    for workspace_id, workspace in mock.store.workspaces.items():

        def window(workspace_id: str = workspace_id, **more: Any) -> Any:
            return view(mock, Window(workspace_id, **more))["workspace"]

        total = len(workspace.sessions)
        rows = [row for start in range(0, total, size) for row in window(sessions=(start, size))["sessions"]["items"]]
        assert sorted(row["id"] for row in rows) == sorted(workspace.sessions)
        path: list[Any] = []
        for row in rows:
            del path[row["depth"] :]
            assert len(path) == row["depth"]
            if path:
                assert row["cloned_from"]["session"] == path[-1]["id"]
            path.append(row)
        for session_id, session in workspace.sessions.items():
            said = [
                row
                for start in range(0, len(session.messages), size)
                for row in window(session=session_id, messages=(start, size))["session"]["messages"]["items"]
            ]
            assert said == list(session.messages)
            last = window(session=session_id, messages=(None, size))["session"]["messages"]
            assert last["items"] == said[last["from"] :]
            assert len(last["items"]) == min(size, len(said))


def test_sessions_are_found_by_a_part_of_their_id_whatever_the_case(start: Start) -> None:
    mock, client = start()
    for id_ in ("maths-1", "other", "MATHS-2"):
        client.call("POST", _S, {"id": id_})
    found = view(mock, Window("w", find="Maths"))["workspace"]["sessions"]
    assert ([one["id"] for one in found["items"]], found["total"]) == (["MATHS-2", "maths-1"], 2)


def test_without_a_name_the_newest_is_shown_and_what_is_not_there_as_nothing(start: Start) -> None:
    mock, client = start()
    assert view(mock, Window())["workspace"] is None
    client.call("POST", "/v3/workspaces", {"id": "w"})
    assert view(mock, Window())["workspace"]["session"] is None
    for id_ in ("a", "b"):
        client.call("POST", _S, {"id": id_})
    assert view(mock, Window())["workspace"]["session"]["id"] == "b"
    assert view(mock, Window("w", "gone"))["workspace"]["session"] is None
    assert view(mock, Window("gone"))["workspace"] is None


def test_purges_that_are_held_do_not_count_down(start: Start) -> None:
    mock, client = start(purge_after=60)
    client.call("POST", _S, {"id": "a"})
    client.call("DELETE", f"{_S}/a")
    mock.hold_purges(workspace="w")
    assert view(mock, Window())["next_purge"] is None
    assert view(mock, Window())["workspace"]["session"]["purge"]["held"] is True


def test_what_is_very_large_is_not_shown_whole(start: Start) -> None:
    mock, client = start()
    large = {"small": [1, {"a": "b"}], "text": "x" * 100_000, "list": list(range(1000)), "deep": [[1] * 99] * 99}
    client.call("POST", _S, {"id": "a", "metadata": large})
    client.call("POST", "/v3/workspaces/w/peers", {"id": "al", "configuration": large})
    client.call("POST", f"{_S}/a/messages", {"messages": [{"peer_id": "al", "content": "1", "metadata": large}]})
    shown = view(mock, Window())["workspace"]
    [peer], [message] = shown["peers"]["items"], shown["session"]["messages"]["items"]
    for value in (shown["session"]["metadata"], peer["configuration"], message["metadata"]):
        assert value["small"] == [1, {"a": "b"}]
        assert value["text"] == "x" * 2000 + "… (100000 characters)"
        assert value["list"] == "… (1000 values)"
        assert len(json.dumps(value)) < 10_000
    assert client.call("GET", f"{_S}/a/messages/{message['id']}").json["metadata"] == large


def test_a_window_beyond_the_end_is_empty(start: Start) -> None:
    mock, client = start()
    _talk(client, "a", "1")
    shown = view(mock, Window("w", "a", sessions=(10**30, 5), messages=(10**30, 5)))["workspace"]
    assert (shown["sessions"]["items"], shown["session"]["messages"]["items"]) == ([], [])


def test_it_tells_who_left_and_when_the_purge_comes(start: Start) -> None:
    mock, client = start(purge_after=60, frozen_at="2026-03-01T12:00:00Z")
    client.call("POST", _S, {"id": "a", "peers": {"al": {}, "bob": {"observe_me": False}}})
    client.call("DELETE", f"{_S}/a/peers", ["al"])
    client.call("DELETE", f"{_S}/a")
    shown = view(mock, Window("w", "a"))
    assert shown["workspace"]["session"]["members"]["items"] == [
        {"id": "al", "observe_me": None, "observe_others": None, "present": False},
        {"id": "bob", "observe_me": False, "observe_others": None, "present": True},
    ]
    assert shown["next_purge"] == "2026-03-01T12:01:00Z"
    assert shown["workspace"]["session"]["purge"] == {"due": "2026-03-01T12:01:00Z", "tries": 0, "held": False}
    mock.clock.advance(60)
    assert _sessions(mock) == []


@pytest.mark.parametrize(
    ("cloned_from", "complaint"),
    [
        ({"session": "x"}, "workspaces.w.sessions[1].cloned_from.session: there is no session 'x'"),
        (
            {"session": "a", "message_id": "m"},
            "workspaces.w.sessions[1].cloned_from.message_id: there is no message 'm'",
        ),
        ({"session": "b"}, "workspaces.w.sessions[1].cloned_from.session: 'b' would be cloned from itself"),
    ],
)
def test_a_world_says_what_was_cloned_from_what_is_there(cloned_from: dict[str, str], complaint: str) -> None:
    with pytest.raises(WorldError) as refused:
        Mock(world={"workspaces": {"w": {"sessions": [{"id": "a"}, {"id": "b", "cloned_from": cloned_from}]}}})
    assert refused.value.complaints == (f"world: {complaint}",)


def test_circles_of_clones_are_refused_and_what_leads_into_one_is_not_of_it() -> None:
    circle = [{"id": one, "cloned_from": {"session": other}} for one, other in ("xa", "ab", "bc", "ca", "yx")]
    with pytest.raises(WorldError) as refused:
        Mock(world={"workspaces": {"w": {"sessions": circle}}})
    told = [re.sub(r".*: '(.)' would be cloned from itself", r"\1", one) for one in refused.value.complaints]
    assert told == ["a", "b", "c"]


@pytest.mark.deep
def test_a_long_chain_of_clones_loads_without_going_over_it_again_and_again() -> None:
    chain = [{"id": f"s{place}", "cloned_from": {"session": f"s{place + 1}"}} for place in range(20_000)]
    mock = Mock(world={"workspaces": {"w": {"sessions": [*chain, {"id": "s20000"}]}}})
    assert _sessions(mock, sessions=(19_999, 1))[0]["depth"] == 19_999


def test_of_a_purged_original_nothing_need_be_there() -> None:
    clone = {"id": "b", "cloned_from": {"session": "a", "message_id": "m", "purged": True}}
    mock = Mock(world={"workspaces": {"w": {"sessions": [clone]}}})
    origin = {"session": "a", "messages": 0, "is_whole": False, "is_there": False}
    assert [(one["depth"], one["cloned_from"]) for one in _sessions(mock)] == [(0, origin)]


def test_a_clone_may_be_without_an_id_in_a_world() -> None:
    mock = Mock(world={"workspaces": {"w": {"sessions": [{"cloned_from": {"session": "a"}}, {"id": "a"}]}}})
    assert [one["depth"] for one in _sessions(mock)] == [0, 1]


def test_a_world_may_name_a_clone_before_its_original() -> None:
    clone = {"id": "b", "created_at": "2026-01-01T00:00:00Z", "cloned_from": {"session": "a", "message_id": "m"}}
    original = {"id": "a", "messages": [{"id": "m", "peer_id": "al", "content": "1"}]}
    mock = Mock(world={"workspaces": {"w": {"sessions": [clone, original]}}})
    assert [(one["id"], one["depth"]) for one in _sessions(mock)] == [("a", 0), ("b", 1)]
    assert Mock(world=mock.world()).world() == mock.world()
