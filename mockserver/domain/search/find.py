"""Search in the messages of a workspace: by words, and by parts of their text whatever the case.

As recorded (x-search-routes, x-search-words): a query with a special character is looked for as it stands, newest
first. Any other finds what matches it as full text or has it as a part, by falling rank, then newest first; what is
equal stands in the order in which it was written.
"""

import re
from collections.abc import Iterable, Iterator
from heapq import nlargest

from .. import sessions
from ..errors import InvalidFilter
from ..filters import tables
from ..filters.language import Predicate
from ..filters.logic import folded
from ..records import Row
from ..store import Store

_SPECIAL = re.compile(r"""[~`!@#$%^&*()_+=\[\]{};':"\\|,.<>/?-]""")

# A message behind its number in the order of writing, and behind what it is ordered by.
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
    """The messages of a workspace that a query finds, the best first, at most `limit`.

    With `session_id` those of this session, with `peer_id` those that this peer sent; deleted sessions count until
    their purge, and what is not there has no messages. What `filters` says of an id that is given here does not
    count. Raises InvalidFilter.
    """
    given = {"workspace_id": workspace_id, "session_id": session_id, "peer_id": peer_id}
    messages = _messages(store, workspace_id, session_id)
    if peer_id is not None:
        messages = ((number, row) for number, row in messages if row["peer_id"] == peer_id)
    find = _with_the_part if _SPECIAL.search(query) else _by_rank
    try:
        matches = tables.message_filter({name: value for name, value in (filters or {}).items() if not given.get(name)})
        best = nlargest(limit, find(messages, query, matches), key=lambda placed: placed[0])
    except InvalidFilter as error:
        raise InvalidFilter(error.detail, filters) from None
    return [row for _, row in best]


def _messages(store: Store, workspace_id: str, session_id: str | None) -> Iterable[_Numbered]:
    if session_id is not None:
        session = sessions.find(store, workspace_id, session_id)
        return session.messages.numbered() if session is not None else ()
    return (
        numbered
        for workspace in store.named(workspace_id)
        for session in workspace.sessions.values()
        for numbered in session.messages.numbered()
    )


def _with_the_part(messages: Iterable[_Numbered], query: str, matches: Predicate | None) -> Iterator[_Placed]:
    """The messages that have the query in them. The filter is asked last, as by the database: it costs more."""
    part = folded(query)
    for number, row in messages:
        if part in folded(row["content"]) and (matches is None or matches(row)):
            yield _placed(0.0, number, row)


def _by_rank(messages: Iterable[_Numbered], query: str, matches: Predicate | None) -> Iterator[_Placed]:
    """The messages that match the query as full text or have it in them. The filter costs less, and is asked first."""
    from .full_text import FullTextQuery  # Not every server is searched, and it costs time to load.

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
    # Without their Z the times of the wire stand in the order of time.
    return (rank, row["created_at"].removesuffix("Z"), -number), row
