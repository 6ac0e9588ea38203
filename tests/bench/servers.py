"""Starts a server alone on the first CPU, loads it from the second, and says how it fares."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).resolve().parent
_START_SECONDS = 30
# uvicorn and Node close a connection that is idle for 5 seconds. A request sent just then fails with BrokenPipeError or
# RemoteDisconnected, so `send` opens a new connection long before.
_IDLE_SECONDS = 1


class Server:
    """A process that serves HTTP; `PORT` in its command is a free port. `start_seconds`: to the first answer."""

    def __init__(self, command: Sequence[str], first: str = "/health") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        began = time.perf_counter()
        self._process = subprocess.Popen(
            on_cpu(0, [part.replace("PORT", str(self.port)) for part in command]),
            cwd=HERE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self._listens():
            if self._process.poll() is not None or time.perf_counter() - began > _START_SECONDS:
                sys.exit(f"it did not start: {' '.join(command)}")
            time.sleep(0.002)
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port)
        self._sent = 0.0
        self.send("GET", first, expected=None)
        self.start_seconds = time.perf_counter() - began

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        except OSError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.wait()

    def send(self, method: str, path: str, body: Any = None, expected: int | None = 2) -> Any:
        """Send one request over a connection that is kept; the JSON of its answer, which must be of this kind."""
        now = time.monotonic()
        if now - self._sent > _IDLE_SECONDS:
            self._connection.close()  # The next request opens it again.
        self._sent = now
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {"content-type": "application/json"})
        answer = self._connection.getresponse()
        said = answer.read()
        if expected is not None and answer.status // 100 != expected:
            sys.exit(f"{method} {path}: {answer.status} {said[:200]!r}")
        return None if expected is None else json.loads(said)

    def rate(self, seconds: int, path: str, body: str = "", **more: object) -> float:
        """Requests a second, of 16 connections; `more` is what else `requests.lua` reads. All must succeed."""
        said = {"METHOD": "POST", "WAY": path, "BODY": body}
        said |= {name.upper(): str(value) for name, value in more.items()}
        wrk = [
            "wrk",
            "-t1",
            "-c16",
            f"-d{seconds}s",
            "-s",
            str(HERE / "requests.lua"),
            f"http://127.0.0.1:{self.port}",
        ]
        done = subprocess.run(on_cpu(1, wrk), capture_output=True, text=True, env={**os.environ, **said}, check=True)
        if "Non-2xx" in done.stdout:
            sys.exit(f"{path}: {done.stdout}")
        found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        return float(found[1]) if found else sys.exit(done.stdout)

    def memory(self) -> int:
        """What is resident of it, in bytes."""
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii"))
        return int(found[1]) * 1024 if found else sys.exit("no VmRSS")


def on_cpu(number: int, command: Sequence[str]) -> list[str]:
    """The command, kept to one CPU."""
    return ["taskset", "-c", str(number), *command]
