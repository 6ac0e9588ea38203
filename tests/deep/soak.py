"""Sends many requests to a server and measures its memory: `python -m tests.deep.soak --requests 1000000`.

The requests are sessions, messages, lists with filters, uploads, streams and the control plane, over a few connections.
Each round of them ends with a reset, so that the state does not grow. The memory is measured before the first request,
after a tenth of the requests, and at the end. The server runs on uvloop and httptools, or with `--loop asyncio` on
asyncio and h11. The exit code is 1 if memory grew by more than 10 MB a million requests after the first tenth.

You need Linux, which tells the memory of a process.
"""

import argparse
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

_MEGABYTE = 1_000_000
_LIMIT = 10 * _MEGABYTE  # bytes a million requests
_ROUND = 500
_W = "/v3/workspaces/w"
_FORM = (
    '--b\r\nContent-Disposition: form-data; name="peer_id"\r\n\r\nbob\r\n'
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n'
    "--b--\r\n"
)
_PROGRAM = """
import sys
from mockserver import MockServer
from mockserver import server
if sys.argv[1] == "asyncio":
    server.UVICORN_SETTINGS = {**server.UVICORN_SETTINGS, "loop": "asyncio", "http": "h11"}
with MockServer() as running:
    print(running.url, flush=True)
    sys.stdin.read()
"""


class Request(NamedTuple):
    method: str
    path: str
    body: object = None
    form: str | None = None


def requests_of_a_round() -> Iterator[Request]:
    """The requests from one reset to the next. Some are refused."""
    yield Request("POST", "/_mock/faults", {"fault": "status", "status": 503, "path": f"{_W}/peers/list", "times": 2})
    for number in range(_ROUND // 10):
        session = f"{_W}/sessions/s{number % 20}"
        messages = [{"content": f"message {number}", "peer_id": "bob", "metadata": {"n": number}}]
        yield Request("POST", f"{_W}/sessions", {"id": f"s{number % 20}", "metadata": {"tags": [number, "x"]}})
        yield Request("POST", f"{session}/messages", {"messages": messages})
        yield Request("POST", f"{session}/messages/upload", form=_FORM)
        yield Request("POST", f"{_W}/sessions/list", {"filters": {"metadata": {"tags": [number]}}})
        yield Request("POST", f"{session}/clone")
        yield Request("POST", f"{_W}/peers/bob/chat", {"query": "who", "stream": True})
        yield Request("POST", f"{_W}/peers/list", {})
        yield Request("POST", f"{_W}/sessions", {"id": "bad id"})
        yield Request("GET", "/_mock/faults")
        yield Request("DELETE", session)
    yield Request("GET", "/_mock/requests")
    yield Request("POST", "/_mock/reset")


def memory(process: int) -> int:
    """The resident memory of a process in bytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


def send_rounds(url: str, count: int) -> tuple[int, int]:
    """Send at least this many requests, in whole rounds. Returns how many, and how many were answered 5xx by mistake."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    sent = failed = 0
    while sent < count:
        for method, path, body, form in requests_of_a_round():
            content = form if form is not None else None if body is None else json.dumps(body)
            kind = "multipart/form-data; boundary=b" if form is not None else "application/json"
            connection.request(method, path, content, {"content-type": kind} if content else {})
            answer = connection.getresponse()
            answer.read()
            sent += 1
            failed += answer.status >= 500 and not path.endswith("/peers/list")
        connection.close()  # The next round has a new connection.
    return sent, failed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.deep.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=1_000_000, help="how many requests (default: %(default)s)")
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop", help="default: %(default)s")
    options = parser.parse_args()
    command = [sys.executable, "-c", _PROGRAM, options.loop]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        before, began = memory(server.pid), time.perf_counter()
        warm_requests, warm_failed = send_rounds(url, options.requests // 10)
        warm = memory(server.pid)
        sent, failed = send_rounds(url, options.requests - warm_requests)
        end, seconds = memory(server.pid), time.perf_counter() - began
        server.stdin.close()
    growth = (end - warm) / sent * 1_000_000
    sys.stdout.write(
        f"{options.loop}: {warm_requests + sent} requests in {seconds:.0f} s, {warm_failed + failed} answered 5xx\n"
        f"memory: {before / _MEGABYTE:.1f} MB before, {warm / _MEGABYTE:.1f} MB after {warm_requests} requests, "
        f"{end / _MEGABYTE:.1f} MB at the end; {growth / _MEGABYTE:.1f} MB a million\n"
    )
    sys.exit(growth > _LIMIT or warm_failed + failed > 0)


if __name__ == "__main__":
    main()
