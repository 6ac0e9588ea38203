"""The live profile agrees with every recorded step of the real server."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from mockserver import MockServer
from mockserver.api.malformed_id import malformed_id
from mockserver.domain.errors import InvalidId
from mockserver.parity.recordings import FILES, Scenario, scenarios
from support.replay import SCENARIOS, SCENARIOS_BY_NAME, replay


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_the_live_profile_answers_as_recorded(running_live_server: MockServer, scenario: Scenario) -> None:
    assert not {number: found for number, found, _ in replay(running_live_server, scenario) if found}


def test_the_replay_sees_what_differs(running_live_server: MockServer) -> None:
    """A replay that agrees with everything would prove nothing: tampered recordings must be told apart."""
    scenario = SCENARIOS_BY_NAME["x-session-create-minimal"]
    recorded = scenario.steps[0]["response"]
    tampered: list[tuple[str, Any]] = [
        ("id", "other"),
        ("metadata", {"k": 1}),
        ("metadata", []),
        ("is_active", 1),
        ("created_at", "now"),
        ("created_at", "2024-01-01T00:00:00Z"),
        ("workspace_id", "<id:9>"),
        ("more", None),
    ]
    answers = [{**recorded, "json": {**recorded["json"], field: value}} for field, value in tampered]
    answers += [{**recorded, "status": 200}, {**recorded, "json": []}, {**recorded, "headers": {"location": "/"}}]
    answers += [{**recorded, "json": {name: recorded["json"][name] for name in ("id", "metadata")}}]
    for answer in answers:
        step = {**scenario.steps[0], "response": answer}
        [(_, differences, _)] = replay(running_live_server, replace(scenario, steps=[step]))
        assert len(differences) >= 1, answer


def test_times_that_run_backwards_are_seen(running_live_server: MockServer) -> None:
    scenario = next(scenario for scenario in SCENARIOS if len(scenario.time_order) > 1)
    backwards = replace(scenario, time_order=scenario.time_order[::-1])
    [*_, (_, differences, _)] = replay(running_live_server, backwards)
    assert [difference.place for difference in differences] == ["timestamps"]


def test_every_recorded_step_is_there() -> None:
    counts = Counter({file: sum(len(scenario.steps) for scenario in scenarios(file)) for file in FILES})
    assert counts == {"sessions": 623, "worker": 33, "walks": 3057, "rest": 1781, "auth": 1804}


def test_the_link_in_a_sentence_is_the_recorded_one_whatever_pydantic_is_installed(
    running_live_server: MockServer,
) -> None:
    """The replay ignores the version in the link, which is different on other servers of the same API."""
    scenario = SCENARIOS_BY_NAME["x-workspace-appears-with-session"]
    found = []
    for (_, _, answer), step in zip(replay(running_live_server, scenario), scenario.steps, strict=True):
        recorded = (step.get("response", {}).get("json") or {}).get("detail")
        if isinstance(recorded, str) and "errors.pydantic.dev" in recorded:
            assert answer is not None
            found.append((recorded, answer.document()["detail"]))
    assert len(found) == 1
    assert found[0][0] == found[0][1]


def test_a_link_within_a_value_is_left_as_it_is() -> None:
    value = "\n    For further information visit https://errors.pydantic.dev/9.9/v/x"
    sentence = malformed_id(InvalidId("session", ("body", "id"), value), "3.0.7")
    assert "9.9" in sentence
    assert sentence.endswith("https://errors.pydantic.dev/2.14/v/string_pattern_mismatch")
