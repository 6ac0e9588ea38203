"""The text of PDFs, read in a process of its own: in a few bytes a PDF can ask for any time and any memory."""

import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO

SECONDS_LIMIT = 10.0
_MEMORY_BYTES = 1024 * 1024 * 1024
_TEXT_LIMIT = 5_242_880
_UNREADABLE = 3


class Unreadable(Exception):
    """No PDF, a broken or an encrypted one, or one that takes too long; says why."""


# What was read ahead, by a digest of the file, until it is asked for.
_ahead: dict[bytes, str | Unreadable] = {}
_AHEAD_LIMIT = 8


def text_of(content: bytes) -> str:
    """The text of the pages, with a blank line between two.

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
    """Read a PDF before `text_of` is asked for its text, which then takes no time; from any thread."""
    if find_spec("pypdf") is not None:
        outcome = _outcome(content)
        for key in list(_ahead)[: 1 - _AHEAD_LIMIT]:  # Nobody asked for these.
            _ahead.pop(key, None)
        _ahead[_key(content)] = outcome


def _key(content: bytes) -> bytes:
    return sha256(content).digest()


def _outcome(content: bytes) -> str | Unreadable:
    """The text, or why there is none."""
    command = [sys.executable, "-P", __file__]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=SECONDS_LIMIT, check=False)  # noqa: S603 - this very interpreter
    except subprocess.TimeoutExpired:
        return Unreadable(f"it takes longer than {SECONDS_LIMIT:g} seconds")
    if done.returncode == _UNREADABLE:
        return Unreadable(done.stdout.decode())
    if done.returncode != 0:
        return Unreadable("its reader broke down, or took more than its share of memory")
    return done.stdout.decode()


def _main() -> int:
    """Reads a PDF from the standard input, and writes its text, or why there is none."""
    with suppress(ImportError, OSError, ValueError):  # Not on every system.
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    try:
        text, code = _extracted(sys.stdin.buffer.read()), 0
    except Exception as error:  # noqa: BLE001 - whatever its reader says of it
        text, code = " ".join(f"{error}".split())[:200] or type(error).__name__, _UNREADABLE
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return code


def _extracted(content: bytes) -> str:
    from pypdf import PdfReader

    pages: list[str] = []
    for page in PdfReader(BytesIO(content)).pages:
        pages.append(page.extract_text())
        if sum(map(len, pages)) > _TEXT_LIMIT:
            raise ValueError(f"it has more than {_TEXT_LIMIT} characters")
    return "\n\n".join(pages)


if __name__ == "__main__":
    sys.exit(_main())
