"""What a test pays for a server of its own, in this very process; prints milliseconds as JSON."""

import http.client
import json
import statistics
import time
from collections.abc import Callable

from mockserver import Mock, MockServer
from mockserver.testing.fixtures import fixture


def main() -> None:
    starts, stops = [], []
    for _ in range(31):
        began = time.perf_counter()
        with MockServer() as server:
            connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
            connection.request("POST", "/v3/workspaces/w/sessions", '{"id":"s"}', {"content-type": "application/json"})
            connection.getresponse().read()
            starts.append(time.perf_counter() - began)
            connection.close()
            began = time.perf_counter()
        stops.append(time.perf_counter() - began)
    figures = {
        "mockserver_start_ms": 1000 * statistics.median(starts[1:]),
        "mockserver_stop_ms": 1000 * statistics.median(stops),
    }
    empty, demo = Mock(), Mock(world=fixture("demo.json"))
    figures["reset_us"] = 1000 * _milliseconds(empty.reset)
    figures["reset_demo_ms"] = _milliseconds(demo.reset)
    with MockServer() as server, MockServer(world=fixture("demo.json")) as with_demo:
        figures["reset_served_us"] = 1000 * _milliseconds(server.mock.reset)
        figures["reset_demo_served_ms"] = _milliseconds(with_demo.mock.reset)
    print(json.dumps(figures))


def _milliseconds(work: Callable[[], object]) -> float:
    took = []
    for _ in range(500):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


if __name__ == "__main__":
    main()
