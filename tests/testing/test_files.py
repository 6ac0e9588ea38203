"""Files are replaced whole or not at all."""

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
