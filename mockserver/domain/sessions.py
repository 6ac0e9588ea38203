"""The rules of sessions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from . import membership, paging, peers, workspaces
from .clock import timestamp
from .errors import InvalidId, MalformedIdNotFound, MissingSession
from .membership import MemberSettings
from .records import NOTHING, Row, Session, Workspace
from .shared_keys import row_maker
from .store import Store

if TYPE_CHECKING:
    from .filters.language import Filter

_empty_row = row_maker("id", "is_active", "workspace_id", "metadata", "configuration", "created_at")


def get_or_create(
    store: Store,
    workspace_id: str,
    session_id: str,
    metadata: Row | None = None,
    configuration: Row | None = None,
    joining: Mapping[str, MemberSettings] | None = None,
) -> tuple[Session, bool]:
    """The session, and whether it was created now. Creates a missing workspace and missing peers.

    Arguments:
        metadata: Replaces the metadata of an existing session, unless None.
        configuration: Is merged by top-level keys into the configuration of an existing session, unless None.
        joining: Peers to add, with their settings.

    Raises NotFound for a deleted session until its purge, InvalidId if something missing has a malformed id, BadRequest
    for too many observers. Nothing changes then.
    """
    session = find(store, workspace_id, session_id)
    present = session.members if session is not None else {}
    newcomers = membership.newcomers(store, present, joining) if joining else {}
    if session is not None and not session.row["is_active"]:
        raise MissingSession(workspace_id, session_id, is_deleted=True)
    if session is None and not workspaces.is_id(session_id, store.profile):
        raise InvalidId("session", ("path", "session_id"), session_id)
    workspaces.check_new(store, workspace_id)
    if joining:
        peers.check_new(store, workspace_id, newcomers, ("body", "peers"))
        membership.check_observers(session_id, {**present, **newcomers} if newcomers else present)
    if session is not None and metadata is None and not configuration and not newcomers:
        return session, False
    now = store.clock.now()
    workspace = workspaces.ensure(store, workspace_id, now)
    is_new = session is None
    if session is None:
        session = store.add_session(workspace, new_row(workspace_id, session_id, timestamp(now)))
    if metadata is not None or configuration:
        store.put_session_row(workspace, session, workspaces.updated(session.row, metadata, configuration))
    joined = membership.joined(store, session.members, newcomers, now, created=is_new)
    membership.put(store, workspace, session, joined, now)
    return session, is_new


def update(store: Store, workspace_id: str, session_id: str, metadata: Row | None, configuration: Row | None) -> Row:
    """Replace the metadata and merge the configuration by its top-level keys, unless None. Creates a missing session.

    Raises NotFound for a deleted session and, as recorded (x-session-update), for a malformed id.
    """
    try:
        session, _ = get_or_create(store, workspace_id, session_id, metadata, configuration)
    except InvalidId as error:
        raise MalformedIdNotFound(error.value) from None
    return session.row


def list_(store: Store, workspace_id: str, page: int, size: int, reverse: bool, matches: "Filter | None") -> Row:
    """A page of the active sessions of a workspace, oldest first. Empty for an unknown workspace."""
    workspace = store.workspaces.get(workspace_id)
    candidates: Sequence[Session] = workspace.active if workspace else ()
    if workspace and matches and matches.needs:
        candidates = store.with_metadata(workspace, *matches.needs)
    return paging.of_records(candidates, page, size, reverse, matches)


def delete(store: Store, workspace_id: str, session_id: str) -> None:
    """Mark a session as inactive and schedule its purge. Raises NotFound if it is not active."""
    workspace, session = active(store, workspace_id, session_id)
    store.deactivate(workspace, session)
    store.purges.add(store.clock.now(), session.number, workspace_id, session_id)


def find(store: Store, workspace_id: str, session_id: str) -> Session | None:
    """The session, deleted or not. None after its purge."""
    workspace = store.workspaces.get(workspace_id)
    return workspace.sessions.get(session_id) if workspace else None


def active(store: Store, workspace_id: str, session_id: str) -> tuple[Workspace, Session]:
    """The session and its workspace. Raises NotFound if the session is not active."""
    workspace = store.workspaces.get(workspace_id)
    session = workspace.sessions.get(session_id) if workspace else None
    if workspace is None or session is None or not session.row["is_active"]:
        raise MissingSession(workspace_id, session_id, is_deleted=session is not None)
    return workspace, session


def new_row(workspace_id: str, session_id: str, created_at: str) -> Row:
    """The row of a new session. `created_at` is a timestamp as on the wire."""
    row = _empty_row()
    row["id"] = session_id
    row["is_active"] = True
    row["workspace_id"] = workspace_id
    row["metadata"] = row["configuration"] = NOTHING
    row["created_at"] = created_at
    return row
