"""What a fixture costs a test: how much longer a run of pytest takes for each further empty test that uses it."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from .servers import on_cpu

# The sizes of the two runs. Their difference leaves out what a run costs once: the imports and the start of the server.
FEW, MANY = 1000, 4000


class Suite(NamedTuple):
    """Empty tests that use a fixture of a plugin, or no fixture."""

    name: str
    fixture: str = ""
    plugin: str | None = None

    def file(self, tests: int) -> str:
        return f"test_{self.name}_{tests}.py"


EMPTY = Suite("empty")
HONCHO_SERVER = Suite("honcho_server", "honcho_server", "mockserver.pytest_plugin")
UNUSED = Suite("unused_plugin", "", "mockserver.pytest_plugin")
HONCHO_ENV = Suite("honcho_env", "honcho_server, honcho_workspace, honcho_env", "mockserver.pytest_plugin")
RESPX = Suite("respx", "respx_mock", "respx.plugin")
HTTPSERVER = Suite("httpserver", "httpserver", "pytest_httpserver.pytest_plugin")


@contextmanager
def suites_written(run: Sequence[str], suites: Iterable[Suite]) -> Iterator[Path]:
    """A temporary folder with the test files. `run` is the start of a command that takes a module and its arguments."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # pytest looks for settings no further up.
        for suite in suites:
            for tests in (FEW, MANY):
                source = "".join(f"def test_{number}({suite.fixture}): pass\n\n\n" for number in range(tests))
                (folder / suite.file(tests)).write_text(source, encoding="utf-8")
                _cpu_seconds(run, folder, suite, tests, "--collect-only")  # Keeps the compiled file for later runs.
        yield folder


def microseconds_per_test(run: Sequence[str], folder: Path, suites: Sequence[Suite], rounds: int = 1) -> list[float]:
    """The CPU time of one more test of each suite: the slope between the two sizes.

    CPU time, as the time on the clock depends on what else the machine does. Other programs slow a run down also by
    its CPU time, and never speed it up, so the fastest of the rounds counts.
    """
    sizes = [(suite, tests) for tests in (FEW, MANY) for suite in suites]
    times: dict[tuple[Suite, int], list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for suite, tests in sizes:
            times[suite, tests].append(_cpu_seconds(run, folder, suite, tests))
    return [1_000_000 * (min(times[suite, MANY]) - min(times[suite, FEW])) / (MANY - FEW) for suite in suites]


def milliseconds_of_the_first_test(run: Sequence[str], folder: Path, rounds: int) -> float:
    """The CPU time of a run of one test that uses `honcho_server`, without importing Starlette, uvicorn and pydantic,
    over a run of one empty test. The fastest of the rounds counts.
    """
    needed = [*run[:-1], "-c", "import pytest; import starlette.applications, uvicorn, pydantic"]
    runs: dict[str, list[float]] = {"test": [], "empty": [], "imports": [], "pytest": []}
    for suite in (EMPTY, HONCHO_SERVER):
        (folder / suite.file(1)).write_text(f"def test_1({suite.fixture}): pass\n", encoding="utf-8")
    for _ in range(rounds + 1):  # The first round compiles the files.
        runs["test"].append(_cpu_seconds(run, folder, HONCHO_SERVER, 1))
        runs["empty"].append(_cpu_seconds(run, folder, EMPTY, 1))
        runs["imports"].append(_cpu_seconds_of(needed, folder))
        runs["pytest"].append(_cpu_seconds_of([*run[:-1], "-c", "import pytest"], folder))
    least = {name: min(times) for name, times in runs.items()}
    return 1000 * (least["test"] - least["empty"] - (least["imports"] - least["pytest"]))


def _cpu_seconds(run: Sequence[str], folder: Path, suite: Suite, tests: int, *arguments: str) -> float:
    """The CPU time of a run of pytest, with no plugin except the one of the suite."""
    plugin = [] if suite.plugin is None else ["-p", suite.plugin]
    command = [*run, "pytest", "-q", "-p", "no:cacheprovider", *plugin, *arguments, suite.file(tests)]
    return _cpu_seconds_of(command, folder)


def _cpu_seconds_of(command: Sequence[str], folder: Path) -> float:
    before = _cpu_seconds_of_children()
    done = subprocess.run(
        on_cpu(0, command), cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return _cpu_seconds_of_children() - before


def _environment() -> dict[str, str]:
    """The environment, without what changes how pytest runs or keeps it from storing compiled files."""
    left_out = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _cpu_seconds_of_children() -> float:
    """The CPU time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
