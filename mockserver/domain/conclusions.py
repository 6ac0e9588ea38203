"""The rules of conclusions, which a peer (the observer) draws about a peer (the observed)."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from . import paging, peers, sessions
from .clock import sortable, timestamp
from .errors import InnerFailure, MissingConclusion, Unprocessable
from .records import Predicate, Row
from .store import Store


class ConclusionDraft(NamedTuple):
    """A conclusion from a client, without the fields that the server assigns."""

    content: str
    observer_id: str
    observed_id: str
    session_id: str | None


EXPLICIT = "explicit"


def create(store: Store, workspace_id: str, drafts: Sequence[ConclusionDraft]) -> list[Row]:
    """Store conclusions in their order, all or none.

    Raises NotFound for a session that is not active, then for an unknown peer, and InnerFailure for a malformed id.
    """
    for draft in drafts:
        if draft.session_id is not None:
            sessions.active(store, workspace_id, draft.session_id)
    peer_ids = [peer_id for draft in drafts for peer_id in (draft.observer_id, draft.observed_id)]
    for peer_id in peer_ids:
        peers.find(store, workspace_id, peer_id)
    workspace = store.workspaces[workspace_id]
    now = timestamp(store.clock.now())
    rows = [new_row(store, store.ids.new(), draft, now) for draft in drafts]
    for row in rows:
        store.put_conclusion(workspace, row)
    return rows


def list_(store: Store, workspace_id: str, page: int, size: int, reverse: bool, matches: Predicate | None) -> Row:
    """A page of conclusions, newest first (recorded in x-conclusions-routes). With `reverse` oldest first.

    The conclusions of a batch have the same timestamp, and keep their order.
    """
    rows = _all(store, workspace_id)
    ordered = sorted(rows, key=_time) if reverse else newest_first(rows)
    return paging.of_rows(ordered, page, size, False, matches)


def query(
    store: Store,
    workspace_id: str,
    text: str,
    filters: Mapping[str, Any] | None,
    matches: Predicate | None,
    top_k: int,
    distance: float | None,
) -> list[Row]:
    """The conclusions that are most similar to a text, most similar first.

    Arguments:
        filters: The filter document. It must name an observer and an observed peer (recorded).
        matches: The compiled filter.
        top_k: The maximum number of conclusions.
        distance: Leave out conclusions with a larger distance.

    Raises Unprocessable if the filters name no observer or no observed peer, and InnerFailure if one is not an id.
    """
    given = filters or {}
    from .filters.tables import NAMES_IN_DATABASE

    pair = [given.get(NAMES_IN_DATABASE[name]) or given.get(name) for name in ("observer", "observed")]
    if not all(isinstance(peer_id, str) and peer_id for peer_id in pair):
        if all(pair) and store.profile.inner_failures:
            raise InnerFailure("a peer in the filters of a query must be one id")
        sentence = "observer and observed must be specified for semantic search"
        raise Unprocessable(sentence, ("body", "filters"), filters)
    rows = [row for row in _all(store, workspace_id) if matches is None or matches(row)]
    if not rows:
        return []
    return store.texts(store.workspaces[workspace_id]).nearest(text, newest_first(rows), top_k, distance)


def delete(store: Store, workspace_id: str, conclusion_id: str) -> None:
    """Delete a conclusion. Raises NotFound."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is None or conclusion_id not in workspace.extras.conclusions:
        raise MissingConclusion(workspace_id, conclusion_id)
    store.drop_conclusion(workspace, conclusion_id)


def newest_first(rows: Sequence[Row]) -> list[Row]:
    """Rows, newest first. Rows with the same timestamp keep their order."""
    return sorted(rows, key=_time, reverse=True)


def shown_between(store: Store, workspace_id: str, observer_id: str, observed_id: str) -> list[Row]:
    """The same as `between`, with the deleted conclusions that the quirk `deleted_knowledge` still shows."""
    present = between(store, workspace_id, observer_id, observed_id)
    workspace = store.workspaces.get(workspace_id)
    if workspace is None or not workspace.extras.deleted:
        return present
    deleted = workspace.extras.deleted.values()
    shown = [row for row in deleted if (row["observer_id"], row["observed_id"]) == (observer_id, observed_id)]
    return sorted([*present, *shown], key=_time)


def between(
    store: Store, workspace_id: str, observer_id: str, observed_id: str, session_ids: Container[str] | None = None
) -> list[Row]:
    """The conclusions of one peer about another in the order of creation: all, or the explicit ones of sessions."""
    rows = [
        row
        for row in _all(store, workspace_id)
        if row["observer_id"] == observer_id and row["observed_id"] == observed_id
    ]
    return rows if session_ids is None else explicit_of(rows, session_ids)


def explicit_of(rows: Iterable[Row], session_ids: Container[str]) -> list[Row]:
    """The explicit conclusions of these sessions. All are explicit in versions without levels."""
    return [row for row in rows if row["session_id"] in session_ids and row.get("level", EXPLICIT) == EXPLICIT]


def new_row(store: Store, id_: str, draft: ConclusionDraft, created_at: str, level: str = EXPLICIT) -> Row:
    """The row of a conclusion. A client creates only explicit ones (recorded in x2-vr-level)."""
    levels = {"level": level} if store.profile.conclusion_level else {}
    return {"id": id_, **draft._asdict(), **levels, "created_at": created_at}


def _time(row: Row) -> str:
    return sortable(row["created_at"])


def _all(store: Store, workspace_id: str) -> list[Row]:
    workspace = store.workspaces.get(workspace_id)
    return list(workspace.extras.conclusions.values()) if workspace else []
