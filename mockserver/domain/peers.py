"""The rules of peers."""

from collections.abc import Iterable

from . import paging, workspaces
from .clock import timestamp
from .errors import UNCHECKED_ID, InnerFailure, InvalidId, MissingPeer
from .records import NOTHING, Peer, Predicate, Row, Workspace, changed
from .store import Store


def get_or_create(
    store: Store, workspace_id: str, peer_id: str, metadata: Row | None, configuration: Row | None
) -> tuple[Row, bool]:
    """The row of a peer, and whether it was created now.

    The metadata and configuration of an existing peer are replaced, unless they are None (recorded). Raises InvalidId
    if a missing workspace or peer has a malformed id.
    """
    now = store.clock.now()
    workspaces.check_new(store, workspace_id)
    check_new(store, workspace_id, [peer_id], ("path", "peer_id"))
    workspace = workspaces.ensure(store, workspace_id, now)
    made = peer_id not in workspace.peers
    peer = ensure(store, workspace, peer_id, now)
    row = changed(peer.row, {"metadata": metadata, "configuration": configuration})
    if row is not peer.row:
        store.put_row(peer, row)
    return peer.row, made


def list_(store: Store, workspace_id: str, page: int, size: int, reverse: bool, matches: Predicate | None) -> Row:
    """A page of the peers of a workspace, oldest first. Empty for an unknown workspace."""
    workspace = store.workspaces.get(workspace_id)
    return paging.of_records(workspace.roster if workspace else (), page, size, reverse, matches)


def sessions(
    store: Store, workspace_id: str, peer_id: str, page: int, size: int, reverse: bool, matches: Predicate | None
) -> Row:
    """A page of the sessions that a peer is or was in, oldest first, deleted ones included until their purge."""
    workspace = store.workspaces.get(workspace_id)
    peer = workspace.peers.get(peer_id) if workspace else None
    return paging.of_records(peer.sessions if peer else (), page, size, reverse, matches)


def find(store: Store, workspace_id: str, peer_id: str) -> Peer:
    """The peer that a request names. Raises NotFound, and InnerFailure for a malformed id (x2-cards-targets)."""
    workspace = store.workspaces.get(workspace_id)
    peer = workspace.peers.get(peer_id) if workspace else None
    if peer is None:
        if store.profile.inner_failures and not workspaces.is_id(peer_id, store.profile):
            raise InnerFailure(UNCHECKED_ID, InvalidId("peer", ("path", "peer_id"), peer_id))
        raise MissingPeer(workspace_id, peer_id)
    return peer


def ensure(store: Store, workspace: Workspace, peer_id: str, now: int) -> Peer:
    """The peer with this id. Creates a missing peer. Check the id first."""
    peer = workspace.peers.get(peer_id)
    if peer is None:
        peer = store.add_peer(workspace, new_row(workspace.row["id"], peer_id, timestamp(now)))
    return peer


def check_new(store: Store, workspace_id: str, peer_ids: Iterable[str], place: tuple[str | int, ...]) -> None:
    """Raise InvalidId if one of the peers does not exist and its id is malformed. Call it before any change."""
    workspace = store.workspaces.get(workspace_id)
    known = workspace.peers if workspace else {}
    for peer_id in peer_ids:
        if peer_id not in known and not workspaces.is_id(peer_id, store.profile):
            raise InvalidId("peer", place, peer_id)


def new_row(workspace_id: str, peer_id: str, created_at: str) -> Row:
    """The row of a new peer. `created_at` is a timestamp as on the wire."""
    return {
        "id": peer_id,
        "workspace_id": workspace_id,
        "created_at": created_at,
        "metadata": NOTHING,
        "configuration": NOTHING,
    }
