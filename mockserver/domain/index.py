"""An index of records by the values in their metadata."""

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from math import isfinite
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

# The index has at most this many keys. A new one replaces the oldest.
_KEYS = 16
_number = attrgetter("number")


class Numbered(Protocol):
    """A record with a number and a row."""

    number: int
    row: dict[str, Any]


R = TypeVar("R", bound=Numbered)


class Index(Generic[R]):
    """Records by the scalars in their metadata, for the keys that were searched for.

    The store adds and removes each record that changes. Going to another version changes records without these calls:
    `turn` is the turn of the history at which the index was created, and in another turn the index is out of date.
    """

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self._keys: dict[str, dict[Hashable, list[R]]] = {}

    def find(self, records: Iterable[R], key: str, value: Any) -> Sequence[R]:
        """The records that have this scalar under this key, in the order of their numbers.

        Arguments:
            records: All records. They are read when a key is searched for the first time.
        """
        if key not in self._keys:
            if len(self._keys) == _KEYS:
                del self._keys[next(iter(self._keys))]
            found = self._keys[key] = {}
            for record in records:
                _put(found, key, record)
        return self._keys[key].get(hashable(value), ())

    def add(self, record: R) -> None:
        for key, found in self._keys.items():
            _put(found, key, record)

    def remove(self, record: R) -> None:
        """Remove a record. Call it before its row changes."""
        for key, found in self._keys.items():
            value = record.row["metadata"].get(key, _ABSENT)
            if is_scalar(value):
                value = hashable(value)
                same = found[value]
                del same[bisect_left(same, record.number, key=_number)]
                if not same:
                    del found[value]


# The value of a missing key. It is not a scalar.
_ABSENT = ()


def _put(found: dict[Hashable, list[R]], key: str, record: R) -> None:
    value = record.row["metadata"].get(key, _ABSENT)
    if is_scalar(value):
        insort(found.setdefault(hashable(value), []), record, key=_number)


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def is_large(scalar: Any) -> bool:
    """Whether a scalar is a float that `as_stored` turns into an integer."""
    # Python writes floats from 1e16 on with an exponent. The database does not.
    return isinstance(scalar, float) and abs(scalar) >= 1e16 and isfinite(scalar)


def as_stored(scalar: Any) -> Any:
    """A scalar as the database of the live server stores it in JSON: a large float becomes an integer, for example 2e30
    becomes 2000…0. The response to the request that writes the value still has the float (recorded, x2-number-shapes).
    """
    return int(Decimal(repr(scalar))) if is_large(scalar) else scalar


def hashable(scalar: Any) -> Hashable:
    """A key of a scalar for sets and mappings. The keys of two scalars are equal if the database has them as equal.

    A client can choose many numbers with the same hash, which would make a set of them slow. Their keys have different
    hashes.
    """
    if isinstance(scalar, bool):
        return scalar, None
    stored = as_stored(scalar)
    if isinstance(stored, int) and abs(stored) >= 2**60:  # Python computes the hash of an integer modulo 2**61 - 1.
        return hex(stored), None
    return (stored,) if isinstance(stored, (int, float)) else stored


def as_read(value: Any) -> Any:
    """A row, or any other JSON, as the live server reads it from its database: see `as_stored`."""
    if isinstance(value, dict):
        return {key: as_read(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [as_read(entry) for entry in value]
    return as_stored(value)


def message_as_read(row: dict[str, Any]) -> dict[str, Any]:
    """The same for a message, faster: only its metadata can have floats."""
    metadata = row["metadata"]
    return {**row, "metadata": as_read(metadata)} if metadata else row
