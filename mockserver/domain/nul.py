"""NUL characters, which the database of the live server cannot store."""

from collections.abc import Callable
from operator import methodcaller
from typing import Any


def has_nul(value: object) -> bool:
    """Whether a key or a string in this JSON has a NUL character."""
    left = [value]
    while left:
        entry = left.pop()
        if isinstance(entry, dict):
            left += [*entry, *entry.values()]
        elif isinstance(entry, list):
            left += entry
        elif isinstance(entry, str) and "\0" in entry:
            return True
    return False


# A function in C, for speed: the content of every message goes through it.
text_without_nul: Callable[[str], str] = methodcaller("replace", "\0", "")


def without_nul(value: Any) -> Any:
    """The same JSON without NUL characters in strings and keys. The API drops them too."""
    if isinstance(value, str):
        return text_without_nul(value)
    if isinstance(value, list):
        return [without_nul(entry) for entry in value]
    if isinstance(value, dict):
        return {without_nul(key): without_nul(entry) for key, entry in value.items()}
    return value
