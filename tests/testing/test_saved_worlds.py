"""A state saved as a world is the same state when it is loaded, and what changed between two is told in words."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver import Mock, WorldError, create_app
from mockserver.testing.diff import differences
from mockserver.testing.worlds import save
from support.direct_client import DirectClient
from support.examples import examples
from support.public_state import public_state
from support.random_steps import StepRunner, first_steps, steps
from support.started_mock import Start

_W = "/v3/workspaces/w"
_runs = st.lists(steps, max_size=15)
_options = st.fixed_dictionaries(
    {
        "quirks": st.sampled_from(["none", "live"]),
        "purge_after": st.sampled_from([None, 60]),
        "work_after": st.sampled_from([None, 60]),
    }
)


@given(_runs, _options)
@settings(max_examples=examples(100, brief=20))
def test_a_world_that_was_saved_is_the_same_state_to_every_answer(run: list[tuple[Any, ...]], options: Any) -> None:
    runner = StepRunner(Mock(**options))
    runner.run([*first_steps, *run])
    world = runner.mock.world()
    loaded = Mock(world=world, **options)
    assert loaded.world() == world
    assert public_state(loaded) == public_state(runner.mock)
    later = Mock()
    later.load(world)
    assert later.world() == world


@given(_runs, _options)
def test_a_workspace_that_was_saved_is_the_same_workspace(run: list[tuple[Any, ...]], options: Any) -> None:
    runner = StepRunner(Mock(**options))
    runner.run([*first_steps, ("workspace", "w", None, {}), *run, ("workspace", "w", None, {})])
    world = runner.mock.world("w")
    assert list(world["workspaces"]) == ["w"]
    assert Mock(world=world).world() == world
    assert world["workspaces"]["w"] == runner.mock.world()["workspaces"]["w"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(_json)
def test_any_json_in_a_world_is_the_same_in_its_file(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.mktemp("saved") / "world.json"
    world = {"workspaces": {"w": {"metadata": {"k": value}}}}
    save.write(path, world)
    assert repr(json.loads(path.read_text(encoding="utf-8"))) == repr(world)


@given(_runs, _runs, _runs)
@settings(max_examples=examples(100, brief=20))
def test_nothing_is_told_exactly_where_the_worlds_are_equal(
    before: list[tuple[Any, ...]], first: list[tuple[Any, ...]], second: list[tuple[Any, ...]]
) -> None:
    runner = StepRunner(Mock(seed=1))
    mock = runner.mock
    states = []
    for run in ([*first_steps, *before], first, second):
        runner.run(run)
        states.append((mock.snapshot(), mock.world()))
    present = public_state(mock)
    for one, world in states:
        assert mock.diff(one, one) == []
        for other, changed in states:
            same = world == changed and list(world["workspaces"]) == list(changed["workspaces"])
            assert (mock.diff(one, other) == []) is same
            assert mock.diff(one, other) == differences(world, changed)
    assert public_state(mock) == present
    mock.restore(states[0][0])
    assert mock.diff(states[0][0]) == []


_SESSION: dict[str, Any] = {
    "id": "s",
    "created_at": "2026-01-01T00:00:00Z",
    "metadata": {"a": 1},
    "peers": {"al": {}, "bob": {}, "eve": {"present": False}, "kim": None},
    "messages": [
        {"id": id_, "peer_id": "kim", "content": id_ * 3, "created_at": "2026-01-01T00:00:00Z", "token_count": 1}
        for id_ in ("m", "n")
    ],
}
_WORLD: dict[str, Any] = {
    "saved": True,
    "workspaces": {
        "w": {
            "created_at": "2026-01-01T00:00:00Z",
            "peers": [{"id": id_, "created_at": "2026-01-01T00:00:00Z"} for id_ in ("al", "bob", "eve", "kim")],
            "sessions": [_SESSION, {"id": "t", "created_at": "2026-01-01T00:00:00Z", "peers": {"al": {}}}],
            "work": [
                {"session": "s", "observed": "al", "pending": 2},
                {"observer": "bob", "observed": "al", "in_progress": 1, "completed": 3},
            ],
            "webhooks": [
                {"id": name, "url": f"http://host/{name}", "created_at": "2026-01-01T00:00:00Z"} for name in "ab"
            ],
        }
    },
}
_HERE = " of workspace 'w'"
_S = f"session 's'{_HERE}"


def _w(world: Any) -> Any:
    return world["workspaces"]["w"]


def _s(world: Any) -> Any:
    return _w(world)["sessions"][0]


def _delete(world: Any) -> None:
    _s(world)["is_active"] = False
    world["purges"] = [{"workspace": "w", "session": "s"}]


_CHANGES: list[tuple[Any, list[str]]] = [
    (
        lambda world: _w(world)["work"][0].update(pending=1, completed=1),
        [f"the work on messages of peer 'al' in session 's'{_HERE}: 2 pending became 1 pending, 1 completed"],
    ),
    (
        lambda world: _w(world)["work"].pop(),
        [f"the work on dreams of peer 'bob' about 'al'{_HERE}: 1 in progress, 3 completed became none"],
    ),
    (
        lambda world: _w(world)["work"].append({"session": "t", "observed": "al", "pending": 1}),
        [f"the work on messages of peer 'al' in session 't'{_HERE}: none became 1 pending"],
    ),
    (lambda world: _w(world)["webhooks"].pop(), [f"webhook 'http://host/b'{_HERE} is gone"]),
    (
        lambda world: _w(world)["webhooks"][0].update(id="c"),
        [f"id of webhook 'http://host/a'{_HERE}: 'a' became 'c'"],
    ),
    (lambda world: _w(world)["webhooks"].reverse(), [f"the order of webhooks{_HERE} changed"]),
    (
        lambda world: _w(world)["webhooks"].append({"id": "c", "url": "http://c/", "created_at": "x"}),
        [f"webhook 'http://c/'{_HERE} was created"],
    ),
    (
        lambda world: world["workspaces"].update(v={"created_at": "x", "peers": [1]}),
        ["workspace 'v' was created, with 1 peer"],
    ),
    (lambda world: world["workspaces"].clear(), ["workspace 'w' is gone"]),
    (lambda world: _w(world).update(created_at="x"), ["workspace 'w' was created again, with 4 peers and 2 sessions"]),
    (lambda world: _w(world).update(metadata={"k": 1}), ["metadata of workspace 'w': {} became {'k': 1}"]),
    (lambda world: _w(world).update(is_active=False), ["workspace 'w' was deleted, and awaits its purge"]),
    (
        lambda world: _w(world)["peers"][1].update(configuration={"k": 1}),
        [f"configuration of peer 'bob'{_HERE}: {{}} became {{'k': 1}}"],
    ),
    (lambda world: _w(world)["peers"].reverse(), [f"the order of peers{_HERE} changed"]),
    (_delete, [f"{_S} was deleted, and awaits its purge"]),
    (lambda world: _w(world)["sessions"].pop(0), [f"{_S} is gone"]),
    (
        lambda world: _w(world)["sessions"].append({**_SESSION, "id": "new", "is_active": False}),
        [f"session 'new'{_HERE} was created, with 4 peers and 2 messages, and awaits its purge"],
    ),
    (lambda world: _w(world)["sessions"].reverse(), [f"the order of sessions{_HERE} changed"]),
    (
        lambda world: _s(world).update(metadata={"a": "b" * 90}),
        [f"metadata of {_S}: {{'a': 1}} became {{'a': '{'b' * 27}...{'b' * 28}'}}"],
    ),
    (
        lambda world: _s(world)["peers"].update(eve={}, kim={"observe_me": True}),
        [f"peer 'eve' joined {_S}", f"peer 'kim' joined {_S}, with {{'observe_me': True}}"],
    ),
    (lambda world: _s(world)["peers"].update(al={"present": False}), [f"peer 'al' left {_S}"]),
    (
        lambda world: _s(world)["peers"].update(al={"observe_me": False}),
        [f"settings of peer 'al' in {_S}: {{}} became {{'observe_me': False}}"],
    ),
    (lambda world: _s(world)["messages"].append({"id": "o", "content": "Hi"}), [f"1 message was added to {_S}: 'Hi'"]),
    (
        lambda world: _s(world)["peers"].update(new={"present": False}),
        [f"settings of peer 'new' in {_S}: None became {{'present': False}}"],
    ),
    (
        lambda world: _s(world)["peers"].pop("eve"),
        [f"settings of peer 'eve' in {_S}: {{'present': False}} became None"],
    ),
    (
        lambda world: _s(world)["messages"].insert(0, {"id": "o", "content": "Hi"}),
        [f"1 message was added to {_S}: 'Hi'", f"messages were inserted before others of {_S}"],
    ),
    (
        lambda world: _s(world)["messages"].extend({"id": id_, "content": id_} for id_ in "abcd"),
        [f"4 messages were added to {_S}: 'a', 'b', 'c', ..."],
    ),
    (lambda world: _s(world)["messages"].clear(), [f"2 messages were removed from {_S}: 'mmm', 'nnn'"]),
    (
        lambda world: _s(world)["messages"].reverse(),
        [f"the order of messages of {_S} changed"],
    ),
    (
        lambda world: _s(world)["messages"][0].update(metadata={"k": 1}),
        [f"metadata of message 'm' of {_S}: {{}} became {{'k': 1}}"],
    ),
]


@pytest.mark.parametrize(
    ("change", "told"), _CHANGES, ids=lambda value: str(value[0])[:50] if isinstance(value, list) else ""
)
def test_each_change_is_reported_in_a_sentence(change: Any, told: list[str]) -> None:
    changed = deepcopy(_WORLD)
    change(changed)
    assert differences(_WORLD, changed) == told


def test_tries_of_purges_and_their_order_are_told(start: Start) -> None:
    mock, client = start()
    for session in "st":
        client.call("POST", f"{_W}/sessions", {"id": session})
        client.call("DELETE", f"{_W}/sessions/{session}")
    before = mock.snapshot()
    mock.fail_purges(1, "s")
    mock.purge("s")
    [told] = mock.diff(before)
    assert told == (
        "the waiting purges changed: session 's' of workspace 'w', session 't' of workspace 'w' became "
        "session 't' of workspace 'w', session 's' of workspace 'w' (tried 1 time)"
    )
    assert Mock(world=mock.world()).pending() == mock.pending()


def test_two_snapshots_are_compared_in_the_workspaces_that_both_cover(start: Start) -> None:
    mock, client = start(world=_WORLD)
    everything, one, absent = mock.snapshot("everything"), mock.snapshot(workspace="w"), mock.snapshot(workspace="v")
    client.call("PUT", _W, {"metadata": {"k": 1}})
    client.call("PUT", "/v3/workspaces/v", {})
    changed, made = "metadata of workspace 'w': {} became {'k': 1}", "workspace 'v' was created"
    assert mock.diff("everything") == [changed, made]
    assert mock.diff(one) == mock.diff(one, mock.snapshot()) == [changed]
    assert mock.diff(absent) == [made]
    assert mock.diff(None, absent) == ["workspace 'v' is gone"]
    assert mock.diff(everything, one) == []
    with pytest.raises(ValueError, match="these snapshots are of two workspaces: 'v', 'w'"):
        mock.diff(one, absent)
    with pytest.raises(KeyError, match="there is no snapshot 'x'"):
        mock.diff("x")


def test_a_state_is_saved_to_a_file_and_loaded_without_touching_anything_else(start: Start, tmp_path: Path) -> None:
    mock, client = start(world=_WORLD, seed=1, purge_after=60)
    client.call("DELETE", f"{_W}/sessions/t")
    mock.save(tmp_path / "world.json")
    text = (tmp_path / "world.json").read_text(encoding="utf-8")
    world = mock.world()
    assert json.loads(text) == world
    assert text.startswith('{\n  "saved": true,\n  "workspaces": {')
    mock.purge()
    client.call("POST", "/v3/workspaces/v/sessions", {"id": "other"})
    clock = mock.clock.state()
    mock.load(tmp_path / "world.json")
    assert mock.clock.state() == clock
    assert mock.world() == world
    assert [(one.session, one.due is not None) for one in mock.pending()] == [("t", True)]
    with pytest.raises(WorldError, match="worlds: Extra inputs"):
        mock.load({"worlds": 1})
    assert mock.world() == world
    mock.reset()
    assert mock.world() == _WORLD


def test_a_world_of_the_state_is_the_callers_own() -> None:
    mock = Mock(world=_WORLD)
    _s(mock.world())["metadata"]["a"] = 2
    assert mock.world() == _WORLD
    with pytest.raises(KeyError, match="there is no workspace 'none'"):
        mock.world("none")
    with pytest.raises(KeyError, match="there is no workspace 5"):
        mock.world(cast("Any", 5))


def test_a_saved_world_keeps_its_order_where_the_clock_went_back(start: Start) -> None:
    mock, client = start()
    for year, name in ((2030, "first"), (2020, "second")):
        mock.clock.freeze(datetime(year, 1, 1, tzinfo=UTC))
        client.call("POST", f"{_W}/sessions", {"id": name, "peers": {name: {}}})
    assert public_state(Mock(world=mock.world())) == public_state(mock)
    sorted_by_age = DirectClient(create_app(Mock(world={**mock.world(), "saved": False})))
    assert [one["id"] for one in sorted_by_age.call("POST", f"{_W}/sessions/list").json["items"]] == ["second", "first"]


def test_a_clone_with_more_observers_than_a_request_could_bring_is_saved_all_the_same(start: Start) -> None:
    mock, client = start(quirks="live")
    for batch in "abc":
        observers = {f"{batch}{number}": {"observe_others": True} for number in range(6)}
        client.call("POST", f"{_W}/sessions", {"id": "s", "peers": observers})
        client.call("DELETE", f"{_W}/sessions/s/peers", list(observers))
    client.call("POST", f"{_W}/sessions/s/messages", {"messages": [{"peer_id": "a0", "content": ""}]})
    clone = client.call("POST", f"{_W}/sessions/s/clone").json["id"]
    assert client.call("GET", f"{_W}/sessions/{clone}/peers").json["total"] == 18
    assert public_state(Mock(world=mock.world())) == public_state(mock)


def test_an_id_that_came_again_after_ids_were_turned_back_is_saved_all_the_same(start: Start) -> None:
    mock, client = start(seed=1)
    said = {"messages": [{"peer_id": "bob", "content": "x"}]}
    empty = mock.snapshot()
    first = client.call("POST", f"{_W}/sessions/s/messages", said).json[0]["id"]
    one = mock.snapshot(workspace="w")
    mock.restore(empty)
    assert client.call("POST", "/v3/workspaces/v/sessions/s/messages", said).json[0]["id"] == first
    mock.restore(one)
    assert public_state(Mock(world=mock.world())) == public_state(mock)


def test_a_workspace_that_a_world_has_deleted_awaits_its_purge() -> None:
    world = {"workspaces": {"w": {"is_active": False, "sessions": [{"id": "s", "is_active": False}]}}}
    mock = Mock(world=world)
    assert [(one.workspace, one.session) for one in mock.pending()] == [("w", "s"), ("w", None)]
    assert mock.purge() == 2
    assert list(mock.store.workspaces) == []
    ordered = Mock(world={**world, "purges": [{"workspace": "w", "tries": 2}]})
    assert [(one.session, one.tries) for one in ordered.pending()] == [(None, 2), ("s", 0)]


@pytest.mark.parametrize("purge", [{"workspace": "v"}, {"workspace": "w"}, {"workspace": "w", "session": "s"}])
def test_a_purge_of_an_active_or_missing_part_is_refused(purge: dict[str, str]) -> None:
    with pytest.raises(
        WorldError, match=r"world: purges\[0\]: the world has no such workspace or session with is_active false"
    ):
        Mock(world={"workspaces": {"w": {"sessions": [{"id": "s"}]}}, "purges": [purge]})


def test_one_workspace_goes_back_to_its_start_and_all_else_stays(start: Start) -> None:
    initial = {"workspaces": {"a": {}, "w": {"sessions": [{"id": "s"}, {"id": "t", "is_active": False}]}, "z": {}}}
    mock, client = start(world=initial)
    seen, world = public_state(mock), mock.world("w")
    client.call("DELETE", f"{_W}/sessions/s")
    mock.purge("t")
    client.call("PUT", "/v3/workspaces/new", {})
    client.call("POST", "/v3/workspaces/new/sessions", {"id": "s"})
    client.call("DELETE", "/v3/workspaces/new/sessions/s")
    clock = mock.clock.state()
    mock.reset(workspace="w")
    assert mock.world("w") == world
    assert mock.clock.state() == clock
    assert [(one.workspace, one.session) for one in mock.pending()] == [("new", "s"), ("w", "t")]
    mock.reset(workspace="new")
    assert public_state(mock) == seen
    mock.reset(workspace="none")
    assert public_state(mock) == seen


def test_loading_a_world_forgets_what_waited() -> None:
    mock, client = _client_of(Mock(purge_after=60))
    client.call("POST", "/v3/workspaces/w/sessions", {"id": "s"})
    client.call("DELETE", "/v3/workspaces/w/sessions/s")
    mock.load({"workspaces": {"w": {"sessions": [{"id": "s"}]}}})
    assert mock.pending() == []


def test_a_reset_of_a_workspace_forgets_what_was_to_fail_in_it() -> None:
    mock, client = _client_of(Mock())
    mock.fail_purges(5, workspace="w")
    mock.reset(workspace="w")
    client.call("POST", "/v3/workspaces/w/sessions", {"id": "s"})
    client.call("DELETE", "/v3/workspaces/w/sessions/s")
    assert mock.purge() == 1


def test_a_fork_has_the_options_in_force_and_those_to_go_back_to() -> None:
    mock = Mock(quirks="live")
    mock.reset(quirks="none", purge_after=5, world={"workspaces": {"w": {}}}, journal_entries=3)
    fork = mock.fork()
    assert (fork.quirks.created_status, fork.store.purges.after, list(fork.store.workspaces)) == (False, 5, ["w"])
    fork.load({"workspaces": {}})
    fork.reset(workspace="w")
    assert list(fork.store.workspaces) == ["w"]
    fork.reset()
    assert (fork.quirks.created_status, list(fork.store.workspaces)) == (True, [])


def test_a_difference_of_types_is_one() -> None:
    """The API compares as Python does, so an update from 1 to True alone changes nothing."""
    mock, client = _client_of(Mock())
    client.call("POST", "/v3/workspaces", {"id": "w", "metadata": {"a": 1}})
    before = mock.snapshot()
    for value, there in ((True, 1), (1.0, 1), (1, 0)):
        for metadata in ({}, {"a": value}):
            client.call("PUT", "/v3/workspaces/w", {"metadata": metadata})
        assert len(mock.diff(before)) == there


def _client_of(mock: Mock) -> tuple[Mock, DirectClient]:
    return mock, DirectClient(create_app(mock))


def test_a_session_that_was_saved_with_too_many_observers_lets_nobody_in_and_changes_nothing() -> None:
    """As the API counts whenever peers are named, those who are in already too."""
    peers = {f"p{number}": {"observe_others": True} for number in range(12)}
    mock = Mock(
        world={
            "saved": True,
            "workspaces": {"w": {"peers": [{"id": id_} for id_ in peers], "sessions": [{"id": "s", "peers": peers}]}},
        }
    )
    client, before = DirectClient(create_app(mock)), mock.snapshot()
    for path, body in (
        ("/sessions", {"id": "s", "peers": {"p1": {}}, "metadata": {"a": 1}}),
        ("/sessions/s/messages", {"messages": [{"content": "x", "peer_id": "p1"}]}),
    ):
        answer = client.call("POST", _W + path, body)
        assert (answer.status, "12 observers" in answer.json["detail"]) == (400, True)
    assert mock.diff(before) == []
    assert client.call("POST", f"{_W}/sessions", {"id": "s"}).status == 200
