"""Measure how fast the fake server is: next to its limit and to alternatives, or next to another revision.

    python -m tests.bench [--seconds 2] [--rounds 3] [--python PY] [--node-modules DIR] [--json OUT]
    python -m tests.bench --against REV [--pairs 9] [--seconds 2] [--python PY] [--json OUT]

You need `wrk` (a package of Debian and of Homebrew) and Linux with two CPUs. Every server runs on the first CPU, with
the defaults of uvicorn and no access log. wrk loads one server at a time over 16 connections, from the second CPU. The
first line of the output says whether uvicorn uses uvloop and httptools. Figures with and without them are not
comparable: the limit is five times as high with them.

Without --against
-----------------

This takes about ten minutes on an idle machine, and measures the `mockserver` that is installed for PY (default: this
interpreter). If fastapi and fastapi-pagination are installed there, it also measures a stub that uses them. If
pytest-httpserver is installed there, it also measures what a fixture costs. With DIR, a `node_modules` from `npm
install json-server@0.17.4 @stoplight/prism-cli`, it also measures json-server and Prism. The figures, in the order of
the output:

  limit_a_second      requests per second of the limit: raw ASGI with a fixed answer
  *_of_limit          requests per second as a share of the limit, both measured in turn:
    create            get or create one of 1,000 sessions; nearly all requests are gets
    list50            the first page of 50 of 1,000 sessions
    message           append one message per request
    create_new        create a new session with each request
    bare_starlette_*, fastapi_stub_*, json_server_*, prism_*   the same for the alternatives
  bytes_per_*         growth of resident memory per session and per message, over --many of them
  *_growth            the rate with --many sessions, over the rate with 1,000
  last_page           the rate of the last page of 50 of --many sessions, over the first page; `after_churn`: after
                      every tenth session was deleted and as many were created
  clone_10k_ms        clone a session of 10,000 messages
  filtered_first_ms   the first list of 50 sessions with one value of a metadata key, 1 % of --many sessions; no
                      request has used that key since the start
  filtered_ms         the time of the server for each list after the first; `after_change`: for one client that
                      creates a session and changes another before each list
  create_100_of_limit the same as create, over 100 connections
  p99_100_over_limit  the 99th percentile of the latency over 100 connections, each server at half of its own rate, over
                      the limit's
  create_with_page    the rate of create while a client reads the events of the page, over the rate without
  start_ms            from the start of the process to its first answer; `over_imports`: over the time to import
                      Starlette, uvicorn and pydantic
  mockserver_start_ms `MockServer()` in a warm process to its first answer; `stop`: leaving it
  reset               to the empty world and to the demo world; `served`: while a server runs in its thread
  in_process_over_starlette  the rate of create over httpx.ASGITransport, over one route of Starlette the same way
  fork_ms, diff_ms, save_ms, load_ms  control methods with --many / 10 sessions of ten messages
  query_ms, purge_ms  a query over 3 * --many / 10 conclusions, and the purge of a session that none is about;
                      `query_first_ms`: the first query
  *_test_us           CPU time that one more empty test adds to a run of pytest: the slope between runs of 1,000 and
                      4,000 tests, without a fixture (`empty`; `unused_plugin` loads the plugin), with `honcho_server`, with
                      `honcho_workspace` and `honcho_env` too (`honcho_env`), with the `httpserver` of
                      pytest-httpserver, and the `respx_mock` of respx if it is installed. pytest loads only the plugin that the test needs. Each run is repeated
                      --rounds times, and the fastest counts.
  fixture_us          honcho_server_test_us less empty_test_us: what the fixture and the hooks of the plugin cost
  fixture_over_httpserver  that, over the same for httpserver; `env_over_httpserver`: for `honcho_env`
  first_test_ms       CPU time of a run with one test that uses `honcho_server`, over one with one empty test, beyond
                      importing Starlette, uvicorn and pydantic

With --against
--------------

This compares REV ("old") with the working tree ("new"), including changes that are not committed. It takes about five
minutes on an idle machine, and eight on a busy one. A temporary git worktree holds REV. Both use PY and its packages,
but import `mockserver` from their own checkout. Each pair starts both servers, and measures each figure for one and
then the other; every second pair begins with new. The output has the medians of old and new, the median of the ratios
new/old of the pairs, and the quartiles of the ratios: half of the ratios are between them.

  create, list50, message, create_new   requests per second (more is faster)
  *_per_cpu           the same per second of CPU time of the server (more is faster): on a busy machine, ratios of this
                      vary about half as much
  mockserver_start    ms of `MockServer()` to its first answer (less is faster)
  fixture_slope       honcho_server_test_us (less is faster)

Compare REV=HEAD without changes first: it shows how far ratios are from 1 by chance.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import figures
from .checkouts import WORKING_TREE, GitError, checked_out, commit_of, run_in
from .comparison import Plan, compare
from .servers import Server


def main() -> None:
    parser = _parser()
    options = parser.parse_args()
    needed = ["wrk", "taskset", *(["git"] if options.against is not None else [])]
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        parser.error(f"{' and '.join(missing)} must be installed")
    python = os.path.abspath(options.python)  # noqa: PTH100 - a symlink of a virtual environment must stay one
    loop = "uvloop" if _has(python, "uvloop") else "asyncio"
    print("uvicorn with", loop, "and", "httptools" if _has(python, "httptools") else "h11", flush=True)
    found = _alone(options, python) if options.against is None else _against(parser, options, python)
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable, metavar="PY", help="the interpreter (default: this one)")
    parser.add_argument("--seconds", type=_positive, default=2, help="how long each load lasts (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures to this file too")
    parser.add_argument("--args", default="", help="more arguments for `honcho-mockserver serve`")
    alone = parser.add_argument_group("without --against")
    alone.add_argument(
        "--rounds", type=_positive, default=3, help="take the median of this many measurements (default: %(default)s)"
    )
    alone.add_argument(
        "--many", type=_positive, default=100_000, help="how many sessions and messages (default: %(default)s)"
    )
    alone.add_argument("--node-modules", type=Path, metavar="DIR", help="where json-server and Prism are installed")
    against = parser.add_argument_group("with --against")
    against.add_argument("--against", metavar="REV", help="compare the working tree with this git revision")
    against.add_argument(
        "--pairs", type=_positive, default=9, help="measure old and new this many times (default: %(default)s)"
    )
    return parser


def _positive(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be an integer of 1 or more: {text!r}")


def _alone(options: argparse.Namespace, python: str) -> dict[str, float]:
    commands = _commands(python, options.args)
    found: dict[str, float] = {}
    with Server(commands["raw_asgi"]) as limit:
        bench = figures.Bench(python, commands, limit, options.seconds, options.rounds, options.many)
        for measured in _measured(bench, options.node_modules):
            found |= measured
            for name, figure in measured.items():
                print(f"{name:32} {figure:10.2f}", flush=True)
    return found


def _measured(bench: figures.Bench, node_modules: Path | None) -> Iterator[dict[str, float]]:
    yield {"limit_a_second": bench.limit_rate()}
    yield figures.of_few(bench)
    yield figures.of_stubs(bench)
    yield figures.of_many(bench)
    yield figures.filtered(bench)
    yield figures.crowded(bench)
    yield figures.starts(bench)
    if _has(bench.python, "httpx"):
        yield figures.in_process(bench)
        yield figures.large_states(bench)
    if _can_measure_fixtures(bench.python, "pytest", "pytest_httpserver"):
        yield figures.fixture_cost(bench, with_respx=_has(bench.python, "respx"))
    if node_modules is not None:
        yield figures.of_json_server(bench, node_modules)
        yield figures.of_prism(bench, node_modules)


def _against(
    parser: argparse.ArgumentParser, options: argparse.Namespace, python: str
) -> dict[str, dict[str, float | str]]:
    fixture = _can_measure_fixtures(python, "pytest")
    try:
        with checked_out(options.against) as old:
            print(f"old: {options.against} ({commit_of(old)})")
            print(f"new: the working tree ({commit_of(WORKING_TREE)})", flush=True)
            run_old, run_new = run_in(old, python), run_in(WORKING_TREE, python)
            plan = Plan(run_old, run_new, options.pairs, options.seconds, fixture, options.args.split())
            changes = compare(plan)
    except GitError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
    print(f"{'':18} {'old':>10} {'new':>10} {'':14} {'new/old':>8}  quartiles")
    for name, change in changes.items():
        medians = f"{change.old:10.2f} {change.new:10.2f} {change.unit:14}"
        print(f"{name:18} {medians} {change.ratio:8.3f}  {change.lower:.3f} to {change.upper:.3f}")
    return {name: change._asdict() for name, change in changes.items()}


def _can_measure_fixtures(python: str, *modules: str) -> bool:
    """Whether these modules are installed. If not, print what to install."""
    if _has(python, *modules):
        return True
    packages = " ".join(module.replace("_", "-") for module in modules)
    print(f"without the cost of a fixture: it needs `{python} -m pip install {packages}`", flush=True)
    return False


def _commands(python: str, arguments: str) -> dict[str, list[str]]:
    """How each server is started."""
    peers = ["raw_asgi", "bare_starlette", *(["fastapi_stub"] if _has(python, "fastapi", "fastapi_pagination") else [])]
    started = {
        name: [python, "-m", "uvicorn", f"{name}:app", "--port", "PORT", "--log-level", "error", "--no-access-log"]
        for name in peers
    }
    return {**started, "mockserver": [python, "-m", "mockserver", "serve", "--port", "PORT", *arguments.split()]}


def _has(python: str, *modules: str) -> bool:
    """Whether an interpreter can import these modules."""
    command = [python, "-c", f"import {', '.join(modules)}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    main()
