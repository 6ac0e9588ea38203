"""Operations on the peers of a session."""

from ..domain import access, session_peers
from ..wire.plain import settings_by_peer
from . import links
from .operation import Call, Reply, Router

router = Router("sessions")

_PATH = "/v3/workspaces/{workspace_id}/sessions/{session_id}/peers"
_REFUSALS = {400: "Problem", 404: "Problem"}


@router.operation(
    "POST",
    _PATH,
    answers={200: "Session", **_REFUSALS},
    body="session_peers.SessionPeers",
    body_title="Peers",
    body_description="List of peer IDs (with session-level configuration) to add to the session",
)
def add_peers_to_session(call: Call) -> Reply:
    """Add peers to a session, each with its settings. A peer that is in the session keeps its settings."""
    joining = settings_by_peer(call.body)
    return 200, session_peers.add(call.store, call.path["workspace_id"], call.path["session_id"], joining)


@router.operation(
    "PUT",
    _PATH,
    answers={200: "Session", **_REFUSALS},
    body="session_peers.SessionPeers",
    body_title="Peers",
    body_description="List of peer IDs (with session-level configuration) to set for the session",
)
def set_session_peers(call: Call) -> Reply:
    """Replace the peers of a session and their settings."""
    joining = settings_by_peer(call.body)
    return 200, session_peers.replace(call.store, call.path["workspace_id"], call.path["session_id"], joining)


@router.operation(
    "DELETE",
    _PATH,
    answers={200: "Session", 404: "Problem"},
    body="session_peers.PeerIds",
    body_title="Peers",
    body_description="List of peer IDs to remove from the session",
)
def remove_peers_from_session(call: Call) -> Reply:
    """Remove peers from a session by a list of their ids. Ids of other peers are ignored."""
    return 200, session_peers.remove(call.store, call.path["workspace_id"], call.path["session_id"], call.body)


@router.operation(
    "GET",
    _PATH,
    answers={200: "Page[Peer]"},
    query="pages.PageQuery",
    access=access.read_by_members,
    links=links.OF_PEERS,
)
def get_session_peers(call: Call) -> Reply:
    """List the peers of a session, oldest first, in pages."""
    path = call.path
    return 200, session_peers.list_(call.store, path["workspace_id"], path["session_id"], *call.forward_page())


@router.operation(
    "GET", _PATH + "/{peer_id}/config", answers={200: "SessionPeerConfig", 404: "Problem"}, access=access.own_settings
)
def get_peer_config(call: Call) -> Reply:
    """Get the settings of a peer that is or was in a session."""
    path = call.path
    return 200, session_peers.get_settings(call.store, path["workspace_id"], path["session_id"], path["peer_id"])


@router.operation(
    "PUT",
    _PATH + "/{peer_id}/config",
    answers={204: None, **_REFUSALS},
    body="session_peers.SessionPeerConfig",
    body_description="New peer configuration",
)
def set_peer_config(call: Call) -> Reply:
    """Change the settings of a peer in a session. A setting that is null in the body does not change."""
    path = call.path
    session_peers.set_settings(call.store, path["workspace_id"], path["session_id"], path["peer_id"], dict(call.body))
    return 204, None
