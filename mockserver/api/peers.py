"""Operations on the peers of a workspace."""

from typing import TYPE_CHECKING

from ..domain import access, peers
from . import links
from .operation import Call, Reply, Router

if TYPE_CHECKING:
    from ..wire.peers import PeerCreate, PeerUpdate
    from ..wire.searches import MessageSearchOptions

router = Router("peers")


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/peers",
    answers={200: "Peer"},
    id_in_body="peer_id",
    body="peers.PeerCreate",
    body_description="Peer creation parameters",
    new_ids=("workspace_id",),
    access=access.any_token,
)
def get_or_create_peer(call: Call) -> Reply:
    """Get a peer by its id, or create it. Metadata and configuration in the body replace those of an existing peer."""
    body: PeerCreate = call.body
    access.check_peer(call.scope, call.path["workspace_id"], body.name)
    row, is_new = peers.get_or_create(
        call.store, call.path["workspace_id"], body.name, body.metadata, call.storable(body.configuration)
    )
    return call.status_of_get_or_create(is_new), row


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/peers/list",
    answers={200: "Page[Peer]"},
    query="pages.ReversiblePage",
    body="peers.PeerGet",
    body_required=False,
    body_title="Options",
    body_description="Filtering options for the peers list",
    links=links.OF_PEERS,
)
def get_peers(call: Call) -> Reply:
    """List the peers of a workspace, oldest first, in pages and with optional filters."""
    matches = call.matches("peer")
    return 200, peers.list_(call.store, call.path["workspace_id"], *call.page(), matches)


@router.operation(
    "PUT",
    "/v3/workspaces/{workspace_id}/peers/{peer_id}",
    answers={200: "Peer"},
    body="peers.PeerUpdate",
    body_description="Updated peer parameters",
    new_ids=("workspace_id", "peer_id"),
)
def update_peer(call: Call) -> Reply:
    """Replace the metadata and the configuration of a peer, if they are given. Creates a missing peer."""
    body: PeerUpdate = call.body
    row, _ = peers.get_or_create(
        call.store, call.path["workspace_id"], call.path["peer_id"], body.metadata, call.storable(body.configuration)
    )
    return 200, call.written(row)


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/peers/{peer_id}/sessions",
    answers={200: "Page[Session]"},
    query="pages.ReversiblePage",
    body="sessions.SessionGet",
    body_required=False,
    body_title="Options",
    body_description="Filtering options for the sessions list",
    links=links.OF_SESSIONS,
)
def get_sessions_for_peer(call: Call) -> Reply:
    """List the sessions that a peer is or was in, in pages. Deleted sessions are included until their purge."""
    matches = call.matches("session")
    return 200, peers.sessions(call.store, call.path["workspace_id"], call.path["peer_id"], *call.page(), matches)


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/peers/{peer_id}/search",
    answers={200: "list[Message]"},
    body="searches.PeerSearchOptions",
    body_description="Message search parameters",
)
def search_peer(call: Call) -> Reply:
    """Search the messages that a peer sent, best matches first, with optional filters."""
    from ..domain.search.find import search  # Few clients search.

    body: MessageSearchOptions = call.body
    return 200, search(call.store, body.query, body.limit, body.filters, **call.path)
