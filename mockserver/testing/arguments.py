"""How the arguments of control methods are declared and checked.

A check takes the name of the argument and its value, and returns the value to use. It raises ValueError, whose message
contains the name, for an invalid value. The values come from Python and from JSON, so a wrong type is a ValueError too.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

from ..formats.json_text import restated

Seed = int | str | None
Check = Callable[[str, Any], Any]
# Where a fault closes the connection: before the answer, after its head, or in the middle of its body.
ClosePlace = Literal["start", "head", "body"]
# Where a fault holds an answer: before its head, or in the middle of its body.
HoldPlace = Literal["start", "body"]


class Argument(NamedTuple):
    """The description of an argument, in addition to its name, type and default: the metadata of an `Annotated`.

    Arguments:
        help: What it means, in one line.
        check: Checks and converts a value.
        example: A typical value, which the page proposes. None: the default.
    """

    help: str
    check: Check
    example: Any = None


def arguments_of(declaration: type) -> Mapping[str, tuple[Argument, Any]]:
    """The arguments that a class itself declares as `Annotated` fields, without those of its bases: a mapping from name
    to (Argument, type).
    """
    return {
        name: (annotation.__metadata__[0], annotation.__origin__)
        for name, annotation in declaration.__annotations__.items()
        if isinstance(next(iter(getattr(annotation, "__metadata__", ())), None), Argument)
    }


def number(name: str, value: Any, *, least: float, most: float) -> float:
    """The number as a float, from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ValueError(f"{name} must be a number from {least:g} to {most:g}: {value!r}")
    return float(value)


checked_delay = partial(number, least=0, most=3600)


def integer(name: str, value: Any, least: int = 0) -> int:
    """The integer, at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}: {value!r}")
    return value


def boolean(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false: {value!r}")
    return value


def one_of(literal: Any) -> Check:
    """A check for the strings of a `Literal`."""
    choices = get_args(literal)

    def check(name: str, value: Any) -> Any:
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}: {value!r}")
        return value

    return check


def storable(name: str, value: Any) -> Any:
    """A copy of the value as JSON can express it: tuples become lists, for example."""
    try:
        return restated(value)
    except ValueError as problem:
        raise ValueError(f"{name} cannot be written as JSON: {problem}") from None


def checked_seed(seed: Any) -> Seed:
    """The seed itself. Raises ValueError unless it is an integer, a string or None."""
    if isinstance(seed, bool) or not isinstance(seed, (int, str, type(None))):
        raise ValueError(f"seed must be an integer, a string or None: {seed!r}")
    return seed
