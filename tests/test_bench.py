"""The bench runs, and reports every figure of its page. A few requests and tests take the place of thousands."""

import importlib.util
import json
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench import comparison, figures, fixture_cost, servers
from bench.checkouts import checked_out, run_in
from bench.comparison import Change
from bench.servers import Server, Throughput
from support.pages import text_of

_ROOT = Path(__file__).parent.parent
_AT_ONCE = 200
_RAW_ASGI = [sys.executable, "-m", "uvicorn", "raw_asgi:app", "--port", "PORT", "--log-level", "error"]

needs_taskset = pytest.mark.skipif(
    shutil.which("taskset") is None, reason="needs taskset, which binds programs to a CPU"
)
needs_httpserver = pytest.mark.skipif(
    importlib.util.find_spec("pytest_httpserver") is None, reason="needs pytest-httpserver"
)
needs_git = pytest.mark.skipif(not (_ROOT / ".git").exists(), reason="needs a git checkout")


def _send_a_few(server: Server, _: int, path: str, body: str = "", first: int = 0, **more: Any) -> Throughput:
    """In place of `Server.throughput`."""
    began = time.perf_counter()
    for number in range(first + 1, first + 1 + _AT_ONCE):
        filled = body.replace("NUMBER", str(number)).replace("GROUP", str(number % 100))
        server.send(more.get("method", "POST"), path, json.loads(filled) if filled else None)
    rate = _AT_ONCE / (time.perf_counter() - began)
    return Throughput(rate, rate, 1.0)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few requests without wrk, and few tests."""
    monkeypatch.setattr(Server, "throughput", _send_a_few)
    monkeypatch.setattr(shutil, "which", lambda program: program)
    monkeypatch.setattr(fixture_cost, "FEW", 1)
    monkeypatch.setattr(fixture_cost, "MANY", 300)


@pytest.fixture
def run_bench(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs the bench in this process, with these arguments."""

    def run(*arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        bench.main()

    return run


@pytest.mark.process
@needs_taskset
@needs_httpserver
@pytest.mark.usefixtures("small")
def test_the_bench_reports_the_figures_of_its_page(
    tmp_path: Path, run_bench: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    run_bench("--rounds", "1", "--many", "1200", "--json", str(out))
    assert capsys.readouterr().out.startswith("uvicorn with uvloop and httptools\n")
    reported = json.loads(out.read_text(encoding="utf-8"))
    assert all(isinstance(figure, float) for figure in reported.values())
    page = text_of("docs/performance.md")
    told = {name for named in re.findall(r"\((`\w+`(?:, `\w+`)*)\)", page) for name in re.findall(r"\w+", named)}
    assert len(told) > 10
    assert told <= set(reported)


@pytest.mark.process
@needs_taskset
def test_a_request_after_the_server_closed_the_idle_connection_opens_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_IDLE_SECONDS", 0.5)
    with Server([*_RAW_ASGI, "--timeout-keep-alive", "1"]) as server:
        closed, _, _ = select.select([server._connection.sock], [], [], 60)
        assert closed
        assert server.send("POST", "/", {})["id"] == "s1"


@pytest.mark.process
@needs_taskset
def test_a_server_that_does_not_start_is_reported_with_its_log() -> None:
    with pytest.raises(SystemExit, match=r"(?s)does not start a server: .*No module named missing"):
        Server([sys.executable, "-m", "missing"])


def test_a_load_without_answers_ends_the_bench_with_what_wrk_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = "  0 requests in 1.00s, 0.00B read\nRequests/sec:      0.00\n"
    monkeypatch.setattr(
        subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=printed, stderr="")
    )
    monkeypatch.setattr(Server, "__init__", lambda *_: None)
    monkeypatch.setattr(Server, "port", 1, raising=False)
    monkeypatch.setattr(Server, "_cpu_seconds", lambda _: 0.0)
    with pytest.raises(SystemExit, match="0 requests in"):
        Server([]).throughput(1, "/v3")


def test_the_cost_of_a_fixture_comes_from_two_runs_of_different_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(_run: Any, _folder: Path, suite: fixture_cost.Suite, tests: int) -> float:
        return 9 + tests * len(suite.fixture) / 1_000_000

    monkeypatch.setattr(fixture_cost, "_cpu_seconds", seconds)
    suites = (fixture_cost.EMPTY, fixture_cost.HONCHO_SERVER, fixture_cost.HTTPSERVER)
    costs = fixture_cost.microseconds_per_test([], Path(), suites, rounds=2)
    assert costs == pytest.approx([0, len("honcho_server"), len("httpserver")])


@pytest.mark.process
@needs_taskset
def test_a_failing_run_of_pytest_ends_the_bench_with_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixture_cost, "MANY", 2)
    monkeypatch.setattr(fixture_cost, "FEW", 1)
    unknown = fixture_cost.Suite("unknown", "no_such_fixture")
    run = [sys.executable, "-m"]
    with (
        fixture_cost.suites_written(run, [unknown]) as folder,
        pytest.raises(SystemExit, match="fixture 'no_such_fixture' not found"),
    ):
        fixture_cost.microseconds_per_test(run, folder, [unknown])


