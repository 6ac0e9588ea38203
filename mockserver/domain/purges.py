"""Verbs of the background worker: what was deleted is forgotten."""

from .jobs import Purge
from .store import Store


def purge(store: Store, job: Purge) -> None:
    """Carry out one purge. A workspace in use again, and what was made under the same id since, are left alone."""
    workspace = store.workspaces.get(job.workspace_id)
    if workspace is None:
        return
    if job.session_id is None:
        if workspace.number == job.number and not workspace.active:
            store.drop_workspace(workspace)
        return
    session = workspace.sessions.get(job.session_id)
    if session is not None and session.number == job.number:
        store.drop_session(workspace, session)


def run_due(store: Store) -> int:
    """Carry out the purges that are due by the clock; how many they were."""
    done = 0
    now = store.clock.now()
    while (job := store.purges.take(now)) is not None:
        purge(store, job)
        done += 1
    return done


def run_all(store: Store) -> int:
    """Carry out every waiting purge, due or not; how many they were."""
    done = 0
    while (job := store.purges.take()) is not None:
        purge(store, job)
        done += 1
    return done
