"""Compares two checkouts: measures them in turn, in pairs, and reports the ratios of the pairs."""

import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from .figures import mockserver_life
from .fixture_cost import HONCHO_SERVER, microseconds_per_test, suites_written
from .loads import LOADS
from .servers import Server

T = TypeVar("T")


class Change(NamedTuple):
    """A figure of two checkouts: the medians, and the median and the quartiles of the ratios new/old of the pairs."""

    unit: str
    old: float
    new: float
    ratio: float
    lower: float
    upper: float

    @classmethod
    def of(cls, unit: str, pairs: Sequence[tuple[float, float]]) -> "Change":
        """From pairs of old and new."""
        ratios = [new / old for old, new in pairs]
        lower, ratio, upper = statistics.quantiles(ratios, n=4, method="inclusive") if pairs[1:] else ratios * 3
        old, new = map(statistics.median, zip(*pairs, strict=True))
        return cls(unit, old, new, ratio, lower, upper)


class Plan(NamedTuple):
    """`run_old` and `run_new` are the starts of commands that take a module and its arguments.

    `fixture` is whether to measure the cost of the fixture, `arguments` are more arguments of `serve`.
    """

    run_old: list[str]
    run_new: list[str]
    pairs: int
    seconds: int
    fixture: bool
    arguments: Sequence[str] = ()


def compare(plan: Plan) -> dict[str, Change]:
    """Measure both checkouts as often as there are pairs."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with suites_written(plan.run_new, [HONCHO_SERVER] if plan.fixture else []) as folder:
        for number in range(plan.pairs):
            print(f"pair {number + 1} of {plan.pairs}", file=sys.stderr, flush=True)
            for name, unit, old, new in _pair(plan, folder, swapped=number % 2 == 1):
                found.setdefault((name, unit), []).append((old, new))
    return {name: Change.of(unit, pairs) for (name, unit), pairs in found.items()}


def _pair(plan: Plan, folder: Path, *, swapped: bool) -> Iterator[tuple[str, str, float, float]]:
    """Each figure with its unit, old and new. If `swapped`, new is measured before old."""
    runs = (plan.run_old, plan.run_new)

    def both(measures: Iterable[Callable[[], T]]) -> tuple[T, T]:
        old, new = measures
        if not swapped:
            return old(), new()
        last = new()
        return old(), last

    # New processes for each pair, as the same code is faster in one process than in another.
    with ExitStack() as stack:
        servers = [stack.enter_context(_server(run, plan.arguments)) for run in runs]
        for name, load in LOADS.items():
            old, new = both(partial(load, server, plan.seconds) for server in servers)
            yield name, "requests/s", old.per_second, new.per_second
            yield f"{name}_per_cpu", "requests/CPU s", old.per_cpu_second, new.per_cpu_second
    lives = both(partial(mockserver_life, run) for run in runs)
    old_ms, new_ms = (life["mockserver_start_ms"] for life in lives)
    yield "mockserver_start", "ms", old_ms, new_ms
    if plan.fixture:
        [old_us], [new_us] = both(partial(microseconds_per_test, run, folder, [HONCHO_SERVER]) for run in runs)
        yield "fixture_slope", "us", old_us, new_us


def _server(run: Sequence[str], arguments: Sequence[str]) -> Server:
    return Server([*run, "mockserver", "serve", "--port", "PORT", *arguments])
