"""Finds out which quirks explain the differences of a scenario, by playing it in this process with and without each."""

import asyncio
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Self

from ..domain.changes import CONTRACT
from ..domain.quirks import Quirks
from .grouping import field_of
from .in_process import InProcessServer
from .marks import ID
from .matching import Bindings, StepDifference
from .recordings import Json, Scenario

# How many steps an explainer plays at most: that takes about a minute.
STEPS_LIMIT = 100_000
# Times are different with each run, as ids are. Errors of the database have a space in theirs.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?")

# A difference that can be compared with that of another run: the number of its step, its place, and what was expected
# and received, without ids and times.
_Key = tuple[int, str, str, str]


class Explainer:
    """Tells for each difference of a scenario which quirks explain it.

    A quirk explains a difference if the live profile without this quirk has the same difference, and the live profile
    has none in that place. If no single quirk does, several do together if the default profile has the same
    difference: those that change the answer both when the live profile loses and when the default profile gets one.

    Arguments:
        api_version: The version of the API that was recorded.
        auth_secret: The secret with which the tokens of authenticated scenarios are signed.

    Attributes:
        is_exhausted: Whether it has played as many steps as it may. Then it explains no more differences.

    As a context manager, it closes the event loop of its server at the end. Use it only in a thread without a running
    event loop.
    """

    def __init__(self, api_version: str = CONTRACT, auth_secret: str | None = None) -> None:
        self.is_exhausted = False
        self._version = api_version
        self._secret = auth_secret
        self._live = Quirks.live(api_version)
        self._names = [quirk.name for quirk in Quirks.catalogue() if getattr(self._live, quirk.name)]
        self._runner = asyncio.Runner()
        self._steps = 0
        # How often each quirk has explained a difference in a field: the most likely quirk is tried first.
        self._explained: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def explain(
        self, scenario: Scenario, found: Mapping[int, Sequence[StepDifference]]
    ) -> dict[int, list[tuple[str, ...]]]:
        """The names of the quirks that explain each difference; an empty tuple if there are none.

        Arguments:
            scenario: The requests as they were sent, each with the answer of the real server.
            found: The differences by the numbers of their steps.

        Returns the names by the same numbers, in the order of the differences.
        """
        keys = {number: [_key(number, difference) for difference in given] for number, given in found.items()}
        quirks = self._quirks_of(scenario, {key for given in keys.values() for key in given})
        if self.is_exhausted:
            quirks = {}
        return {number: [quirks.get(key, ()) for key in given] for number, given in keys.items()}

    def close(self) -> None:
        """Close the event loop."""
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _quirks_of(self, scenario: Scenario, keys: set[_Key]) -> dict[_Key, tuple[str, ...]]:
        quirks: dict[_Key, tuple[str, ...]] = {}
        involved: defaultdict[int, list[str]] = defaultdict(list)
        by_default: set[_Key] | None = None
        left, untried = keys, list(self._names)
        while left and untried:
            name = max(untried, key=lambda name: self._likelihood(name, left))
            if by_default is None and not self._likelihood(name, left):
                # No guess is left. In steps that the default profile answers as the live one, no quirk matters.
                by_default = self._played(scenario, left, Quirks())
                changed_steps = {number for number, *_ in by_default}
                left = {key for key in left if key[0] in changed_steps}
                continue
            untried.remove(name)
            differing = self._played(scenario, left, replace(self._live, **{name: False}))
            for number in {number for number, *_ in differing}:
                involved[number].append(name)
            for key in left & differing:
                quirks[key] = (name,)
                self._explained[key[1]][name] += 1
            left -= differing
        if by_default is not None:
            quirks |= self._together(scenario, left & by_default, involved)
        # No quirk explains a place that differs with all quirks, too.
        differing_places = {key[:2] for key in self._played(scenario, set(quirks), self._live)}
        return {key: names for key, names in quirks.items() if key[:2] not in differing_places}

    def _together(
        self, scenario: Scenario, keys: set[_Key], involved: Mapping[int, list[str]]
    ) -> dict[_Key, tuple[str, ...]]:
        """The quirks of differences of the default profile that no single quirk causes."""
        tried = sorted({name for number, *_ in keys for name in involved[number]}, key=self._names.index)
        without = {name: keys - self._played(scenario, keys, Quirks(**{name: True})) for name in tried}
        return {key: tuple(name for name in tried if key in without[name]) for key in keys}

    def _likelihood(self, name: str, keys: set[_Key]) -> int:
        """How often a quirk has explained differences in the fields of these keys."""
        return sum(self._explained[place][name] for _, place, *_ in keys)

    def _played(self, scenario: Scenario, keys: set[_Key], quirks: Quirks) -> set[_Key]:
        """The differences of the fake server with these quirks, up to the last step of the keys."""
        end = max((number for number, *_ in keys), default=-1) + 1
        self.is_exhausted = self.is_exhausted or self._steps + end > STEPS_LIMIT
        if not end or self.is_exhausted:
            return set()
        self._steps += end
        beginning = replace(scenario, steps=scenario.steps[:end])
        return self._runner.run(_differences(self._server, beginning, self._options(scenario, quirks)))

    @cached_property
    def _server(self) -> InProcessServer:
        return InProcessServer()

    def _options(self, scenario: Scenario, quirks: Quirks) -> Mapping[str, object]:
        secret = self._secret if scenario.authenticated else None
        return {"api_version": self._version, "quirks": quirks, "auth_secret": secret}


async def _differences(server: InProcessServer, scenario: Scenario, options: Mapping[str, object]) -> set[_Key]:
    """Reset the server to these options, and play the scenario."""
    server.mock.reset(**options)  # type: ignore[arg-type]  # the names and types of its options
    bindings = Bindings()
    found: set[_Key] = set()
    for number, step in enumerate(scenario.steps):
        if "control" in step:
            server.mock.purge()
        elif not bindings.lack(step["request"]):
            with suppress(UnicodeError):  # No server gets a request that cannot be encoded.
                answer = await server.send(bindings.filled(step["request"]))
                found |= {_key(number, difference) for difference in bindings.differences(step, answer)}
    return found


def _key(number: int, difference: StepDifference) -> _Key:
    place, expected, got = difference
    if place == "status" and isinstance(got, str) and got.startswith("2"):
        got = got[:3]  # In place of an error, a success may list what others have on the server.
    return number, field_of(place), _timeless(expected), _timeless(got)


def _timeless(value: Json) -> str:
    return _TIME.sub("<time>", ID.sub("<id>", json.dumps(value, sort_keys=True)))
