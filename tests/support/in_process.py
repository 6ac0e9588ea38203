"""Plays recorded scenarios against a fake server without a socket."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

from mockserver.parity.in_process import InProcessServer
from mockserver.parity.matching import Bindings, ReceivedAnswer, StepDifference
from mockserver.parity.recordings import RECORDED_SECRET, Scenario

# uvicorn, which a server in this process does not have, refuses other methods.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

Change = Callable[[int, ReceivedAnswer], ReceivedAnswer]


@cache
def _server() -> InProcessServer:
    return InProcessServer()


def differences_in(
    scenario: Scenario, change: Change = lambda _, answer: answer, **options: Any
) -> dict[int, list[StepDifference]]:
    """The steps that differ with these options of the mock, by their numbers. `change` may change each answer first."""
    server = _server()
    server.mock.reset(auth_secret=RECORDED_SECRET if scenario.authenticated else None, **options)

    async def play() -> dict[int, list[StepDifference]]:
        bindings = Bindings()
        found = {}
        for number, step in enumerate(scenario.steps):
            if "control" in step:
                server.mock.purge()
            elif not bindings.lack(step["request"]):
                answer = change(number, await server.send(bindings.filled(step["request"])))
                found[number] = bindings.differences(step, answer)
        return {number: differences for number, differences in found.items() if differences}

    with asyncio.Runner() as runner:
        return runner.run(play())
