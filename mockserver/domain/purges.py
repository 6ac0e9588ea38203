"""The rules of purges: a background worker removes what was deleted."""

from datetime import datetime
from typing import NamedTuple

from .clock import moment
from .schedule import Job, Target
from .store import Store


class Pending(NamedTuple):
    """A purge that waits: of a session, or of a workspace where `session` is None.

    `due` is when it runs, or None: only when asked. `tries` have failed so far.
    """

    workspace: str
    session: str | None
    due: datetime | None
    tries: int


def pending(store: Store, target: Target) -> list[Pending]:
    """What waits, in the order in which it runs."""
    jobs = store.purges.waiting(target)
    return [Pending(job.workspace_id, job.session_id, moment(job.due), job.tries) for job in jobs]


def run_due(store: Store) -> int:
    """Carry out the purges that are due by the clock; how many succeeded."""
    return _run(store, store.purges.take_due(store.clock.peek()))


def run(store: Store, target: Target) -> int:
    """Carry out the waiting purges that are meant, due or not, held or not; how many succeeded."""
    return _run(store, store.purges.take(target))


def _run(store: Store, jobs: list[Job]) -> int:
    """Try each once. One that fails waits again as long as the first time."""
    failed = [job for job in jobs if not _succeeds(store, job)]
    for job in failed:
        store.purges.add(store.clock.peek(), job.number, job.workspace_id, job.session_id, job.tries + 1)
    if any(job.session_id is None for job in jobs):  # The sessions of a workspace go with it.
        store.purges.keep(lambda job: is_there(store, job))
    return len(jobs) - len(failed)


def _succeeds(store: Store, job: Job) -> bool:
    """Try one purge. A workspace in use again, and what was made under the same id since, are left alone."""
    if store.purges.fails(job):
        return False
    if is_there(store, job):
        workspace = store.workspaces[job.workspace_id]
        if job.session_id is not None:
            store.drop_session(workspace, workspace.sessions[job.session_id])
        elif not workspace.active:
            store.drop_workspace(workspace)
    return True


def is_there(store: Store, job: Job) -> bool:
    """Whether what a job is about is still there: not purged already, nor another of its id."""
    workspace = store.workspaces.get(job.workspace_id)
    record = workspace if workspace is None or job.session_id is None else workspace.sessions.get(job.session_id)
    return record is not None and record.number == job.number
