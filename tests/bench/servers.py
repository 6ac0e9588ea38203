"""Starts a server on the first CPU and sends it requests from the second."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

HERE = Path(__file__).resolve().parent
_START_SECONDS = 30
# uvicorn and Node close a connection that is idle for 5 seconds. A request sent just then fails with BrokenPipeError or
# RemoteDisconnected, so `send` opens a new connection long before.
_IDLE_SECONDS = 1


class Throughput(NamedTuple):
    """Requests per second, and per second of CPU time of the server; and the 99th percentile of the latency.

    The first two are equal if the server has a CPU for itself. If not, the second depends less on other programs.
    """

    per_second: float
    per_cpu_second: float
    p99_ms: float


class Server:
    """A process that serves HTTP. `PORT` in its command becomes a free port.

    `start_seconds` is the time from the start of the process to the first answer.
    """

    def __init__(self, command: Sequence[str], first: str = "/health") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._command = [part.replace("PORT", str(self.port)) for part in command]
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - `_end` closes it
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port)
        self._sent = 0.0
        began = time.perf_counter()
        self._process = subprocess.Popen(
            on_cpu(0, self._command), cwd=HERE, stdout=subprocess.DEVNULL, stderr=self._stderr
        )
        try:
            self._wait_until_it_listens()
            self.send("GET", first, expected=None)
        except BaseException:  # Also for Ctrl-C: no process is left.
            self._end()
            raise
        self.start_seconds = time.perf_counter() - began

    def _wait_until_it_listens(self) -> None:
        deadline = time.perf_counter() + _START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.perf_counter() > deadline:
                self._stderr.seek(0)
                log = self._stderr.read().decode("utf-8", "replace")
                sys.exit(f"this command does not start a server: {' '.join(self._command)}\n{log}")
            time.sleep(0.002)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.wait()
        self._stderr.close()

    def send(self, method: str, path: str, body: Any = None, expected: int | None = 2) -> Any:
        """Send one request over a kept connection, and return the JSON of the answer.

        The program ends if the first digit of the status is not `expected`. With None, every answer will do, and the
        result is None.
        """
        now = time.monotonic()
        if now - self._sent > _IDLE_SECONDS:
            self._connection.close()  # The next request opens it again.
        self._sent = now
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {"content-type": "application/json"})
        answer = self._connection.getresponse()
        received = answer.read()
        if expected is not None and answer.status // 100 != expected:
            sys.exit(f"{method} {path}: {answer.status} {received[:200]!r}")
        return None if expected is None else json.loads(received)

    def throughput(
        self, seconds: int, path: str, body: str = "", *, connections: int = 16, **more: object
    ) -> Throughput:
        """The throughput. `requests.lua` reads what `more` names. All requests must succeed."""
        variables = {"METHOD": "POST", "WAY": path, "BODY": body}
        variables |= {name.upper(): str(value) for name, value in more.items()}
        target = f"http://127.0.0.1:{self.port}"
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(HERE / "requests.lua")]
        wrk = ["wrk", *options, target]
        environment = {**os.environ, **variables}
        before = self._cpu_seconds()
        done = subprocess.run(on_cpu(1, wrk), capture_output=True, text=True, env=environment, check=True)
        used = self._cpu_seconds() - before
        requests = re.search(r"(\d+) requests in", done.stdout)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", done.stdout)
        if not (requests and rate and p99) or int(requests[1]) == 0 or "Non-2xx" in done.stdout:
            sys.exit(f"{path}: {done.stdout}")
        milliseconds = float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]
        return Throughput(float(rate[1]), int(requests[1]) / used, milliseconds)

    @contextmanager
    def open_stream(self, path: str) -> Iterator[None]:
        """Within the block, a client reads this stream of events, as an open page does."""
        with socket.create_connection(("127.0.0.1", self.port)) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            status = stream.recv(64)
            if b" 200 " not in status:
                sys.exit(f"{path}: {status!r}")
            reader = threading.Thread(target=_read_to_the_end, args=[stream], daemon=True)
            reader.start()
            yield
            stream.shutdown(socket.SHUT_RDWR)
            reader.join()

    def _cpu_seconds(self) -> float:
        """The CPU time that the process has used."""
        # What clock_getcpuclockid(3) returns for a process. It is exact; /proc counts in steps of 10 ms.
        return time.clock_gettime(~self._process.pid << 3 | 2)

    def memory(self) -> int:
        """Its resident memory in bytes."""
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii"))
        return int(found[1]) * 1024 if found else sys.exit("no VmRSS")


def _read_to_the_end(stream: socket.socket) -> None:
    while stream.recv(65536):
        pass


def on_cpu(number: int, command: Sequence[str]) -> list[str]:
    """The command, kept to one CPU."""
    return ["taskset", "-c", str(number), *command]
