"""Extracts the text of PDFs in a separate process, because a small PDF can need unlimited time and memory."""

import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO

# How long the process may take, how much memory it may use, and how many characters the text may have.
SECONDS_LIMIT = 10.0
_MEMORY_BYTES = 1024 * 1024 * 1024
_TEXT_LIMIT = 5_242_880
# The trailer that pypdf requires. pypdf ignores its offset, and searches the file for the objects.
_END = b"\nstartxref\n0\n%%EOF\n"
# The exit code of the process if it printed a reason and no text.
_UNREADABLE = 3


class Unreadable(Exception):
    """The file is not a PDF, is broken or encrypted, or exceeds a limit. The message says which."""


# The results of `read_ahead` that `text_of` has not fetched yet, by the digest of the file.
_ahead: dict[bytes, str | Unreadable] = {}
_AHEAD_LIMIT = 8


def text_of(content: bytes) -> str:
    """The text of the pages, each under a line with its number, with a blank line between pages.

    A page without text is left out.

    Raises Unreadable, and ImportError without the extra `pdf`.
    """
    if find_spec("pypdf") is None:
        raise ImportError("pypdf")
    text = _ahead.pop(_key(content), None)
    if text is None:
        text = _outcome(content)
    if isinstance(text, Unreadable):
        raise text
    return text


def read_ahead(content: bytes) -> None:
    """Read a PDF now, so that the next `text_of` of it returns at once. You may call this in any thread."""
    if find_spec("pypdf") is not None:
        outcome = _outcome(content)
        for key in list(_ahead)[: 1 - _AHEAD_LIMIT]:  # Results that nobody fetched.
            _ahead.pop(key, None)
        _ahead[_key(content)] = outcome


def _key(content: bytes) -> bytes:
    return sha256(content).digest()


def _outcome(content: bytes) -> str | Unreadable:
    """The text, or the reason why it cannot be read."""
    command = [sys.executable, "-P", __file__]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS_LIMIT, check=False)  # noqa: S603 - runs this interpreter
    except subprocess.TimeoutExpired:
        return Unreadable(f"it takes longer than {SECONDS_LIMIT:g} seconds")
    if done.returncode == _UNREADABLE:
        return Unreadable(done.stdout.decode())
    if done.returncode != 0:
        return Unreadable("the reader crashed, or needed too much memory")
    return done.stdout.decode()


def _main() -> int:
    """Read a PDF from standard input, and write its text or the reason why it cannot be read. Returns the exit code."""
    with suppress(ImportError, OSError, ValueError):  # Not every system has this limit.
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    try:
        text, code = _extracted(sys.stdin.buffer.read()), 0
    except Exception as error:  # noqa: BLE001 - pypdf raises any exception for a broken file
        text, code = " ".join(f"{error}".split())[:200] or type(error).__name__, _UNREADABLE
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return code


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
