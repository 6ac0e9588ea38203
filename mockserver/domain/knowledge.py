"""What a peer knows about a peer, or about itself: its card, and its representation, which is conclusions as text."""

from collections.abc import Sequence
from typing import NamedTuple

from . import conclusions, peers, tokens, workspaces
from .errors import MissingPeer
from .records import Row
from .search.similarity import nearest
from .store import Store

CONCLUSIONS_SHOWN = 25
# The server counts the headings of four kinds of conclusions too, even in an empty representation. The recordings
# (x-context-and-summaries) show only that they have 9 tokens or more.
_FRAME_TOKENS = 16


class Choice(NamedTuple):
    """Selects the conclusions of a representation.

    Arguments:
        session_id: Only those of this session.
        query: The conclusions that are most similar to this text come first.
        top_k: With a query: how many of the most similar.
        distance: With a query: leave out those with a larger distance from it.
        frequent: With a query: fill up with other conclusions.
        at_most: The maximum number of conclusions in total. By default 25.
    """

    session_id: str | None = None
    query: str | None = None
    top_k: int | None = None
    distance: float | None = None
    frequent: bool = False
    at_most: int | None = None


def card(store: Store, workspace_id: str, observer_id: str, observed_id: str) -> Sequence[str] | None:
    """The card of a peer about a peer. None if it was never set, also if the observed peer does not exist (x-cards).

    Raises NotFound for an unknown observer.
    """
    workspace = store.workspaces.get(workspace_id)
    if workspace is None or observer_id not in workspace.peers:
        raise MissingPeer(workspace_id, observer_id)
    return workspace.extras.cards.get((observer_id, observed_id))


def check_observer(store: Store, workspace_id: str, observer_id: str) -> None:
    """Raise MissingPeer for an unknown observer, in other words if its id is malformed (x2-peer-context)."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is None or observer_id not in workspace.peers:
        detail = None if workspaces.is_id(observer_id) else "Peer not found"
        raise MissingPeer(workspace_id, observer_id, detail)


def put_card(
    store: Store, workspace_id: str, observer_id: str, observed_id: str, lines: Sequence[str]
) -> Sequence[str]:
    """Replace a card. Creates a missing observer (recorded). Raises InvalidId if its id is malformed."""
    peers.get_or_create(store, workspace_id, observer_id, None, None)
    store.put_card(store.workspaces[workspace_id], observer_id, observed_id, lines)
    return lines


def chosen(store: Store, workspace_id: str, observer_id: str, observed_id: str, choice: Choice) -> list[Row]:
    """The conclusions of a representation, oldest first.

    Without a query they are the newest. With a query they are the most similar, and with `frequent` also the newest:
    the real server takes the most frequent ones, but here every conclusion occurs once.
    """
    rows = conclusions.between(store, workspace_id, observer_id, observed_id, choice.session_id)
    at_most = choice.at_most or CONCLUSIONS_SHOWN
    if not choice.query:
        return rows[-at_most:]
    near = nearest(choice.query, rows, min(choice.top_k or at_most, at_most), choice.distance)
    shown = {row["id"] for row in near}
    if choice.frequent:
        others = [row["id"] for row in rows if row["id"] not in shown]
        shown.update(others[max(0, len(rows) - at_most) :])
    return [row for row in rows if row["id"] in shown]


def text(rows: Sequence[Row]) -> str:
    """The representation in Markdown. It is empty without conclusions."""
    return "\n".join(["## Explicit Observations", "", *map(_line, rows), ""]) if rows else ""


def token_count(rows: Sequence[Row]) -> int:
    """The number of tokens of a representation in a context."""
    return _FRAME_TOKENS + sum(tokens.count(f"{number}. {_line(row)}\n") for number, row in enumerate(rows, 1))


def _line(row: Row) -> str:
    moment = row["created_at"]
    return f"[{moment[:10]} {moment[11:19]}] {row['content']}"
