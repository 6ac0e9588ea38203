"""Finds the files that come with the project: in a checkout, an editable install and a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def fixture(name: str) -> Path:
    """The path of a file under `fixtures`, which a wheel carries inside the package."""
    inside = _PACKAGE / "fixtures" / name
    return inside if inside.exists() else _PACKAGE.parent / "fixtures" / name
