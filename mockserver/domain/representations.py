"""What a peer knows of a peer, as text: a choice of its conclusions."""

from collections.abc import Sequence
from typing import NamedTuple

from . import conclusions, tokens
from .records import Row
from .search.similarity import nearest
from .store import Store

CONCLUSIONS_SHOWN = 25
# What the server adds when it counts a representation, even an empty one: the names of four kinds of conclusions.
# Recorded in x-context-and-summaries is only that it is 9 or more.
_FRAME_TOKENS = 16


class Choice(NamedTuple):
    """Which conclusions are wanted: of one session, near a text, and how many.

    `at_most` is how many in all. The others count only beside a `query`: `top_k` is how many of the nearest, none of
    them farther away than `distance`; with `frequent`, the rest is filled up.
    """

    session_id: str | None = None
    query: str | None = None
    top_k: int | None = None
    distance: float | None = None
    frequent: bool = False
    at_most: int | None = None


def chosen(store: Store, workspace_id: str, observer_id: str, observed_id: str, choice: Choice) -> list[Row]:
    """The conclusions to show, oldest first.

    Without a query, the newest. With one, the nearest to it; then, where the most frequent are wanted too, the newest:
    here none is ever concluded more than once.
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
    """The representation in Markdown; empty where there is nothing to say."""
    return "\n".join(["## Explicit Observations", "", *map(_line, rows), ""]) if rows else ""


def token_count(rows: Sequence[Row]) -> int:
    """What a representation takes of the tokens of a context."""
    return _FRAME_TOKENS + sum(tokens.count(f"{number}. {_line(row)}\n") for number, row in enumerate(rows, 1))


def _line(row: Row) -> str:
    moment = row["created_at"]
    return f"[{moment[:10]} {moment[11:19]}] {row['content']}"
