"""The knowledge of a peer about itself or another peer: its card, and its representation (conclusions as text)."""

from collections.abc import Container, Sequence
from typing import NamedTuple

from . import conclusions, peers, sessions, tokens, workspaces
from .errors import MissingPeer
from .records import Row
from .store import Store

# The maximum number of conclusions in a representation: if the request does not set it, and if the request sets it to
# null (recorded: 27 or more).
CONCLUSIONS_SHOWN = 25
CONCLUSIONS_LIMIT = 100
# The server counts the headings of four kinds of conclusions too, even in an empty representation. The recordings
# (x-context-and-summaries) show only that they have 9 tokens or more.
_FRAME_TOKENS = 16


class Choice(NamedTuple):
    """Selects the conclusions of a representation.

    Arguments:
        session_ids: Only explicit ones of these sessions.
        query: Include the conclusions that are most similar to this text.
        top_k: With a query: how many of the most similar. By default a third of the total.
        distance: With a query: leave out similar ones with a larger distance from it.
        frequent: Include the most frequent: a third of the total with a query, half of it without.
        at_most: The maximum number of conclusions in total. By default 100.
    """

    session_ids: Container[str] | None = None
    query: str | None = None
    top_k: int | None = None
    distance: float | None = None
    frequent: bool = False
    at_most: int | None = None


def card(store: Store, workspace_id: str, observer_id: str, observed_id: str) -> Sequence[str] | None:
    """The card of a peer about a peer. None if it was never set, also if the observed peer does not exist (x-cards).

    Raises NotFound for an unknown observer.
    """
    peers.find(store, workspace_id, observer_id)
    return store.workspaces[workspace_id].extras.cards.get((observer_id, observed_id))


def check_observer(store: Store, workspace_id: str, observer_id: str) -> None:
    """Raise MissingPeer for an observer with a malformed id, which no peer has (x2-peer-context)."""
    if not workspaces.is_id(observer_id, store.profile):
        raise MissingPeer(workspace_id, observer_id, "Peer not found")


def put_card(
    store: Store, workspace_id: str, observer_id: str, observed_id: str, lines: Sequence[str]
) -> Sequence[str]:
    """Replace a card. Creates a missing observer (recorded). Raises InvalidId if its id is malformed."""
    peers.get_or_create(store, workspace_id, observer_id, None, None)
    store.put_card(store.workspaces[workspace_id], observer_id, observed_id, lines)
    return lines


def asked(
    store: Store,
    workspace_id: str,
    observer_id: str,
    observed_id: str,
    session_id: str | None,
    session_ids: Container[str] | None = None,
) -> list[Row]:
    """The conclusions that an answer to a question would use. With a session, only its conclusions, otherwise with
    `session_ids` only those of these sessions.

    The peer who is asked and its workspace are created if they are missing, even if the question is then refused
    (recorded in x2-chat-unknown-names). An empty `session_id` means no session (recorded in x2-chat-validation).

    Raises NotFound for an unknown observed peer, then for a session that is not active. Raises InvalidId if a missing
    peer that is asked, or its workspace, has a malformed id.
    """
    peers.get_or_create(store, workspace_id, observer_id, None, None)
    peers.find(store, workspace_id, observed_id)
    if session_id:
        sessions.active(store, workspace_id, session_id)
        session_ids = (session_id,)
    return conclusions.between(store, workspace_id, observer_id, observed_id, session_ids)


def chosen(store: Store, workspace_id: str, observer_id: str, observed_id: str, choice: Choice) -> list[Row]:
    """The conclusions of a representation, oldest first.

    They come from three sources, each with a share of the total. If a source has fewer conclusions, the rest of its
    share is not used (recorded in x2-representation-search and x2-context-search): the most similar to the query, the
    most frequent, and the newest. Every conclusion occurs once here, so all are equally frequent: the oldest of them
    count (recorded in x2-representation-limits), or the newest after the change `newest_frequent`. The quirk
    `knowledge_crosses_sessions` takes the first two from all sessions.
    """
    known = conclusions.shown_between(store, workspace_id, observer_id, observed_id)
    in_scope = known if choice.session_ids is None else conclusions.explicit_of(known, choice.session_ids)
    searched = known if store.profile.knowledge_crosses_sessions else in_scope
    deleted = store.workspaces[workspace_id].extras.deleted if known else {}
    similar_count, frequent_count, newest_count = _shares(choice, 1 if store.profile.similar_share else 0)
    newest_searched = conclusions.newest_first(searched)
    found = [row for row in newest_searched if row["id"] not in deleted]
    similar: list[Row] = []
    if found and similar_count:
        texts = store.texts(store.workspaces[workspace_id])
        similar = texts.nearest(choice.query or "", found, similar_count, choice.distance)
    sources = [
        similar,
        (newest_searched if store.profile.newest_frequent else searched)[:frequent_count],
        conclusions.newest_first(in_scope)[:newest_count],
    ]
    shown = {row["id"] for rows in sources for row in rows}
    return [row for row in known if row["id"] in shown]


def _shares(choice: Choice, least_similar: int) -> tuple[int, int, int]:
    """How many conclusions a representation takes at most from each source: similar, frequent, newest.

    With a query, the first share is at least `least_similar`, unless `top_k` sets it.
    """
    total = CONCLUSIONS_LIMIT if choice.at_most is None else choice.at_most
    similar = frequent = 0
    if choice.query:
        similar = max(total // 3, least_similar) if choice.top_k is None else min(choice.top_k, total)
    if choice.frequent:
        frequent = min(total // (3 if choice.query else 2), total - similar)
    return similar, frequent, total - similar - frequent


def text(rows: Sequence[Row]) -> str:
    """The representation in Markdown. It is empty without conclusions.

    Only explicit conclusions were recorded; those of other levels, which only worlds have, get headings like theirs.
    """
    by_level: dict[str, list[Row]] = {}
    for row in rows:
        by_level.setdefault(row.get("level", conclusions.EXPLICIT), []).append(row)
    parts = [[f"## {level.title()} Observations", "", *_lines(of_level), ""] for level, of_level in by_level.items()]
    return "\n".join(line for part in parts for line in part)


def token_count(rows: Sequence[Row]) -> int:
    """The number of tokens of a representation in a context."""
    return _FRAME_TOKENS + sum(tokens.count(f"{number}. {line}\n") for number, line in enumerate(_lines(rows), 1))


def _lines(rows: Sequence[Row]) -> list[str]:
    """The lines of conclusions. Conclusions with the same text and the same second appear once."""
    return list(dict.fromkeys(map(_line, rows)))


def _line(row: Row) -> str:
    moment = row["created_at"]
    return f"[{moment[:10]} {moment[11:19]}] {row['content']}"
