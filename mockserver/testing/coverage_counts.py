"""Counts the answers of each operation, for the coverage report. Unlike the request log it drops nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from .server_link import ServerLink

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


class AnswerCounts:
    """How often each operation answered with each status.

    Attributes:
        operations: The operations of the served document, in its order.
        own: Counts of the answers of the API by (operation, status). The operation is None for a path without one.
        by_faults: Counts of the answers that a fault gave or changed. The status is None for an answer that a fault
            lost.
        authenticated: Whether authentication was on at any time.
    """

    __slots__ = ("authenticated", "by_faults", "operations", "own")

    def __init__(self, operations: Sequence[Documented], *, authenticated: bool) -> None:
        self.operations = operations
        self.authenticated = authenticated
        self.own: defaultdict[tuple[Documented | None, int], int] = defaultdict(int)
        self.by_faults: defaultdict[tuple[Documented | None, int | None], int] = defaultdict(int)


# The lists of all `recorded` blocks that run. Each mock of this process appends its counts to all of them.
_recordings: list[list[AnswerCounts]] = []


@contextmanager
def recorded() -> Iterator[list[AnswerCounts]]:
    """Collect the counts of all mocks that are created in the block. They stay readable when the mocks are gone."""
    recording: list[AnswerCounts] = []
    _recordings.append(recording)
    try:
        yield recording
    finally:
        _recordings.remove(recording)


class CoverageCounter:
    """`mock.coverage`. Call it to get the current `Coverage`. It has counted since the mock was created or `forget` was
    called. Resets keep the counts.

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

    def __init__(self, server_link: ServerLink) -> None:
        self._server_link = server_link
        self._operations: Sequence[Documented] = ()
        self._authenticated = False
        self._start()

    def __call__(self) -> "Coverage":
        return self._server_link.between_requests(lambda: coverage_of([self._counts]))

    def forget(self) -> None:
        """Set all counts to zero. The report of `pytest --honcho-coverage` keeps what was counted before."""
        self._server_link.between_requests(self._start)

    def reset(self, settings: Mapping[str, Any]) -> None:
        """Note whether authentication is on with these settings. The counts stay.

        Arguments:
            settings: The settings in force. Authentication is on if `auth_secret` is not None.
        """
        self._authenticated = settings["auth_secret"] is not None
        self._counts.authenticated |= self._authenticated

    def know(self, operations: Sequence[Documented]) -> None:
        """Set the operations of the served document, in its order."""
        self._operations = self._counts.operations = operations

    def add(self, operation: Documented | None, status: int | None, *, by_fault: bool) -> None:
        """Count an answer. The status is None if no answer was sent.

        The fast path adds the answers of the API to `own` itself.
        """
        if by_fault or status is None:
            self._counts.by_faults[operation, status] += 1
        else:
            self.own[operation, status] += 1

    def _start(self) -> None:
        self._counts = AnswerCounts(self._operations, authenticated=self._authenticated)
        self.own = self._counts.own
        for recording in _recordings:
            recording.append(self._counts)


def coverage_of(recording: Iterable[AnswerCounts]) -> "Coverage":
    """The coverage of these counts together, of one server or of several."""
    # Imported here because few runs ask for the report.
    from .coverage import Coverage, operation_coverage

    operations: dict[str, Documented] = {}
    own: dict[str | None, Counter[int | None]] = {}
    by_faults: dict[str | None, Counter[int | None]] = {}
    authenticated = False
    for counts in recording:
        operations |= {operation.name: operation for operation in counts.operations}
        authenticated |= counts.authenticated
        for totals, added in ((own, counts.own), (by_faults, counts.by_faults)):
            # The thread of a server may count meanwhile. A dict is copied in one step, so the loop is safe.
            for (operation, status), times in added.copy().items():
                name = None if operation is None else operation.name
                totals.setdefault(name, Counter())[status] += times
    covered = tuple(
        operation_coverage(
            name,
            operation.method,
            operation.path,
            operation.tag,
            operation.statuses(authenticated=authenticated),
            own.get(name, {}),
            by_faults.get(name, {}),
        )
        for name, operation in operations.items()
    )
    return Coverage(covered, sum(sum(totals[None].values()) for totals in (own, by_faults) if None in totals))
