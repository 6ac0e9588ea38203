"""Search in messages, by words and by substrings without regard to case.

As recorded (x-search-routes, x-search-words): a query with a special character finds the messages that contain it,
newest first. Any other query finds the messages that match it as full text or contain it, highest rank first, then
newest first. Messages of equal rank and time come in the order in which they were written.
"""

import re
from collections.abc import Iterable, Iterator
from heapq import nlargest

from .. import sessions
from ..clock import sortable, timestamp
from ..errors import InvalidFilter
from ..filters import tables
from ..filters.logic import folded
from ..index import message_as_read
from ..records import Predicate, Row, Session
from ..store import Store

_SPECIAL = re.compile(r"""[~`!@#$%^&*()_+=\[\]{};':"\\|,.<>/?-]""")
# A key of filter documents that only searches accept (recorded in x2-search-perspective).
_PERSPECTIVE = "peer_perspective"
# Before and after all times as text.
_FIRST, _LAST = "", "~"

# A message with its number, which grows in the order of writing, and a message with its sort key.
_Numbered = tuple[int, Row]
_Placed = tuple[tuple[float, str, int], Row]


def search(
    store: Store,
    query: str,
    limit: int,
    filters: Row | None,
    *,
    workspace_id: str,
    session_id: str | None = None,
    peer_id: str | None = None,
) -> list[Row]:
    """The messages that a query finds, best first.

    Arguments:
        limit: The maximum number of messages.
        filters: A filter document on messages. Its conditions on ids that are also arguments are ignored (recorded).
            Its key `peer_perspective` selects the messages that were sent while that peer was in their session.
        session_id: Only messages of this session. A deleted session is searched until its purge.
        peer_id: Only messages of this sender.

    Raises InvalidFilter.
    """
    given = {"workspace_id": workspace_id, "session_id": session_id, "peer_id": peer_id}
    conditions = {name: value for name, value in (filters or {}).items() if not given.get(name)}
    messages = _messages(_sessions(store, workspace_id, session_id), conditions)
    if peer_id is not None:
        messages = ((number, row) for number, row in messages if row["peer_id"] == peer_id)
    find = _containing if _SPECIAL.search(query) else _by_rank
    try:
        conditions.pop(_PERSPECTIVE, None)
        matches = tables.message_filter(conditions, store.profile)
        best = nlargest(limit, find(messages, query, matches), key=lambda placed: placed[0])
    except InvalidFilter as error:
        error.value = filters
        raise
    return [message_as_read(row) for _, row in best]


def _sessions(store: Store, workspace_id: str, session_id: str | None) -> Iterable[Session]:
    if session_id is not None:
        session = sessions.find(store, workspace_id, session_id)
        return [] if session is None else [session]
    return (session for workspace in store.named(workspace_id) for session in workspace.sessions.values())


def _messages(searched: Iterable[Session], conditions: Row) -> Iterator[_Numbered]:
    """The messages of sessions; with a perspective, only those that were sent while that peer was in the session."""
    if _PERSPECTIVE not in conditions:
        return (numbered for session in searched for numbered in session.messages.numbered())
    peer_id = conditions[_PERSPECTIVE]
    return (numbered for session in searched for numbered in _seen(session, peer_id))


def _seen(session: Session, peer_id: object) -> Iterator[_Numbered]:
    """The messages that were sent while a peer was in a session. Yields nothing if `peer_id` is not the id of a peer
    (recorded for null).
    """
    member = session.members.get(peer_id) if isinstance(peer_id, str) else None
    if member is not None:
        spans = [(_moment(start, _FIRST), _moment(end, _LAST)) for start, end in member.stays]
        for number, row in session.messages.numbered():
            if any(start <= _time(row) <= end for start, end in spans):
                yield number, row


def _moment(moment: int | None, default: str) -> str:
    return default if moment is None else sortable(timestamp(moment))


def _time(row: Row) -> str:
    return sortable(row["created_at"])


def _containing(messages: Iterable[_Numbered], query: str, matches: Predicate | None) -> Iterator[_Placed]:
    """The messages that contain the query. The filter costs more, so it comes last, as in the database."""
    part = folded(query)
    for number, row in messages:
        if part in folded(row["content"]) and (matches is None or matches(row)):
            yield _placed(0.0, number, row)


def _by_rank(messages: Iterable[_Numbered], query: str, matches: Predicate | None) -> Iterator[_Placed]:
    """The messages that match the query as full text or contain it. The filter costs less, so it comes first."""
    from .full_text import FullTextQuery  # It takes time to import, and many servers are never searched.

    part, full_text = folded(query), FullTextQuery(query)
    for number, row in messages:
        if matches is not None and not matches(row):
            continue
        lowered = folded(row["content"])
        has_part = part in lowered
        if has_part or full_text.may_match(lowered):
            is_match, rank = full_text.examine(row["content"])
            if has_part or is_match:
                yield _placed(rank, number, row)


def _placed(rank: float, number: int, row: Row) -> _Placed:
    return (rank, _time(row), -number), row
