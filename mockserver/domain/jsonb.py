"""JSON inside the database: containment as `@>` does it, and the text that `->>` gives."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


class TooManySteps(Exception):
    """A comparison took more steps than were given to it."""


class Steps:
    """How many comparisons of one value with another may still be made; shared by all that belong together."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self) -> None:
        """Take one. Raises TooManySteps where none is left."""
        self._left -= 1
        if self._left < 0:
            raise TooManySteps


def contains(outer: Any, inner: Any, steps: Steps) -> bool:
    """Whether `outer @> inner`.

    An object contains one whose every key it has with a value that contains the other's; a list contains one
    whose every element is contained in some element of its own; scalars contain their equals. Numbers are equal by
    value, and no boolean is a number. Lists cost the product of their lengths: raises TooManySteps beyond `steps`.
    """
    steps.take()
    if isinstance(inner, Mapping):
        if not isinstance(outer, Mapping):
            return False
        return all(key in outer and contains(outer[key], value, steps) for key, value in inner.items())
    if isinstance(inner, list):
        if not isinstance(outer, list):
            return False
        return all(any(contains(mine, other, steps) for mine in outer) for other in inner)
    if isinstance(inner, bool) or isinstance(outer, bool):
        return inner is outer
    return not isinstance(outer, (Mapping, list)) and bool(outer == inner)


def text(value: Any) -> str | None:
    """What `->>` gives for a value: None for null, a string as it is, anything else as the database writes it."""
    if value is None:
        return None
    return value if isinstance(value, str) else _written(value)


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        # The database keeps the keys of an object by length in bytes, then by bytes.
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{_written(key)}: {_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, float):
        # Decimal notation without an exponent, and no negative zero.
        return format(abs(Decimal(repr(value))) if value == 0 else Decimal(repr(value)), "f")
    return json.dumps(value, ensure_ascii=False)
