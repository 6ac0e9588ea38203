"""Finds the files that come with the project, in a checkout, an editable install and a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def data_file(name: str) -> Path:
    """The path of a file in `fixtures`. A wheel has this folder inside the package, a checkout beside it."""
    inside = _PACKAGE / "fixtures" / name
    return inside if inside.exists() else _PACKAGE.parent / "fixtures" / name
