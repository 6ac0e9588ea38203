"""Named things: the registry that faults and scripts share, checks of names, and suggestions for unknown ones."""

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar, Generic, Protocol, TypeVar

_LIMIT = 100
_NAME = re.compile(r"[\w.: -]+")


class UnknownName(KeyError):
    """No fault, script, snapshot, workspace or session has the given name."""

    def __str__(self) -> str:
        # KeyError shows the repr of its message.
        return str(self.args[0])


def checked_name(name: object) -> str:
    """The name itself. Raises ValueError unless it is a string of 1 to 100 letters, digits and `_.: -`."""
    if not isinstance(name, str) or len(name) > _LIMIT or _NAME.fullmatch(name) is None:
        shown = name[:_LIMIT] if isinstance(name, str) else name
        raise ValueError(f"a name must be a string of 1 to {_LIMIT} letters, digits and _.: - , not {shown!r}")
    return name


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The hint for an unknown name: the most similar known name, or all known names if none is similar."""
    from difflib import get_close_matches  # Only an unknown name needs it.

    names = sorted(known)
    close = get_close_matches(name[:_LIMIT], names, 1, 0.5)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names) or 'none'}"


class HasName(Protocol):
    """An entry of a registry."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=HasName)


class Registry(Generic[N]):
    """Entries with unique names, in the order in which they were added.

    `entries` is the list itself, for fast access during a request. Iterating over the registry uses a copy.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.entries: list[N] = []

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[N]:
        return iter(list(self.entries))

    def __getitem__(self, name: str) -> N:
        """The entry with this name. Raises UnknownName."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        known = ", ".join(entry.name for entry in self.entries) or "none"
        raise UnknownName(f"there is no {self.kind} {name!r}; there are {known}")
