"""The rules of the peers of a workspace."""

from collections.abc import Iterable

from . import paging, workspaces
from .clock import timestamp
from .errors import InvalidId
from .filters.language import Predicate
from .records import NOTHING, Peer, Row, Workspace
from .store import Store


def get_or_create(
    store: Store, workspace_id: str, peer_id: str, metadata: Row | None, configuration: Row | None
) -> tuple[Row, bool]:
    """The peer's row and whether it was made now.

    One that exists has its metadata and its configuration replaced, each where it is not None (recorded).
    Raises InvalidId for a workspace or peer that would have to be made under a malformed id.
    """
    now = store.clock.now()
    workspaces.check_new(store, workspace_id)
    check_new(store, workspace_id, [peer_id], ("path", "peer_id"))
    workspace = workspaces.ensure(store, workspace_id, now)
    made = peer_id not in workspace.peers
    peer = ensure(store, workspace, peer_id, now)
    given = {"metadata": metadata, "configuration": configuration}
    changed = {key: value for key, value in given.items() if value is not None}
    if changed:
        store.put_row(peer, {**peer.row, **changed})
    return peer.row, made


def list_(store: Store, workspace_id: str, page: int, size: int, reverse: bool, matches: Predicate | None) -> Row:
    """A page of the workspace's peers, oldest first; empty where the workspace is not there."""
    workspace = store.workspaces.get(workspace_id)
    return paging.of_records(workspace.roster if workspace else (), page, size, reverse, matches)


def sessions(
    store: Store, workspace_id: str, peer_id: str, page: int, size: int, reverse: bool, matches: Predicate | None
) -> Row:
    """A page of the sessions that the peer is or was in, deleted ones too until their purge, oldest first."""
    workspace = store.workspaces.get(workspace_id)
    peer = workspace.peers.get(peer_id) if workspace else None
    return paging.of_records(peer.sessions if peer else (), page, size, reverse, matches)


def ensure(store: Store, workspace: Workspace, peer_id: str, now: int) -> Peer:
    """The peer of this id, made where it is missing; the id was checked."""
    peer = workspace.peers.get(peer_id)
    if peer is None:
        peer = store.add_peer(workspace, new_row(workspace.row["id"], peer_id, now))
    return peer


def check_new(store: Store, workspace_id: str, peer_ids: Iterable[str], place: tuple[str | int, ...]) -> None:
    """Raise InvalidId for a peer that would have to be made under a malformed id, before anything is made."""
    workspace = store.workspaces.get(workspace_id)
    known = workspace.peers if workspace else {}
    for peer_id in peer_ids:
        if peer_id not in known and not workspaces.is_id(peer_id):
            raise InvalidId("peer", place, peer_id)


def new_row(workspace_id: str, peer_id: str, now: int) -> Row:
    """The row of a peer made at `now`, in microseconds since 1970."""
    return {
        "id": peer_id,
        "workspace_id": workspace_id,
        "created_at": timestamp(now),
        "metadata": NOTHING,
        "configuration": NOTHING,
    }
