"""A bounded log that you can wait for and assert on: the base of the request log and the webhook log."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Lock
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar, overload

from ..domain.clock import Clock
from .arguments import integer, number
from .hints import Hinting
from .matching import Pattern, explanation
from .server_link import ServerLink

_LONGEST_WAIT_SECONDS = 86_400
# The arguments of the methods that wait, beside the criteria.
WAITING = ("timeout", "at_least")


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


class Wakeable(Protocol):
    """An event that a log sets when an entry is added or updated."""

    def set(self) -> None: ...


class LoopEvent:
    """An event of the running loop that any thread may set."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def set(self) -> None:
        with suppress(RuntimeError):  # The loop is closed, so nobody waits.
            self._loop.call_soon_threadsafe(self._event.set)

    def clear(self) -> None:
        self._event.clear()

    async def wait(self, seconds: float) -> bool:
        """Wait at most so many seconds. Returns whether the event was set."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        return self._event.is_set()


class Expected(NamedTuple):
    """How many entries must match. Without a bound, at least one.

    Raises ValueError from `checked` for bounds that are not counts, that exclude each other, or beside `times`.
    """

    times: int | None = None
    at_least: int | None = None
    at_most: int | None = None

    def checked(self) -> "Expected":
        for name, value in self._asdict().items():
            if value is not None:
                integer(name, value)
        if self.times is not None and (self.at_least, self.at_most) != (None, None):
            raise ValueError("pass times alone, or at_least and at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least cannot be greater than at_most: {self.at_least} and {self.at_most}")
        return self

    def holds(self, count: int) -> bool:
        if self == Expected():
            return count > 0
        if self.times is not None:
            return count == self.times
        return (self.at_least or 0) <= count and (self.at_most is None or count <= self.at_most)

    def text(self, noun: str, plural: str) -> str:
        """The number in words, such as `at least 2 requests`."""
        if self == Expected():
            return f"at least one {noun}"
        bounds = [("", self.times), ("at least ", self.at_least), ("at most ", self.at_most)]
        given = [(words, number) for words, number in bounds if number is not None]
        text = " and ".join(f"{words}{number}" for words, number in given)
        return f"{text} {noun if given[-1][1] == 1 else plural}"


E = TypeVar("E", bound=Entry)
W = TypeVar("W", bound=Wakeable)


class Log(Hinting, Generic[E]):
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
        self._waiting: list[Wakeable] = []
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

    clear = forget

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
        return f"<{type(self).__name__}: {Expected(len(self)).text(self.noun, self.plural)}>"

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
    def watching(self, event: W) -> Iterator[W]:
        """Set an event whenever an entry is added or updated."""
        self._waiting.append(event)
        try:
            yield event
        finally:
            self._waiting.remove(event)

    def _wake(self) -> None:
        for event in tuple(self._waiting):  # Another thread may stop waiting meanwhile.
            event.set()

    def _wait_for(self, pattern: Pattern, at_least: int, timeout: float, counts: Callable[[E], bool]) -> list[E]:
        """Wait until `counts` is true for at least `at_least` matching entries. Returns these entries.

        Raises AssertionError at the timeout, and RuntimeError if it would block an event loop in which other tasks run.
        """
        __tracebackhide__ = True
        deadline = self._deadline(at_least, timeout)
        with self.watching(Event()) as changed:
            while True:
                # Cleared before the search, so that an entry added between the search and the wait is not missed.
                changed.clear()
                found = [entry for entry in self._matching(pattern) if counts(entry)]
                if len(found) >= at_least:
                    return found
                if timeout and _other_tasks():
                    raise RuntimeError(
                        "wait_for blocks the event loop of this thread, so its other tasks, such as the client, cannot "
                        f"go on; use `await {self.plural}.wait_for_async(...)`"
                    )
                if not changed.wait(max(0.0, deadline - self._clock.elapsed())):
                    raise AssertionError(self._missed(pattern, found, at_least, timeout))

    async def _wait_for_async(
        self, pattern: Pattern, at_least: int, seconds: float, counts: Callable[[E], bool]
    ) -> list[E]:
        """The same as `_wait_for`, for a coroutine: the event loop runs meanwhile."""
        __tracebackhide__ = True
        deadline = self._deadline(at_least, seconds)
        with self.watching(LoopEvent()) as changed:
            while True:
                changed.clear()
                found = [entry for entry in self._matching(pattern) if counts(entry)]
                if len(found) >= at_least:
                    return found
                if not await changed.wait(max(0.0, deadline - self._clock.elapsed())):
                    raise AssertionError(self._missed(pattern, found, at_least, seconds))

    def _deadline(self, at_least: int, timeout: float) -> float:
        integer("at_least", at_least)
        return self._clock.elapsed() + number("timeout", timeout, least=0, most=_LONGEST_WAIT_SECONDS)

    def _missed(self, pattern: Pattern, found: list[E], at_least: int, timeout: float) -> str:
        problem = self._explanation(pattern, found, Expected(at_least=at_least).text(self.noun, self.plural))
        return f"after {timeout:g} seconds: {problem}" if timeout else problem

    # --- Assertions ---

    def _matching(self, pattern: Pattern) -> list[E]:
        return [entry for entry in self if pattern.matches(entry)]

    def _assert_count(self, pattern: Pattern, expected: Expected) -> list[E]:
        """The matching entries. Raises AssertionError unless as many match as expected."""
        __tracebackhide__ = True
        expected.checked()
        found = self._matching(pattern)
        if expected.holds(len(found)):
            return found
        raise AssertionError(self._explanation(pattern, found, expected.text(self.noun, self.plural)))

    def _explanation(self, pattern: Pattern, found: list[E], expected: str, after: int = 0) -> str:
        dropped = Expected(self.dropped).text(f"older {self.noun}", f"older {self.plural}")
        notes = [f"the log dropped {dropped}"] if self.dropped else []
        if self.is_off:
            notes.append("the log is off: journal_entries is 0")
        return explanation(pattern, list(self), found, expected, after, notes)


def _other_tasks() -> bool:
    """Whether an event loop runs in this thread, with tasks besides the present one."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return False
    return bool(asyncio.all_tasks(loop) - {asyncio.current_task(loop)})
