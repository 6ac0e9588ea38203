"""Prints the results of a check."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable

from .check import Check
from .matching import StepDifference
from .recordings import Json, Scenario

_SHOWN = 300  # the most characters of a value to print


def play_all(check: Check, scenarios: Iterable[Scenario], say: Callable[[str], None]) -> int:
    """Play the scenarios, pass each difference and then the counts to `say`, and return the exit code.

    It is 0 if all answers agree, 1 if one differs or the server stops answering, and 2 if no scenario can be played.
    """
    in_recorded_names = re.compile(re.escape(check.prefix) + r"\d{4}")
    verdicts: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for scenario in scenarios:
        for number, outcome in enumerate(check.play(scenario)):
            if outcome.skipped is not None:
                skipped[outcome.skipped] += 1
            verdicts["skipped" if outcome.skipped is not None else "differ" if outcome.differences else "agree"] += 1
            for line in _described(scenario, number, outcome.step, outcome.differences):
                say(in_recorded_names.sub("", line))
    for reason, count in skipped.items():
        say(f"skipped {count}: {reason}")
    agree, differ = verdicts["agree"], verdicts["differ"]
    say(f"{agree} of {verdicts.total()} steps agree, {differ} differ, {verdicts['skipped']} skipped")
    if differ or check.gave_up is not None:
        return 1
    return 0 if agree else 2


def _described(scenario: Scenario, number: int, step: Json, differences: list[StepDifference]) -> Iterable[str]:
    if not differences:
        return
    request = step["request"]
    yield f"{scenario.name}, step {number}: {request['method']} {request['path']}"
    for part in ("query", "json", "text"):
        if part in request:
            yield f"    {part}: {_shown(request[part])}"
    for place, expected, got in differences:
        yield f"    {place}"
        yield f"        expected {_shown(expected)}"
        yield f"        got      {_shown(got)}"


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
