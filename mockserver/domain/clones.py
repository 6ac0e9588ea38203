"""Cloning a session: a new one with the same data, up to a message."""

from . import membership
from .clock import timestamp
from .errors import NotFound, ServerFailure
from .membership import Members
from .records import Origin, Row, Session, Workspace
from .store import Store


def clone(store: Store, workspace_id: str, session_id: str, cutoff: str | None) -> Row:
    """Copy a session under a fresh id, with its messages up to and including `cutoff`, or all; its row.

    Metadata, configuration, contents, senders and the present members with their settings are the original's;
    ids are fresh and every time is now. Raises NotFound where there is no active session or the cut-off is none of its
    messages. The quirks that begin with `clone_`, and `lost_empty_clone`, change what is copied.
    """
    workspace = store.workspaces.get(workspace_id)
    original = workspace.sessions.get(session_id) if workspace else None
    if workspace is None or original is None or not original.row["is_active"]:
        raise NotFound("Original session not found")
    sources = _sources(store, original)
    messages = _messages(sources, cutoff)
    now = store.clock.now()
    row = {**original.row, "id": _fresh_id(store, workspace), "created_at": timestamp(now)}
    if messages or not store.quirks.lost_empty_clone:
        members = _members(store, workspace, sources)
        copy = store.add_session(workspace, row, Origin(original.number, session_id, cutoff, len(messages)))
        store.add_messages(copy, _copied(store, messages, row))
        membership.put(store, workspace, copy, members, now)
    return row


def _sources(store: Store, original: Session) -> list[Session]:
    """The sessions that the clone copies from; the original is the first of them."""
    if not store.quirks.clone_crosses_workspaces:
        return [original]
    namesakes = [workspace.sessions.get(original.row["id"]) for workspace in store.directory]
    return [original, *(session for session in namesakes if session is not None and session is not original)]


def _messages(sources: list[Session], cutoff: str | None) -> list[Row]:
    """The messages up to the cut-off. Raises ServerFailure where two sources have some: their places clash."""
    last = None
    if cutoff is not None:
        places = [(session.messages, session.messages.place(cutoff)) for session in sources]
        numbers = [messages.number(place) for messages, place in places if place is not None]
        if not numbers:
            raise NotFound("Session not found")
        last = numbers[0]
    said = [session.messages for session in sources]
    counts = [len(messages) if last is None else messages.count_up_to(last) for messages in said]
    chosen = [messages[:count] for messages, count in zip(said, counts, strict=True) if count]
    if len(chosen) > 1:
        raise ServerFailure("An unexpected error occurred")
    return chosen[0] if chosen else []


def _members(store: Store, workspace: Workspace, sources: list[Session]) -> Members:
    """The members of the clone. Raises ServerFailure for one of another workspace whom this one does not know."""
    members: Members = {}
    for session in reversed(sources):
        for peer_id, member in session.members.items():
            if peer_id not in workspace.peers:
                raise ServerFailure("An unexpected error occurred")
            if member.present or store.quirks.clone_revives_peers:
                members[peer_id] = member._replace(present=True)
    return members


def _fresh_id(store: Store, workspace: Workspace) -> str:
    while (fresh := store.ids.new()) in workspace.sessions:
        pass
    return fresh


def _copied(store: Store, messages: list[Row], session: Row) -> list[Row]:
    """The messages as they are in the session of this row; they may be very many."""
    home, now = session["workspace_id"], session["created_at"]
    changes = {"session_id": session["id"], "workspace_id": home, "created_at": now}
    if store.quirks.clone_zeroes_tokens:
        changes["token_count"] = 0
    copies = [message | changes for message in messages]
    for copy, fresh_id in zip(copies, store.ids.several(len(copies)), strict=True):
        copy["id"] = fresh_id
    return copies
