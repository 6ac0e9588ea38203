"""Deleting marks at once; the purge comes when it is due by the clock, or when it is asked for."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from mockserver import Mock, create_app
from support.direct_client import DirectClient
from support.started_mock import Start, StartedMock

_W = "/v3/workspaces/w"


def _with_session(started: StartedMock) -> StartedMock:
    started.client.call("POST", f"{_W}/sessions", {"id": "s", "peers": {"bob": {}}})
    return started


def _revive(client: DirectClient) -> int:
    return client.call("POST", f"{_W}/sessions", {"id": "s"}).status


def test_a_purge_that_is_due_runs_at_the_next_request(start: Start) -> None:
    mock, client = _with_session(start(purge_after=10))
    mock.clock.freeze()
    client.call("DELETE", f"{_W}/sessions/s")
    mock.clock.advance(9.999999)
    assert _revive(client) == 404
    mock.clock.advance(0.000001)
    assert _revive(client) == 200


def test_without_a_time_a_purge_waits_until_it_is_asked_for(start: Start) -> None:
    mock, client = _with_session(start())
    client.call("DELETE", f"{_W}/sessions/s")
    mock.clock.advance(10**9)
    assert _revive(client) == 404
    assert mock.purge() == 1
    assert _revive(client) == 200


def test_purging_forgets_messages_and_memberships_and_keeps_the_peers(start: Start) -> None:
    mock, client = _with_session(start())
    client.call("POST", f"{_W}/sessions/s/messages", {"messages": [{"content": "x", "peer_id": "bob"}]})
    client.call("DELETE", f"{_W}/sessions/s")
    assert client.call("POST", f"{_W}/peers/bob/sessions").json["total"] == 1
    mock.purge()
    assert client.call("POST", f"{_W}/peers/bob/sessions").json["total"] == 0
    assert client.call("POST", f"{_W}/peers/list").json["total"] == 1
    assert client.call("POST", f"{_W}/sessions/s/messages/list").json["total"] == 0


def test_a_workspace_goes_with_its_deleted_sessions(start: Start) -> None:
    mock, client = _with_session(start())
    assert client.call("DELETE", _W).status == 409
    client.call("DELETE", f"{_W}/sessions/s")
    assert [client.call("DELETE", _W).status for _ in range(2)] == [202, 202]
    assert mock.purge() == 3
    assert client.call("DELETE", _W).status == 404


def test_a_purge_that_was_overtaken_means_no_other_of_the_same_id(start: Start) -> None:
    mock, client = _with_session(start(purge_after=2))
    mock.clock.freeze()
    client.call("DELETE", f"{_W}/sessions/s")
    client.call("DELETE", _W)
    mock.clock.advance(1.5)
    client.call("DELETE", _W)
    mock.clock.advance(0.6)
    client.call("POST", f"{_W}/peers", {"id": "new"})
    mock.clock.advance(1.5)
    assert client.call("POST", f"{_W}/peers/list").json["total"] == 1


def test_purges_run_by_the_time_when_they_are_due_even_if_the_clock_went_back(start: Start) -> None:
    mock, client = _with_session(start(purge_after=5))
    client.call("DELETE", f"{_W}/sessions/s")
    client.call("POST", f"{_W}/sessions", {"id": "earlier"})
    mock.clock.freeze(datetime(2020, 1, 1, tzinfo=UTC))
    client.call("DELETE", f"{_W}/sessions/earlier")
    mock.clock.advance(5)
    assert client.call("POST", f"{_W}/sessions", {"id": "earlier"}).status == 200
    assert _revive(client) == 404


def test_asking_for_the_purge_counts_those_that_are_due_as_well(start: Start) -> None:
    mock, client = _with_session(start(purge_after=2))
    client.call("DELETE", f"{_W}/sessions/s")
    mock.clock.advance(3)
    assert client.call("POST", "/_mock/purge").json == {"purged": 1}


def test_what_a_world_has_deleted_waits_from_its_loading_and_again_from_each_reset(start: Start) -> None:
    mock, client = start(world={"workspaces": {"w": {"sessions": [{"id": "s", "is_active": False}]}}}, purge_after=2)
    for _ in range(2):
        assert _revive(client) == 404
        mock.clock.advance(3)
        assert _revive(client) == 200
        mock.clock.advance(1_000)
        mock.reset()


@pytest.mark.parametrize("revived", ["t", "s2"])
def test_a_workspace_that_is_in_use_again_outlives_its_purge(start: Start, revived: str) -> None:
    mock, client = _with_session(start())
    client.call("DELETE", f"{_W}/sessions/s")
    client.call("DELETE", _W)
    client.call("POST", f"{_W}/sessions", {"id": revived})
    mock.purge()
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 1


def _deleted(mock: Mock, *places: tuple[str, str]) -> DirectClient:
    client = DirectClient(create_app(mock))
    for workspace, session in places:
        client.call("POST", f"/v3/workspaces/{workspace}/sessions", {"id": session})
        client.call("DELETE", f"/v3/workspaces/{workspace}/sessions/{session}")
    return client


def _waiting(mock: Mock, workspace: str | None = None) -> list[tuple[str, str | None, int]]:
    return [(one.workspace, one.session, one.tries) for one in mock.pending(workspace)]


_PLACES = [("w", "s"), ("v", "s"), ("w", "t")]


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({}, []),
        ({"session": "s"}, [("w", "t"), ("w", None)]),
        ({"session": "s", "workspace": "w"}, [("v", "s"), ("w", "t"), ("w", None)]),
        ({"workspace": "w"}, [("v", "s")]),
        ({"workspace": "none"}, [*_PLACES, ("w", None)]),
        ({"session": "none"}, [*_PLACES, ("w", None)]),
    ],
)
def test_just_the_purges_that_are_named_are_carried_out(
    named: dict[str, str], left: list[tuple[str, str | None]]
) -> None:
    mock = Mock()
    _deleted(mock, *_PLACES).call("DELETE", _W)
    mock.hold_purges()
    assert mock.purge(**named) == 4 - len(left)
    assert [(one.workspace, one.session) for one in mock.pending()] == left
    assert _waiting(mock, "v") == [(*place, 0) for place in left if place[0] == "v"]


def test_what_waits_is_told_in_the_order_in_which_it_runs() -> None:
    mock = Mock(purge_after=5)
    mock.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    _deleted(mock, ("w", "late"))
    mock.clock.freeze(datetime(2020, 1, 1, tzinfo=UTC))
    _deleted(mock, ("w", "early"))
    assert mock.pending() == [
        ("w", "early", datetime(2020, 1, 1, 0, 0, 5, tzinfo=UTC), 0),
        ("w", "late", datetime(2030, 1, 1, 0, 0, 5, tzinfo=UTC), 0),
    ]


@pytest.mark.parametrize("wait", [None, 1e15])
def test_a_purge_that_never_comes_by_itself_is_due_at_no_time(wait: float | None) -> None:
    mock = Mock(purge_after=wait)
    _deleted(mock, ("w", "s"))
    assert [one.due for one in mock.pending()] == [None]


def test_purges_that_are_held_run_when_they_are_asked_for_or_released(start: Start) -> None:
    mock, client = _with_session(start(purge_after=0))
    mock.hold_purges()
    client.call("DELETE", f"{_W}/sessions/s")
    assert _revive(client) == 404
    assert mock.purge() == 1
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    client.call("DELETE", f"{_W}/sessions/s")
    assert _revive(client) == 404
    mock.release_purges()
    assert _revive(client) == 200


def test_a_purge_that_failed_is_due_again_after_the_same_wait(start: Start) -> None:
    mock, client = _with_session(start(purge_after=10))
    mock.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    client.call("DELETE", f"{_W}/sessions/s")
    mock.fail_purges(2)
    for tries in (1, 2):
        mock.clock.advance(10)
        assert _revive(client) == 404
        assert [(one.due, one.tries) for one in mock.pending()] == [
            (datetime(2030, 1, 1, 0, 0, 10 * (tries + 1), tzinfo=UTC), tries)
        ]
    mock.clock.advance(9)
    assert _revive(client) == 404
    mock.clock.advance(1)
    assert _revive(client) == 200


def test_a_purge_without_a_wait_is_tried_once_a_request(start: Start) -> None:
    mock, client = _with_session(start(purge_after=0, seed=1))
    client.call("DELETE", f"{_W}/sessions/s")
    mock.fail_purges(2)
    assert [_revive(client) for _ in range(3)] == [404, 404, 200]


def test_a_purge_that_failed_goes_to_the_end_and_is_not_counted() -> None:
    mock = Mock()
    _deleted(mock, *_PLACES)
    mock.fail_purges(1, "s", workspace="v")
    mock.fail_purges(1, workspace="w")
    assert mock.purge() == 1
    assert _waiting(mock) == [("w", "s", 1), ("v", "s", 1)]
    assert mock.purge() == 2


def test_a_reset_forgets_what_waits_is_held_and_is_to_fail(start: Start) -> None:
    mock, client = _with_session(start(purge_after=0))
    mock.hold_purges()
    mock.fail_purges(5)
    client.call("DELETE", f"{_W}/sessions/s")
    mock.reset()
    assert mock.pending() == []
    _revive(client)
    client.call("DELETE", f"{_W}/sessions/s")
    assert _revive(client) == 200


def test_nothing_waits_for_what_is_gone() -> None:
    mock = Mock(purge_after=5)
    mock.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    client = _deleted(mock, ("w", "s"))
    mock.clock.freeze(datetime(2020, 1, 1, tzinfo=UTC))
    client.call("DELETE", _W)
    mock.clock.advance(5)
    assert client.call("POST", "/v3/workspaces/list").json["total"] == 0
    assert mock.pending() == []


@pytest.mark.parametrize("times", [0, -1, 1.5, True, "2"])
def test_a_count_of_failures_is_an_integer_of_at_least_1(times: Any) -> None:
    mock = Mock()
    _deleted(mock, ("w", "s"))
    with pytest.raises(ValueError, match="times must be an integer of at least 1"):
        mock.fail_purges(times)
    assert mock.purge() == 1


def test_a_purge_is_named_by_text() -> None:
    for wrong in ({"session": 5}, {"workspace": 5}):
        with pytest.raises(ValueError, match="must be an id or None: 5"):
            Mock().purge(**cast("Any", wrong))


def test_purges_of_one_workspace_are_held_while_others_run(start: Start) -> None:
    mock, client = _with_session(start(purge_after=0))
    mock.hold_purges(workspace="w")
    client.call("POST", "/v3/workspaces/v/sessions", {"id": "s"})
    for workspace in ("w", "v"):
        client.call("DELETE", f"/v3/workspaces/{workspace}/sessions/s")
    client.call("GET", "/health")
    assert [(job.workspace, job.session) for job in mock.pending()] == [("w", "s")]
    mock.release_purges(workspace="v")
    assert _revive(client) == 404
    mock.release_purges(workspace="w")
    assert _revive(client) == 200
    mock.hold_purges(workspace="w")
    mock.hold_purges()
    mock.release_purges()
    client.call("DELETE", f"{_W}/sessions/s")
    assert _revive(client) == 200
    mock.hold_purges(workspace="w")
    mock.reset(workspace="w")
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    client.call("DELETE", f"{_W}/sessions/s")
    assert _revive(client) == 200
