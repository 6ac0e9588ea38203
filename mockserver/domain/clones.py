"""The clone of a session: a new session with the same data, up to a message."""

from . import membership
from .clock import timestamp
from .errors import ClashingClone, MissingMessage, MissingSession
from .index import as_read
from .membership import Members
from .records import Origin, Row, Session, Workspace
from .store import Store


def clone(store: Store, workspace_id: str, session_id: str, cutoff: str | None) -> Row:
    """Copy a session. Returns the row of the clone.

    The clone has the metadata, configuration and messages of the original, and its present members with their settings.
    All ids are new, and all times are the current time. The quirks that start with `clone_`, and `lost_empty_clone`,
    change what is copied.

    Arguments:
        cutoff: The id of the last message to copy. By default all are copied.

    Raises NotFound if the session is not active or has no message of this id.
    """
    workspace = store.workspaces.get(workspace_id)
    original = workspace.sessions.get(session_id) if workspace else None
    if workspace is None or original is None or not original.row["is_active"]:
        detail = "Original session not found"
        raise MissingSession(workspace_id, session_id, is_deleted=original is not None, detail=detail)
    sources = _sources(store, original)
    messages = _messages(sources, cutoff)
    now = store.clock.now()
    read = {name: as_read(original.row[name]) for name in ("metadata", "configuration")}
    row = original.row | read | {"id": _fresh_id(store, workspace), "created_at": timestamp(now)}
    if messages or not store.profile.lost_empty_clone:
        members = _members(store, workspace, sources)
        copy = store.add_session(workspace, row, Origin(original.number, session_id, cutoff, len(messages)))
        store.add_messages(copy, _copied(store, messages, row))
        membership.put(store, workspace, copy, membership.joined(store, {}, members, now, created=True), now)
    return row


def _sources(store: Store, original: Session) -> list[Session]:
    """The sessions that the clone copies. The original is the first."""
    if not store.profile.clone_crosses_workspaces:
        return [original]
    namesakes = [workspace.sessions.get(original.row["id"]) for workspace in store.directory]
    return [original, *(session for session in namesakes if session is not None and session is not original)]


def _messages(sources: list[Session], cutoff: str | None) -> list[Row]:
    """The messages up to the cut-off. Raises ServerFailure if two sources have messages, as the live server does."""
    last = None
    if cutoff is not None:
        places = [(session.messages, session.messages.place(cutoff)) for session in sources]
        numbers = [messages.number(place) for messages, place in places if place is not None]
        if not numbers:
            row = sources[0].row
            raise MissingMessage(row["workspace_id"], row["id"], cutoff, "Session not found")
        last = numbers[0]
    messages_of_sources = [session.messages for session in sources]
    counts = [len(messages) if last is None else messages.count_up_to(last) for messages in messages_of_sources]
    chosen = [messages[:count] for messages, count in zip(messages_of_sources, counts, strict=True) if count]
    if len(chosen) > 1:
        raise _clash(sources)
    return chosen[0] if chosen else []


def _members(store: Store, workspace: Workspace, sources: list[Session]) -> Members:
    """The members of the clone. Raises ServerFailure if a member of another workspace does not exist here."""
    members: Members = {}
    for session in reversed(sources):
        for peer_id, member in session.members.items():
            if peer_id not in workspace.peers:
                raise _clash(sources)
            if member.present or store.profile.clone_revives_peers:
                members[peer_id] = member._replace(present=True)
    return members


def _clash(sources: list[Session]) -> ClashingClone:
    return ClashingClone(sources[0].row["id"], [session.row["workspace_id"] for session in sources])


def _fresh_id(store: Store, workspace: Workspace) -> str:
    while (fresh := store.ids.new()) in workspace.sessions:
        pass
    return fresh


def _copied(store: Store, messages: list[Row], session: Row) -> list[Row]:
    """Copies of messages for the session of this row. A session may have a very large number of messages, so this code
    is optimized.
    """
    home, now = session["workspace_id"], session["created_at"]
    changes = {"session_id": session["id"], "workspace_id": home, "created_at": now}
    if store.profile.clone_zeroes_tokens:
        changes["token_count"] = 0
    copies = [message | changes for message in messages]
    for copy, fresh_id in zip(copies, store.ids.several(len(copies)), strict=True):
        copy["id"] = fresh_id
    return copies
