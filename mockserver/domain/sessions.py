"""The rules of sessions."""

from collections.abc import Mapping, Sequence

from . import membership, paging, peers, workspaces
from .clock import timestamp
from .errors import InvalidId, NotFound
from .filters.language import Filter
from .membership import Settings
from .records import NOTHING, Row, Session, Workspace
from .store import Store


def get_or_create(
    store: Store,
    workspace_id: str,
    session_id: str,
    metadata: Row | None = None,
    configuration: Row | None = None,
    joining: Mapping[str, Settings] | None = None,
) -> tuple[Session, bool]:
    """The session and whether it was made now, with the workspace and the peers that were missing.

    On one that exists `metadata` replaces, `configuration` is merged by its top-level keys, `joining` are added as
    peers; None leaves alone. Raises NotFound for a deleted session until its purge, InvalidId for a malformed id that
    would have to be made, BadRequest for more observers than a session may have; then nothing was changed.
    """
    session = find(store, workspace_id, session_id)
    present = session.members if session is not None else {}
    newcomers = membership.newcomers(present, joining) if joining else {}
    if session is not None and not session.row["is_active"]:
        raise missing(workspace_id, session_id)
    if session is None and not workspaces.is_id(session_id):
        raise InvalidId("session", ("path", "session_id"), session_id)
    workspaces.check_new(store, workspace_id)
    if joining:
        peers.check_new(store, workspace_id, newcomers, ("body", "peers"))
        membership.check_observers(session_id, {**present, **newcomers})
    if session is not None and metadata is None and not configuration and not newcomers:
        return session, False
    now = store.clock.now()
    workspace = workspaces.ensure(store, workspace_id, now)
    made = session is None
    if session is None:
        session = store.add_session(workspace, new_row(workspace_id, session_id, now))
    if metadata is not None or configuration:
        store.put_session_row(workspace, session, workspaces.updated(session.row, metadata, configuration))
    membership.put(store, workspace, session, newcomers, now)
    return session, made


def update(store: Store, workspace_id: str, session_id: str, metadata: Row | None, configuration: Row | None) -> Row:
    """Replace metadata, merge configuration by its top-level keys; None leaves alone. Makes what is missing.

    Raises NotFound for a deleted session and, as recorded (x-session-update), for a malformed id.
    """
    try:
        session, _ = get_or_create(store, workspace_id, session_id, metadata, configuration)
    except InvalidId:
        raise NotFound("Session not found") from None
    return session.row


def list_(store: Store, workspace_id: str, page: int, size: int, reverse: bool, matches: Filter | None) -> Row:
    """A page of the workspace's active sessions, oldest first; empty where the workspace is not there."""
    workspace = store.workspaces.get(workspace_id)
    candidates: Sequence[Session] = workspace.active if workspace else ()
    if workspace and matches and matches.needs:
        candidates = store.with_metadata(workspace, *matches.needs)
    return paging.of_records(candidates, page, size, reverse, matches)


def delete(store: Store, workspace_id: str, session_id: str) -> None:
    """Mark a session as inactive and queue its purge. Raises NotFound where there is no active one."""
    workspace, session = active(store, workspace_id, session_id)
    store.deactivate(workspace, session)
    store.purges.add(store.clock.now(), session.number, workspace_id, session_id)


def find(store: Store, workspace_id: str, session_id: str) -> Session | None:
    """The session, deleted or not, until its purge."""
    workspace = store.workspaces.get(workspace_id)
    return workspace.sessions.get(session_id) if workspace else None


def active(store: Store, workspace_id: str, session_id: str) -> tuple[Workspace, Session]:
    """The session and its workspace. Raises NotFound where there is no active one."""
    workspace = store.workspaces.get(workspace_id)
    session = workspace.sessions.get(session_id) if workspace else None
    if workspace is None or session is None or not session.row["is_active"]:
        raise missing(workspace_id, session_id)
    return workspace, session


def missing(workspace_id: str, session_id: str) -> NotFound:
    """The error for a session that is not there, or not any more."""
    return NotFound(f"Session {session_id} not found in workspace {workspace_id}")


def new_row(workspace_id: str, session_id: str, now: int) -> Row:
    """The row of a session made at `now`, in microseconds since 1970."""
    return {
        "id": session_id,
        "is_active": True,
        "workspace_id": workspace_id,
        "metadata": NOTHING,
        "configuration": NOTHING,
        "created_at": timestamp(now),
    }
