"""A play is sent step by step, over and over, can be paused, and survives whatever is done to its server."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import MockServer
from mockserver.player import Player
from mockserver.testing.fixtures import fixture

_S = "/v3/workspaces/w/sessions"


def _written(folder: Path, *steps: dict[str, Any]) -> Path:
    path = folder / "play.json"
    path.write_text(json.dumps(steps), encoding="utf-8")
    return path


_STEPS: tuple[dict[str, Any], ...] = (
    {"scene": "one speaks", "method": "POST", "path": f"{_S}/s/messages", "keep": "said"}
    | {"json": {"messages": [{"peer_id": "al", "content": "Hi"}]}},
    {"method": "POST", "path": f"{_S}/s/clone", "query": {"message_id": "{said}"}, "keep": "clone"},
    {"scene": "it goes on", "method": "PUT", "path": f"{_S}/{{clone}}", "json": {"metadata": {"of": "{said}"}}},
)
_THEN_FOR_EVER = ({"after": 60, "method": "GET", "path": "/health"},)


def test_later_steps_know_the_ids_of_earlier_answers(tmp_path: Path) -> None:
    with MockServer() as server, Player(server.url, _written(tmp_path, *_STEPS, *_THEN_FOR_EVER)) as player:
        [put] = server.mock.requests.wait_for("update_session", status=200, timeout=5)
        said, clone = server.mock.requests[0].answer[0]["id"], server.mock.requests[1].answer["id"]
        assert (put.session, put.body) == (clone, {"metadata": {"of": said}})
        assert player.play.as_json() == {"paused": False, "scene": "it goes on", "step": 3, "steps": 4}


def test_it_begins_anew_when_it_is_over(tmp_path: Path) -> None:
    source = _written(tmp_path, {"after": 0.005, "method": "GET", "path": "/health"})
    with MockServer() as server, Player(server.url, source):
        server.mock.requests.wait_for(path="/health", at_least=3, timeout=5)


def test_while_it_is_paused_nothing_is_sent_and_then_the_next_step(tmp_path: Path) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER)
    with MockServer() as server, Player(server.url, source, is_paused=True) as player:
        server.mock.play = player.play
        assert httpx.get(f"{server.url}/_mock/play").json()["paused"] is True
        with pytest.raises(AssertionError):
            server.mock.requests.wait_for(timeout=0.2)
        assert httpx.post(f"{server.url}/_mock/play/resume").json()["paused"] is False
        server.mock.requests.wait_for("update_session", status=200, timeout=5)
        assert httpx.post(f"{server.url}/_mock/play/pause").json()["paused"] is True


def test_steps_that_fail_are_left_behind_with_those_that_need_them(tmp_path: Path) -> None:
    with MockServer() as server:
        server.mock.faults.error(503, operation="create_messages_for_session")
        server.mock.faults.disconnect(operation="clone_session")
        last = {"method": "GET", "path": "/health"}
        with Player(server.url, _written(tmp_path, *_STEPS, last, *_THEN_FOR_EVER)):
            server.mock.requests.wait_for(path="/health", timeout=5)
        assert [one.operation for one in server.mock.requests] == ["create_messages_for_session", "health_check"]


def test_it_brings_a_token_where_one_is_wanted(tmp_path: Path) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER)
    with MockServer(auth_secret="secret") as server, Player(server.url, source, server.token(admin=True)):
        server.mock.requests.wait_for("update_session", status=200, timeout=5)


def test_where_nothing_plays_there_is_no_play(server: MockServer) -> None:
    answer = httpx.post(f"{server.url}/_mock/play/pause")
    assert (answer.status_code, answer.json()["detail"][:19]) == (404, "nothing plays here:")


def test_the_play_of_the_demo_shows_all_that_it_should_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The waits are left out; nothing but the call that asks for a deleted session is refused."""
    steps = [step | {"after": 0} for step in json.loads(fixture("play.json").read_text(encoding="utf-8"))]
    with MockServer(world=fixture("demo.json")) as server:
        before = server.mock.world()["workspaces"]["demo"]["sessions"]
        last = [{"method": "POST", "path": "/_mock/purge"}, {"method": "GET", "path": "/health"}]
        requests = server.mock.requests
        with Player(server.url, _written(tmp_path, *steps, *last, *_THEN_FOR_EVER)):
            requests.wait_for(path="/health", timeout=10)
        assert {one.status for one in requests} == {200, 201, 202, 404}
        requests.assert_called("clone_session", times=1, status=404)
        requests.assert_called("clone_session", times=1, status=201)
        requests.assert_called("delete_session", times=2, status=202)
        requests.assert_called("remove_peers_from_session", times=1)
        said = [message for one in requests.where("create_messages_for_session") for message in one.body["messages"]]
        assert {message["peer_id"] for message in said} == {"alice", "cook", "bob"}
        left = server.mock.world()["workspaces"]["demo"]["sessions"]
        assert left == [session for session in before if session.get("is_active", True)]


def test_something_moves_within_ten_seconds_and_goes_on_moving() -> None:
    waits = [step["after"] for step in json.loads(fixture("play.json").read_text(encoding="utf-8"))]
    assert waits[0] + waits[1] < 5
    assert max(waits) < 10
