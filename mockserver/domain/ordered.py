"""A sequence in the order of numbers, with cheap pages, insertions and removals."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Self, TypeVar, overload

T = TypeVar("T")


class Ordered(Sequence[T], Generic[T]):
    """Entries in the order of their numbers. A slice is as fast as in a list; a removal is O(log n) and a memmove."""

    __slots__ = ("_entries", "_numbers")

    def __init__(self) -> None:
        self._numbers = array("q")
        self._entries: list[T] = []

    def add(self, number: int, entry: T) -> None:
        """Insert an entry by its number. Does nothing if the number is already there."""
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
        self._numbers.extend(numbers)
        self._entries += entries

    def remove(self, number: int) -> None:
        """Remove the entry of a number. Does nothing if there is none."""
        place = bisect_left(self._numbers, number)
        if place < len(self._numbers) and self._numbers[place] == number:
            del self._numbers[place], self._entries[place]

    def copy(self) -> Self:
        """A copy with the same entries."""
        twin = type(self)()
        twin.extend(self._numbers, self._entries)
        return twin

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
