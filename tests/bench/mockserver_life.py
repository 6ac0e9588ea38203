"""Prints what `MockServer()` costs in a warm process, in milliseconds as JSON. Uses only public names of the package."""

import http.client
import json
import statistics
import time

from mockserver import MockServer


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
        "mockserver_start_ms": 1000 * statistics.median(starts[1:]),  # The first start imports modules.
        "mockserver_stop_ms": 1000 * statistics.median(stops),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
