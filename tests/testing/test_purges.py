"""Deleting marks at once; the purge comes when it is due by the clock, or when it is asked for."""

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


@pytest.mark.parametrize("revived", ["t", "s2"])
def test_a_workspace_that_is_in_use_again_outlives_its_purge(revived: str) -> None:
    mock, client = _start()
    client.call("DELETE", f"{_W}/sessions/s")
    client.call("DELETE", _W)
    client.call("POST", f"{_W}/sessions", {"id": revived})
    mock.purge()
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 1
