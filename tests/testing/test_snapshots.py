"""A snapshot is a state to go back to: in any order, as often as one likes, whatever happened in between."""

import gc
from datetime import UTC, datetime
from typing import Any, cast
from weakref import ref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mockserver import Mock, create_app
from mockserver.domain.clock import microseconds
from mockserver.domain.schedule import Target
from mockserver.testing.snapshots import Snapshot
from support.direct_client import Answer, DirectClient
from support.examples import examples
from support.public_state import public_state
from support.random_steps import StepRunner, first_steps, steps
from support.started_mock import Start

_W = "/v3/workspaces/w"


def _of(workspace: str, seen: Any) -> Any:
    """What of all answers is about one workspace."""
    prefix = f"/v3/workspaces/{workspace}/"
    return [entry for entry in seen if isinstance(entry, tuple) and str(entry[0]).startswith(prefix)]


class Histories(RuleBasedStateMachine):
    """Snapshots of everything and of one workspace, each with all that was answered when it was taken."""

    @initialize(
        seed=st.sampled_from([None, 3]), wait=st.sampled_from([None, 60]), quirks=st.sampled_from(["none", "live"])
    )
    def start(self, seed: int | None, wait: int | None, quirks: str) -> None:
        self.runner = StepRunner(Mock(seed=seed, purge_after=wait, work_after=wait, quirks=quirks))
        self.mock = self.runner.mock
        self.runner.run(first_steps)
        self.taken: list[tuple[Snapshot, Any]] = []
        self.fork: tuple[Mock, Any] | None = None

    @rule(chosen=st.lists(steps, min_size=1, max_size=6))
    def go_on(self, chosen: list[tuple[Any, ...]]) -> None:
        self.runner.run(chosen)

    @rule(workspace=st.sampled_from([None, None, "w", "v"]))
    def take(self, workspace: str | None) -> None:
        before = public_state(self.mock)
        self.taken.append((self.mock.snapshot(workspace=workspace), before))
        assert public_state(self.mock) == before

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def go_back(self, data: st.DataObject) -> None:
        snapshot, then = data.draw(st.sampled_from(self.taken), label="taken")
        elsewhere = [_of(other, public_state(self.mock)) for other in ("w", "v") if other != snapshot.workspace]
        self.mock.restore(snapshot)
        now = public_state(self.mock)
        if snapshot.workspace is None:
            assert now == then
        else:
            assert _of(snapshot.workspace, now) == _of(snapshot.workspace, then)
            assert [one for one in now[0] if one[0] == snapshot.workspace] == [
                one for one in then[0] if one[0] == snapshot.workspace
            ]
            assert [_of(other, now) for other in ("w", "v") if other != snapshot.workspace] == elsewhere

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        del self.taken[data.draw(st.integers(0, len(self.taken) - 1), label="dropped")]

    @rule()
    def reset(self) -> None:
        self.mock.reset()
        self.runner.run(first_steps)

    @rule(chosen=st.lists(steps, min_size=1, max_size=6))
    def split(self, chosen: list[tuple[Any, ...]]) -> None:
        """Fork, and change the fork. It shares much with the original, which goes on with its snapshots."""
        self.teardown()
        before = public_state(self.mock)
        fork = self.mock.fork()
        assert public_state(fork) == before
        StepRunner(fork, self.runner).run(chosen)
        assert public_state(self.mock) == before
        self.fork = fork, public_state(fork)

    def teardown(self) -> None:
        """The last fork is as it was."""
        if self.fork is not None:
            fork, then = self.fork
            assert public_state(fork) == then

    @invariant()
    def going_back_to_the_present_changes_nothing(self) -> None:
        before = public_state(self.mock)
        self.mock.restore(self.mock.snapshot())
        assert public_state(self.mock) == before

    @invariant()
    def each_session_has_the_ids_of_its_conclusions(self) -> None:
        for workspace in self.mock.store.directory:
            known = workspace.extras.deleted | workspace.extras.conclusions
            for session_id, session in workspace.sessions.items():
                assert set(session.conclusions) == {
                    id_ for id_, row in known.items() if row["session_id"] == session_id
                }


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=examples(8, brief=2), stateful_step_count=25)


def _said_in(answers: list[Answer]) -> list[tuple[int, bytes]]:
    """What was answered, apart from the numbers of earlier requests in the diagnoses: those run on."""
    return [(answer.status, answer.body) for answer in answers]


_unfailing = steps.filter(lambda step: step[0] != "fail")  # what is to fail is no part of a snapshot


