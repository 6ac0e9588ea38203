"""Background work that waits: the purges of deleted sessions and workspaces."""

from heapq import heappop, heappush
from typing import NamedTuple


class Purge(NamedTuple):
    """What is to be purged, and from when (microseconds since 1970, or for ever: only when asked).

    `number` is that of the session, or of the workspace where `session_id` is None: another one that was made under
    the same id since is not meant.
    """

    due: float
    order: int
    number: int
    workspace_id: str
    session_id: str | None


class Purges:
    """The purges that wait, by the time when they are due, then in the order in which they were asked for.

    `after` is how many seconds of the clock a purge waits, or None: it waits until it is asked for.
    """

    def __init__(self, after: float | None) -> None:
        self.after = after
        self._waiting: list[Purge] = []
        self._queued = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def queue(self, now: int, number: int, workspace_id: str, session_id: str | None) -> None:
        due = float("inf") if self.after is None else now + round(self.after * 1_000_000)
        self._queued += 1
        heappush(self._waiting, Purge(due, self._queued, number, workspace_id, session_id))

    def take(self, now: int | None = None) -> Purge | None:
        """The next purge that is due at `now`, or, without a time, the next of all; None where there is none."""
        if not self._waiting or (now is not None and self._waiting[0].due > now):
            return None
        return heappop(self._waiting)
