"""Prints the results of a check."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..api.routing import RoutingTable
from ..asgi import OPERATIONS
from .check import Check, Outcome
from .explaining import Explainer
from .grouping import Difference, Groups
from .matching import StepDifference
from .recordings import Json, Scenario

_SHOWN = 300  # the most characters of a value to print
_ADVICE = "try `--quirks live`"
_ROUTES = RoutingTable(OPERATIONS)


def play_all(
    check: Check,
    scenarios: Iterable[Scenario],
    say: Callable[[str], None],
    explainer: Explainer,
    *,
    verbose: bool = False,
) -> int:
    """Play the scenarios, pass the groups of differences and then the counts to `say`, and return the exit code.

    If verbose, each difference is passed on too, when it is found. If it is interrupted, the groups found so far are
    passed on.

    The exit code is 0 if all answers agree, 1 if one differs or the server stops answering, and 2 if no scenario can
    be played.
    """
    in_recorded_names = re.compile(re.escape(check.prefix) + r"\d{4}")
    report = _Report(explainer, lambda line: say(in_recorded_names.sub("", line)))
    try:
        for scenario in scenarios:
            outcomes = []
            for number, outcome in enumerate(check.play(scenario)):
                outcomes.append(outcome)
                if verbose:
                    report.say_all(_described(scenario, number, outcome.step, outcome.differences))
            report.add(scenario, outcomes)
    except KeyboardInterrupt:
        report.say_groups()
        raise
    report.say_groups()
    return report.finish(check)


class _Report:
    """Counts outcomes."""

    def __init__(self, explainer: Explainer, say: Callable[[str], None]) -> None:
        self.groups = Groups()
        self._explainer = explainer
        self._say = say
        self._verdicts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def say_all(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._say(line)

    def add(self, scenario: Scenario, outcomes: list[Outcome]) -> None:
        """Count the outcomes of all steps of a scenario."""
        for outcome in outcomes:
            if outcome.skipped is not None:
                self._skipped[outcome.skipped] += 1
            differs = "differ" if outcome.differences else "agree"
            self._verdicts["skipped" if outcome.skipped is not None else differs] += 1
        found = {number: outcome.differences for number, outcome in enumerate(outcomes) if outcome.differences}
        played = replace(scenario, steps=[outcome.step for outcome in outcomes])
        for number, names in self._explainer.explain(played, found).items():
            operation = _operation_of(played.steps[number]["request"])
            for difference, quirks in zip(found[number], names, strict=True):
                self.groups.add(Difference(operation, *difference, quirks, f"{scenario.name}, step {number}"))

    def say_groups(self) -> None:
        """Print the groups of differences found so far."""
        self.say_all(self.groups.lines(_ADVICE))
        if self._explainer.is_exhausted:
            self._say("There are too many differences to find the quirks of all.")

    def finish(self, check: Check) -> int:
        """Print the counts, and return the exit code."""
        for reason, count in self._skipped.items():
            self._say(f"skipped {count}: {reason}")
        agree, differ, skipped = (self._verdicts[verdict] for verdict in ("agree", "differ", "skipped"))
        self._say(f"{agree} of {self._verdicts.total()} steps agree, {differ} differ, {skipped} skipped")
        if differ or check.gave_up is not None:
            return 1
        return 0 if agree else 2


def _operation_of(request: Json) -> str:
    """The name of the operation that a request calls."""
    found = _ROUTES.find(request["method"], request["path"].partition("?")[0])
    return "no operation" if found is None or found.operation is None else found.operation.name


def _described(scenario: Scenario, number: int, step: Json, differences: list[StepDifference]) -> Iterable[str]:
    if not differences:
        return
    request = step["request"]
    yield f"{scenario.name}, step {number}: {request['method']} {request['path']}"
    for part in ("query", "json", "text"):
        if part in request:
            yield f"    {part}: {_shown(request[part])}"
    yield from lines_of(differences)


def lines_of(differences: Sequence[StepDifference], quirks: Sequence[Sequence[str]] = ()) -> Iterable[str]:
    """Each difference in three lines, the first one with the quirks that explain it."""
    for number, (place, expected, got) in enumerate(differences):
        names = quirks[number] if quirks else ()
        yield f"    {place}" + (f" [{' + '.join(names)}]" if names else "")
        yield f"        expected {_shown(expected)}"
        yield f"        got      {_shown(got)}"


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
