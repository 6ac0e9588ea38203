"""Containment of JSON, as `@>` of the database: see `logic`."""

from collections.abc import Hashable
from typing import Any

from ..index import as_stored, hashable, is_large
from .steps import Steps, for_size

# Up to this length of one list, comparing all pairs costs less than hashing.
_SHORT = 4
# Writing a large float as an integer takes this many steps.
_CONVERTING = 16
# Making a key of an object or a list takes this many steps, and one more for each scalar in it.
_FREEZING = 6
# Strings up to this length and integers up to this size cost one step.
_USUAL_LENGTH = 50
_USUAL_INTEGER = 2**32


def contains(outer: Any, inner: Any, steps: Steps) -> bool:
    """Whether `outer @> inner`. Raises TooManySteps.

    Scalars in lists, and objects and lists in lists that are equal, cost the sum of the lengths of both lists. The
    others cost the product.
    """
    steps.take()
    if isinstance(inner, dict):
        return isinstance(outer, dict) and _contains_entries(outer, inner, steps)
    if isinstance(inner, list):
        if not isinstance(outer, list):
            return False
        if len(inner) <= _SHORT or len(outer) <= _SHORT:
            return _contains_each(outer, inner, steps)
        return _contains_by_hash(outer, inner, steps)
    return equal_scalars(outer, inner, steps)


def _contains_entries(outer: dict[str, Any], inner: dict[str, Any], steps: Steps) -> bool:
    for key, value in inner.items():  # noqa: SIM110 - `all` would take half of the time of a step
        if key not in outer or not contains(outer[key], value, steps):
            return False
    return True


def equal_scalars(one: Any, other: Any, steps: Steps) -> bool:
    """Whether two values are equal scalars in the database. At least one is a scalar. Raises TooManySteps."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_large(one) is is_large(other):
        if isinstance(other, str):
            steps.take(for_size(other))
        return bool(one == other)
    steps.take(_CONVERTING)
    return bool(as_stored(one) == as_stored(other))


def _contains_each(outer: list[Any], inner: list[Any], steps: Steps) -> bool:
    for other in inner:
        for mine in outer:
            if contains(mine, other, steps):
                break
        else:
            return False
    return True


def _contains_by_hash(outer: list[Any], inner: list[Any], steps: Steps) -> bool:
    scalars = {_frozen(value, steps) for value in outer if not isinstance(value, (dict, list))}
    parts = []
    for value in inner:
        if isinstance(value, (dict, list)):
            parts.append(value)
        elif _frozen(value, steps) not in scalars:
            return False
    if not parts:
        return True
    others = [value for value in outer if isinstance(value, (dict, list))]
    equal = {_frozen(value, steps) for value in others}
    missing = [value for value in parts if _frozen(value, steps) not in equal]
    return _contains_each(others, missing, steps)


def _frozen(value: Any, steps: Steps) -> Hashable:
    """A key of JSON. If the keys of two values are equal, each value contains the other."""
    kind = type(value)
    if (kind is str and len(value) < _USUAL_LENGTH) or (kind is int and -_USUAL_INTEGER < value < _USUAL_INTEGER):
        steps.take()
        return value if kind is str else (value,)  # As `hashable`, in a third of the time.
    if isinstance(value, dict):
        steps.take(_FREEZING)
        return dict, frozenset([(key, _frozen(entry, steps)) for key, entry in value.items()])
    if isinstance(value, list):
        steps.take(_FREEZING)
        return list, frozenset([_frozen(entry, steps) for entry in value])
    steps.take(1 + for_size(value) + (_CONVERTING if is_large(value) else 0))
    return hashable(value)
