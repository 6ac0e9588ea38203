"""Replays the recordings of the real server against the mock server."""

from collections.abc import Iterator
from functools import cache

from mockserver import MockServer
from mockserver.parity.client import Client
from mockserver.parity.matching import Bindings, ReceivedAnswer, StepDifference
from mockserver.parity.recordings import RECORDED_SECRET, Scenario, scenarios

SCENARIOS = list(scenarios())
SCENARIOS_BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@cache
def scenarios_of(version: str) -> dict[str, Scenario]:
    """The scenarios of a version of the API by their names."""
    return {scenario.name: scenario for scenario in scenarios(version=version)}


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
