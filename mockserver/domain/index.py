"""Finds records by a value in their metadata without going through all of them."""

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

# So many keys are kept, those that were first asked for last.
_KEYS = 16
_number = attrgetter("number")


class Numbered(Protocol):
    """A record in a roll."""

    number: int
    row: dict[str, Any]


R = TypeVar("R", bound=Numbered)


class Index(Generic[R]):
    """Which records have a scalar under a key of their metadata, by the keys that somebody asked for.

    It is told of each record that comes, goes or changes; `turn` says after which turn of their history it was made,
    as that changes them unsaid.
    """

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self._keys: dict[str, dict[Hashable, list[R]]] = {}

    def find(self, records: Iterable[R], key: str, value: Any) -> Sequence[R]:
        """Those of `records`, which are all there are, that have this scalar under this key, in their order.

        As in Python true is 1 here: who asks looks again.
        """
        if key not in self._keys:
            if len(self._keys) == _KEYS:
                del self._keys[next(iter(self._keys))]
            found = self._keys[key] = {}
            for record in records:
                _put(found, key, record)
        return self._keys[key].get(value, ())

    def add(self, record: R) -> None:
        for key, found in self._keys.items():
            _put(found, key, record)

    def remove(self, record: R) -> None:
        """Forget a record, before its row is another."""
        for key, found in self._keys.items():
            value = record.row["metadata"].get(key, _ABSENT)
            if is_scalar(value):
                alike = found[value]
                del alike[bisect_left(alike, record.number, key=_number)]
                if not alike:
                    del found[value]


# No scalar.
_ABSENT = ()


def _put(found: dict[Hashable, list[R]], key: str, record: R) -> None:
    value = record.row["metadata"].get(key, _ABSENT)
    if is_scalar(value):
        insort(found.setdefault(value, []), record, key=_number)


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))
