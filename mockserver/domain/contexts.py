"""The context of a session: its newest messages, a summary of those before, and what is known of a peer."""

from collections.abc import Sequence
from typing import NamedTuple

from . import cards, representations, sessions, tokens
from .clock import timestamp
from .errors import NotFound, Unprocessable
from .records import Row, Session, Workspace
from .representations import Choice
from .store import Store

# The most that a context may take, and the share of it that a summary may.
TOKENS_LIMIT = 100_000
_SUMMARY_SHARE = 0.4


class View(NamedTuple):
    """Whose knowledge of whom goes with a context: an observer's of the target, else the target's of itself."""

    target_id: str | None = None
    observer_id: str | None = None
    choice: Choice = Choice()


def of_session(
    store: Store, workspace_id: str, session_id: str, limit: int | None, view: View, *, summarized: bool
) -> Row:
    """The context, which takes at most `limit` tokens; empty where there is no session (recorded).

    What is known of a peer comes first, then a summary of at most 40 % of what is left, then the newest messages that
    fit after those it covers. Raises Unprocessable for an observer without a target (recorded), and NotFound for an
    observer who is not there, as the context of a peer does.
    """
    if view.observer_id and not view.target_id:
        sentence = "peer_target must be provided if peer_perspective is provided"
        raise Unprocessable(sentence, ("query", "peer_target"), None)
    left = TOKENS_LIMIT if limit is None else limit
    representation: str | None = None
    card: Sequence[str] | None = None
    if view.target_id:
        observer_id = view.observer_id or view.target_id
        rows = representations.chosen(store, workspace_id, observer_id, view.target_id, view.choice)
        representation = representations.text(rows)
        card = cards.get(store, workspace_id, observer_id, view.target_id)
        left -= representations.token_count(rows) + tokens.count("\n".join(card or ()))
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
    """The summaries of a session, "short" and "long"; None where there is none of a kind (or no session: recorded)."""
    workspace = store.workspaces.get(workspace_id)
    kept = workspace.holdings.summaries.get(session_id, {}) if workspace else {}
    return {kind: kept.get(kind) for kind in ("short", "long")}


def summarize(store: Store, workspace: Workspace, session_id: str, kind: str, content: str, up_to: str | None) -> Row:
    """Give a session that is there a summary of the messages up to one, or all. Raises NotFound for the message."""
    session = workspace.sessions[session_id]
    if up_to is not None and session.messages.place(up_to) is None:
        raise NotFound(f"there is no message {up_to!r} in the session {session_id!r}")
    covered = up_to or (session.messages[-1]["id"] if session.messages else "")
    summary = new_summary(kind, content, covered, store.clock.now(), tokens.count(content))
    kept = workspace.holdings.summaries.get(session_id, {})
    store.put_summaries(workspace, session_id, {**kept, kind: summary})
    return summary


def new_summary(kind: str, content: str, message_id: str, now: int, token_count: int) -> Row:
    """The row of a summary, which covers the messages up to this one, made at `now` (microseconds since 1970)."""
    return {
        "content": content,
        "message_id": message_id,
        "summary_type": kind,
        "created_at": timestamp(now),
        "token_count": token_count,
    }


def _summary(summaries: dict[str, Row | None], left: int) -> Row | None:
    """The summary that says most in the tokens that it may take."""
    fitting = [one for one in summaries.values() if one and one["token_count"] <= left * _SUMMARY_SHARE]
    return max(fitting, key=lambda one: int(one["token_count"]), default=None)


def _newest(session: Session, summary: Row | None, left: int) -> list[Row]:
    """The newest messages that fit, in their order; none that the summary covers."""
    first = 0
    if summary is not None:
        left -= summary["token_count"]
        place = session.messages.place(summary["message_id"])
        first = 0 if place is None else place + 1
    start = len(session.messages)
    while start > first and session.messages[start - 1]["token_count"] <= left:
        start -= 1
        left -= session.messages[start]["token_count"]
    return session.messages[start:]
