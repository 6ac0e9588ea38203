"""Measure the fake server beside its limit and what one would write or run instead, in one run.

    python -m tests.bench [--seconds 2] [--rounds 3] [--python PY] [--node-modules DIR] [--json OUT]

What is measured is what is installed for PY (default: this interpreter); the first line says whether that has uvloop and
httptools: figures with and without are not comparable, as the limit differs by five. With fastapi and
fastapi-pagination in it, a stub made of them is measured as well; with DIR, a `node_modules` of `npm install
json-server@0.17.4 @stoplight/prism-cli`, those two. Needs `wrk` (a package of Debian and of Homebrew) and two CPUs of
Linux: every server runs on the first with uvicorn's defaults and no access log, while the others have nothing to do,
and wrk with 16 connections on the second.

  create              get-or-create over 1,000 ids, nearly all of them gets
  create_new          sessions that are all new
  list50              the first page of 50 of 1,000 sessions
  message             one message appended per request
    each as a share of the limit: raw ASGI with a fixed answer, the same client, measured in turn
  *_growth            with 100,000 sessions, over the same with 1,000
  last_page           the last page of 50 of 100,000, as a share of the rate of the first; `after_churn`: when every
                      tenth was deleted and as many were made in between
  filtered            milliseconds of a list of 50 of those with one value in their metadata, one of a hundred of
                      100,000 sessions; `first`: nobody had asked for that key; `after_change`: one was made and one
                      was changed before each
  clone_10k           one clone of a session of 10,000 messages
  start_over_imports  from the start of the process to the first answer, over importing what it cannot do without
  mockserver_start    `MockServer()` in a warm process to its first answer; `stop`: leaving it
  reset               to an empty world, and to that of the demo; `served`: while a server runs it in its thread
  bytes_per_*         growth of resident memory over 100,000 sessions and 100,000 messages
"""

import argparse
import json
import os
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
    parser.add_argument("--python", default=sys.executable, help="the interpreter to measure")
    parser.add_argument("--seconds", type=float, default=2, help="how long each load lasts")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is repeated; the median counts")
    parser.add_argument("--many", type=int, default=100_000, help="how many sessions and messages are many")
    parser.add_argument("--node-modules", type=Path, metavar="DIR", help="where json-server and Prism are")
    parser.add_argument("--args", default="", help="more arguments for `honcho-mockserver serve`")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures to a file as well")
    options = parser.parse_args()
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
