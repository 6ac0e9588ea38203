"""The rules of conclusions: what a peer, the observer, has concluded about a peer, the observed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from . import paging, sessions
from .clock import timestamp
from .errors import NotFound, Unprocessable
from .filters.language import Predicate
from .records import Row, Workspace
from .search.similarity import nearest
from .store import Store


class Draft(NamedTuple):
    """A conclusion as a client gives it."""

    content: str
    observer_id: str
    observed_id: str
    session_id: str | None


def create(store: Store, workspace_id: str, drafts: Sequence[Draft]) -> list[Row]:
    """Keep conclusions in their order, all or none.

    Raises NotFound for a session that is not active, then for a peer that is not there.
    """
    for draft in drafts:
        if draft.session_id is not None:
            sessions.active(store, workspace_id, draft.session_id)
    peer_ids = [peer_id for draft in drafts for peer_id in (draft.observer_id, draft.observed_id)]
    workspace = _with_peers(store, workspace_id, peer_ids)
    now = timestamp(store.clock.now())
    rows = [new_row(store.ids.new(), draft, now) for draft in drafts]
    for row in rows:
        store.put_conclusion(workspace, row)
    return rows


def list_(store: Store, workspace_id: str, page: int, size: int, reverse: bool, matches: Predicate | None) -> Row:
    """A page of the conclusions, newest first (recorded in x-conclusions-routes); `reverse`: oldest first."""
    return paging.of_rows(_all(store, workspace_id), page, size, not reverse, matches)


def query(
    store: Store,
    workspace_id: str,
    text: str,
    filters: Mapping[str, Any] | None,
    matches: Predicate | None,
    top_k: int,
    distance: float | None,
) -> list[Row]:
    """The conclusions most similar to a text, the best first; at most `top_k`, none farther away than `distance`.

    Raises Unprocessable unless the filters name both an observer and an observed peer (recorded).
    """
    pair = [(filters or {}).get(name) for name in ("observer_id", "observed_id")]
    if not all(isinstance(peer_id, str) and peer_id for peer_id in pair):
        sentence = "observer and observed must be specified for semantic search"
        raise Unprocessable(sentence, ("body", "filters"), filters)
    rows = [row for row in _all(store, workspace_id) if matches is None or matches(row)]
    return nearest(text, rows, top_k, distance)


def delete(store: Store, workspace_id: str, conclusion_id: str) -> None:
    """Forget a conclusion. Raises NotFound where it is not there."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is None or conclusion_id not in workspace.holdings.conclusions:
        raise NotFound(f"Document {conclusion_id} not found or does not belong to workspace {workspace_id}")
    store.drop_conclusion(workspace, conclusion_id)


def between(
    store: Store, workspace_id: str, observer_id: str, observed_id: str, session_id: str | None = None
) -> list[Row]:
    """What one peer has concluded about another, oldest first; of a session where one is named."""
    return [
        row
        for row in _all(store, workspace_id)
        if row["observer_id"] == observer_id
        and row["observed_id"] == observed_id
        and session_id in (None, row["session_id"])
    ]


def new_row(id_: str, draft: Draft, created_at: str) -> Row:
    """The row of a conclusion."""
    return {"id": id_, **draft._asdict(), "created_at": created_at}


def _all(store: Store, workspace_id: str) -> list[Row]:
    workspace = store.workspaces.get(workspace_id)
    return list(workspace.holdings.conclusions.values()) if workspace else []


def _with_peers(store: Store, workspace_id: str, peer_ids: Iterable[str]) -> Workspace:
    """The workspace, if it has these peers. Raises NotFound for the first that is not there."""
    workspace = store.workspaces.get(workspace_id)
    for peer_id in peer_ids:
        if workspace is None or peer_id not in workspace.peers:
            raise NotFound(f"Peer {peer_id} not found in workspace {workspace_id}")
    assert workspace is not None  # noqa: S101 - there is at least one draft, and it names two peers
    return workspace
