"""A play is sent step by step, over and over, can be paused, and survives whatever is done to its server."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import MockServer, demo
from mockserver.demo import DemoPlayer
from mockserver.testing.data import data_file
from support.waiting import wait_until

_S = "/v3/workspaces/w/sessions"


@pytest.fixture(autouse=True)
def _no_end_of_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing happen for want of time on a loaded machine: no answer is given up, no refused play begins by itself."""
    monkeypatch.setattr(demo, "_TIMEOUT_SECONDS", 60)
    monkeypatch.setattr(demo, "_REFUSAL_SECONDS", 3600)


def _written(folder: Path, *steps: dict[str, Any], clean: Sequence[dict[str, Any]] = ()) -> Path:
    path = folder / "play.json"
    path.write_text(json.dumps({"steps": steps, "clean": clean}), encoding="utf-8")
    return path


def _of_the_demo() -> dict[str, Any]:
    """The play of the demo without its waits."""
    script: dict[str, Any] = json.loads(data_file("play.json").read_text(encoding="utf-8"))
    return {part: [step | {"after": 0} for step in steps] for part, steps in script.items()}


_STEPS: tuple[dict[str, Any], ...] = (
    {"scene": "one speaks", "method": "POST", "path": f"{_S}/s/messages", "keep": "said"}
    | {"json": {"messages": [{"peer_id": "al", "content": "Hi"}]}},
    {"method": "POST", "path": f"{_S}/s/clone", "query": {"message_id": "{said}"}, "keep": "clone"},
    {"scene": "it goes on", "method": "PUT", "path": f"{_S}/{{clone}}", "json": {"metadata": {"of": "{said}"}}},
)
_THEN_FOR_EVER = ({"after": 60, "method": "GET", "path": "/health"},)


def test_later_steps_know_the_ids_of_earlier_answers(tmp_path: Path) -> None:
    with MockServer() as server, DemoPlayer(server.url, _written(tmp_path, *_STEPS, *_THEN_FOR_EVER)) as player:
        [put] = server.mock.requests.wait_for("update_session", status=200, timeout=60)
        said, clone = server.mock.requests[0].answer[0]["id"], server.mock.requests[1].answer["id"]
        assert (put.session, put.body) == (clone, {"metadata": {"of": said}})
        assert player.play.as_json() == {"paused": False, "scene": "it goes on", "step": 3, "steps": 4}


def test_it_begins_anew_when_it_is_over(tmp_path: Path) -> None:
    source = _written(tmp_path, {"after": 0.005, "method": "GET", "path": "/health"})
    with MockServer() as server, DemoPlayer(server.url, source):
        server.mock.requests.wait_for(path="/health", at_least=3, timeout=60)


def test_while_it_is_paused_nothing_is_sent_and_then_the_next_step(tmp_path: Path) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER)
    with MockServer() as server, DemoPlayer(server.url, source, is_paused=True) as player:
        server.mock.play = player.play
        assert httpx.get(f"{server.url}/_mock/play").json()["paused"] is True
        with pytest.raises(AssertionError):
            server.mock.requests.wait_for(timeout=0.2)
        assert httpx.post(f"{server.url}/_mock/play/resume").json()["paused"] is False
        server.mock.requests.wait_for("update_session", status=200, timeout=60)
        assert httpx.post(f"{server.url}/_mock/play/pause").json()["paused"] is True


_CLEAN: dict[str, Any] = {
    "method": "POST",
    "path": f"{_S}/list",
    "each": [{"method": "DELETE", "path": f"{_S}/{{item}}"}],
}


def test_when_a_step_is_refused_it_begins_anew_with_what_is_left_cleaned_up(tmp_path: Path) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER, clean=[_CLEAN])
    with MockServer(purge_after=0) as server:
        requests, made = server.mock.requests, ["create_messages_for_session", "clone_session", "update_session"]
        server.mock.faults.error(503, operation="update_session", times=1)
        with DemoPlayer(server.url, source) as player:
            requests.wait_for("update_session", status=503, timeout=60)
            player.play.restart()  # at once, not when one could read why
            requests.wait_for("update_session", status=200, timeout=60)
        assert [one.operation for one in requests] == [*made, "get_sessions", *["delete_session"] * 2, *made]


@pytest.mark.parametrize("fault", ["wrong_type", "drop_field", "malform", "lose_answer", "disconnect", "error"])
def test_an_answer_that_is_none_is_no_answer(tmp_path: Path, fault: str) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER, clean=[_CLEAN])
    with MockServer(purge_after=0) as server:
        field = {"field": "id"} if fault in ("wrong_type", "drop_field") else {}
        server.mock.faults.add(fault, operation="clone_session", times=1, **field)
        with DemoPlayer(server.url, source) as player:
            server.mock.requests.wait_for("clone_session", timeout=60)
            wait_until(lambda: player.play.scene == "A step was refused; the demo restarts")
            player.play.restart()
            server.mock.requests.wait_for("update_session", status=200, timeout=60)
        assert httpx.post(f"{server.url}{_S}/list").json()["total"] == 2


