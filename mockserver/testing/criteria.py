"""Checks the values of criteria, so that a criterion that can never match is an error and not a silent miss."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .hints import did_you_mean

METHODS = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")

_LONGEST_PATH = 2_000
_STATUS_CLASS = re.compile("[1-5]xx", re.IGNORECASE)


def check(name: str, value: Any, operations: Sequence[str]) -> None:
    """Check the value of a criterion.

    Arguments:
        name: The name of the criterion, a known one.
        value: Its value, not None.
        operations: The names of all operations, to detect typos. Empty: any name is accepted.

    Raises ValueError for a value of the wrong type, and for one that never matches.
    """
    if name == "operation":
        _check_operation(value, operations)
    elif name in _CHECKS:
        _CHECKS[name](name, value)


def glob(text: str) -> re.Pattern[str]:
    """Compile a text in which `*` stands for any characters.

    The groups are atomic: each piece matches at its first position only, so a text with many `*` needs no backtracking.
    """
    first, *others = map(re.escape, re.split(r"\*+", text))
    if not others:
        return re.compile(first)
    *middle, last = others
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + ".*" + last, re.DOTALL)


def _check_operation(value: Any, operations: Sequence[str]) -> None:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple, set, frozenset)) or not names or not all(isinstance(n, str) for n in names):
        raise ValueError(f"operation must be a name, or a list of names: {value!r}")
    for name in names:
        if len(name) > _LONGEST_PATH:
            raise ValueError(f"operation has more than {_LONGEST_PATH} characters")
        if operations and not any(map(glob(name).fullmatch, operations)):
            raise ValueError(f"no operation {name!r}; {did_you_mean(name.replace('*', ''), operations)}")


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a string: {value!r}")


def _check_method(name: str, value: Any) -> None:
    _check_text(name, value)
    if value.upper() not in METHODS:
        raise ValueError(f"there is no method {value!r}; the methods are {', '.join(METHODS)}")


def _check_path(name: str, value: Any) -> None:
    if isinstance(value, re.Pattern):
        return
    _check_text(name, value)
    if len(value) > _LONGEST_PATH:
        raise ValueError(f"path has more than {_LONGEST_PATH} characters")
    if not value.startswith(("/", "*")):
        raise ValueError(f"path {value!r} never matches; did you mean {f'/{value}'!r}?")


def _check_status(name: str, value: Any) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
        return
    if isinstance(value, str) and _STATUS_CLASS.fullmatch(value) is not None:
        return
    is_count = isinstance(value, str) and value.isascii() and value.isdecimal()
    hint = f"; did you mean {value}, without quotes?" if is_count and len(value) == 3 else ""
    raise ValueError(f"status must be a number from 100 to 599, or a class such as '4xx': {value!r}{hint}")


def _check_query(name: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"query must map names of parameters to strings: {value!r}")
    for parameter, expected in value.items():
        if not isinstance(expected, str):
            raise ValueError(f"query has strings only: {parameter!r} cannot be {expected!r}")


def _check_predicate(name: str, value: Any) -> None:
    if not callable(value):
        raise ValueError(f"predicate must be callable: {value!r}")


_CHECKS: Mapping[str, Callable[[str, Any], None]] = {
    **dict.fromkeys(("workspace", "session", "peer", "event", "url"), _check_text),
    "method": _check_method,
    "path": _check_path,
    "status": _check_status,
    "query": _check_query,
    "predicate": _check_predicate,
}
