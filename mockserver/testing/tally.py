"""Counts what each operation answers. Unlike the journal it forgets nothing, and it counts with the journal off too."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from .hosting import Hosting

if TYPE_CHECKING:
    from .coverage import Coverage


class Documented(Protocol):
    """An operation, as the served document describes it."""

    @property
    def name(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def tag(self) -> str | None: ...
    def statuses(self, *, authenticated: bool) -> tuple[int, ...]:
        """The statuses of the answers that the document lists, with authentication on or off."""


class Counts:
    """What was counted since a beginning, by operation (None: there was none at the path) and status.

    `own` are the answers of the API, late ones too, `by_faults` those that a fault gave, broke or (None) lost.
    `authenticated`: whether authentication was on at any time.
    """

    __slots__ = ("authenticated", "by_faults", "operations", "own")

    def __init__(self, operations: Sequence[Documented], *, authenticated: bool) -> None:
        self.operations = operations
        self.authenticated = authenticated
        self.own: defaultdict[tuple[Documented | None, int], int] = defaultdict(int)
        self.by_faults: defaultdict[tuple[Documented | None, int | None], int] = defaultdict(int)


# What is counted in this process is added to each of these lists, for as long as somebody records.
_records: list[list[Counts]] = []


@contextmanager
def recorded() -> Iterator[list[Counts]]:
    """The counts of all mocks that are made from now on, also of those that are gone by the time they are read."""
    record: list[Counts] = []
    _records.append(record)
    try:
        yield record
    finally:
        _records.remove(record)


class Tally:
    """`mock.coverage`: called, it gives the Coverage of now. It counts since the mock was made, whatever is reset.

    >>> import httpx
    >>> from mockserver import MockServer
    >>> with MockServer() as server:
    ...     answer = httpx.delete(f"{server.url}/v3/workspaces/w/sessions/s")
    >>> coverage = server.mock.coverage()
    >>> coverage["delete_session"].answers
    {202: 0, 404: 1, 422: 0}
    >>> coverage.operations_covered, coverage.answers_covered
    (1, 1)
    >>> server.mock.coverage.forget()
    >>> server.mock.coverage().operations_covered
    0
    """

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self._operations: Sequence[Documented] = ()
        self._authenticated = False
        self._begin()

    def __call__(self) -> "Coverage":
        from .coverage import coverage_of  # Most servers are never asked.

        return self._hosting.between_requests(lambda: coverage_of([self._counts]))

    def forget(self) -> None:
        """Begin to count anew. (What pytest reports at the end of its session still has it all.)"""
        self._hosting.between_requests(self._begin)

    def know(self, operations: Sequence[Documented]) -> None:
        """Take note of the operations of the served document, in its order."""
        self._operations = self._counts.operations = operations

    def asks_for_tokens(self, authenticated: bool) -> None:
        """Take note whether authentication is on from now on."""
        self._authenticated = authenticated
        self._counts.authenticated |= authenticated

    def add(self, operation: Documented | None, status: int | None, *, by_fault: bool) -> None:
        """Count an answer, None for none that came. Those of the API itself may be added to `own` without a detour."""
        if by_fault or status is None:
            self._counts.by_faults[operation, status] += 1
        else:
            self.own[operation, status] += 1

    def _begin(self) -> None:
        self._counts = Counts(self._operations, authenticated=self._authenticated)
        self.own = self._counts.own
        for record in _records:
            record.append(self._counts)
