"""Deleting marks at once; the purge comes when it is due by the clock, or when it is asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from direct import DirectClient
from mockserver import Mock, create_app

_W = "/v3/workspaces/w"


def _start(**options: Any) -> tuple[Mock, DirectClient]:
    mock = Mock(**options)
    client = DirectClient(create_app(mock))
    client.call("POST", f"{_W}/sessions", {"id": "s", "peers": {"bob": {}}})
    return mock, client


def _revive(client: DirectClient) -> int:
    return client.call("POST", f"{_W}/sessions", {"id": "s"}).status


def test_a_purge_that_is_due_runs_at_the_next_request() -> None:
    mock, client = _start(purge_after=10)
    mock.clock.freeze()
    client.call("DELETE", f"{_W}/sessions/s")
    mock.clock.advance(9.999999)
    assert _revive(client) == 404
    mock.clock.advance(0.000001)
    assert _revive(client) == 200


def test_without_a_time_a_purge_waits_until_it_is_asked_for() -> None:
    mock, client = _start()
    client.call("DELETE", f"{_W}/sessions/s")
    mock.clock.advance(10**9)
    assert _revive(client) == 404
    assert mock.purge() == 1
    assert _revive(client) == 200


def test_purging_forgets_messages_and_memberships_and_keeps_the_peers() -> None:
    mock, client = _start()
    client.call("POST", f"{_W}/sessions/s/messages", {"messages": [{"content": "x", "peer_id": "bob"}]})
    client.call("DELETE", f"{_W}/sessions/s")
    assert client.call("POST", f"{_W}/peers/bob/sessions").json["total"] == 1
    mock.purge()
    assert client.call("POST", f"{_W}/peers/bob/sessions").json["total"] == 0
    assert client.call("POST", f"{_W}/peers/list").json["total"] == 1
    assert client.call("POST", f"{_W}/sessions/s/messages/list").json["total"] == 0


def test_a_workspace_goes_with_its_deleted_sessions() -> None:
    mock, client = _start()
    assert client.call("DELETE", _W).status == 409
    client.call("DELETE", f"{_W}/sessions/s")
    assert [client.call("DELETE", _W).status for _ in range(2)] == [202, 202]
    assert mock.purge() == 3
    assert client.call("DELETE", _W).status == 404


def test_a_purge_that_was_overtaken_means_no_other_of_the_same_id() -> None:
    mock, client = _start(purge_after=2)
    mock.clock.freeze()
    client.call("DELETE", f"{_W}/sessions/s")
    client.call("DELETE", _W)
    mock.clock.advance(1.5)
    client.call("DELETE", _W)
    mock.clock.advance(0.6)
    client.call("POST", f"{_W}/peers", {"id": "new"})
    mock.clock.advance(1.5)
    assert client.call("POST", f"{_W}/peers/list").json["total"] == 1


def test_purges_run_by_the_time_when_they_are_due_even_if_the_clock_went_back() -> None:
    mock, client = _start(purge_after=5)
    client.call("DELETE", f"{_W}/sessions/s")
    client.call("POST", f"{_W}/sessions", {"id": "earlier"})
    mock.clock.freeze(datetime(2020, 1, 1, tzinfo=UTC))
    client.call("DELETE", f"{_W}/sessions/earlier")
    mock.clock.advance(5)
    assert client.call("POST", f"{_W}/sessions", {"id": "earlier"}).status == 200
    assert _revive(client) == 404


def test_asking_for_the_purge_counts_those_that_are_due_as_well() -> None:
    mock, client = _start(purge_after=2)
    client.call("DELETE", f"{_W}/sessions/s")
    mock.clock.advance(3)
    assert client.call("POST", "/_mock/purge").json == {"purged": 1}


def test_what_a_world_has_deleted_waits_from_its_loading_and_again_from_each_reset() -> None:
    mock = Mock(world={"workspaces": {"w": {"sessions": [{"id": "s", "is_active": False}]}}}, purge_after=2)
    client = DirectClient(create_app(mock))
    for _ in range(2):
        assert _revive(client) == 404
        mock.clock.advance(3)
        assert _revive(client) == 200
        mock.clock.advance(1_000)
        mock.reset()


@pytest.mark.parametrize("revived", ["t", "s2"])
def test_a_workspace_that_is_in_use_again_outlives_its_purge(revived: str) -> None:
    mock, client = _start()
    client.call("DELETE", f"{_W}/sessions/s")
    client.call("DELETE", _W)
    client.call("POST", f"{_W}/sessions", {"id": revived})
    mock.purge()
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 1
