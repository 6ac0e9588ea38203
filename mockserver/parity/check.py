"""Plays recorded scenarios against a server, with unique names, and compares every answer."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from ..formats.keyring import Keyring
from .client import Client, NoAnswer
from .matching import Bindings, ReceivedAnswer, StepDifference
from .purging import PurgeWatch
from .recordings import RECORDED_SECRET, Json, Scenario
from .renaming import Renaming, deletions_in, workspaces_of
from .tokens import signed_again
from .visit import Visit


class Outcome(NamedTuple):
    """The result of a step, as it was sent: it agrees, differs in these places, or was skipped for this reason."""

    step: Json
    differences: list[StepDifference]
    skipped: str | None = None


class Check(Visit):
    """Plays scenarios with one client.

    - `keyring` has the secret of the server. Without it, scenarios with tokens are skipped.
    - `purge_wait` is how many seconds to wait for a recorded purge.
    - `gave_up` is the reason why the check stopped, or None.
    """

    def __init__(self, client: Client, keyring: Keyring | None = None, purge_wait: float = 60) -> None:
        super().__init__(client)
        self.keyring = keyring
        self.purge_wait = purge_wait
        self.gave_up: str | None = None
        self.skips_tokens = "has tokens, which need --auth-secret"
        self._played = 0

    def look(self) -> None:
        super().look()
        if self.keyring is not None and self.is_open:
            self.keyring = None
            self.skips_tokens = "has tokens, and authentication is off"

    def most_workspaces(self, scenarios: list[Scenario]) -> int:
        """An upper bound for the number of workspaces that these scenarios create."""
        played = [scenario for scenario in scenarios if self.keyring is not None or not scenario.authenticated]
        # To see purges, the check has a workspace for each scenario that deletes, and one for each deleted workspace.
        return sum(
            len(workspaces_of(scenario)) + bool(deletions) + sum(path.count("/") == 3 for path in deletions)
            for scenario in played
            for deletions in [deletions_in(scenario)]
        )

    def play(self, scenario: Scenario) -> Iterator[Outcome]:
        """Play a scenario, and yield the outcome of each step at once."""
        # Each scenario has its own prefix: the clones of one must not reach the sessions of another.
        self._played += 1
        yield from _Play(self, scenario, f"{self.prefix}{self._played:04}").outcomes()


class _Play:
    """One scenario that is being played. `skips` is the reason to skip the remaining steps, or None."""

    def __init__(self, check: Check, scenario: Scenario, prefix: str) -> None:
        self._check = check
        self._renaming = Renaming(scenario, prefix)
        self._scenario = self._renaming.scenario
        if scenario.authenticated and check.keyring is not None:
            self._scenario = _signed_again(self._scenario, check.keyring, self._renaming)
        self._bindings = Bindings()
        # The scenario must not find this workspace by its prefix.
        self._watched = f"{check.prefix}-{prefix.removeprefix(check.prefix)}"
        self._watch = PurgeWatch(check.client, self._watched)
        self.skips = check.gave_up
        if scenario.authenticated and check.keyring is None:
            self.skips = check.skips_tokens

    def outcomes(self) -> Iterator[Outcome]:
        for number, step in enumerate(self._scenario.steps):
            outcome = self._outcome(step) if self.skips is None else Outcome(step, [], self.skips)
            is_last = number == len(self._scenario.steps) - 1
            if is_last and outcome.skipped is None and self._bindings.runs_backwards(self._scenario.time_order):
                outcome.differences.append(StepDifference("timestamps", "in their order", "backwards"))
            yield outcome

    def _outcome(self, step: Json) -> Outcome:
        try:
            if "control" in step:
                return self._after_purge(step)
            if (reason := self._unfit(step)) is not None:
                return Outcome(step, [], reason)
            request = self._bindings.filled(step["request"])
            differences = self._bindings.differences(step, self._answer(request))
            if differences and self._watch.came_early(request):
                return Outcome(step, [], "the server has already purged data that the recorded server still had")
        except NoAnswer as error:
            self.skips = self._check.gave_up = "the server stopped answering"
            if "control" in step:
                return Outcome(step, [], self.skips)
            return Outcome(step, [StepDifference("answer", "one", f"the server {error}")])
        return Outcome(step, differences)

    def _unfit(self, step: Json) -> str | None:
        """The reason why a request cannot be played, or None."""
        if self._bindings.lack(step["request"]):
            return "needs a value that an earlier step did not return"
        is_of_open_server = step["request"]["path"] == "/v3/keys" and step["response"]["status"] == 405
        return "was recorded with authentication off" if is_of_open_server and not self._check.is_open else None

    def _after_purge(self, step: Json) -> Outcome:
        if not self._watch.wait(self._check.purge_wait):
            self.skips = f"the server did not purge within {self._check.purge_wait:g} s"
        return Outcome(step, [], self.skips)

    def _answer(self, request: Json) -> ReceivedAnswer:
        workspaces = self._renaming.workspaces_in(request)
        answer = self._check.send(request, workspaces, with_token=not self._scenario.authenticated)
        if request["method"] == "DELETE" and answer.status == 202:
            self._check.created[self._watched] = None
            self._watch.saw_deletion(request["path"])
        return answer


@cache
def _recorded_keyring() -> Keyring:
    return Keyring(RECORDED_SECRET)


def _signed_again(scenario: Scenario, keyring: Keyring, renaming: Renaming) -> Scenario:
    """The scenario, with its tokens signed with the secret of the server and for the ids of this check."""
    old = _recorded_keyring()
    steps = [
        {**step, "request": signed_again(step["request"], old, keyring, renaming.workspace, renaming.session)}
        if "request" in step
        else step
        for step in scenario.steps
    ]
    return replace(scenario, steps=steps)
