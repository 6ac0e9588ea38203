"""A server in a process of its own, so that its memory, its death and what it says on stderr are its alone."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from addresses import address_of

# Ids follow from a seed, and purges come only when they are asked for: so the answers repeat, but for their times.
# With authentication, as without it there are no keys to ask for.
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
_LEAVE_SECONDS = 3.0
# What uvicorn says of requests that are none, and of protocols that it is not asked to speak.
_EXPECTED = re.compile(
    r"Invalid HTTP request received\.|Unsupported upgrade request\.|No supported WebSocket library detected\..*"
)


class ServerProcess:
    """A MockServer in a child process. `before` is a program that is run first in it, to spoil it for instance."""

    def __init__(self, profile: str, before: str = "") -> None:
        self.profile = profile
        self.loop = ""
        self.token = ""
        self.address = ("", 0)
        self._program = _PROGRAM.format(profile=profile, before=before)
        self._heard = 0

    def __enter__(self) -> Self:
        self._said = tempfile.TemporaryFile()
        command = [sys.executable, "-c", self._program]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said)
        assert self._process.stdout is not None
        url, self.loop, self.token = self._process.stdout.readline().decode().split()
        self.address = address_of(url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._process.communicate(timeout=_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:  # It hangs, which was told already.
            self._process.kill()
            self._process.communicate()
        self._said.close()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def memory(self) -> float | None:
        """The memory that it has in use, in MiB; None where the system does not tell."""
        status = Path(f"/proc/{self._process.pid}/statm")
        if not status.exists():
            return None
        return int(status.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def complaints(self) -> str:
        """What it said on stderr since it was last asked, and should not have."""
        self._said.seek(self._heard)
        said = self._said.read()
        self._heard += len(said)
        lines = said.decode("utf-8", "replace").splitlines()
        return "\n".join(line for line in lines if not _EXPECTED.fullmatch(line))
