"""Prints what a reset costs, with and without a running server, as JSON."""

import json
import statistics
import time
from collections.abc import Callable

from mockserver import Mock, MockServer
from mockserver.testing.data import data_file


def main() -> None:
    empty, demo = Mock(), Mock(world=data_file("demo.json"))
    figures = {"reset_us": 1000 * _milliseconds(empty.reset), "reset_demo_ms": _milliseconds(demo.reset)}
    with MockServer() as server, MockServer(world=data_file("demo.json")) as with_demo:
        figures["reset_served_us"] = 1000 * _milliseconds(server.mock.reset)
        figures["reset_demo_served_ms"] = _milliseconds(with_demo.mock.reset)
    print(json.dumps(figures))


def _milliseconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(500):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
