"""Numbers that a test gives, checked; the errors call them by their names."""

from typing import Any

Seed = int | str | None


def number(name: str, value: Any, *, least: float, most: float) -> float:
    """A number within bounds. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ValueError(f"{name} must be a number from {least:g} to {most:g}: {value!r}")
    return float(value)


def whole(name: str, value: Any, least: int = 0) -> int:
    """A number without a fraction, from `least` up. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a number without a fraction from {least} up: {value!r}")
    return value


def checked_seed(seed: Any) -> Seed:
    """The seed itself. Raises ValueError for what is none."""
    if isinstance(seed, bool) or not isinstance(seed, (int, str, type(None))):
        raise ValueError(f"seed must be a number without a fraction, a text or None: {seed!r}")
    return seed
