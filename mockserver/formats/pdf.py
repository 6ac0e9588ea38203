"""Extracts the text of PDFs in a separate process, because a small PDF can need unlimited time and memory."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO

# How long the process may take, how much memory it may use, and how many characters the text may have.
SECONDS_LIMIT = 10.0
# The system ends a process that has used more CPU time than its parent waits for.
_CPU_SECONDS = 15
_POLL_SECONDS = 0.2
_MEMORY_BYTES = 1280 * 1024 * 1024
_TEXT_LIMIT = 5_242_880
# The trailer that pypdf requires. pypdf ignores its offset, and searches the file for the objects.
_END = b"\nstartxref\n0\n%%EOF\n"
# The exit code of the process if it printed a reason and no text.
_UNREADABLE = 3


class Unreadable(Exception):
    """The file is not a PDF, is broken or encrypted, or exceeds a limit. The message says which."""


# What `read_ahead` read for the request that runs in this context, by the digest of the file. Requests do not share it:
# the first of several that upload the same file would take the result, and the others would read it in the event loop.
_ahead: ContextVar[dict[bytes, str | Unreadable] | None] = ContextVar("ahead", default=None)


def text_of(content: bytes) -> str:
    """The text of the pages, each under a line with its number, with a blank line between pages.

    A page without text is left out.

    Raises Unreadable, and ImportError without the extra `pdf`.
    """
    if find_spec("pypdf") is None:
        raise ImportError("pypdf")
    text = (_ahead.get() or {}).pop(_key(content), None)
    if text is None:
        text = Reader().outcome(content)
    if isinstance(text, Unreadable):
        raise text
    return text


def begin_request() -> None:
    """Let `read_ahead` keep its result for the request that runs in this context."""
    _ahead.set({})


def read_ahead(content: bytes, reader: "Reader") -> None:
    """Read a PDF now, so that the next `text_of` of it in this request returns at once.

    You may call this in any thread that has a copy of the context in which `begin_request` was called, as in
    `asyncio.to_thread`.
    """
    ahead = _ahead.get()
    if ahead is not None and find_spec("pypdf") is not None:
        ahead[_key(content)] = reader.outcome(content)


def _key(content: bytes) -> bytes:
    return sha256(content).digest()


class Reader:
    """Reads one PDF in a process. `stop` ends the process, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()

    def outcome(self, content: bytes) -> str | Unreadable:
        """The text, or the reason why it cannot be read."""
        command = [sys.executable, "-P", __file__, str(os.getpid())]
        pipe = subprocess.PIPE
        with self._lock:
            if self._stopped.is_set():
                return _ended()
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)  # noqa: S603 - runs this interpreter
        with self._process as process:
            try:
                out, _ = process.communicate(content, timeout=SECONDS_LIMIT)
            except subprocess.TimeoutExpired:
                return Unreadable(f"it takes longer than {SECONDS_LIMIT:g} seconds")
            finally:
                process.kill()
        if self._stopped.is_set():
            return _ended()
        if process.returncode == _UNREADABLE:
            return Unreadable(out.decode())
        if process.returncode != 0:
            return Unreadable("the reader crashed, or needed too much memory")
        return out.decode()

    def stop(self) -> None:
        """End the process if it runs. A later `outcome` does not start one."""
        with self._lock:
            self._stopped.set()
            if self._process is not None:
                self._process.kill()


def _ended() -> Unreadable:
    return Unreadable("the server ended while it was read")


def _main() -> int:
    """Read a PDF from standard input, and write its text or the reason why it cannot be read. Returns the exit code.

    The argument is the id of the parent process.
    """
    if sys.platform != "win32":  # There the parent may be the launcher of a virtual environment, and keeps its id.
        threading.Thread(target=_end_with_parent, args=[int(sys.argv[1])], daemon=True).start()
    with suppress(ImportError, OSError, ValueError):  # Not every system has these limits.
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    try:
        text, code = _extracted(sys.stdin.buffer.read()), 0
    except Exception as error:  # noqa: BLE001 - pypdf raises any exception for a broken file
        text, code = " ".join(f"{error}".split())[:200] or type(error).__name__, _UNREADABLE
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return code


def _end_with_parent(parent: int) -> None:
    """End this process when its parent has ended without stopping it, for example because it was killed."""
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os._exit(1)


def _extracted(content: bytes) -> str:
    from pypdf import PdfReader

    pages: list[str] = []
    is_whole = not content or b"startxref" in content
    for number, page in enumerate(PdfReader(BytesIO(content if is_whole else content + _END)).pages, 1):
        text = page.extract_text()
        if text.strip():
            pages.append(f"[Page {number}]\n{text}")
        if sum(map(len, pages)) > _TEXT_LIMIT:
            raise ValueError(f"it has more than {_TEXT_LIMIT} characters")
    return "\n\n".join(pages)


if __name__ == "__main__":
    sys.exit(_main())
