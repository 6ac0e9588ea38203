"""Names that a test gives to faults, scripts and snapshots, and slips of the pen in names that are known."""

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, Generic, Protocol, TypeVar

_LIMIT = 100
_NAME = re.compile(r"[\w.: -]+")


class UnknownName(KeyError):
    """There is no fault, script, snapshot or workspace of the name that was given."""

    def __str__(self) -> str:
        # A KeyError shows its message as a quoted text.
        return str(self.args[0])


def checked_name(name: object) -> str:
    """The name itself. Raises ValueError for what is none: a text of 1 to 100 letters, digits and `_.: -`."""
    if not isinstance(name, str) or len(name) > _LIMIT or _NAME.fullmatch(name) is None:
        shown = name[:_LIMIT] if isinstance(name, str) else name
        raise ValueError(f"a name is a text of 1 to {_LIMIT} letters, digits and _.: - , not {shown!r}")
    return name


def meant(name: str, known: Iterable[str]) -> str:
    """What to say beside a name that is not known: the one that was meant, or those that there are."""
    from difflib import get_close_matches  # Only a slip of the pen needs it.

    names = sorted(known)
    close = get_close_matches(name[:_LIMIT], names, 1, 0.5)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names) or 'none'}"


class Named(Protocol):
    """What stands in a register."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


class Register(Generic[N]):
    """Things of one kind, each under its name, in the order in which they were added."""

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.entries: list[N] = []

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[N]:
        return iter(list(self.entries))

    def __getitem__(self, name: str) -> N:
        for entry in self.entries:
            if entry.name == name:
                return entry
        known = ", ".join(entry.name for entry in self.entries) or "none"
        raise UnknownName(f"there is no {self.kind} {name!r}; there are {known}")
