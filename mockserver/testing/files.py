"""Writes files so that no error leaves half of one."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory


def replace(path: str | Path, text: str) -> None:
    """Write a text to a file in UTF-8. If this fails, an existing file is as it was. Raises OSError.

    The text goes to a new file in the same folder, which then takes the name. A symbolic link stays, and so do the
    permissions of the file. What is not a file, such as `/dev/stdout`, is written directly.
    """
    given = Path(path)
    if given.exists() and not given.is_file():  # A pipe has no real path.
        given.write_text(text, encoding="utf-8")
        return
    target = Path(os.path.realpath(given))
    with TemporaryDirectory(prefix=".honcho-mockserver-", dir=target.parent) as folder:
        written = Path(folder) / "new"
        with written.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            written.chmod(target.stat().st_mode & 0o7777)
        written.replace(target)
