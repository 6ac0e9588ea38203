"""What a mirror finds between a fake and another server: nothing if they are the same, and each difference if not."""

from collections.abc import Sequence
from contextlib import closing
from itertools import takewhile
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver import Mock, MockServer, Quirks, create_app
from mockserver.parity.client import Client
from mockserver.parity.naming import Namer
from mockserver.parity.visit import Visit
from support.examples import examples
from support.mirroring_client import MirroringClient, visiting
from support.random_steps import StepRunner, first_steps, steps
from support.running_app import running
from support.tampering_app import KINDS, TamperingApp

_W = "/v3/workspaces/w"
# Steps that no client can take, or that change the time.
_OTHER_WAYS = ("purge", "fail", "freeze", "advance", "resume", "work", "begin", "summarize")
_NOT_FORWARDED = ("webhook", "drop_webhook")
_walks = st.lists(steps.filter(lambda step: step[0] not in (*_OTHER_WAYS, *_NOT_FORWARDED)), max_size=12)


@settings(max_examples=examples(20, brief=2))
@given(_walks)
def test_the_same_server_differs_nowhere(running_live_server: MockServer, walk: list[tuple[Any, ...]]) -> None:
    running_live_server.mock.reset(purge_after=None, quirks="live")
    runner = StepRunner(Mock(quirks="live", purge_after=None, work_after=None))
    with visiting(running_live_server.url) as visit:
        runner.client = client = MirroringClient(runner.mock, visit)
        runner.run([*(step for step in first_steps if step[0] not in (*_OTHER_WAYS, *_NOT_FORWARDED)), *walk])
    assert client.differences == []


@settings(max_examples=examples(10, brief=1))
@given(_walks)
def test_the_default_profile_differs_by_its_quirks_alone(
    running_live_server: MockServer, walk: list[tuple[Any, ...]]
) -> None:
    running_live_server.mock.reset(purge_after=None, quirks="live")
    runner = StepRunner(Mock(purge_after=None, work_after=None))
    with visiting(running_live_server.url) as visit, closing(Namer()) as namer:
        runner.client = client = MirroringClient(runner.mock, visit)
        runner.run([*(step for step in first_steps if step[0] not in (*_OTHER_WAYS, *_NOT_FORWARDED)), *walk])
        differing = [(number, outcome) for number, outcome in enumerate(client.outcomes, 1) if outcome.differences]
        names = [
            (difference, namer.names(client.mirror.steps[:number], [difference], "?", "3.0.7", Quirks()))
            for number, outcome in differing
            for difference in outcome.differences
        ]
    assert names
    assert [difference for difference, found in names if found == [()]] == []


def _planted_and_found(
    walk: list[tuple[Any, ...]], seed: int, kinds: Sequence[str]
) -> list[tuple[str | None, list[str]]]:
    """For each request of a walk, where a change was planted in the answer of the real server, and what was found."""
    tampering = TamperingApp(create_app(Mock(quirks="live", purge_after=None)), Random(seed), kinds)
    runner = StepRunner(Mock(quirks="live", purge_after=None, work_after=None))
    with running(tampering) as url, Client(url) as client:
        mirroring = MirroringClient(runner.mock, Visit(client), count=lambda: len(tampering.planted))
        runner.client = mirroring
        runner.run([*(step for step in first_steps if step[0] not in (*_OTHER_WAYS, *_NOT_FORWARDED)), *walk])
    return [
        (tampering.planted[number], [difference.place for difference in outcome.differences])
        for number, outcome in zip(mirroring.before, mirroring.outcomes, strict=True)
        if outcome.skipped is None
    ]


@settings(max_examples=examples(15, brief=1))
@given(_walks, st.integers(0, 2**32))
def test_each_change_of_the_real_server_is_found_at_its_place(walk: list[tuple[Any, ...]], seed: int) -> None:
    pairs = _planted_and_found(walk, seed, KINDS)
    assert [
        planted for planted, found in pairs if planted and not any(place.startswith(planted) for place in found)
    ] == []
    until_the_first = list(takewhile(lambda pair: pair[0] is None, pairs))
    assert [found for _, found in until_the_first if found] == []


@settings(max_examples=examples(15, brief=1))
@given(_walks, st.integers(0, 2**32))
def test_nothing_else_is_found_if_a_change_has_no_effect_on_others(walk: list[tuple[Any, ...]], seed: int) -> None:
    pairs = _planted_and_found(walk, seed, ("status", "more"))
    assert [(planted, found) for planted, found in pairs if found != ([planted] if planted else [])] == []