@given(
    st.lists(_unfailing, max_size=12), st.lists(_unfailing, min_size=1, max_size=12), st.sampled_from(["none", "live"])
)
def test_a_seeded_run_from_a_snapshot_repeats_to_the_byte(
    before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], quirks: str
) -> None:
    runner = StepRunner(Mock(seed=1, purge_after=2, work_after=2, quirks=quirks))
    runner.run([*first_steps, *before])
    snapshot = runner.mock.snapshot()
    first = _said_in(StepRunner(runner.mock, runner).run(after))
    end = public_state(runner.mock), runner.mock.pending(), runner.mock.store.backlog.waiting(Target())
    runner.mock.purge()
    runner.mock.work()
    runner.mock.restore(snapshot)
    assert _said_in(StepRunner(runner.mock, runner).run(after)) == first
    again = public_state(runner.mock), runner.mock.pending(), runner.mock.store.backlog.waiting(Target())
    assert _without_orders(again) == _without_orders(end)


def _without_orders(state: Any) -> Any:
    """A state without the numbers of records and jobs, which nothing turns back."""
    seen, pending, work = state
    return seen, pending, [(job.due, job.workspace_id, job.session_id) for job in work]


@given(st.lists(steps, max_size=12), st.lists(steps, max_size=12), st.sampled_from([None, 5]))
def test_a_fork_and_its_original_go_on_alike_and_do_not_see_each_other(
    before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], seed: int | None
) -> None:
    if seed is None:  # Without a seed two clocks that run give two times.
        after = [step for step in after if step[0] != "resume"]
    runner = StepRunner(Mock(seed=seed, purge_after=2, work_after=2))
    runner.run([*first_steps, *before])
    runner.mock.clock.freeze()
    seen = public_state(runner.mock)
    fork = runner.mock.fork()
    assert public_state(fork) == seen
    run = [answer.body for answer in StepRunner(fork, runner).run([*after, ("purge", None)])]
    assert public_state(runner.mock) == seen
    there = public_state(fork)
    assert [answer.body for answer in runner.run([*after, ("purge", None)])] == run
    assert public_state(runner.mock) == public_state(fork) == there


def _said(mock: Mock) -> tuple[Mock, DirectClient]:
    client = DirectClient(create_app(mock))
    client.call("POST", f"{_W}/sessions/s/messages", {"messages": [{"content": "x", "peer_id": "bob"}]})
    return mock, client


def test_snapshots_have_names_until_they_are_forgotten() -> None:
    mock, client = _said(Mock())
    first = mock.snapshot("first")
    client.call("POST", f"{_W}/sessions", {"id": "t"})
    second = mock.snapshot("second")
    assert mock.snapshots() == [first, second]
    mock.restore("first")
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 1
    mock.restore("second")
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 2
    mock.forget_snapshot("first")
    assert mock.snapshots() == [second]
    again = mock.snapshot("second")
    assert mock.snapshots() == [again] != [second]
    mock.reset()
    assert mock.snapshots() == []
    mock.restore(first)
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 1


def test_each_workspace_has_names_of_its_own_for_its_snapshots() -> None:
    mock, client = _said(Mock())
    client.call("POST", "/v3/workspaces/v/sessions", {"id": "s"})
    for workspace in ("w", "v"):
        mock.snapshot("before", workspace=workspace)
    for workspace in ("w", "v"):
        client.call("DELETE", f"/v3/workspaces/{workspace}/sessions/s")
    with pytest.raises(ValueError, match="several workspaces have a snapshot 'before': 'w', 'v'; pass workspace"):
        mock.restore("before")
    mock.restore("before", workspace="w")
    assert [job.workspace for job in mock.pending()] == ["v"]
    assert [one.workspace for one in mock.snapshots("v")] == ["v"]
    mock.forget_snapshot("before", workspace="w")
    mock.restore("before")
    assert mock.pending() == []
    mock.reset(workspace="v")
    assert mock.snapshots() == []


def test_a_snapshot_under_another_seed_turns_back_neither_clock_nor_ids() -> None:
    mock = Mock()
    of_real_time = mock.snapshot()
    mock.reset(seed=1)
    mock.restore(of_real_time)
    assert mock.clock.moment.year == 2026
    seeded = mock.snapshot()
    mock.reset(seed=2)
    run = [mock.store.ids.new() for _ in range(3)]
    mock.restore(seeded)
    assert mock.store.ids.new() not in run
    mock.reset()
    mock.restore(seeded)
    first = mock.store.ids.new()
    mock.restore(seeded)
    assert mock.store.ids.new() != first


