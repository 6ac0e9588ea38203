"""What `--honcho-compare` adds to a pytest session. It is imported only with this option."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from .domain.changes import CONTRACT, version_of
from .parity.backlog import Backlog
from .parity.client import Client, NoAnswer
from .parity.comparison import Compared, Comparison
from .parity.confirmation import is_local
from .parity.naming import Namer
from .parity.visit import Unfit, Visit
from .testing.exchange import preview

if TYPE_CHECKING:
    from .testing.mock import Mock

# The name under which the plugin is registered, and under which a worker of pytest-xdist sends its results.
NAME = "honcho_compare"
_MOST_SHOWN = 20  # how many differences of a test are kept
_REMOTE = (
    "--honcho-compare: {host} is not a loopback address. Each request of the tests would be sent there too, in "
    "workspaces with unique names, and messages may cost calls of a model there. --honcho-compare-yes agrees to that."
)


class _Test:
    """The comparisons of one test."""

    def __init__(self) -> None:
        self.comparisons: list[Comparison] = []
        self.found: list[Compared] = []
        self.explained = 0
        self.failed_for = 0  # how many of the found differences have failed the test

    def saw(self, compared: Compared) -> None:
        if compared.outcome.differences:
            self.explained += all(compared.quirks)
            if len(self.found) < _MOST_SHOWN:
                self.found.append(compared)


_OF_TEST = pytest.StashKey[_Test]()


class SessionComparison:
    """A plugin for one session. It compares the mocks of the fixtures with a real server, and prints a report at the
    end.

    Arguments:
        url: The URL of the real server.
        is_strict: Whether a test fails if an answer in it differs.
        agrees: Whether the server may be on another machine.

    Raises UsageError for a URL that names no server, and for another machine without agreement.
    """

    def __init__(self, config: pytest.Config, url: str, *, is_strict: bool, agrees: bool) -> None:
        self._config = config
        self._url = url
        self._is_strict = is_strict
        try:
            self._visit = Visit(Client(url, os.environ.get("HONCHO_API_KEY") or None))
        except ValueError as error:
            raise pytest.UsageError(f"--honcho-compare: {error}") from None
        if not (agrees or is_local(self._visit.client.host)):
            raise pytest.UsageError(_REMOTE.format(host=self._visit.client.host))
        self._thread = ThreadPoolExecutor(1, "honcho-compare")
        self._backlog = Backlog()
        self._namer = Namer()
        self._is_known = False
        self._gone: str | None = None
        self._results: list[dict[str, Any]] = []
        self._left_behind: list[str] = []

    @property
    def version(self) -> str:
        """The version of the API that the real server names if it is known, otherwise that of the contract."""
        if not self._is_known:
            self._is_known = True
            try:
                self._visit.look()
            except (NoAnswer, Unfit) as error:
                self._gone = str(error)
        try:
            return version_of(self._visit.version or CONTRACT)
        except ValueError:
            return CONTRACT

    def begin(self, item: pytest.Item, mock: Mock) -> None:
        """Compare the answers of a mock during a test."""
        if self._gone is not None or self._visit.gone is not None:
            return
        test = item.stash.setdefault(_OF_TEST, _Test())
        comparison = Comparison(
            self._visit,
            mock,
            found=test.saw,
            restarts=False,
            thread=self._thread,
            backlog=self._backlog,
            namer=self._namer,
        )
        mock.observer = comparison
        test.comparisons.append(comparison)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Stop before the first test if the server cannot be used."""
        # The controller of pytest-xdist has asked already, and a session that only collects needs no server.
        if hasattr(session.config, "workerinput") or session.config.getoption("collectonly"):
            return
        _ = self.version
        if self._gone is not None:
            raise pytest.UsageError(f"--honcho-compare: {self._url} {self._gone}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """With `is_strict`, fail a test that passed although an answer differs."""
        result = yield
        self._fail_if_strict(item)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """End the comparisons of the test. The thread may still work on them."""
        try:
            result = yield
            self._fail_if_strict(item)  # Fixtures may send requests too when they end.
            return result
        finally:
            test = item.stash.get(_OF_TEST, None)
            if test is not None:
                del item.stash[_OF_TEST]
                for comparison in test.comparisons:
                    comparison.detach()
                self._thread.submit(self._finish, item.nodeid, test)

    def _fail_if_strict(self, item: pytest.Item) -> None:
        """With `is_strict`, fail for the differences that no earlier call has failed for."""
        test = item.stash.get(_OF_TEST, None)
        if not self._is_strict or test is None:
            return
        for comparison in test.comparisons:
            comparison.wait()
        found, test.failed_for = test.found[test.failed_for :], len(test.found)
        if found:
            lines = [f"{one.exchange.line}: {one.sentence}" for one in found]
            pytest.fail("\n".join(["honcho_compare: answers differ", *lines]), pytrace=False)

    def _finish(self, name: str, test: _Test) -> None:
        """Keep the result of a test, and clean up after it. Runs in the thread, after all its requests."""
        not_compared = sum(one.not_compared.total() for one in test.comparisons)
        if any(one.is_broken for one in test.comparisons):
            self._gone = next(one.left_for or "it stopped answering" for one in test.comparisons if one.is_broken)
        result = {
            "test": name,
            "agree": sum(one.agree for one in test.comparisons),
            "differ": sum(one.differ for one in test.comparisons),
            "not_compared": not_compared,
            "explained": test.explained,
            "left_for": next((one.left_for for one in test.comparisons if one.left_for is not None), None),
            "lines": list(_lines(test.found)),
        }
        if result["agree"] or result["differ"] or not_compared:
            self._results.append(result)
        if self._gone is None:
            self._visit.clean_up()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the results of a worker. Called twice for an interrupted worker, so it removes what it adds."""
        output = (getattr(node, "workeroutput", None) or {}).pop(NAME, None)
        if output is not None:
            self._results += output["results"]
            self._left_behind += output["left_behind"]
            self._gone = self._gone or output["gone"]

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Wait for the last requests, unless the session was interrupted, and clean up."""
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            self._gone = "the session was interrupted"
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._visit.client.abort()
        self._thread.shutdown()
        self._visit.clean_up()
        self._namer.close()
        if self._is_strict and self._gone is not None and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._left_behind += list(self._visit.created)
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[NAME] = {
                "results": self._results,
                "left_behind": self._left_behind,
                "gone": self._gone,
            }

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List the differences by test and operation."""
        if self._config.getoption("collectonly"):
            return
        terminalreporter.section(f"honcho compare with {self._url}")
        agree, differ, not_compared, explained = (
            sum(result[name] for result in self._results) for name in ("agree", "differ", "not_compared", "explained")
        )
        if self._visit.version is not None and self._visit.version != self.version:
            terminalreporter.line(
                f"the real server names version {self._visit.version[:40]!r}, which is not known; the fake behaves as "
                f"{self.version}"
            )
        terminalreporter.line(f"{agree} answers agree, {differ} differ, {not_compared} were not compared")
        if explained:
            terminalreporter.line(
                f"quirks explain {explained} of {differ} answers that differ: try the marker honcho(quirks='live')"
            )
        for result in sorted(self._results, key=lambda result: str(result["test"])):
            if result["lines"]:
                terminalreporter.line(str(result["test"]))
                for line in result["lines"]:
                    terminalreporter.line(f"    {line}")
        reasons = Counter(result["left_for"] for result in self._results if result["left_for"] is not None)
        for reason, count in reasons.most_common():
            tests = "1 test was" if count == 1 else f"{count} tests were"
            terminalreporter.line(f"{tests} not compared any more after {reason}")
        if self._gone is not None:
            terminalreporter.line(f"the comparison ended early: {self._gone}", red=True)
        for workspace_id in self._left_behind:
            terminalreporter.line(f"left behind: workspace {workspace_id}", red=True)


def _lines(found: list[Compared]) -> Generator[str]:
    """The differences by operation and place, each with how often it occurred."""
    texts = Counter(
        f"{one.operation} {one.place}: expected {preview(one.expected, 100)}, got {preview(one.got, 100)}"
        + (f" [{' + '.join(one.quirks)}]" if one.quirks else "")
        for compared in found
        for one in compared.differences()
    )
    for text, count in texts.most_common(_MOST_SHOWN):
        yield text if count == 1 else f"{text} ({count} times)"
