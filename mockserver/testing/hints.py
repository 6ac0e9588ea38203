"""Hints for names that do not exist: the names that other libraries use, and typing errors."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, NoReturn

# Longer names are cut before they are compared.
_COMPARED_LENGTH = 100
# The names of `unittest.mock`, and what the logs have in their place.
OF_MOCKS: Mapping[str, str] = {
    "assert_called_once": "use assert_called(times=1)",
    "assert_called_once_with": "use assert_called(times=1, ...) with criteria such as session= and body=",
    "assert_called_with": "use assert_called(...) with criteria such as session= and body=",
    "assert_any_call": "use assert_called(...) with criteria such as session= and body=",
    "assert_has_calls": "use assert_order(...)",
    "called": "use count() > 0",
    "call_count": "use count()",
    "call_args": "use [-1], which is the last one, with body and query",
    "call_args_list": "iterate over the log itself",
    "mock_calls": "iterate over the log itself",
    "reset_mock": "use forget()",
}
# What other libraries call the arguments of faults and the criteria, without underscores. Of several, the first known
# one is meant.
_ELSEWHERE: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("code", "statuscode", "httpstatus"), ("status",)),
    **dict.fromkeys(("json", "content", "data", "payload"), ("answer", "body")),
    **dict.fromkeys(("detail", "message", "response"), ("answer",)),
    **dict.fromkeys(("timeout", "wait", "sleep", "latency", "seconds"), ("delay",)),
    **dict.fromkeys(("count", "once", "repeat"), ("times",)),
    **dict.fromkeys(("skip", "start"), ("after",)),
    **dict.fromkeys(("chance", "rate"), ("probability",)),
    **dict.fromkeys(("url", "endpoint", "route"), ("path",)),
    **dict.fromkeys(("verb", "httpmethod"), ("method",)),
    **dict.fromkeys(("params", "querystring"), ("query",)),
}
_RETRY_AFTER = 'headers={"Retry-After": "3"}'


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The hint for an unknown name: what it is called here, the most similar known name, or all known names."""
    from difflib import get_close_matches  # Only an unknown name needs it.

    names = sorted(known)
    bare = name[:_COMPARED_LENGTH].lower().replace("_", "")
    if bare == "retryafter":  # Of faults. It is no misspelling of `after`.
        return (
            f"use {_RETRY_AFTER}" if "headers" in names else f"quota sends Retry-After, and error takes {_RETRY_AFTER}"
        )
    meant = [other for other in _ELSEWHERE.get(bare, ()) if other in names]
    close = meant or get_close_matches(name[:_COMPARED_LENGTH], names, 1, 0.5)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names) or 'none'}"


class _Hint:
    """Stands for an attribute that does not exist: to read it raises AttributeError with the hint."""

    def __init__(self, name: str, hint: str) -> None:
        self._name, self._hint = name, hint

    def __get__(self, owner: object, kind: type) -> NoReturn:
        raise AttributeError(f"{_missing(kind, self._name)}; {self._hint}", name=self._name, obj=owner)


class Hinting:
    """A class whose objects explain an AttributeError for the names of `hints`. `suggest` does so for all other names.

    A `__getattr__` would serve both. But Python reads every attribute of a class that has one in a slow way, also those
    that exist, and requests read many.

    Attributes:
        hints: The hints, by the name that does not exist.
    """

    hints: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Set here, so that they do not exist for a type checker.
        for name, hint in vars(cls).get("hints", {}).items():
            setattr(cls, name, _Hint(name, hint))


def suggest(error: BaseException) -> None:
    """Add a similar name to the message of an AttributeError, if it is about an object of a class with hints."""
    if not isinstance(error, AttributeError) or not isinstance(error.obj, Hinting):
        return
    kind, name = type(error.obj), error.name or ""
    if error.args == (_missing(kind, name),) and not name.startswith("_"):
        known = {*dir(kind), *vars(error.obj)} - {*kind.hints, "hints"}
        public = [one for one in known if not one.startswith("_")]
        error.args = (f"{error.args[0]}; {did_you_mean(name, public)}",)


def _missing(kind: type, name: str) -> str:
    """The message of Python for an attribute that does not exist."""
    return f"{kind.__name__!r} object has no attribute {name!r}"
