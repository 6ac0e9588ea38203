"""The live profile agrees with every recorded step of the real server."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from mockserver import MockServer
from mockserver.api.malformed_id import malformed_id
from mockserver.domain.changes import CHANGES, CONTRACT
from mockserver.domain.errors import InvalidId
from mockserver.parity.recordings import (
    DIFFERENCES,
    FILES,
    Scenario,
    differences_of,
    recorded_versions,
    recordings_of,
    scenarios,
)
from mockserver.testing.data import data_file
from support.in_process import METHODS, differences_in
from support.replay import SCENARIOS, SCENARIOS_BY_NAME, lines_of_differences, replay, scenarios_of

# The walks and the combinations of tokens are many, and HTTP makes no difference to them.
_MANY = ("walk", "x2-a2")
_OVER_HTTP = [scenario for scenario in SCENARIOS if not scenario.name.startswith(_MANY)]
_IN_PROCESS = [scenario for scenario in SCENARIOS if scenario.name.startswith(_MANY)]


@pytest.mark.parametrize("scenario", _OVER_HTTP, ids=lambda scenario: scenario.name)
def test_the_live_profile_answers_as_recorded(running_live_server: MockServer, scenario: Scenario) -> None:
    assert not {number: found for number, found, _ in replay(running_live_server, scenario) if found}


@pytest.mark.parametrize("scenario", _IN_PROCESS, ids=lambda scenario: scenario.name)
def test_the_live_profile_answers_as_recorded_without_a_socket(scenario: Scenario) -> None:
    assert not differences_in(scenario, quirks="live")


_OTHER_VERSIONS = [version for version in recorded_versions() if version != CONTRACT]
# The scenarios that show what changed, but for the long ones of tokens. All others run with `deep`.
_SHOWING_CHANGES = [
    (version, name)
    for version in _OTHER_VERSIONS
    for name, difference in differences_of(version).items()
    if name.startswith("x2-vr") and difference["count"] <= 100
]


@pytest.fixture(scope="module")
def live_server_of() -> Iterator[Callable[[str], MockServer]]:
    """Starts one server in the live profile for each version."""
    with ExitStack() as stack:
        yield cache(lambda version: stack.enter_context(MockServer(quirks="live", api_version=version)))


@pytest.mark.parametrize(("version", "name"), _SHOWING_CHANGES)
def test_the_live_profile_of_a_version_answers_what_changed_as_recorded(
    live_server_of: Callable[[str], MockServer], version: str, name: str
) -> None:
    scenario = scenarios_of(version)[name]
    assert not {number: found for number, found, _ in replay(live_server_of(version), scenario) if found}


@pytest.mark.deep
@pytest.mark.parametrize("version", _OTHER_VERSIONS)
def test_the_live_profile_of_a_version_answers_as_recorded(version: str) -> None:
    recorded = scenarios_of(version)
    assert recorded.keys() == SCENARIOS_BY_NAME.keys()
    found = {name: differences_in(one, quirks="live", api_version=version) for name, one in recorded.items()}
    differing = {(name, number) for name, steps in found.items() for number in steps}
    # Over HTTP, uvicorn refuses other methods; `test_the_live_profile_answers_as_recorded` has them.
    methods = {step: recorded[step[0]].steps[step[1]]["request"]["method"] for step in differing}
    assert not [step for step, method in methods.items() if method in METHODS]


@pytest.mark.parametrize("version", _OTHER_VERSIONS)
def test_the_recordings_of_another_version_are_stored_as_differences(version: str) -> None:
    """The file has no scenario and no step that the recordings of the contract have too."""
    whole = [vars(scenario) for scenario in scenarios_of(version).values()]
    stored = data_file(DIFFERENCES.format(version)).read_text(encoding="utf-8")
    assert sorted(lines_of_differences(whole)) == sorted(stored.splitlines(keepends=True))


def test_a_version_to_which_nothing_changed_has_the_recordings_of_an_older_one() -> None:
    recorded = {"3.0.6": "3.0.6", "3.0.8": "3.0.7", "3.0.9": "3.0.7", "3.0.11": "3.0.11", "3.0.12": "3.0.12"}
    assert {version: recordings_of(version) for version in recorded} == recorded
    with pytest.raises(
        ValueError, match=r"no recordings of 3\.0\.10; there are recordings of 3\.0\.6, 3\.0\.7, 3\.0\.11, 3\.0\.12$"
    ):
        recordings_of("3.0.10")


def test_every_change_names_a_recording_that_is_there() -> None:
    assert {change.scenario for change in CHANGES} <= set(SCENARIOS_BY_NAME)


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
    assert counts == {"sessions": 623, "worker": 33, "walks": 3057, "rest": 1781, "auth": 1804} | {
        "versions": 448,
        "versions-auth": 706,
    }


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
