"""Files are replaced whole or not at all."""

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from mockserver import Mock
from mockserver.testing.files import replace


@pytest.mark.parametrize("failing", ["fsync", "open"])
def test_a_save_that_fails_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise OSError(28, "No space left on device")

    path = tmp_path / "world.json"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr({"fsync": os, "open": Path}[failing], failing, fail)
    with pytest.raises(OSError, match="No space left on device"):
        Mock().save(path)
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == "old"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    ("owner", "method", "code"),
    [(Path, "replace", errno.EBUSY), (os, "mkdir", errno.EROFS), (os, "mkdir", errno.EACCES)],
)
def test_a_file_that_cannot_be_renamed_over_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, method: str, code: int
) -> None:
    """Such as a file that is mounted alone into a container."""

    def fail(*_: Any, **__: Any) -> NoReturn:
        raise OSError(code, os.strerror(code))

    path = tmp_path / "world.json"
    path.write_text("old and longer than the new text", encoding="utf-8")
    before = path.stat().st_ino
    monkeypatch.setattr(owner, method, fail)
    replace(path, "é")
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == "é"
    assert path.stat().st_ino == before
    assert [*tmp_path.iterdir()] == [path]


def test_other_failures_and_new_files_are_not_written_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise OSError(next(codes), "no")

    codes = iter([errno.EIO, errno.EROFS])
    (tmp_path / "world.json").write_text("old", encoding="utf-8")
    monkeypatch.setattr(Path, "replace", fail)
    for name in ("world.json", "new.json"):
        with pytest.raises(OSError, match="no"):
            replace(tmp_path / name, "x")
    assert [(file.name, file.read_text("utf-8")) for file in tmp_path.iterdir()] == [("world.json", "old")]


@pytest.mark.skipif(os.name != "posix", reason="needs permissions and links of POSIX")
def test_a_replaced_file_keeps_its_permissions_and_links(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    replace(link, "é")
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "é"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    replace(tmp_path / "new", "x")
    (tmp_path / "usual").write_text("x", encoding="utf-8")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="needs /dev/null")
def test_what_is_not_a_file_is_written_directly() -> None:
    replace("/dev/null", "x")
    assert not Path("/dev/null").is_file()
