"""Verbs of the background worker: what was deleted is forgotten."""

from .store import Store


def purge(store: Store, workspace_id: str, session_id: str | None) -> None:
    """Carry out one purge. What came back to life since it was queued is left alone."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is None:
        return
    if session_id is None:
        if not workspace.active:
            store.drop_workspace(workspace)
        return
    session = workspace.sessions.get(session_id)
    if session is not None and not session.row["is_active"]:
        store.drop_session(workspace, session)


def run_due(store: Store) -> int:
    """Carry out the purges that are due by the clock; how many they were."""
    done = 0
    now = store.clock.now()
    while (job := store.purges.take(now)) is not None:
        purge(store, job.workspace_id, job.session_id)
        done += 1
    return done


def run_all(store: Store) -> int:
    """Carry out every waiting purge, due or not; how many they were."""
    done = 0
    while (job := store.purges.take()) is not None:
        purge(store, job.workspace_id, job.session_id)
        done += 1
    return done