@pytest.mark.parametrize("fault", ["wrong_type", "drop_field", "malform", "lose_answer"])
@pytest.mark.parametrize("field", ["id", "items"])
def test_a_list_that_is_none_ends_nothing(tmp_path: Path, fault: str, field: str) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER, clean=[_CLEAN])
    with MockServer() as server, DemoPlayer(server.url, source) as player:
        named = {"field": field} if fault in ("wrong_type", "drop_field") else {}
        server.mock.faults.add(fault, operation="get_sessions", **named)
        for times in (1, 2):
            server.mock.requests.wait_for("update_session", at_least=times, status=200, timeout=60)
            player.play.restart()


@pytest.mark.parametrize("change", ["reset", "load"])
def test_when_its_world_is_another_it_begins_anew(tmp_path: Path, change: str) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER, clean=[_CLEAN])
    with MockServer() as server, DemoPlayer(server.url, source, is_paused=True) as player:
        server.mock.play = player.play
        player.play.resume()
        server.mock.requests.wait_for("update_session", status=200, timeout=60)
        server.mock.requests.forget()
        if change == "reset":
            server.mock.reset()
        else:
            server.mock.load({"workspaces": {"w": {"sessions": [{"id": "former"}]}}})
        server.mock.requests.wait_for("update_session", status=200, timeout=60)
        # A world that is loaded may hold what was made.
        assert server.mock.requests.count("delete_session") == (change == "load")


def test_it_can_be_restarted_while_it_is_paused(tmp_path: Path) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER, clean=[{"method": "GET", "path": "/health"}])
    with MockServer() as server, DemoPlayer(server.url, source) as player:
        server.mock.play = player.play
        server.mock.requests.wait_for("update_session", status=200, timeout=60)
        httpx.post(f"{server.url}/_mock/play/pause")
        restarted = httpx.post(f"{server.url}/_mock/play/restart").json()
        assert (restarted["step"], restarted["scene"]) == (0, "The demo restarts")
        server.mock.requests.wait_for(path="/health", timeout=60)
        assert len(server.mock.requests) == 4
        httpx.post(f"{server.url}/_mock/play/resume")
        server.mock.requests.wait_for("update_session", at_least=2, status=200, timeout=60)


def test_it_brings_a_token_where_one_is_wanted(tmp_path: Path) -> None:
    source = _written(tmp_path, *_STEPS, *_THEN_FOR_EVER)
    with (
        MockServer(auth_secret="secret") as server,
        DemoPlayer(server.url, source, lambda: server.token(admin=True)) as player,
    ):
        server.mock.requests.wait_for("update_session", status=200, timeout=60)
        player.play.restart()
        server.mock.reset(auth_secret="another")
        player.play.restart()
        server.mock.requests.wait_for("update_session", status=200, timeout=60)


def test_without_a_demo_the_paths_of_the_play_answer_404(server: MockServer) -> None:
    answer = httpx.post(f"{server.url}/_mock/play/pause")
    assert (answer.status_code, answer.json()["detail"][:18]) == (404, "no demo is running")


@pytest.mark.parametrize("options", [{}, {"quirks": "live"}, {"seed": 1}, {"frozen_at": "2026-03-01"}])
def test_the_play_of_the_demo_shows_all_that_it_should_and_leaves_nothing_behind(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    """Nothing but the call that asks for the deleted clone is refused."""
    script = _of_the_demo()
    with MockServer(world=data_file("demo.json"), **options) as server:
        before = server.mock.world()["workspaces"]["demo"]["sessions"]
        last = {"method": "GET", "path": "/health"}
        requests = server.mock.requests
        with DemoPlayer(server.url, _written(tmp_path, *script["steps"], last, *_THEN_FOR_EVER, clean=script["clean"])):
            requests.wait_for(path="/health", timeout=60)
        assert {one.status for one in requests} - {201} == {200, 202, 404}
        requests.assert_called("clone_session", times=1, status=404)
        requests.assert_called("clone_session", times=1, status=201)
        requests.assert_called("delete_session", times=2, status=202)
        requests.assert_called("remove_peers_from_session", times=1)
        said = [message for one in requests.where("create_messages_for_session") for message in one.body["messages"]]
        assert {message["peer_id"] for message in said} == {"alice", "cook", "bob"}
        assert server.mock.world()["workspaces"]["demo"]["sessions"] == before


@pytest.mark.parametrize("place", range(len(_of_the_demo()["steps"])))
def test_wherever_it_is_interrupted_it_leaves_nothing_behind(tmp_path: Path, place: int) -> None:
    script = _of_the_demo()
    with MockServer(world=data_file("demo.json")) as server:
        before = server.mock.world()["workspaces"]["demo"]["sessions"]
        source = _written(tmp_path, *script["steps"][:place], *_THEN_FOR_EVER, clean=script["clean"])
        with DemoPlayer(server.url, source) as player:
            wait_until(lambda: player.play.step >= place)
            player.play.pause()
            player.play.restart()
            wait_until(lambda: player.play.step == 0)
            wait_until(lambda: server.mock.world()["workspaces"]["demo"]["sessions"] == before)


def test_something_moves_within_ten_seconds_and_goes_on_moving() -> None:
    steps = json.loads(data_file("play.json").read_text(encoding="utf-8"))["steps"]
    waits = [step["after"] for step in steps]
    assert waits[0] + waits[1] < 5
    assert max(waits) < 10
