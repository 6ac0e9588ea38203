"""A bounded log that you can wait for and assert on: the base of the request log and the webhook log."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any, ClassVar, Generic, Protocol, TypeVar, overload

from ..domain.clock import Clock
from .arguments import integer, number
from .matching import Pattern, explanation
from .server_link import ServerLink

_LONGEST_WAIT_SECONDS = 86_400


class Entry(Protocol):
    """What a log needs to know of its entries."""

    number: int
    weight: int

    @property
    def size(self) -> int:
        """About how many bytes of memory the entry takes now."""

    @property
    def workspace(self) -> str | None:
        """The id of the workspace that the entry belongs to."""

    @property
    def line(self) -> str:
        """The entry in one line."""


E = TypeVar("E", bound=Entry)


class Log(Generic[E]):
    """Entries in order, numbered from 1, within bounds on their count and their bytes.

    When a bound is exceeded, the oldest entries are dropped. With a bound of 0 entries the log is off. Any thread may
    read. `add` and `update` take a lock, because the thread that sends webhooks completes deliveries while the server
    adds others. `reset` runs between two requests.

    Attributes:
        dropped: How many entries were dropped since the last reset.
    """

    # The names of one entry and of several, for messages.
    noun: ClassVar[str]
    plural: ClassVar[str]

    def __init__(self, clock: Clock, server_link: ServerLink) -> None:
        self.dropped = 0
        self._clock = clock
        self._server_link = server_link
        # `_runs` counts resets: numbers begin at 1 again, so a position needs both.
        self._count = self._runs = 0
        self._most_entries = self._most_bytes = 0
        # The sum of the weights of the entries. The weight of an entry is its size when it was last measured, and 0
        # while the entry is not in the log.
        self._weight = 0
        self._entries: deque[E] = deque()
        self._waiting: list[Event] = []
        self._lock = Lock()

    # --- Writing ---

    def reset(self, settings: Mapping[str, Any]) -> None:
        """Empty the log and number from 1 again, within the bounds `journal_entries` and `journal_bytes`.

        Threads that wait for an entry continue to wait.
        """
        self._remove(None)
        self._runs += 1
        self.dropped = self._count = 0
        self._most_entries = settings["journal_entries"]
        self._most_bytes = settings["journal_bytes"]

    def forget(self, workspace: str | None = None) -> None:
        """Remove all entries, or those of a workspace. The numbering continues."""
        self._server_link.between_requests(lambda: self._remove(workspace))

    def add(self, entry: E) -> None:
        """Append an entry."""
        with self._lock:
            self._append(entry)

    def _append(self, entry: E) -> None:
        """Append an entry. Every request passes here, so it calls nothing that it does not need."""
        if not self._most_entries:
            return
        entries = self._entries
        entries.append(entry)
        weight = entry.weight = entry.size
        self._weight += weight
        if len(entries) > self._most_entries:  # The usual case in a full log: done inline, to save a call.
            oldest = entries.popleft()
            self._weight -= oldest.weight
            oldest.weight = 0
            self.dropped += 1
        if self._weight > self._most_bytes:
            self._free_bytes(entry)
        if self._waiting:
            self._wake()

    def update(self, entry: E) -> None:
        """Measure an entry again after it changed, if it is still in the log, and wake the waiting threads."""
        with self._lock:
            if entry.weight:
                self._measure(entry)
                self._free_bytes(entry)
        self._wake()

    def _measure(self, entry: E) -> None:
        self._weight -= entry.weight
        entry.weight = entry.size
        self._weight += entry.weight

    def _free_bytes(self, changed: E) -> None:
        """Drop the oldest entries until the bound on bytes holds. The caller has the lock."""
        if changed.weight > self._most_bytes and self._shrink(changed):
            self._measure(changed)
        while self._weight > self._most_bytes:
            self._detach(self._entries.popleft())
            self.dropped += 1

    def _shrink(self, _entry: E) -> bool:
        """Make an entry that alone exceeds the bound smaller. Returns whether it did; by default it does not."""
        return False

    def _detach(self, entry: E) -> None:
        self._weight -= entry.weight
        entry.weight = 0

    def _remove(self, workspace: str | None) -> None:
        with self._lock:
            left: deque[E] = deque()
            for entry in self._entries:
                if workspace is None or entry.workspace == workspace:
                    self._detach(entry)
                else:
                    left.append(entry)
            self._entries = left

    # --- Reading ---

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[E]:
        with self._lock:
            return iter(list(self._entries))

    @overload
    def __getitem__(self, index: int) -> E: ...
    @overload
    def __getitem__(self, index: slice) -> list[E]: ...
    def __getitem__(self, index: int | slice) -> E | list[E]:
        return list(self)[index]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._counted(len(self))}>"

    @property
    def first(self) -> int:
        """The number of the oldest entry, or of the next one if the log is empty."""
        with self._lock:
            return self._entries[0].number if self._entries else self._count + 1

    @property
    def is_off(self) -> bool:
        """Whether the log keeps nothing."""
        return not self._most_entries

    @property
    def position(self) -> tuple[int, int]:
        """The present end of the log, for `since`."""
        return self._runs, self._count

    def since(self, position: tuple[int, int], limit: int | None = None) -> list[E]:
        """The entries after a position, in order: all entries, if the log was reset since.

        Arguments:
            position: An earlier value of the attribute `position`.
            limit: Return only the last entries, at most this many.
        """
        runs, count = position
        found: list[E] = []
        for entry in reversed(list(self)):
            if len(found) == limit or (runs == self._runs and entry.number <= count):
                break
            found.append(entry)
        return found[::-1]

    # --- Waiting ---

    @contextmanager
    def watching(self, event: Event | None = None) -> Iterator[Event]:
        """Set an event, a new one by default, whenever an entry is added or updated."""
        event = event or Event()
        self._waiting.append(event)
        try:
            yield event
        finally:
            self._waiting.remove(event)

    def _wake(self) -> None:
        for event in tuple(self._waiting):  # Another thread may stop waiting meanwhile.
            event.set()

    def _wait_for(self, pattern: Pattern, at_least: int, timeout: float, counts: Callable[[E], bool]) -> list[E]:
        """Wait until `counts` is true for at least `at_least` matching entries. Returns these entries; raises
        AssertionError at the timeout.
        """
        __tracebackhide__ = True
        integer("at_least", at_least)
        deadline = self._clock.elapsed() + number("timeout", timeout, least=0, most=_LONGEST_WAIT_SECONDS)
        with self.watching() as changed:
            while True:
                # Cleared before the search, so that an entry added between the search and the wait is not missed.
                changed.clear()
                found = [entry for entry in self._matching(pattern) if counts(entry)]
                if len(found) >= at_least:
                    return found
                if not changed.wait(max(0.0, deadline - self._clock.elapsed())):
                    problem = self._explanation(pattern, found, f"at least {self._counted(at_least)}")
                    raise AssertionError(f"after {timeout:g} seconds: {problem}" if timeout else problem)

    # --- Assertions ---

    def _matching(self, pattern: Pattern) -> list[E]:
        return [entry for entry in self if pattern.matches(entry)]

    def _assert_times(self, pattern: Pattern, times: int | None) -> list[E]:
        """The matching entries. Raises AssertionError unless `times` entries match; by default, at least one."""
        __tracebackhide__ = True
        if times is not None:
            integer("times", times)
        found = self._matching(pattern)
        if len(found) == times or (times is None and found):
            return found
        raise AssertionError(self._explanation(pattern, found, self._counted(times)))

    def _counted(self, times: int | None) -> str:
        """`3 requests`; for None `at least one request`."""
        return f"at least one {self.noun}" if times is None else f"{times} {self.noun if times == 1 else self.plural}"

    def _explanation(self, pattern: Pattern, found: list[E], expected: str, after: int = 0) -> str:
        dropped = f"{self.dropped} older {self.noun if self.dropped == 1 else self.plural}"
        notes = [f"the log dropped {dropped}"] if self.dropped else []
        if self.is_off:
            notes.append("the log is off: journal_entries is 0")
        return explanation(pattern, list(self), found, expected, after, notes)
