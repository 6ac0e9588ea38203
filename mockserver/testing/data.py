"""Finds the files that come with the project, in a checkout, an editable install and a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def data_file(name: str) -> Path:
    """The path of a file in `fixtures`."""
    return _place(f"fixtures/{name}")


def documentation() -> dict[str, Path]:
    """The pages of the documentation, by the names of their files."""
    return {path.name: path for path in sorted(_place("docs").glob("*.md"))}


def _place(name: str) -> Path:
    """The path of a file or folder. A wheel has `fixtures` and `docs` inside the package, a checkout beside it."""
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name
