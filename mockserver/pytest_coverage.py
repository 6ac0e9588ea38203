"""What `--honcho-coverage` adds to a session of pytest; loaded where somebody asks for it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from .testing.coverage import Coverage, coverage_of
from .testing.tally import recorded

# Under which name a worker of pytest-xdist hands over what it counted.
_OUTPUT = "honcho_coverage"


class ContractCoverage:
    """A plugin for one session: counts what all fakes of its processes answer, and reports it at the end.

    `fail_under` is the percentage of the operations below which a session that passed fails; None: it does not.
    """

    def __init__(self, config: pytest.Config, fail_under: float | None) -> None:
        self._config = config
        self._fail_under = fail_under
        self._total = Coverage()
        self._lost: list[str] = []
        counting = ExitStack()
        self._counted = counting.enter_context(recorded())
        config.add_cleanup(counting.close)

    @property
    def _is_reached(self) -> bool:
        """Whether enough is covered; where no fake could be asked, nothing is demanded."""
        excused = self._config.getoption("--honcho-url") or self._config.getoption("collectonly")
        return bool(excused) or self._fail_under is None or self._total.percent >= self._fail_under

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker counted: once, as an interrupted one goes down twice; a crashed one has nothing."""
        output = getattr(node, "workeroutput", None)
        if output is None:
            self._lost.append(node.gateway.id)
        elif _OUTPUT in output:
            self._total += Coverage.from_json(output.pop(_OUTPUT))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._total += coverage_of(self._counted)
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[_OUTPUT] = self._total.as_json()
        elif session.exitstatus == pytest.ExitCode.OK and not self._is_reached:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._config.getoption("collectonly"):
            return
        terminalreporter.section("honcho coverage")
        if self._config.getoption("--honcho-url"):
            terminalreporter.line("only fakes of the session are counted; one at a URL has its own at /_mock/coverage")
            return
        terminalreporter.line(str(self._total))
        for worker in self._lost:
            terminalreporter.line(f"{worker} crashed, and what it counted is lost", red=True)
        if self._fail_under is not None:
            reached = "reached" if self._is_reached else "not reached"
            told = f"the required {self._fail_under:g}% of the operations were {reached}: {self._total.percent:.2f}%"
            terminalreporter.line(told, red=not self._is_reached, green=self._is_reached)
