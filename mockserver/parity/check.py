"""Plays recorded scenarios against a server, in names of its own, and says of every step whether it agrees."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import NamedTuple

from ..domain.clock import Ids
from ..domain.errors import Unauthorized
from ..formats.keyring import Keyring
from .cleaning import delete_workspace
from .client import Client, NoAnswer
from .matching import Bindings, Mismatch, ReceivedAnswer
from .purging import PurgeWatch
from .recordings import RECORDED_SECRET, Json, Scenario
from .renaming import Renaming, deletes, workspaces_of


class Outcome(NamedTuple):
    """What became of a step: it agrees, or differs in these places, or was skipped for this reason."""

    step: Json
    differences: list[Mismatch]
    skipped: str | None = None


class Unfit(Exception):
    """The server cannot be checked, and this is why."""


class Check:
    """Plays scenarios over one client.

    `keyring` has the secret of the server, or is None: then scenarios that bring tokens are skipped. `purge_wait` is
    how many seconds a recorded purge is waited for. `prefix` are digits that nobody can guess, before all ids that are
    made. `made` are the workspaces that are on the server now, and `gave_up` tells why no more is played, if so.
    `is_open`: authentication is off there.
    """

    def __init__(self, client: Client, keyring: Keyring | None = None, purge_wait: float = 60) -> None:
        self.client = client
        self.keyring = keyring
        self.purge_wait = purge_wait
        self.prefix = str(int.from_bytes(Ids().new().encode(), "big"))[-24:]
        self.made: dict[str, None] = {}
        self.gave_up: str | None = None
        self.is_open = True
        self.skips_tokens = "brings tokens, which only --auth-secret can sign"
        self._played = 0

    def look(self) -> None:
        """Look at the server, and change nothing. Raises Unfit where nothing can be played there, NoAnswer."""
        health = self.client.call("GET", "/health")
        if health.status != 200 or not isinstance(health.document(), dict):
            raise Unfit(f"is no Honcho server: GET /health answered {_shown(health)}")
        listing = {"method": "POST", "path": "/v3/workspaces/list", "json": {"filters": {"id": self.prefix}}}
        listed = self.client.send(listing)
        if listed.status in (401, 403):
            raise Unfit(f"does not take the key, which must be an admin's: {_shown(listed)}")
        page = listed.document()
        if listed.status != 200 or not isinstance(page, dict) or "items" not in page:
            raise Unfit(f"is no Honcho server: POST /v3/workspaces/list answered {_shown(listed)}")
        self.is_open = self.client.send(listing, with_token=False).status == 200
        if self.keyring is not None and self.is_open:
            self.keyring = None
            self.skips_tokens = "brings tokens, and authentication is off there"

    def most_workspaces(self, scenarios: list[Scenario]) -> int:
        """How many workspaces at most playing these makes."""
        played = [one for one in scenarios if self.keyring is not None or not one.authenticated]
        return sum(len(workspaces_of(one)) + int(deletes(one)) for one in played)

    def play(self, scenario: Scenario) -> Iterator[Outcome]:
        """The outcomes of the steps, each as soon as it is known."""
        # Each in names of its own: clones of one must not reach the sessions of another.
        self._played += 1
        yield from _Play(self, scenario, f"{self.prefix}{self._played:04}").outcomes()

    def clean_up(self) -> None:
        """Delete the workspaces that were made, with what is in them; those that are left stay in `made`."""
        self.client.close()  # An interrupted check leaves it in the middle of a request.
        with suppress(NoAnswer):
            for workspace_id in list(self.made):
                if delete_workspace(self.client, workspace_id):
                    del self.made[workspace_id]
        self.client.close()


class _Play:
    """One scenario on its way. `skips` is why the steps from here on are skipped, or None."""

    def __init__(self, check: Check, scenario: Scenario, prefix: str) -> None:
        self._check = check
        self._renaming = Renaming(scenario, prefix)
        self._scenario = self._renaming.scenario
        self._bindings = Bindings()
        self._watch = PurgeWatch(check.client, prefix)
        self._prefix = prefix
        self.skips = check.gave_up
        if scenario.authenticated and check.keyring is None:
            self.skips = check.skips_tokens

    def outcomes(self) -> Iterator[Outcome]:
        for number, step in enumerate(self._scenario.steps):
            outcome = self._outcome(step) if self.skips is None else Outcome(step, [], self.skips)
            is_last = number == len(self._scenario.steps) - 1
            if is_last and outcome.skipped is None and self._bindings.runs_backwards(self._scenario.time_order):
                outcome.differences.append(Mismatch("timestamps", "in their order", "backwards"))
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
                return Outcome(step, [], "the server had purged what it still had when it was recorded")
        except NoAnswer as error:
            self.skips = self._check.gave_up = "the server went away"
            if "control" in step:
                return Outcome(step, [], self.skips)
            return Outcome(step, [Mismatch("answer", "one", f"the server {error}")])
        return Outcome(step, differences)

    def _unfit(self, step: Json) -> str | None:
        """Why a request cannot be played here and now, or None."""
        if self._bindings.lack(step["request"]):
            return "needs what an earlier step did not give"
        is_of_open_server = step["request"]["path"] == "/v3/keys" and step["response"]["status"] == 405
        return "was recorded with authentication off" if is_of_open_server and not self._check.is_open else None

    def _after_purge(self, step: Json) -> Outcome:
        if not self._watch.wait(self._check.purge_wait):
            self.skips = f"no purge came within {self._check.purge_wait:g} s"
        return Outcome(step, [], self.skips)

    def _answer(self, request: Json) -> ReceivedAnswer:
        brings_tokens = self._scenario.authenticated
        if brings_tokens and self._check.keyring is not None:
            request = _signed_anew(request, self._check.keyring, self._renaming)
        may_be_made = dict.fromkeys(self._renaming.workspaces_in(request))
        try:
            answer = self._check.client.send(request, with_token=not brings_tokens)
        except (NoAnswer, KeyboardInterrupt):  # The server may have carried it out.
            self._check.made |= may_be_made
            raise
        if answer.status < 300:
            self._check.made |= may_be_made
        if request["method"] == "DELETE" and answer.status == 202:
            self._check.made[self._prefix] = None
            self._watch.saw_deletion(request["path"])
        return answer


def _shown(answer: ReceivedAnswer) -> str:
    text = " ".join(answer.body[:200].decode("utf-8", "replace").split())
    return f"{answer.status} {text}".rstrip()


@cache
def _recorded_keyring() -> Keyring:
    return Keyring(RECORDED_SECRET)


def _signed_anew(request: Json, keyring: Keyring, renaming: Renaming) -> Json:
    """The request with its token signed by the server's secret and for the names of this check."""
    headers = request.get("headers", {})
    try:
        claims = _recorded_keyring().claims_of(headers.get("Authorization", "").removeprefix("Bearer "))
    except Unauthorized:  # A recorded token that is no good stays as it is.
        return request
    for claim, rename in (("w", renaming.workspace), ("s", renaming.session)):
        if claim in claims:
            claims[claim] = rename(claims[claim])
    return {**request, "headers": {**headers, "Authorization": f"Bearer {keyring.sign_claims(claims)}"}}
