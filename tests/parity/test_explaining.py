"""Each difference is explained by the quirk that causes it, and by no other; what no quirk causes stays unexplained."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver import Quirks
from mockserver.domain.changes import CONTRACT
from mockserver.parity import explaining
from mockserver.parity.explaining import Explainer
from mockserver.parity.grouping import Difference, Groups
from mockserver.parity.matching import ReceivedAnswer, StepDifference
from mockserver.parity.recordings import RECORDED_SECRET, Scenario
from support.examples import examples
from support.in_process import METHODS, differences_in
from support.replay import SCENARIOS, SCENARIOS_BY_NAME

Named = list[tuple[str, ...]]

# All quirks of the default version that a recording shows.
_SHOWN = {
    quirk.name: SCENARIOS_BY_NAME[quirk.metadata["scenario"]]
    for quirk in Quirks.catalogue()
    if CONTRACT in quirk.metadata["versions"] and quirk.metadata["scenario"]
}


def _explained(scenario: Scenario, found: dict[int, list[StepDifference]]) -> dict[int, Named]:
    with Explainer(auth_secret=RECORDED_SECRET) as explainer:
        return explainer.explain(scenario, found)


def _all(named: Iterable[Named]) -> set[tuple[str, ...]]:
    return {quirks for names in named for quirks in names}


# Their recordings are long, and the deep test below has them.
_LONG = ("allow_of_first_path", "expiry_invalidates", "inner_failures", "cors_origins")


@pytest.mark.parametrize("name", [name for name in _SHOWN if name not in _LONG])
def test_what_the_lack_of_a_quirk_causes_is_named_by_it(name: str) -> None:
    scenario = _SHOWN[name]
    found = differences_in(scenario, quirks=replace(Quirks.live(), **{name: False}))
    assert found
    assert _all(_explained(scenario, found).values()) == {(name,)}


def _is_known(scenario: Scenario, number: int) -> bool:
    """Whether uvicorn, which the server in this process does not have, would not refuse the method of the step."""
    return scenario.steps[number]["request"]["method"] in METHODS


def test_a_scenario_without_differences_needs_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "InProcessServer", None)
    assert _explained(_SHOWN["created_status"], {}) == {}


@pytest.mark.deep
def test_all_differences_of_the_default_profile_are_quirks_and_fit_a_screen() -> None:
    # The walks and combinations of tokens are many, and show no other quirks.
    short = [scenario for scenario in SCENARIOS if not scenario.name.startswith(("walk", "x2-a2", "x2-vr"))]
    groups = Groups()
    with Explainer(auth_secret=RECORDED_SECRET) as explainer:
        for scenario in short:
            found = {at: those for at, those in differences_in(scenario).items() if _is_known(scenario, at)}
            for at, names in explainer.explain(scenario, found).items():
                for difference, quirks in zip(found[at], names, strict=True):
                    groups.add(Difference("an operation", *difference, quirks, f"{scenario.name}, step {at}"))
        assert not explainer.is_exhausted
    assert {group.quirks for group in groups.all()} == {(name,) for name in _SHOWN}
    assert len(list(groups.lines(""))) <= 40


# Short scenarios with differences in the default profile.
_PLANTED_IN = [
    SCENARIOS_BY_NAME[name]
    for name in ("x-session-create-full", "x-clone-whole", "x-messages-created-at", "x-session-create-minimal")
]


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all leaves of a document."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, entry in entries for path in _places(entry, (*place, key))] or [place]


def _with(value: Any, place: Sequence[Any], other: Any) -> Any:
    if not place:
        return other
    entries = {**value} if isinstance(value, dict) else [*value]
    entries[place[0]] = _with(value[place[0]], place[1:], other)
    return entries


@settings(max_examples=examples(20, brief=4))
@given(st.data())
def test_a_change_that_no_quirk_makes_is_unexplained_and_all_others_are_still_explained(data: st.DataObject) -> None:
    scenario = data.draw(st.sampled_from(_PLANTED_IN))
    number = data.draw(st.integers(0, len(scenario.steps) - 1))
    in_status = data.draw(st.booleans())

    def planted(at: int, answer: ReceivedAnswer) -> ReceivedAnswer:
        if at != number:
            return answer
        if in_status:
            return answer._replace(status=418)
        place = data.draw(st.sampled_from(_places(answer.document())))
        return answer._replace(body=json.dumps(_with(answer.document(), place, "planted")).encode())

    found = differences_in(scenario, planted)
    explained = _explained(scenario, found)
    planted_quirks: set[tuple[str, ...]] = set()
    for at, differences in found.items():
        for difference, quirks in zip(differences, explained[at], strict=True):
            is_planted = any(mark in str(difference.got) for mark in ("planted", "418"))
            if is_planted:
                planted_quirks.add(quirks)
            # A planted id reorders a list without an order, but nothing differs in another step.
            assert quirks or at == number
    assert planted_quirks == {()}


def test_quirks_that_meet_in_an_answer_are_named_together() -> None:
    """The live profile takes both the name and the number. The default refuses both, in one answer."""
    body = {"name": "s", "configuration": {"dream": {"enabled": 0}}}
    request = {"method": "POST", "path": "/v3/workspaces/w/sessions", "json": body}
    scenario = Scenario("two", "", [{"request": request, "response": {"status": 201}}], [])
    assert not differences_in(scenario, quirks="live")
    assert _explained(scenario, differences_in(scenario)) == {0: [("field_names", "lax_types")]}


def test_what_else_a_server_lists_does_not_matter_in_place_of_an_error() -> None:
    """A check limits lists of workspaces to its own, but not where the real server refused the request."""
    request = {"method": "POST", "path": "/v3/workspaces/list", "json": {"filters": {"id": "s\0"}}}
    scenario = Scenario("one", "", [{"request": request, "response": {"status": 500}}], [])
    listed = StepDifference("status", 500, '200 {"items":[{"id":"of another"}],"total":1}')
    refused = listed._replace(got='404 {"detail":"of another"}')
    assert _explained(scenario, {0: [listed, refused]}) == {0: [("inner_failures",), ()]}


def test_what_differs_with_all_quirks_too_is_unexplained() -> None:
    scenario = _SHOWN["created_status"]
    step = scenario.steps[0]
    other = replace(scenario, steps=[{**step, "response": {**step["response"], "status": 204}}])
    assert _all(_explained(other, differences_in(other)).values()) == {()}


def test_it_plays_no_more_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "STEPS_LIMIT", 1)
    scenario = _SHOWN["clone_zeroes_tokens"]
    with Explainer() as explainer:
        named = explainer.explain(scenario, differences_in(scenario))
        assert explainer.is_exhausted
    assert _all(named.values()) == {()}
