"""The schedule of background work: purges of deleted sessions and workspaces, and the work of the queue."""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from typing import NamedTuple, Self


class Job(NamedTuple):
    """Something that is due at a time: the purge, or the queued work, of a session or a workspace.

    Arguments:
        due: Microseconds since 1970. Infinity means that the job runs only on request.
        order: Grows with every job, so that jobs with the same due time run in the order in which they were added.
        number: The number of the session or workspace. A later one with the same id has another number.
        workspace_id: The id of the workspace.
        session_id: The id of the session. None means the workspace: its purge, or the work of its dreams.
        tries: How often the job failed so far.
    """

    due: float
    order: int
    number: int
    workspace_id: str
    session_id: str | None
    tries: int = 0


class Target(NamedTuple):
    """Selects jobs: those of a session id, of a workspace id with its sessions, or both. None matches every id."""

    session_id: str | None = None
    workspace_id: str | None = None

    @classmethod
    def named(cls, session_id: str | None, workspace_id: str | None) -> "Target":
        """The target for ids that a caller passed. Raises ValueError if one is neither a string nor None."""
        for kind, name in (("session", session_id), ("workspace", workspace_id)):
            if name is not None and not isinstance(name, str):
                raise ValueError(f"{kind} must be an id or None: {name!r}")
        return cls(session_id, workspace_id)

    def covers(self, job: Job) -> bool:
        return self.session_id in (None, job.session_id) and self.workspace_id in (None, job.workspace_id)


ANY = Target()


class Schedule:
    """Jobs in the order in which they run: by due time, then in the order in which they were added.

    Arguments:
        after: How many seconds of the clock a job waits. None means that jobs run only on request.
        next_number: Returns a larger integer with every call.
    """

    def __init__(self, after: float | None, next_number: Callable[[], int]) -> None:
        self.after = after
        self.jobs: list[Job] = []
        self._next_number = next_number

    def waiting(self, target: Target = ANY) -> list[Job]:
        """The jobs that the target covers."""
        return [job for job in self.jobs if target.covers(job)]

    def add(self, now: int, number: int, workspace_id: str, session_id: str | None, tries: int = 0) -> None:
        """Add a job that is due `after` seconds from `now`."""
        due = float("inf") if self.after is None else now + round(self.after * 1_000_000)
        insort(self.jobs, Job(due, self._next_number(), number, workspace_id, session_id, tries))

    def take_due(self, now: int) -> list[Job]:
        """Remove and return the jobs that are due at `now`."""
        if not self.jobs or self.jobs[0].due > now:  # A fast check, because every request calls this.
            return []
        count = bisect_right(self.jobs, float(now), key=lambda job: job.due)
        due = self.jobs[:count]
        self._replace(self.jobs[count:])
        return due

    def take(self, target: Target = ANY) -> list[Job]:
        """Remove and return the jobs that the target covers, due or not."""
        taken = self.waiting(target)
        self.keep(lambda job: not target.covers(job))
        return taken

    def keep(self, is_kept: Callable[[Job], bool]) -> None:
        """Remove the jobs that the predicate rejects."""
        self._replace([job for job in self.jobs if is_kept(job)])

    def put_back(self, jobs: Iterable[Job], target: Target, delay: int) -> None:
        """Replace the jobs that the target covers with these, each due `delay` microseconds later."""
        others = [job for job in self.jobs if not target.covers(job)]
        self._replace(sorted([*others, *(job._replace(due=job.due + delay) for job in jobs)]))

    def copy(self, next_number: Callable[[], int]) -> Self:
        """An independent schedule with the same jobs."""
        twin = type(self)(self.after, next_number)
        twin._replace(list(self.jobs))
        return twin

    def _replace(self, jobs: list[Job]) -> None:
        self.jobs = jobs


class PurgeSchedule(Schedule):
    """The purges. A test can hold them, so that they are never due, and make the next tries fail."""

    def __init__(self, after: float | None, next_number: Callable[[], int]) -> None:
        super().__init__(after, next_number)
        self._held: set[str | None] = set()  # ids of workspaces; None: all purges are held
        self._failures: list[tuple[int, Target]] = []  # how many tries still fail, and of which purges

    def take_due(self, now: int) -> list[Job]:
        """Remove and return the purges that are due at `now` and not held."""
        if None in self._held:
            return []
        due = super().take_due(now)
        held = [job for job in due if job.workspace_id in self._held]
        if held:
            self._replace([*held, *self.jobs])
        return [job for job in due if job.workspace_id not in self._held]

    def hold(self, workspace_id: str | None) -> None:
        """Hold the purges of a workspace, or all of them for None."""
        self._held.add(workspace_id)

    def release(self, workspace_id: str | None) -> None:
        """End the hold of a workspace, or all holds for None."""
        if workspace_id is None:
            self._held.clear()
        self._held.discard(workspace_id)

    def is_held(self, job: Job) -> bool:
        """Whether a hold keeps this purge from being due."""
        return not self._held.isdisjoint((None, job.workspace_id))

    def fail(self, times: int, target: Target) -> None:
        """Make the next `times` attempts of the selected purges fail. Raises ValueError if `times` is below 1."""
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            raise ValueError(f"times must be an integer of at least 1: {times!r}")
        self._failures.append((times, target))

    def fails(self, job: Job) -> bool:
        """Whether this try fails. Each call counts as a try."""
        for place, (times, target) in enumerate(self._failures):
            if target.covers(job):
                self._failures[place : place + 1] = [(times - 1, target)] if times > 1 else []
                return True
        return False

    def forget_rules(self, workspace_id: str) -> None:
        """Remove the hold and the failures of this workspace."""
        self._held.discard(workspace_id)
        self._failures = [rule for rule in self._failures if rule[1].workspace_id != workspace_id]

    def copy(self, next_number: Callable[[], int]) -> "PurgeSchedule":
        """An independent schedule with the same purges, holds and failures."""
        twin = PurgeSchedule(self.after, next_number)
        twin._replace(list(self.jobs))
        twin._held = set(self._held)
        twin._failures = list(self._failures)
        return twin


class WorkSchedule(Schedule):
    """The work of the queue: one job for each session, and one for the dreams of each workspace, regardless of the
    number of pending units.

    It is due `after` seconds after the first unit. Without `after` there are no jobs: units complete only on request.
    """

    def __init__(self, after: float | None, next_number: Callable[[], int]) -> None:
        super().__init__(after, next_number)
        self._numbers: set[int] = set()  # the numbers of the jobs, for a fast check at every message

    def add(self, now: int, number: int, workspace_id: str, session_id: str | None, tries: int = 0) -> None:
        """Add a job, unless one of this number waits already or units complete only on request."""
        if self.after is not None and number not in self._numbers:
            self._numbers.add(number)
            super().add(now, number, workspace_id, session_id, tries)

    def _replace(self, jobs: list[Job]) -> None:
        super()._replace(jobs)
        self._numbers = {job.number for job in jobs}
