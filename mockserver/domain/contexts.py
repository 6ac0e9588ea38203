"""The context of a session: its newest messages, a summary of earlier ones, and the knowledge about a peer."""

from collections.abc import Sequence
from typing import NamedTuple

from . import knowledge, sessions, tokens
from .clock import timestamp
from .errors import MissingMessage, Unprocessable
from .index import message_as_read
from .knowledge import Choice
from .records import Row, Session, Workspace
from .store import Store

# The default limit of a context in tokens, and the share of it that a summary may use.
TOKENS_LIMIT = 100_000
_SUMMARY_SHARE = 0.4


class PeerView(NamedTuple):
    """The knowledge in a context: what the observer knows about the target. The default observer is the target."""

    target_id: str | None = None
    observer_id: str | None = None
    choice: Choice = Choice()


def of_session(
    store: Store, workspace_id: str, session_id: str, limit: int | None, view: PeerView, *, summarized: bool
) -> Row:
    """The context of a session. It has no messages and no summary if the session does not exist (recorded).

    The knowledge about a peer comes first. A summary follows if it takes at most 40 % of the remaining tokens, then
    the newest messages that fit and are not covered by the summary.

    Arguments:
        limit: The maximum number of tokens. By default 100,000.
        view: The observer and the target of the knowledge to include.
        summarized: Whether a summary is included.

    Raises Unprocessable for an observer without a target (recorded), and NotFound for an unknown observer.
    """
    if view.observer_id and not view.target_id:
        sentence = "peer_target must be provided if peer_perspective is provided"
        raise Unprocessable(sentence, ("query", "peer_target"), None)
    left = TOKENS_LIMIT if limit is None else limit
    representation: str | None = None
    card: Sequence[str] | None = None
    if view.target_id:
        observer_id = view.observer_id or view.target_id
        rows = knowledge.chosen(store, workspace_id, observer_id, view.target_id, view.choice)
        representation = knowledge.text(rows)
        card = knowledge.card(store, workspace_id, observer_id, view.target_id)
        left -= knowledge.token_count(rows) + tokens.count("\n".join(card or ()))
    summary = _summary(summaries_of(store, workspace_id, session_id), left) if summarized else None
    session = sessions.find(store, workspace_id, session_id)
    return {
        "id": session_id,
        "messages": _newest(session, summary, left) if session else [],
        "summary": summary,
        "peer_representation": representation,
        "peer_card": card,
    }


def summaries_of(store: Store, workspace_id: str, session_id: str) -> dict[str, Row | None]:
    """The summaries "short" and "long" of a session. None for a missing one, also if there is no session (recorded)."""
    workspace = store.workspaces.get(workspace_id)
    kept = workspace.extras.summaries.get(session_id, {}) if workspace else {}
    return {kind: kept.get(kind) for kind in ("short", "long")}


def summarize(store: Store, workspace: Workspace, session_id: str, kind: str, content: str, up_to: str | None) -> Row:
    """Give a session a summary of its messages up to an id, by default all. Raises NotFound for an unknown message."""
    session = workspace.sessions[session_id]
    if up_to is not None and session.messages.place(up_to) is None:
        detail = f"there is no message {up_to!r} in the session {session_id!r}"
        raise MissingMessage(workspace.row["id"], session_id, up_to, detail)
    covered = up_to or (session.messages[-1]["id"] if session.messages else "")
    summary = new_summary(kind, content, covered, timestamp(store.clock.now()), tokens.count(content))
    kept = workspace.extras.summaries.get(session_id, {})
    store.put_summaries(workspace, session_id, {**kept, kind: summary})
    return summary


def new_summary(kind: str, content: str, message_id: str, created_at: str, token_count: int) -> Row:
    """The row of a summary up to a message. `created_at` is a timestamp as on the wire."""
    return {
        "content": content,
        "message_id": message_id,
        "summary_type": kind,
        "created_at": created_at,
        "token_count": token_count,
    }


def _summary(summaries: dict[str, Row | None], left: int) -> Row | None:
    """The longest summary that fits."""
    fitting = [row for row in summaries.values() if row and row["token_count"] <= left * _SUMMARY_SHARE]
    return max(fitting, key=lambda row: int(row["token_count"]), default=None)


def _newest(session: Session, summary: Row | None, left: int) -> list[Row]:
    """The newest messages that fit and that the summary does not cover, in their order."""
    first = 0
    if summary is not None:
        left -= summary["token_count"]
        place = session.messages.place(summary["message_id"])
        first = 0 if place is None else place + 1
    start = len(session.messages)
    while start > first and session.messages[start - 1]["token_count"] <= left:
        start -= 1
        left -= session.messages[start]["token_count"]
    return list(map(message_as_read, session.messages[start:]))
