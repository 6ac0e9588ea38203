"""Named things: the registry that faults and scripts share, and checks of names."""

import re
from collections.abc import Iterator
from typing import ClassVar, Generic, Protocol, TypeVar

from .hints import Hinting

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


class HasName(Protocol):
    """An entry of a registry."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=HasName)


class Registry(Hinting, Generic[N]):
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
