"""Replays the recordings of the real server against the mock server."""

import json
from collections.abc import Iterable, Iterator
from functools import cache

from mockserver import MockServer
from mockserver.parity.client import Client
from mockserver.parity.matching import Bindings, ReceivedAnswer, StepDifference
from mockserver.parity.recordings import RECORDED_SECRET, Json, Scenario, scenarios

SCENARIOS = list(scenarios())
SCENARIOS_BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@cache
def scenarios_of(version: str) -> dict[str, Scenario]:
    """The scenarios of a version of the API by their names."""
    return {scenario.name: scenario for scenario in scenarios(version=version)}


def lines_of_differences(recorded: Iterable[Json]) -> Iterator[str]:
    """The lines of a file for recordings of another version: what differs from the recordings of the contract."""
    for scenario in recorded:
        contract = SCENARIOS_BY_NAME[scenario["name"]]
        steps = dict(enumerate(scenario["steps"]))
        changed = {number: step for number, step in steps.items() if contract.steps[number : number + 1] != [step]}
        is_in_order = scenario["time_order"] == contract.time_order
        if changed or len(steps) != len(contract.steps) or not is_in_order:
            order = {} if is_in_order else {"time_order": scenario["time_order"]}
            yield json.dumps({"name": contract.name, **order, "count": len(steps), "changed": changed}) + "\n"


def replay(server: MockServer, scenario: Scenario) -> Iterator[tuple[int, list[StepDifference], ReceivedAnswer | None]]:
    """Reset the server and run the scenario: the number of each step, its differences and its answer.

    A step that purges has no answer. Timestamps that run backwards are a difference of the last step.
    """
    server.mock.reset(auth_secret=RECORDED_SECRET if scenario.authenticated else None)
    bindings = Bindings()
    with Client(server.url) as connection:
        for number, step in enumerate(scenario.steps):
            if "control" in step:
                server.mock.purge()
                yield number, [], None
                continue
            answer = connection.send(bindings.filled(step["request"]))
            differences = bindings.differences(step, answer)
            if number == len(scenario.steps) - 1 and bindings.runs_backwards(scenario.time_order):
                differences.append(StepDifference("timestamps", "in their order", "backwards"))
            yield number, differences, answer
