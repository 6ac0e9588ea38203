"""JSON inside the database: containment as `@>` does it, and the text that `->>` gives."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def contains(outer: Any, inner: Any) -> bool:
    """Whether `outer @> inner`.

    An object contains one whose every key it has with a value that contains the other's; a list contains one
    whose every element is contained in some element of its own; scalars contain their equals. Numbers are equal by
    value, and no boolean is a number.
    """
    if isinstance(inner, Mapping):
        return isinstance(outer, Mapping) and all(key in outer and contains(outer[key], inner[key]) for key in inner)
    if isinstance(inner, list):
        return isinstance(outer, list) and all(any(contains(mine, other) for mine in outer) for other in inner)
    if isinstance(inner, bool) or isinstance(outer, bool):
        return inner is outer
    return type(outer) not in (dict, list) and bool(outer == inner)


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
