"""Background work that waits: the purges of deleted sessions and workspaces, and the work of sessions."""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Purge(NamedTuple):
    """What is to be purged, and from when (microseconds since 1970, or for ever: only when asked).

    `order` grows with every purge that is queued. `number` is that of the session, or of the workspace where
    `session_id` is None: another one that was made under the same id since is not meant. `tries` have failed so far.
    """

    due: float
    order: int
    number: int
    workspace_id: str
    session_id: str | None
    tries: int = 0


class Work(NamedTuple):
    """When the units of a session are completed; where `session_id` is None, the dreams of the workspace.

    `number` is that of the session or the workspace, as in Purge.
    """

    due: float
    order: int
    number: int
    workspace_id: str
    session_id: str | None


class Target(NamedTuple):
    """Which jobs are meant: those of this session, or of this workspace with its sessions; None: of any."""

    session_id: str | None = None
    workspace_id: str | None = None

    @classmethod
    def named(cls, session_id: str | None, workspace_id: str | None) -> "Target":
        """The target of what a caller names. Raises ValueError for what is no text."""
        for kind, name in (("session", session_id), ("workspace", workspace_id)):
            if name is not None and not isinstance(name, str):
                raise ValueError(f"{kind} must be an id or None: {name!r}")
        return cls(session_id, workspace_id)

    def covers(self, job: Purge | Work) -> bool:
        return self.session_id in (None, job.session_id) and self.workspace_id in (None, job.workspace_id)


class Purges:
    """The purges that wait, by the time when they are due, then in the order in which they were asked for.

    `after` is how many seconds of the clock a purge waits, or None: it waits until it is asked for. `jobs` are those
    that wait, in the order in which they run.
    """

    def __init__(self, after: float | None, number: Callable[[], int]) -> None:
        self.after = after
        self._held: set[str | None] = set()
        self._number = number
        self.jobs: list[Purge] = []
        self._failures: list[tuple[int, Target]] = []

    def waiting(self, target: Target | None = None) -> list[Purge]:
        """Those that wait, in the order in which they run."""
        return [job for job in self.jobs if target is None or target.covers(job)]

    def queue(self, now: int, number: int, workspace_id: str, session_id: str | None, tries: int = 0) -> None:
        due = float("inf") if self.after is None else now + round(self.after * 1_000_000)
        insort(self.jobs, Purge(due, self._number(), number, workspace_id, session_id, tries))

    def take_due(self, now: int) -> list[Purge]:
        """Take out those that are due at `now` and not held."""
        if self.jobs[0].due > now or None in self._held:
            return []
        place = bisect_right(self.jobs, float(now), key=lambda job: job.due)
        due = self.jobs[:place]
        self.jobs[:place] = [job for job in due if job.workspace_id in self._held]
        return [job for job in due if job.workspace_id not in self._held]

    def take(self, target: Target) -> list[Purge]:
        """Take out those that are meant, due or not."""
        taken = self.waiting(target)
        self.jobs = [job for job in self.jobs if not target.covers(job)]
        return taken

    def put_back(self, jobs: Iterable[Purge], target: Target, later: int) -> None:
        """Let these wait in place of those that are meant, each due so many microseconds later."""
        self.take(target)
        self.jobs = sorted([*self.jobs, *(job._replace(due=job.due + later) for job in jobs)])

    def keep(self, is_wanted: Callable[[Purge], bool]) -> None:
        """Forget those that are not wanted."""
        self.jobs = [job for job in self.jobs if is_wanted(job)]

    def hold(self, workspace_id: str | None) -> None:
        """From now on those of a workspace are not due, or for None, none."""
        self._held.add(workspace_id)

    def is_held(self, job: Purge) -> bool:
        """Whether it waits though it may be due."""
        return not self._held.isdisjoint((None, job.workspace_id))

    def release(self, workspace_id: str | None) -> None:
        """Hold those of a workspace no more, or for None, none."""
        if workspace_id is None:
            self._held.clear()
        self._held.discard(workspace_id)

    def fail(self, times: int, target: Target) -> None:
        """Let the next tries fail, so many, of those that are meant. Raises ValueError unless `times` is 1 or more."""
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            raise ValueError(f"times must be a whole number from 1 up: {times!r}")
        self._failures.append((times, target))

    def forget_rules(self, workspace_id: str) -> None:
        """Hold none of this workspace, and let no tries fail that were meant by it."""
        self._held.discard(workspace_id)
        self._failures = [one for one in self._failures if one[1].workspace_id != workspace_id]

    def fails(self, job: Purge) -> bool:
        """Whether this try of it fails; it is counted."""
        for place, (times, target) in enumerate(self._failures):
            if target.covers(job):
                self._failures[place : place + 1] = [(times - 1, target)] if times > 1 else []
                return True
        return False

    def copy(self, number: Callable[[], int]) -> "Purges":
        """The same purges, waiting and failing alike, in a queue of their own."""
        twin = Purges(self.after, number)
        twin._held = set(self._held)
        twin.jobs = list(self.jobs)
        twin._failures = list(self._failures)
        return twin


class Backlog:
    """When work is done by itself: one time for each session, and for the dreams of each workspace, that has some.

    That is `after` seconds of the clock after the first unit that waits; None: never, and there are no `jobs`.
    """

    def __init__(self, after: float | None, number: Callable[[], int]) -> None:
        self.after = after
        self.jobs: list[Work] = []
        self._number = number
        self._queued: set[int] = set()

    def waiting(self, target: Target) -> list[Work]:
        """Those that are meant, in the order in which they run."""
        return [job for job in self.jobs if target.covers(job)]

    def queue(self, now: int, number: int, workspace_id: str, session_id: str | None) -> None:
        """Have the work of this number done; nothing happens where it waits already, or is never done by itself."""
        if self.after is None or number in self._queued:
            return
        self._queued.add(number)
        due = now + round(self.after * 1_000_000)
        insort(self.jobs, Work(due, self._number(), number, workspace_id, session_id))

    def take_due(self, now: int) -> list[Work]:
        """Take out those that are due at `now`."""
        place = bisect_right(self.jobs, float(now), key=lambda job: job.due)
        due = self.jobs[:place]
        del self.jobs[:place]
        self._queued.difference_update(job.number for job in due)
        return due

    def keep(self, is_wanted: Callable[[Work], bool]) -> None:
        """Forget those that are not wanted."""
        self._put(job for job in self.jobs if is_wanted(job))

    def forget(self, target: Target) -> None:
        """Forget those that are meant."""
        self.keep(lambda job: not target.covers(job))

    def put_back(self, jobs: Iterable[Work], target: Target, later: int) -> None:
        """Let these wait in place of those that are meant, each due so many microseconds later."""
        self.forget(target)
        self._put([*self.jobs, *(job._replace(due=job.due + later) for job in jobs)])

    def copy(self, number: Callable[[], int]) -> "Backlog":
        """The same work, waiting alike, in a backlog of its own."""
        twin = Backlog(self.after, number)
        twin._put(self.jobs)
        return twin

    def _put(self, jobs: Iterable[Work]) -> None:
        self.jobs = sorted(jobs)
        self._queued = {job.number for job in self.jobs}
