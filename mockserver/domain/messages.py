"""The rules of messages."""

from collections.abc import Sequence
from typing import NamedTuple

from . import paging, sessions, work
from .clock import timestamp
from .errors import MissingMessage
from .membership import MemberSettings
from .records import NOTHING, Predicate, Row, Session, changed
from .shared_keys import row_maker
from .store import Store


class MessageDraft(NamedTuple):
    """A message from a client, without the fields that the server assigns.

    Arguments:
        created_at: Microseconds since 1970. None for the present.
        reasoning: Whether its configuration turns reasoning on or off. None if it does neither.
    """

    content: str
    peer_id: str
    metadata: Row
    created_at: int | None
    token_count: int
    reasoning: bool | None = None


_empty_row = row_maker(
    "id", "content", "peer_id", "session_id", "metadata", "created_at", "workspace_id", "token_count"
)


def create(store: Store, workspace_id: str, session_id: str, drafts: Sequence[MessageDraft]) -> list[Row]:
    """Append messages in their order, all or none.

    Creates a missing session, workspace and missing senders. All senders join the session. Each message adds a unit of
    work if its sender is observed and reasoning is on. Raises NotFound for a deleted session, InvalidId if something
    missing has a malformed id.
    """
    senders: dict[str, MemberSettings] = {draft.peer_id: {} for draft in drafts}
    session, _ = sessions.get_or_create(store, workspace_id, session_id, joining=senders)
    now = store.clock.now()
    moment = timestamp(now)
    rows = [
        new_row(
            session.row,
            store.ids.new(),
            draft.content,
            draft.peer_id,
            draft.metadata,
            moment if draft.created_at is None else timestamp(draft.created_at),
            draft.token_count,
        )
        for draft in drafts
    ]
    store.add_messages(session, rows)
    work.add_units(store, store.workspaces[workspace_id], session, drafts, now)
    return rows


def list_(
    store: Store, workspace_id: str, session_id: str, page: int, size: int, reverse: bool, matches: Predicate | None
) -> Row:
    """A page of the messages of a session, deleted or not, in their order. Empty for an unknown session."""
    session = sessions.find(store, workspace_id, session_id)
    return paging.of_rows(session.messages if session else (), page, size, reverse, matches)


def get(store: Store, workspace_id: str, session_id: str, message_id: str) -> Row:
    """A message of a session, deleted or not. Raises NotFound."""
    session, place = _place(store, workspace_id, session_id, message_id, f"Message with ID {message_id} not found")
    return session.messages[place]


def update(store: Store, workspace_id: str, session_id: str, message_id: str, metadata: Row | None) -> Row:
    """Replace the metadata of a message, unless it is None. Raises NotFound."""
    session, place = _place(store, workspace_id, session_id, message_id, "Message not found")
    row = changed(session.messages[place], {"metadata": metadata})
    if row is not session.messages[place]:
        store.put_message(session, place, row)
    return session.messages[place]


def _place(store: Store, workspace_id: str, session_id: str, message_id: str, complaint: str) -> tuple[Session, int]:
    session = sessions.find(store, workspace_id, session_id)
    place = session.messages.place(message_id) if session else None
    if session is None or place is None:
        raise MissingMessage(workspace_id, session_id, message_id, complaint)
    return session, place


def new_row(
    session: Row, message_id: str, content: str, peer_id: str, metadata: Row, created_at: str, token_count: int
) -> Row:
    """The row of a message. `session` is the row of its session. `created_at` is a timestamp as on the wire."""
    row = _empty_row()
    row["id"] = message_id
    row["content"] = content
    row["peer_id"] = peer_id
    row["session_id"] = session["id"]
    row["metadata"] = metadata or NOTHING
    row["created_at"] = created_at
    row["workspace_id"] = session["workspace_id"]
    row["token_count"] = token_count
    return row
