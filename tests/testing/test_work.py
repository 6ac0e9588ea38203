"""The queue: what raises a unit of work, what becomes of it, and when a queue is empty."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockserver import Mock, create_app
from support.direct_client import DirectClient
from support.discarded_deliveries import discard_deliveries
from support.examples import examples
from support.started_mock import Start, start_mock

_W = "/v3/workspaces/w"
_COUNTS = ("pending", "in_progress", "completed")


def _say(client: DirectClient, *senders: str, session: str = "s", workspace: str = "w", **more: Any) -> None:
    batch = [{"content": "x", "peer_id": sender, **more} for sender in senders]
    path = f"/v3/workspaces/{workspace}/sessions/{session}/messages"
    assert client.call("POST", path, {"messages": batch}).status == 201


def _dream(client: DirectClient, observer: str, observed: str | None = None, workspace: str = "w", **more: Any) -> int:
    body = {"observer": observer, "observed": observed, "dream_type": "omni", **more}
    return client.call("POST", f"/v3/workspaces/{workspace}/schedule_dream", body).status


def _status(client: DirectClient, workspace: str = "w", **query: str) -> tuple[int, int, int]:
    """How many units are pending, in progress and completed."""
    answer = client.call("GET", f"/v3/workspaces/{workspace}/queue/status", **query).json
    pending, in_progress, completed = (answer[f"{name}_work_units"] for name in _COUNTS)
    assert pending + in_progress + completed == answer["total_work_units"]
    return pending, in_progress, completed


_SAID = st.sampled_from([None, True, False])


def _reasoning(enabled: bool | None) -> dict[str, Any]:
    return {} if enabled is None else {"reasoning": {"enabled": enabled}}


@given(workspace=_SAID, session=_SAID, message=_SAID, member=_SAID, peer=_SAID)
def test_a_message_raises_a_unit_where_reasoning_is_on_and_its_sender_observed(
    start: Start,
    workspace: bool | None,
    session: bool | None,
    message: bool | None,
    member: bool | None,
    peer: bool | None,
) -> None:
    """The nearest that says something counts, of reasoning and of being observed; silence means yes."""
    _, client = start()
    client.call("POST", "/v3/workspaces", {"id": "w", "configuration": _reasoning(workspace)})
    client.call("POST", f"{_W}/peers", {"id": "bob", "configuration": {} if peer is None else {"observe_me": peer}})
    client.call(
        "POST",
        f"{_W}/sessions",
        {"id": "s", "configuration": _reasoning(session), "peers": {"bob": {"observe_me": member}}},
    )
    _say(client, "bob", configuration=_reasoning(message))
    reasons = next((said for said in (message, session, workspace) if said is not None), True)
    is_observed = next((said for said in (member, peer) if said is not None), True)
    assert _status(client) == (int(reasons and is_observed), 0, 0)


def test_what_a_message_raised_stays_whatever_is_configured_afterwards_and_a_clone_raises_nothing(start: Start) -> None:
    _, client = start()
    _say(client, "bob")
    client.call("PUT", _W, {"configuration": _reasoning(False)})
    client.call("PUT", f"{_W}/sessions/s/peers/bob/config", {"observe_me": False})
    client.call("POST", f"{_W}/sessions/s/clone")
    assert _status(client) == (1, 0, 0)


def test_the_parts_of_a_configuration_that_say_nothing_of_reasoning_do_not_count(start: Start) -> None:
    _, client = start()
    own = {"enabled": False, "reasoning": {"custom_instructions": "x"}, "summary": {"enabled": False}}
    client.call("POST", f"{_W}/sessions", {"id": "s", "configuration": own})
    _say(client, "bob", configuration={"reasoning": None})
    _say(client, "bob", configuration={"reasoning": {}})
    assert _status(client) == (2, 0, 0)


def test_the_status_is_narrowed_by_session_and_by_sender_or_observer(start: Start) -> None:
    """A sender has messages and dreams about it, an observer has dreams. A session has no dreams."""
    mock, client = start()
    _say(client, "bob", "bob", "al")
    _say(client, "bob", session="t")
    assert (_dream(client, "bob", "al"), _dream(client, "al", session_id="s")) == (204, 204)
    mock.work(units=1)
    assert _status(client) == (5, 0, 1)
    assert _status(client, session_id="s") == (2, 0, 1)
    assert _status(client, sender_id="bob") == (2, 0, 1)
    assert _status(client, sender_id="al") == (3, 0, 0)
    assert _status(client, sender_id="al", session_id="s") == (1, 0, 0)
    assert _status(client, observer_id="bob") == (1, 0, 0)
    assert _status(client, observer_id="bob", session_id="s") == (0, 0, 0)
    for nobody in ({"session_id": "none"}, {"sender_id": "none"}, {"observer_id": "none"}, {"workspace": "none"}):
        assert _status(client, **nobody) == (0, 0, 0)


_MAYBE = st.sampled_from([None, "", "bob", "al", "none"])


@given(sender=_MAYBE, observer=_MAYBE, session=st.sampled_from([None, "", "s", "t", "none"]))
def test_sender_and_observer_together_select_what_either_selects(
    start: Start, sender: str | None, observer: str | None, session: str | None
) -> None:
    """An empty id selects as no id does."""
    _, client = start()
    _say(client, "bob", "al")
    _say(client, "bob", session="t")
    _dream(client, "bob", "al")
    queues = [("s", None, "bob"), ("s", None, "al"), ("t", None, "bob"), (None, "bob", "al")]
    peers = [name for name in (sender, observer) if name]
    selected = [
        queue
        for queue in queues
        if session in (None, "", queue[0])
        and (not peers or (sender and queue[2] == sender) or (observer and queue[1] == observer))
    ]
    given_ids = {"sender_id": sender, "observer_id": observer, "session_id": session}
    query = {name: value for name, value in given_ids.items() if value is not None}
    assert _status(client, **query) == (len(selected), 0, 0)


def test_a_dream_that_waits_is_not_added_again_until_it_is_completed(start: Start) -> None:
    mock, client = start()
    client.call("POST", "/v3/workspaces", {"id": "w"})
    for _ in range(2):
        _dream(client, "bob")
        _dream(client, "bob", "bob", session_id="s")
        _dream(client, "bob", "al")
    assert _status(client) == (2, 0, 0)
    mock.begin_work(units=1)
    _dream(client, "bob", "al")
    assert _status(client) == (1, 1, 0)
    mock.work()
    _dream(client, "bob")
    assert _status(client) == (1, 0, 2)


def test_sessions_are_told_apart_by_ids_of_the_servers_own_which_stay(start: Start) -> None:
    mock, client = start()
    _say(client, "bob", "al")
    _say(client, "bob", session="t")
    _dream(client, "bob")
    client.call("POST", f"{_W}/sessions", {"id": "quiet"})

    def sessions(of: DirectClient, **query: str) -> Any:
        return of.call("GET", f"{_W}/queue/status", **query).json["sessions"]

    told = sessions(client)
    assert sorted(one["total_work_units"] for one in told.values()) == [1, 2]
    assert all(id_ == one["session_id"] and len(id_) == 21 for id_, one in told.items())
    assert sessions(client, sender_id="al").keys() < told.keys()
    assert sessions(DirectClient(create_app(Mock(world=mock.world())))) == told
    assert sessions(DirectClient(create_app(mock.fork()))) == told
    for query in ({"session_id": "s"}, {"observer_id": "bob"}, {"sender_id": "none"}):
        assert sessions(client, **query) is None


def test_a_dream_needs_a_workspace_and_is_of_the_observer_itself_where_nobody_is_named(start: Start) -> None:
    mock, client = start()
    assert _dream(client, "bob") == 404
    client.call("POST", "/v3/workspaces", {"id": "w"})
    for observed in (None, "bob"):
        assert _dream(client, "bob", observed) == 204
    assert mock.world()["workspaces"]["w"]["work"] == [{"observer": "bob", "observed": "bob", "pending": 1}]


def test_work_is_done_in_turn_what_is_begun_first_and_dreams_last(start: Start) -> None:
    mock, client = start()
    _dream(client, "bob", workspace="w")
    client.call("POST", "/v3/workspaces", {"id": "w"})
    _dream(client, "bob")
    _say(client, "al", session="z-old")
    _say(client, "bob", "bob", session="a-young")
    _say(client, "bob", "al", "bob", session="z-old")
    assert mock.begin_work("a-young", units=1) == 1
    done: list[tuple[int, ...]] = []
    for _ in range(7):
        assert mock.work(units=1) == 1
        completed = [_status(client, session_id=name)[2] for name in ("z-old", "a-young")]
        done.append((*completed, _status(client, session_id="a-young")[1]))
    assert done == [(1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 0, 1), (4, 1, 0), (4, 2, 0), (4, 2, 0)]
    assert _status(client) == (0, 0, 7)
    assert (mock.work(), mock.begin_work()) == (0, 0)


def test_in_a_session_those_who_were_made_first_come_first(start: Start) -> None:
    mock, client = start()
    client.call("POST", f"{_W}/peers", {"id": "zoe"})
    _say(client, "al", "zoe")
    for completed in ({"zoe"}, {"zoe", "al"}):
        mock.work(units=1)
        assert {sender for sender in ("al", "zoe") if _status(client, sender_id=sender)[2]} == completed


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({}, {}),
        ({"session": "s"}, {"w dreams": 1}),
        ({"session": "s", "workspace": "w"}, {"v s": 1, "w dreams": 1}),
        ({"workspace": "w"}, {"v s": 1}),
        ({"workspace": "none"}, {"w s": 1, "v s": 1, "w dreams": 1}),
        ({"units": 0}, {"w s": 1, "v s": 1, "w dreams": 1}),
    ],
)
@pytest.mark.parametrize("method", ["work", "begin_work"])
def test_just_what_is_named_is_worked_on(
    start: Start, method: str, named: dict[str, Any], left: dict[str, int]
) -> None:
    mock, client = start()
    for workspace in ("w", "v"):
        _say(client, "bob", workspace=workspace)
    _dream(client, "bob")
    assert getattr(mock, method)(**named) == 3 - len(left)
    pending = {
        "w s": _status(client, session_id="s")[0],
        "v s": _status(client, "v")[0],
        "w dreams": _status(client, observer_id="bob")[0],
    }
    assert {place: count for place, count in pending.items() if count} == left


@pytest.mark.parametrize("units", [-1, 1.5, True, "2"])
def test_so_many_units_are_a_whole_number(start: Start, units: Any) -> None:
    mock, client = start()
    _say(client, "bob")
    for method in (mock.work, mock.begin_work):
        with pytest.raises(ValueError, match="units must be an integer of at least 0"):
            method(units=units)
        with pytest.raises(ValueError, match="session must be an id or None: 5"):
            method(cast("Any", 5))
    assert _status(client) == (1, 0, 0)


def test_the_work_of_a_session_goes_with_its_purge_and_dreams_with_the_workspace(start: Start) -> None:
    mock, client = start()
    _say(client, "bob", "al")
    _say(client, "bob", session="t")
    _dream(client, "bob")
    client.call("DELETE", f"{_W}/sessions/s")
    assert _status(client) == (4, 0, 0)
    mock.purge()
    assert (_status(client), _status(client, session_id="s")) == ((2, 0, 0), (0, 0, 0))
    client.call("DELETE", f"{_W}/sessions/t")
    client.call("DELETE", _W)
    mock.purge()
    client.call("POST", "/v3/workspaces", {"id": "w"})
    assert _status(client) == (0, 0, 0)


# By the clock.


def _clocked(start: Start, after: float = 10, **options: Any) -> tuple[Mock, DirectClient]:
    mock, client = start(work_after=after, **options)
    mock.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    return mock, client


def test_work_is_done_with_the_first_request_after_its_time_all_that_waits_in_the_session(start: Start) -> None:
    mock, client = _clocked(start)
    _say(client, "bob")
    _dream(client, "bob")
    mock.clock.advance(4)
    _say(client, "al")
    _say(client, "al", session="t")
    mock.begin_work(session="s", units=1)
    mock.clock.advance(5.999999)
    assert _status(client) == (3, 1, 0)
    mock.clock.advance(0.000001)
    assert _status(client) == (1, 0, 3)
    mock.clock.advance(4)
    assert _status(client) == (0, 0, 4)


def test_work_that_comes_after_its_session_was_worked_on_waits_anew(start: Start) -> None:
    mock, client = _clocked(start)
    options: list[dict[str, Any]] = [{}, {"session": "s"}, {"units": 1}]
    for option in options:
        _say(client, "bob")
        mock.clock.advance(6)
        assert mock.work(**option) == 1
        _say(client, "bob")
        mock.clock.advance(6)
        assert _status(client)[0] == 1
        mock.clock.advance(4)
        assert _status(client)[0] == 0


def test_work_of_what_is_gone_is_not_done_on_what_came_under_its_id(start: Start) -> None:
    mock, client = _clocked(start)
    _say(client, "bob")
    client.call("DELETE", f"{_W}/sessions/s")
    mock.purge()
    mock.clock.advance(6)
    _say(client, "bob")
    mock.clock.advance(6)
    assert _status(client) == (1, 0, 0)
    mock.clock.advance(4)
    assert _status(client) == (0, 0, 1)


def test_a_restored_session_waits_as_long_as_it_still_had_to(start: Start) -> None:
    mock, client = _clocked(start)
    _say(client, "bob")
    mock.clock.advance(4)
    everything, one = mock.snapshot(), mock.snapshot(workspace="w")
    mock.clock.advance(100)
    assert _status(client) == (0, 0, 1)
    for snapshot in (one, everything):
        mock.restore(snapshot)
        mock.clock.advance(5)
        assert _status(client) == (1, 0, 0)
        mock.clock.advance(1)
        assert _status(client) == (0, 0, 1)


def test_work_of_a_loaded_world_waits_from_its_loading_and_that_of_before_is_forgotten(start: Start) -> None:
    mock, client = _clocked(start)
    _say(client, "bob")
    _dream(client, "bob")
    _say(client, "al", session="done")
    mock.work("done")
    world = mock.world()
    mock.clock.advance(6)
    mock.load(world)
    mock.clock.advance(6)
    assert _status(client) == (2, 0, 1)
    mock.clock.advance(4)
    assert _status(client) == (0, 0, 3)
    assert mock.store.backlog.jobs == []
    for _ in range(2):
        mock.load(world)
        assert len(mock.store.backlog.jobs) == 2
    mock.reset(workspace="w")
    assert mock.store.backlog.jobs == []


def test_a_fork_waits_alike(start: Start) -> None:
    mock, client = _clocked(start)
    _say(client, "bob")
    mock.clock.advance(6)
    fork = mock.fork()
    fork.clock.advance(4)
    other = DirectClient(create_app(fork))
    assert (_status(other), _status(client)) == ((0, 0, 1), (1, 0, 0))


def test_what_looks_at_the_state_sees_work_that_is_due(start: Start) -> None:
    mock, client = _clocked(start, after=0)
    _say(client, "bob")
    [queue] = mock.world()["workspaces"]["w"]["work"]
    assert queue == {"session": "s", "observed": "bob", "completed": 1}


@pytest.mark.parametrize("wait", [-1, float("inf"), float("nan"), "2"])
def test_work_waits_a_number_of_seconds(wait: Any) -> None:
    with pytest.raises(ValueError, match="work_after must be a number of seconds, at least 0, or None"):
        Mock(work_after=wait)


# Worlds.

_MESSAGES = [{"peer_id": peer_id, "content": ""} for peer_id in ("al", "stranger")]
_WORLD: dict[str, Any] = {"sessions": [{"id": "s", "peers": {"bob": {}, "stranger": None}, "messages": _MESSAGES}]}


@pytest.mark.parametrize(
    ("work", "complaint"),
    [
        ({"session": "s", "observed": "eve", "pending": 1}, "peer 'eve' was never in session 's'"),
        ({"session": "s", "observed": "stranger", "pending": 1}, "peer 'stranger' was never in session 's'"),
        ({"session": "t", "observed": "bob", "pending": 1}, "peer 'bob' was never in session 't'"),
        ({"observed": "bob", "pending": 1}, "a queue must have either session or observer"),
        (
            {"session": "s", "observer": "al", "observed": "bob", "pending": 1},
            "a queue must have either session or observer",
        ),
        ({"session": "s", "observed": "bob"}, "a queue must have at least one unit of work"),
        ({"session": "s", "observed": "bob", "completed": -1}, "greater than or equal to 0"),
    ],
)
def test_a_world_has_no_work_of_nobody_and_none_that_is_none(work: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r"world: workspaces.w.work\[0\]") as wrong:
        Mock(world={"workspaces": {"w": {**_WORLD, "work": [work]}}})
    assert complaint in str(wrong.value)


def test_a_world_has_a_queue_once(start: Start) -> None:
    queue = {"session": "s", "observed": "al", "pending": 1}
    with pytest.raises(ValueError, match=r"workspaces.w.work\[1\]: the same queue is listed twice"):
        Mock(world={"workspaces": {"w": {**_WORLD, "work": [queue, queue]}}})
    _, client = start(world={"workspaces": {"w": {**_WORLD, "work": [queue, {**queue, "observed": "bob"}]}}})
    assert _status(client) == (2, 0, 0)


# The laws of any run.

_sessions = st.sampled_from(["s", "t"])
_peers = st.sampled_from(["bob", "al"])
_limits = st.one_of(st.none(), st.integers(0, 4))


class Worked(RuleBasedStateMachine):
    """Queues against a model that is nothing but a list of units."""

    @initialize()
    def start(self) -> None:
        self.mock, self.client = start_mock(journal_entries=10_000)
        discard_deliveries(self.mock)
        self.client.call("POST", "/v3/workspaces", {"id": "w"})
        self.client.call("POST", f"{_W}/webhooks", {"url": "http://127.0.0.1:9/"})
        self.raised: Counter[tuple[str | None, str | None, str]] = Counter()
        self.open: Counter[tuple[str | None, str | None, str]] = Counter()
        self.emptied: Counter[tuple[str | None, str | None, str]] = Counter()

    @rule(senders=st.lists(_peers, min_size=1, max_size=3), session=_sessions)
    def say(self, senders: list[str], session: str) -> None:
        _say(self.client, *senders, session=session)
        for sender in senders:
            self.raised[session, None, sender] += 1
            self.open[session, None, sender] += 1

    @rule(observer=_peers, observed=_peers)
    def dream(self, observer: str, observed: str) -> None:
        _dream(self.client, observer, observed)
        if not self.open[None, observer, observed]:
            self.raised[None, observer, observed] += 1
            self.open[None, observer, observed] += 1

    @rule(session=st.one_of(st.none(), _sessions), units=_limits)
    def work(self, session: str | None, units: int | None) -> None:
        meant = sum(count for queue, count in self.open.items() if session in (None, queue[0]))
        before = self._by_queue()
        done = self.mock.work(session, units=units)
        assert done == (meant if units is None else min(units, meant))
        for queue, (_, _, completed) in self._by_queue().items():
            count = completed - before[queue][2]
            self.open[queue] -= count
            done -= count
            assert count == 0 or session in (None, queue[0])
            if count and not self.open[queue]:
                self.emptied[queue] += 1
        assert done == 0

    @rule(session=st.one_of(st.none(), _sessions), units=_limits)
    def begin(self, session: str | None, units: int | None) -> None:
        pending = sum(counts[0] for queue, counts in self._by_queue().items() if session in (None, queue[0]))
        assert self.mock.begin_work(session, units=units) == (pending if units is None else min(units, pending))

    @rule()
    def save_and_load(self) -> None:
        self.mock.load(self.mock.world())

    def _by_queue(self) -> dict[tuple[str | None, str | None, str], tuple[int, int, int]]:
        work = self.mock.world()["workspaces"]["w"].get("work", [])
        return {
            (queue.get("session"), queue.get("observer"), queue["observed"]): cast(
                "tuple[int, int, int]", tuple(queue.get(name, 0) for name in _COUNTS)
            )
            for queue in work
        }

    @invariant()
    def each_unit_that_was_raised_is_pending_in_progress_or_completed(self) -> None:
        queues = self._by_queue()
        assert {queue: sum(counts) for queue, counts in queues.items()} == dict(self.raised)
        assert {queue: counts[0] + counts[1] for queue, counts in queues.items()} == {
            queue: self.open[queue] for queue in self.raised
        }

    @invariant()
    def the_sessions_and_the_dreams_are_the_whole(self) -> None:
        status = self.client.call("GET", f"{_W}/queue/status").json
        sessions = list((status["sessions"] or {}).values())
        dreams = [self.client.call("GET", f"{_W}/queue/status", observer_id=peer).json for peer in ("bob", "al")]
        for name in ("total", *_COUNTS):
            parts = sum(part[f"{name}_work_units"] for part in [*sessions, *dreams])
            assert parts == status[f"{name}_work_units"]
        assert status["total_work_units"] == self.raised.total()

    @invariant()
    def an_empty_queue_is_told_just_once(self) -> None:
        told = [delivery.body["data"] for delivery in self.mock.deliveries]
        assert Counter((one["session_id"], one["observer"], one["observed"]) for one in told) == self.emptied
        assert all(
            (one["workspace_id"], one["queue_type"]) == ("w", "dream" if one["observer"] else "representation")
            for one in told
        )


TestWorked = Worked.TestCase
TestWorked.settings = settings(max_examples=examples(100), stateful_step_count=30)
