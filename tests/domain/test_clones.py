"""Clones beside what the recordings and the state machine show."""

from support.started_mock import Start

_W = "/v3/workspaces/w"


def test_a_clone_takes_no_id_that_is_taken(start: Start) -> None:
    mock, client = start(seed="clones")
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    first = client.call("POST", f"{_W}/sessions/s/clone").json["id"]
    mock.reset()
    for id_ in ("s", first):
        client.call("POST", f"{_W}/sessions", {"id": id_})
    assert client.call("POST", f"{_W}/sessions/s/clone").json["id"] != first
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 3
