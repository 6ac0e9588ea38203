"""A sequence in the order of numbers, with cheap pages, insertions and removals."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Self, TypeVar, overload

T = TypeVar("T")


class Ordered(Sequence[T], Generic[T]):
    """Entries in the order of their numbers. A slice is as fast as in a list; a removal is O(log n) and a memmove.

    A copy shares the lists until one of the two changes: the one that changes first copies them for itself.
    """

    __slots__ = ("_entries", "_is_shared", "_numbers")

    def __init__(self) -> None:
        self._numbers = array("q")
        self._entries: list[T] = []
        self._is_shared = False

    def add(self, number: int, entry: T) -> None:
        """Insert an entry by its number. Does nothing if the number is already there."""
        if self._is_shared:
            self._part()
        numbers = self._numbers
        if not numbers or number > numbers[-1]:
            numbers.append(number)
            self._entries.append(entry)
            return
        place = bisect_left(numbers, number)
        if numbers[place] != number:
            numbers.insert(place, number)
            self._entries.insert(place, entry)

    def extend(self, numbers: Iterable[int], entries: Iterable[T]) -> None:
        """Append entries. Their numbers must be larger than all present numbers."""
        if self._is_shared:
            self._part()
        self._numbers.extend(numbers)
        self._entries += entries

    def remove(self, number: int) -> None:
        """Remove the entry of a number. Does nothing if there is none."""
        place = bisect_left(self._numbers, number)
        if place < len(self._numbers) and self._numbers[place] == number:
            if self._is_shared:
                self._part()
            del self._numbers[place], self._entries[place]

    def copy(self) -> Self:
        """A copy with the same entries, at a cost that does not depend on their number."""
        twin = type(self)()
        self._is_shared = twin._is_shared = True  # noqa: SLF001 - of the same class
        twin._numbers, twin._entries = self._numbers, self._entries  # noqa: SLF001 - of the same class
        return twin

    def with_each(self, other: Callable[[T], T]) -> Self:
        """A copy with another entry for each entry."""
        twin = type(self)()
        twin.extend(self._numbers, map(other, self._entries))
        return twin

    def _part(self) -> None:
        """Stop sharing the lists, because one of them is about to change."""
        self._numbers, self._entries, self._is_shared = self._numbers[:], self._entries[:], False

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        return self._entries[place]

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries)
