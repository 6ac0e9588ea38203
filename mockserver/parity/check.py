"""Plays recorded scenarios against a server, in names of its own, and says of every step whether it agrees."""

from collections.abc import Iterator
from typing import NamedTuple

from ..domain.clock import Ids
from ..domain.errors import Unauthorized
from ..wire.keys import Keyring
from .cleaning import delete_workspace
from .connection import Connection, NoAnswer
from .matching import Answer, Bindings, Difference
from .purging import PurgeWatch
from .recordings import RECORDED_SECRET, Json, Scenario
from .renaming import Renaming


class Outcome(NamedTuple):
    """What became of a step: it agrees, or differs in these places, or was skipped for this reason."""

    step: Json
    differences: list[Difference]
    skipped: str | None = None


class Check:
    """Plays scenarios over one connection.

    `keyring` has the secret of the server, or is None: then scenarios that bring tokens are skipped. `purge_wait` is
    how many seconds a recorded purge is waited for. `prefix` are digits that nobody can guess, before all ids that are
    made.
    """

    def __init__(self, connection: Connection, keyring: Keyring | None = None, purge_wait: float = 60) -> None:
        self.connection = connection
        self.keyring = keyring
        self.purge_wait = purge_wait
        self.prefix = str(int.from_bytes(Ids().new().encode(), "big"))[-24:]
        self._plays: list[_Play] = []

    def play(self, scenario: Scenario) -> Iterator[Outcome]:
        """The outcomes of the steps, each as soon as it is known."""
        # Each in names of its own: clones of one must not reach the sessions of another.
        play = _Play(self, scenario, f"{self.prefix}{len(self._plays):04}")
        self._plays.append(play)
        yield from play.outcomes()

    def clean_up(self) -> list[str]:
        """Delete the workspaces that were made, with what is in them; those that are left, as far as it is known."""
        self.connection.close()  # An interrupted check leaves it in the middle of a request.
        made = [workspace_id for play in self._plays for workspace_id in play.workspaces()]
        try:
            return [workspace_id for workspace_id in made if not delete_workspace(self.connection, workspace_id)]
        except (NoAnswer, ValueError):
            return made


class _Play:
    """One scenario on its way. `skips` is why the steps from here on are skipped, or None."""

    def __init__(self, check: Check, scenario: Scenario, prefix: str) -> None:
        self._check = check
        self._renaming = Renaming(scenario, prefix)
        self._scenario = self._renaming.scenario
        self._bindings = Bindings()
        self._watch = PurgeWatch(check.connection, prefix)
        self.skips: str | None = None

    def workspaces(self) -> list[str]:
        """The ids of the workspaces that it may have made."""
        return self._renaming.workspaces + self._watch.workspaces

    def outcomes(self) -> Iterator[Outcome]:
        try:
            if self._scenario.authenticated and self._check.keyring is None:
                self.skips = "brings tokens, which only --auth-secret can sign"
            else:
                self._check.connection.call("GET", "/health")
        except NoAnswer as error:
            self.skips = f"the server does not answer: {error}"
        for number, step in enumerate(self._scenario.steps):
            outcome = self._outcome(step) if self.skips is None else Outcome(step, [], self.skips)
            is_last = number == len(self._scenario.steps) - 1
            if is_last and self._bindings.runs_backwards(self._scenario.time_order):
                outcome.differences.append(Difference("timestamps", "in their order", "backwards"))
            yield outcome

    def _outcome(self, step: Json) -> Outcome:
        try:
            if "control" in step:
                return self._after_purge(step)
            if self._bindings.lack(step["request"]):
                return Outcome(step, [], "needs what an earlier step did not give")
            differences = self._bindings.differences(step, self._answer(step["request"]))
            if differences and self._watch.came_early():
                self.skips = "the server had purged what it still had when it was recorded"
                return Outcome(step, [], self.skips)
        except NoAnswer as error:
            self.skips = "an earlier step was not answered"
            return Outcome(step, [Difference("answer", "one", str(error))] if "request" in step else [])
        return Outcome(step, differences)

    def _after_purge(self, step: Json) -> Outcome:
        if not self._watch.wait(self._check.purge_wait):
            self.skips = f"no purge came within {self._check.purge_wait:g} s"
        return Outcome(step, [], self.skips)

    def _answer(self, recorded: Json) -> Answer:
        request = self._bindings.filled(recorded)
        brings_tokens = self._scenario.authenticated
        if brings_tokens and self._check.keyring is not None:
            request = _signed_anew(request, self._check.keyring, self._renaming)
        answer = self._check.connection.send(request, with_token=not brings_tokens)
        if request["method"] == "DELETE" and answer.status == 202:
            self._watch.saw_deletion(request["path"])
        return answer


def _signed_anew(request: Json, keyring: Keyring, renaming: Renaming) -> Json:
    """The request with its token signed by the server's secret and for the names of this check."""
    headers = request.get("headers", {})
    try:
        claims = Keyring(RECORDED_SECRET).claims_of(headers.get("Authorization", "").removeprefix("Bearer "))
    except Unauthorized:  # A recorded token that is no good stays as it is.
        return request
    for claim, rename in (("w", renaming.workspace), ("s", renaming.session)):
        if claim in claims:
            claims[claim] = rename(claims[claim])
    return {**request, "headers": {**headers, "Authorization": f"Bearer {keyring.sign_claims(claims)}"}}
