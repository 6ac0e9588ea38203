"""Sends hostile requests to a server, and reports whether it answers, survives and keeps its memory small.

    python tests/fuzz.py --requests 100000 --seed 1

Exits with 1 if an answer is a 5xx that no quirk documents, a request hangs, the server dies or writes to stderr, its
memory grows beyond the limit, or a parser raises an error that it does not declare. Each failure is printed with the
seed and the request that reproduce it.
"""

import argparse
import sys
import time

from support.hostile.fuzzer import PROFILES, Fuzzer
from support.hostile.parser_inputs import try_parsers
from support.hostile.report import Report
from support.server_process import ServerProcess


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--requests", type=int, default=100_000, help="the least number of requests, for both profiles together"
    )
    parser.add_argument("--seed", default=str(time.time_ns()), help="determines every request")
    parser.add_argument(
        "--seconds-per-request", type=float, default=5.0, help="the limit after which a request counts as hung"
    )
    options = parser.parse_args(arguments)
    seconds = options.seconds_per_request
    failed = False
    for profile in PROFILES:
        start = time.monotonic()
        with ServerProcess(profile) as server:
            report = Fuzzer(server, f"{options.seed} {profile}", seconds).run(-(-options.requests // len(PROFILES)))
        _print(f"{profile}, on {server.loop}: {report.requests.total()} requests", start, report)
        failed = failed or bool(report.failures)
    start, report = time.monotonic(), Report()
    try_parsers(report, options.seed, options.requests // 2, seconds)
    _print(f"parsers: {report.parsed.total()} inputs", start, report)
    print(f"seed {options.seed}")
    return int(failed or bool(report.failures))


def _print(title: str, start: float, report: Report) -> None:
    print(f"{title} in {time.monotonic() - start:.0f} s")
    print("\n".join(report.lines()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
