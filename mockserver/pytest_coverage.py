"""What `--honcho-coverage` adds to a pytest session. It is imported only with this option."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from .testing.coverage import Coverage
from .testing.coverage_counts import coverage_of, recorded

# The key under which a worker of pytest-xdist sends its coverage to the controller.
_OUTPUT = "honcho_coverage"


class ContractCoverage:
    """A plugin for one session. It counts the answers of all mocks in its processes, and prints a report at the end.

    Arguments:
        fail_under: A session that passed fails if the percentage of covered operations is lower. None turns it off.
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
        """Whether enough is covered. Always true if no mock counts: with a server at a URL, or with --collect-only."""
        excused = self._config.getoption("--honcho-url") or self._config.getoption("collectonly")
        return bool(excused) or self._fail_under is None or self._total.percent >= self._fail_under

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the coverage of a worker.

        Called twice for an interrupted worker, so it removes the coverage that it adds. A crashed worker has none.
        """
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
            terminalreporter.line(
                "only mocks of this session are counted; --honcho-url has its own coverage at /_mock/coverage"
            )
            return
        terminalreporter.line(str(self._total))
        for worker in self._lost:
            terminalreporter.line(f"{worker} crashed, and its coverage is lost", red=True)
        if self._fail_under is not None:
            reached = "reached" if self._is_reached else "not reached"
            result = f"the required {self._fail_under:g}% of the operations were {reached}: {self._total.percent:.2f}%"
            terminalreporter.line(result, red=not self._is_reached, green=self._is_reached)