def test_what_is_no_snapshot_of_this_mock_is_refused() -> None:
    mock, client = _said(Mock())
    mock.snapshot("known")
    for wrong, complaint in (
        ("other", "there is no snapshot 'other'; known: 'known'"),
        (Mock().snapshot("theirs"), "Snapshot.*theirs.* belongs to another mock"),
        (mock.fork().snapshot(), "belongs to another mock"),
        (5, "expected a snapshot or its name: 5"),
    ):
        with pytest.raises((ValueError, KeyError), match=complaint):
            mock.restore(cast("Any", wrong))
    with pytest.raises(KeyError, match="there is no snapshot 'x'; known: none"):
        Mock().forget_snapshot("x")
    for name in ("", 5):
        with pytest.raises(ValueError, match="a name must be a string of 1 to 100"):
            mock.snapshot(cast("Any", name))
    with pytest.raises(ValueError, match="workspace must be an id or None"):
        mock.snapshot(workspace=cast("Any", 5))
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 1


def test_the_state_of_one_workspace_comes_and_goes_at_its_place(start: Start) -> None:
    mock, client = start(seed=1)
    absent = mock.snapshot(workspace="b")
    for workspace in "abc":
        client.call("POST", "/v3/workspaces", {"id": workspace})
    there = mock.snapshot(workspace="b")
    made = client.call("POST", "/v3/workspaces/a/sessions/s/clone")

    def listed() -> list[str]:
        return [one["id"] for one in client.call("POST", "/v3/workspaces/list").json["items"]]

    mock.restore(absent)
    assert listed() == ["a", "c"]
    client.call("PUT", "/v3/workspaces/b", {"metadata": {"other": 1}})
    assert listed() == ["a", "c", "b"]
    mock.restore(there)
    assert listed() == ["a", "b", "c"]
    assert made.status == 404


def test_an_id_of_a_seed_comes_again_only_where_everything_was_turned_back() -> None:
    for seed, workspace, repeats in ((1, None, True), (1, "w", False), (None, None, False)):
        mock, client = _said(Mock(seed=seed))
        snapshot = mock.snapshot(workspace=workspace)
        made = client.call("POST", f"{_W}/sessions/s/clone").json["id"]
        mock.restore(snapshot)
        assert (client.call("POST", f"{_W}/sessions/s/clone").json["id"] == made) is repeats


def test_a_clock_that_stood_still_does_so_again_and_one_that_ran_runs_as_far_advanced() -> None:
    mock = Mock()
    mock.clock.advance(1_000_000)
    running = mock.snapshot()
    start = mock.clock.now()
    mock.clock.freeze(datetime(2100, 1, 1, tzinfo=UTC))
    frozen = mock.snapshot()
    mock.clock.advance(5)
    one = mock.snapshot(workspace="w")
    mock.restore(frozen)
    assert mock.clock.now() == mock.clock.now()
    assert (mock.clock.now() + 5_000_000) == one.moment
    mock.restore(one)
    assert (mock.clock.now() + 5_000_000) == one.moment
    mock.restore(running)
    assert start < mock.clock.now() < start + 60_000_000


def test_a_purge_waits_as_long_as_it_still_had_to() -> None:
    mock, client = _said(Mock(purge_after=1_000))
    mock.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    client.call("DELETE", f"{_W}/sessions/s")
    mock.clock.advance(4)
    everything, one = mock.snapshot(), mock.snapshot(workspace="w")
    mock.clock.advance(100)
    mock.restore(one)
    assert [purge.due for purge in mock.pending()] == [datetime(2030, 1, 1, 0, 18, 20, tzinfo=UTC)]
    mock.restore(everything)
    assert [purge.due for purge in mock.pending()] == [datetime(2030, 1, 1, 0, 16, 40, tzinfo=UTC)]
    mock.clock.resume()
    running = mock.snapshot()
    mock.clock.advance(5)
    mock.restore(running)
    mock.clock.freeze()
    [waiting] = mock.pending()
    assert waiting.due is not None
    assert 900_000_000 < microseconds(waiting.due) - mock.clock.now() <= 996_000_000


