"""Background work that waits: the purges of deleted sessions and workspaces."""

from collections import deque
from typing import NamedTuple


class Purge(NamedTuple):
    """What is to be purged, and from when (microseconds since 1970); no time means: only when asked."""

    due: int | None
    workspace_id: str
    session_id: str | None


class Purges:
    """The queue of purges, in the order in which they were asked for.

    `after` is how many seconds of the clock a purge waits, or None: it waits until it is asked for. The wait is the
    same for all, so the queue is in order of due times as well.
    """

    def __init__(self, after: float | None) -> None:
        self.after = after
        self._waiting: deque[Purge] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def queue(self, now: int, workspace_id: str, session_id: str | None) -> None:
        due = None if self.after is None else now + round(self.after * 1_000_000)
        self._waiting.append(Purge(due, workspace_id, session_id))

    def take(self, now: int | None = None) -> Purge | None:
        """The next purge that is due at `now`, or, without a time, the next of all; None where there is none."""
        if not self._waiting:
            return None
        if now is not None:
            due = self._waiting[0].due
            if due is None or due > now:
                return None
        return self._waiting.popleft()
