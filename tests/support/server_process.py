"""A server in a child process, so that a test can measure its memory, read its stderr and survive its crash."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from .server_address import address_of

# With a seed, and without purges by time, the same requests get the same answers except for timestamps.
# Authentication is on because POST /v3/keys needs it.
_PROGRAM = """
import sys
{before}
import asyncio
from mockserver import MockServer
with MockServer(quirks={profile!r}, seed=1, auth_secret="a secret of the tests") as server:
    loop = type(server._server.loop.result()).__module__.split(".")[0]
    print(server.url, loop, server.token(admin=True), flush=True)
    sys.stdin.read()
"""
_EXIT_SECONDS = 3.0
# What uvicorn logs about invalid requests, and about protocols that it does not speak.
_EXPECTED = re.compile(
    r"Invalid HTTP request received\.|Unsupported upgrade request\.|No supported WebSocket library detected\..*"
)


class ServerProcess:
    """A MockServer in a child process. `before` is Python code that the process runs first, such as a patch."""

    def __init__(self, profile: str, before: str = "") -> None:
        self.profile = profile
        self.loop = ""
        self.token = ""
        self.address = ("", 0)
        self._program = _PROGRAM.format(profile=profile, before=before)
        self._read_until = 0

    def __enter__(self) -> Self:
        self._stderr = tempfile.TemporaryFile()
        command = [sys.executable, "-c", self._program]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr)
        assert self._process.stdout is not None
        url, self.loop, self.token = self._process.stdout.readline().decode().split()
        self.address = address_of(url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._process.communicate(timeout=_EXIT_SECONDS)
        except subprocess.TimeoutExpired:  # It hangs; the test has reported that already.
            self._process.kill()
            self._process.communicate()
        self._stderr.close()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def memory(self) -> float | None:
        """The resident memory of the process in MiB, or None if the system has no /proc."""
        status = Path(f"/proc/{self._process.pid}/statm")
        if not status.exists():
            return None
        return int(status.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def unexpected_stderr(self) -> str:
        """The lines on stderr since the last call, without the expected ones."""
        self._stderr.seek(self._read_until)
        new = self._stderr.read()
        self._read_until += len(new)
        lines = new.decode("utf-8", "replace").splitlines()
        return "\n".join(line for line in lines if not _EXPECTED.fullmatch(line))