def test_rows_are_shared_and_what_nobody_holds_is_freed_at_once() -> None:
    gc.disable()
    try:
        mock, client = _said(Mock())
        row = mock.store.workspaces["w"].sessions["s"].messages[0]
        snapshots = [mock.snapshot()]
        for number in range(4):
            client.call("POST", f"{_W}/sessions", {"id": f"s{number}", "peers": {"bob": {}}})
            snapshots.append(mock.snapshot())
        versions = [ref(snapshot.versions[0][1]) for snapshot in snapshots]
        mock.restore(snapshots[2])
        mock.restore(snapshots[1])
        assert mock.store.workspaces["w"].sessions["s"].messages[0] is row
        assert mock.fork().store.workspaces["w"].sessions["s"].messages[0] is row
        del snapshots[2:]
        assert [version() is not None for version in versions] == [True, True, False, False, False]
        store = ref(mock.store)
        snapshots.clear()
        assert not any(version() for version in versions)
        mock.reset()
        assert store() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "change",
    [
        ("workspace", "w", {"v": 1}, {}),
        ("workspace", "new", None, {}),
        ("peer", "w", "bob", {"v": 1}),
        ("peer", "w", "new", None),
        ("session", "w", "a", {"v": 1}, {}, {}),
        ("session", "w", "new", None, {}, {"bob": {}}),
        ("say", "w", "a", [("bob", "more", None)]),
        ("annotate", "w", "a", 0, {"v": 1}),
        ("configure", "w", "a", "bob", {"observe_me": True}),
        ("set", "w", "a", {"eve": {}}),
        ("leave", "w", "a", "bob"),
        ("clone", "w", "a", None),
        ("delete", "w", "a"),
        ("delete_workspace", "gone"),
        ("purge", None),
        ("purge", "w"),
        ("dream", "w", "bob", "al"),
        ("work", "w", None),
        ("begin", None, 1),
        ("webhook", "w", 1),
        ("drop_webhook", "w", 0),
    ],
    ids=lambda change: " ".join(map(str, change[:2])),
)
def test_each_change_is_undone_and_done_again_as_often_as_one_likes(change: tuple[Any, ...]) -> None:
    runner = StepRunner(Mock())
    runner.run([*first_steps, ("delete", "w", "b"), ("workspace", "gone", None, {}), ("delete_workspace", "gone")])
    mock = runner.mock
    before, seen = mock.snapshot(), public_state(mock)
    for _ in range(2):
        runner.run_one(change)
        after, changed = mock.snapshot(), public_state(mock)
        assert changed != seen
        for _ in range(2):
            mock.restore(before)
            assert public_state(mock) == seen
            mock.restore(after)
            assert public_state(mock) == changed
        mock.restore(before)
        runner.run_one(change)
        mock.restore(before)
        assert public_state(mock) == seen


def test_a_difference_of_the_present_state_with_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="diff needs a snapshot, or its name: None is the present state"):
        Mock().diff(None)


def _joins(client: DirectClient, peer: str) -> None:
    message = {"peer_id": peer, "content": f"of {peer}"}
    client.call("POST", f"{_W}/sessions/s/messages", {"messages": [message]})


def _heard(mock: Mock) -> tuple[list[str], list[str]]:
    session = mock.store.workspaces["w"].sessions["s"]
    return [*session.members], [row["content"] for row in session.messages]


@pytest.mark.parametrize("is_changed", ["the fork", "the original"])
def test_a_fork_shares_what_a_session_holds_until_one_of_them_changes(is_changed: str) -> None:
    mock, client = _said(Mock())
    fork = mock.fork()
    session, twin = (one.store.workspaces["w"].sessions["s"] for one in (mock, fork))
    assert twin.messages is session.messages
    assert twin.members is session.members
    _joins(DirectClient(create_app(fork)) if is_changed == "the fork" else client, "eve")
    alone, joined = (["bob"], ["x"]), (["bob", "eve"], ["x", "of eve"])
    assert (_heard(mock), _heard(fork)) == ((alone, joined) if is_changed == "the fork" else (joined, alone))


def test_a_fork_does_not_see_what_changes_after_its_original_went_back_and_forth() -> None:
    mock, client = _said(Mock())
    older = mock.snapshot()
    _joins(client, "al")
    newer = mock.snapshot()
    fork = mock.fork()
    then = _heard(fork)
    for snapshot in (older, newer):
        mock.restore(snapshot)
        _joins(client, "eve")
    assert _heard(fork) == then == (["bob", "al"], ["x", "of al"])
    assert _heard(mock) == (["bob", "al", "eve"], ["x", "of al", "of eve"])


def test_a_session_that_is_purged_after_a_fork_is_freed() -> None:
    mock, client = _said(Mock())
    client.call("DELETE", f"{_W}/sessions/s")
    fork = mock.fork()
    row = mock.store.workspaces["w"].sessions["s"].row
    assert mock.purge() == 1
    assert (list(mock.store.workspaces["w"].sessions), mock.store.workspaces["w"].history.lent) == ([], set())
    assert fork.store.workspaces["w"].sessions["s"].row is row
