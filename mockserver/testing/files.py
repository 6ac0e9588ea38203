"""Writes files so that no error leaves half of one."""

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

# A file that is mounted alone, as into a container, has a folder in which nothing can be created (EROFS, EACCES), and
# no other file can take the place of a mount point (EBUSY). The file itself can be written.
_ONLY_IN_PLACE = (errno.EBUSY, errno.EROFS, errno.EACCES)


def replace(path: str | Path, text: str) -> None:
    """Write a text to a file in UTF-8. If this fails, an existing file is as it was. Raises OSError.

    The text goes to a new file in the same folder, which then takes the name. A symbolic link stays, and so do the
    permissions of the file. A file that no other one can replace, such as a mount point, is written in place, and so is
    what is not a file, such as `/dev/stdout`.
    """
    given = Path(path)
    if given.exists() and not given.is_file():  # A pipe has no real path.
        given.write_text(text, encoding="utf-8")
        return
    target = Path(os.path.realpath(given))
    try:
        _put_in_place(target, text)
    except OSError as error:
        if error.errno not in _ONLY_IN_PLACE or not target.exists():
            raise
        target.write_text(text, encoding="utf-8")


def _put_in_place(target: Path, text: str) -> None:
    with TemporaryDirectory(prefix=".honcho-mockserver-", dir=target.parent) as folder:
        written = Path(folder) / "new"
        with written.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            written.chmod(target.stat().st_mode & 0o7777)
        written.replace(target)
