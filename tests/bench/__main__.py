"""Measure the fake server beside its limit and what one would write or run instead, in one run.

    python -m tests.bench [--seconds 2] [--rounds 3] [--python PY] [--node-modules DIR] [--json OUT]

What is measured is what is installed for PY (default: this interpreter); the first line says whether that has uvloop and
httptools: figures with and without are not comparable, as the limit differs by five. With fastapi and
fastapi-pagination in it, a stub made of them is measured as well; with DIR, a `node_modules` of `npm install
json-server@0.17.4 @stoplight/prism-cli`, those two. Needs `wrk` (a package of Debian and of Homebrew) and two CPUs of
Linux: every server runs on the first with uvicorn's defaults and no access log, while the others have nothing to do,
and wrk with 16 connections on the second.

It takes about five minutes. What it prints, in this order:

  limit_a_second      requests a second of the limit: raw ASGI with a fixed answer
  *_of_limit          requests a second as a share of that, both measured in turn:
    create            get-or-create over 1,000 ids, nearly all of them gets
    list50            the first page of 50 of 1,000 sessions
    message           one message appended per request
    create_new        sessions that are all new
    bare_starlette_*, fastapi_stub_*, json_server_*, prism_*   the like of others
  bytes_per_*         growth of resident memory over at least as many sessions as are many, and as many messages
  *_growth            with many sessions, over the same with 1,000
  last_page           the last page of 50 of many, over the first; `after_churn`: when every tenth was deleted and as
                      many were made in between
  clone_10k_ms        one clone of a session of 10,000 messages
  filtered_first_ms   the first list of 50 of those with one value under a key of their metadata, one of a hundred of
                      many sessions; nobody had asked for that key since the start
  filtered_ms         the server's time for each list like that after it; `after_change`: for one client, where a
                      session was made and one changed before each
  start_ms            from the start of the process to its first answer; `over_imports`: over importing Starlette,
                      uvicorn and pydantic alone
  mockserver_start    `MockServer()` in a warm process to its first answer; `stop`: leaving it
  reset               to an empty world, and to that of the demo; `served`: while a server runs it in its thread
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
from .servers import Server


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable, metavar="PY", help="the interpreter (default: this one)")
    parser.add_argument("--seconds", type=int, default=2, help="how long each load lasts (default: %(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each share is taken; the median counts (default: %(default)s)"
    )
    parser.add_argument(
        "--many", type=int, default=100_000, help="how many sessions and messages are many (default: %(default)s)"
    )
    parser.add_argument("--node-modules", type=Path, metavar="DIR", help="where json-server and Prism are")
    parser.add_argument("--args", default="", help="more arguments for `honcho-mockserver serve`")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures to a file as well")
    options = parser.parse_args()
    missing = [program for program in ("wrk", "taskset") if shutil.which(program) is None]
    if missing or options.rounds < 1:
        parser.error(f"{' and '.join(missing)} must be installed" if missing else "--rounds is 1 or more")
    python = os.path.abspath(options.python)  # noqa: PTH100 - the link of a virtual environment stays what it is
    print("uvicorn with", "uvloop and httptools" if _has(python, "uvloop", "httptools") else "its own loop and parser")
    commands = _commands(python, options.args)
    found: dict[str, float] = {}
    with Server(commands["raw_asgi"]) as limit:
        bench = figures.Bench(python, commands, limit, options.seconds, options.rounds, options.many)
        for measured in _measured(bench, options.node_modules):
            found |= measured
            for name, figure in measured.items():
                print(f"{name:32} {figure:10.2f}", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _measured(bench: figures.Bench, node_modules: Path | None) -> Iterator[dict[str, float]]:
    yield {"limit_a_second": bench.limit_rate()}
    yield figures.of_few(bench)
    yield figures.of_stubs(bench)
    yield figures.of_many(bench)
    yield figures.filtered(bench)
    yield figures.starts(bench)
    if node_modules is not None:
        yield figures.of_json_server(bench, node_modules)
        yield figures.of_prism(bench, node_modules)


def _commands(python: str, arguments: str) -> dict[str, list[str]]:
    """How each server is started."""
    peers = ["raw_asgi", "bare_starlette", *(["fastapi_stub"] if _has(python, "fastapi", "fastapi_pagination") else [])]
    started = {
        name: [python, "-m", "uvicorn", f"{name}:app", "--port", "PORT", "--log-level", "error", "--no-access-log"]
        for name in peers
    }
    return {**started, "mockserver": [python, "-m", "mockserver", "serve", "--port", "PORT", *arguments.split()]}


def _has(python: str, *modules: str) -> bool:
    """Whether an interpreter can import these."""
    return (
        subprocess.run([python, "-c", f"import {', '.join(modules)}"], capture_output=True, check=False).returncode == 0
    )


if __name__ == "__main__":
    main()
