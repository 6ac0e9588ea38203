"""The rules of purges, which remove deleted sessions and workspaces in the background."""

from datetime import datetime
from typing import NamedTuple

from .clock import moment
from .schedule import Job, Target
from .store import Store


class Pending(NamedTuple):
    """A purge that waits.

    Arguments:
        workspace: The id of the workspace.
        session: The id of the session. None for the purge of the workspace.
        due: When it runs. None if it runs only on request.
        tries: How often it failed so far.
    """

    workspace: str
    session: str | None
    due: datetime | None
    tries: int


def pending(store: Store, target: Target) -> list[Pending]:
    """The purges that wait, in the order in which they run."""
    jobs = store.purges.waiting(target)
    return [Pending(job.workspace_id, job.session_id, moment(job.due), job.tries) for job in jobs]


def run_due(store: Store) -> int:
    """Run the purges that are due by the clock. Returns how many succeeded."""
    return _run(store, store.purges.take_due(store.clock.peek()))


def run(store: Store, target: Target) -> int:
    """Run the purges that the target covers, due or not, held or not. Returns how many succeeded."""
    return _run(store, store.purges.take(target))


def _run(store: Store, jobs: list[Job]) -> int:
    """Try each purge once. A purge that fails waits again, as long as the first time."""
    failed = [job for job in jobs if not _succeeds(store, job)]
    for job in failed:
        store.purges.add(store.clock.peek(), job.number, job.workspace_id, job.session_id, job.tries + 1)
    if any(job.session_id is None for job in jobs):  # The purge of a workspace removes its sessions too.
        store.purges.keep(lambda job: is_there(store, job))
    return len(jobs) - len(failed)


def _succeeds(store: Store, job: Job) -> bool:
    """Try one purge. Returns False if the attempt must fail. The purge removes nothing, and returns True, if the
    workspace has active sessions again or if the id belongs to a new record.
    """
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
    """Whether the session or workspace of a job exists: it was neither purged nor replaced by another one with the same
    id.
    """
    workspace = store.workspaces.get(job.workspace_id)
    record = workspace if workspace is None or job.session_id is None else workspace.sessions.get(job.session_id)
    return record is not None and record.number == job.number
