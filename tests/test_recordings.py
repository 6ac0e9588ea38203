"""The live profile agrees with every recorded step of the real server."""

from typing import Any

import httpx
import pytest

from mockserver import MockServer
from recordings import Replay, scenarios

_ALL = [scenario for name in ("sessions", "worker", "walks") for scenario in scenarios(name)]


@pytest.mark.parametrize("scenario", _ALL, ids=[scenario["name"] for scenario in _ALL])
def test_the_live_profile_answers_as_recorded(running_live_server: MockServer, scenario: dict[str, Any]) -> None:
    with httpx.Client(base_url=running_live_server.url) as client:
        replay = Replay(client, scenario)
        differences = {number: found for number, found, _ in replay if found}
    assert not differences
    assert not replay.times_run_backwards()


def test_the_replay_sees_what_differs(running_live_server: MockServer) -> None:
    """A replay that agrees with everything would prove nothing: tampered recordings must be told apart."""
    scenario = next(scenario for scenario in _ALL if scenario["name"] == "x-session-create-minimal")
    tampered: list[tuple[str, Any]] = [("id", "other"), ("metadata", {"k": 1}), ("is_active", 1), ("created_at", "now")]
    with httpx.Client(base_url=running_live_server.url) as client:
        for field, value in tampered:
            step = {**scenario["steps"][0], "response": {"status": 201, "json": {}}}
            step["response"]["json"] = {**scenario["steps"][0]["response"]["json"], field: value}
            [(_, differences, _)] = Replay(client, {**scenario, "steps": [step]})
            assert differences, field


def test_every_recorded_step_is_there() -> None:
    counts = {
        name: sum(len(scenario["steps"]) for scenario in scenarios(name)) for name in ("sessions", "worker", "walks")
    }
    assert counts == {"sessions": 623, "worker": 33, "walks": 1918}