def test_without_pytest_httpserver_the_bench_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "_has", lambda *_: False)
    for name in ("of_few", "of_stubs", "of_many", "filtered", "crowded", "starts", "in_process", "large_states"):
        monkeypatch.setattr(figures, name, lambda _: {})
    monkeypatch.setattr(figures.Bench, "limit_rate", lambda _: 1.0)
    measured = figures.Bench("PY", {}, None, 1, 1, 1)  # type: ignore[arg-type]
    assert [*bench._measured(measured, None)][-1] == {}
    assert "`PY -m pip install pytest pytest-httpserver`" in capsys.readouterr().out


@pytest.fixture
def no_worktree_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Creates worktrees in a folder of the test, and fails if one is left at the end."""
    folder = tmp_path / "worktrees"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    registered = subprocess.check_output(["git", "worktree", "list"], cwd=_ROOT, text=True)  # noqa: S607 - git of PATH
    assert str(folder) not in registered
    assert not [*folder.iterdir()]


@pytest.mark.process
@needs_taskset
@needs_git
@pytest.mark.usefixtures("small", "no_worktree_left")
def test_a_comparison_reports_ratios(
    tmp_path: Path, run_bench: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "changes.json"
    run_bench("--against", "HEAD", "--pairs", "2", "--json", str(out))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "uvicorn with uvloop and httptools"
    assert lines[1].startswith("old: HEAD (")
    assert lines[2].startswith("new: the working tree (")
    changes = json.loads(out.read_text(encoding="utf-8"))
    loads = ["create", "list50", "message", "create_new"]
    of_loads = [name for load in loads for name in (load, f"{load}_per_cpu")]
    assert [*changes] == [*of_loads, "mockserver_start", "fixture_slope"]
    assert [line.split()[0] for line in lines[4:]] == [*changes]
    assert all(change["lower"] <= change["ratio"] <= change["upper"] for change in changes.values())


@pytest.mark.process
@needs_git
@pytest.mark.usefixtures("no_worktree_left")
def test_a_revision_that_does_not_exist_is_reported_in_one_line(
    run_bench: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: program)
    with pytest.raises(SystemExit) as ended:
        run_bench("--against", "no-such-revision")
    assert ended.value.code == 2
    assert capsys.readouterr().err == "python -m tests.bench: error: fatal: invalid reference: no-such-revision\n"


@pytest.mark.process
@needs_taskset
@needs_git
@pytest.mark.usefixtures("small", "no_worktree_left")
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_error_in_a_comparison_removes_the_worktree(
    error: type[BaseException], run_bench: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Throughput:
        raise error

    monkeypatch.setattr(Server, "throughput", fail)
    with pytest.raises(error):
        run_bench("--against", "HEAD")


@pytest.mark.process
@needs_git
def test_a_process_imports_the_mockserver_of_its_checkout() -> None:
    with checked_out("HEAD") as checkout:
        (checkout / "where.py").write_text("import mockserver; print(mockserver.__file__)", encoding="utf-8")
        found = subprocess.check_output([*run_in(checkout, sys.executable), "where"], text=True)
        assert found == f"{checkout}/mockserver/__init__.py\n"


@pytest.mark.process
def test_a_process_that_imports_another_mockserver_ends_with_an_error(tmp_path: Path) -> None:
    command = [*run_in(tmp_path, sys.executable), "mockserver", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(
        rf"mockserver is imported from .*__init__\.py, not from {re.escape(str(tmp_path))}\n", done.stderr
    )


def test_a_change_is_the_median_and_the_quartiles_of_the_ratios() -> None:
    pairs = [(1.0, 1.0), (2.0, 4.0), (10.0, 30.0), (1.0, 4.0), (1.0, 5.0)]
    assert Change.of("ms", pairs) == Change("ms", old=1.0, new=4.0, ratio=3.0, lower=2.0, upper=4.0)
    assert Change.of("ms", pairs[1:2]) == Change("ms", old=2.0, new=4.0, ratio=2.0, lower=2.0, upper=2.0)


@pytest.mark.parametrize("option", ["--rounds", "--pairs", "--seconds", "--many"])
@pytest.mark.parametrize("value", ["0", "-1", "two", ""])
def test_a_number_that_is_not_positive_is_refused(
    option: str, value: str, run_bench: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run_bench(f"{option}={value}")
    assert capsys.readouterr().err.endswith(f"argument {option}: must be an integer of 1 or more: {value!r}\n")


@pytest.mark.parametrize(
    ("arguments", "missing"), [([], "wrk and taskset"), (["--against", "HEAD"], "wrk and taskset and git")]
)
def test_a_missing_program_is_reported_in_one_line(
    arguments: list[str],
    missing: str,
    run_bench: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SystemExit):
        run_bench(*arguments)
    assert capsys.readouterr().err.endswith(f"error: {missing} must be installed\n")


def test_a_comparison_alternates_which_checkout_is_measured_first(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def life(run: list[str]) -> dict[str, float]:
        order.extend(run)
        return {"mockserver_start_ms": len(run[0])}

    monkeypatch.setattr(comparison, "LOADS", {})
    monkeypatch.setattr(comparison, "_server", lambda *_: nullcontext())
    monkeypatch.setattr(comparison, "mockserver_life", life)
    changes = comparison.compare(comparison.Plan(["old"], ["newer"], pairs=3, seconds=1, fixture=False))
    assert order == ["old", "newer", "newer", "old", "old", "newer"]
    assert changes["mockserver_start"].ratio == len("newer") / len("old")
