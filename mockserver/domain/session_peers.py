"""The rules of the peers of a session."""

from collections.abc import Iterable, Mapping

from . import membership, paging, peers, sessions
from .errors import InvalidId, MalformedIdNotFound, MissingMember, MissingPeer, MissingSession
from .membership import MemberSettings
from .records import Membership, Row
from .store import Store


def add(store: Store, workspace_id: str, session_id: str, joining: Mapping[str, MemberSettings]) -> Row:
    """Add peers to a session. Creates a missing session, workspace and missing peers.

    Raises NotFound for a deleted session and, as recorded, for a malformed id. Raises BadRequest for too many
    observers.
    """
    try:
        session, _ = sessions.get_or_create(store, workspace_id, session_id, joining=joining)
    except InvalidId as error:
        raise MalformedIdNotFound(error.value) from None
    return session.row


def replace(store: Store, workspace_id: str, session_id: str, joining: Mapping[str, MemberSettings]) -> Row:
    """Replace the present members and their settings.

    Raises NotFound if the session is not active or an id is malformed, BadRequest for too many observers. With the
    quirk `deleted_set_peers` the members of a deleted session are replaced nevertheless.
    """
    session = sessions.find(store, workspace_id, session_id)
    if session is None or not (session.row["is_active"] or store.profile.deleted_set_peers):
        raise MissingSession(workspace_id, session_id, is_deleted=session is not None)
    try:
        peers.check_new(store, workspace_id, joining, ("body", "peers"))
    except InvalidId as error:
        # Recorded for 3.0.6 in x2-vr-ids.
        raise MalformedIdNotFound(error.value, "Failed to set peers for session") from None
    left, now = membership.left(session.members), store.clock.now()
    newcomers = membership.newcomers(store, left, joining)
    membership.check_observers(session_id, {**left, **newcomers})
    after = membership.replaced(session.members, left, now) | membership.joined(store, session.members, newcomers, now)
    membership.put(store, store.workspaces[workspace_id], session, after, now)
    if not session.row["is_active"]:
        raise MissingSession(workspace_id, session_id, is_deleted=True)
    return session.row


def remove(store: Store, workspace_id: str, session_id: str, leaving: Iterable[str]) -> Row:
    """Remove peers from a session. Other ids are ignored. Raises NotFound if the session is not active."""
    workspace, session = sessions.active(store, workspace_id, session_id)
    chosen = {peer_id: session.members[peer_id] for peer_id in leaving if peer_id in session.members}
    left = membership.replaced(session.members, membership.left(chosen), store.clock.peek())
    membership.put(store, workspace, session, left, 0)
    return session.row


def list_(store: Store, workspace_id: str, session_id: str, page: int, size: int) -> Row:
    """A page of the present peers of a session, deleted or not, oldest first. Empty for an unknown session.

    With the quirk `namesake_members`, it has the peers in sessions of that id in all workspaces. The total counts one
    for each of these sessions.
    """
    if store.profile.namesake_members:
        return _namesakes(store, workspace_id, session_id, page, size)
    workspace = store.workspaces.get(workspace_id)
    session = sessions.find(store, workspace_id, session_id)
    if workspace is None or session is None:
        return paging.of_rows((), page, size, False, None)
    present = [workspace.peers[peer_id] for peer_id, member in session.members.items() if member.present]
    present.sort(key=lambda peer: peer.number)
    return paging.of_records(present, page, size, False, None)


def _namesakes(store: Store, workspace_id: str, session_id: str, page: int, size: int) -> Row:
    workspace = store.workspaces.get(workspace_id)
    known = workspace.peers if workspace else {}
    present = [
        peer_id
        for other in store.workspaces.values()
        if session_id in other.sessions
        for peer_id, member in other.sessions[session_id].members.items()
        if member.present and peer_id in known
    ]
    listed = sorted({known[peer_id] for peer_id in present}, key=lambda peer: peer.number)
    shown = paging.of_records(listed, page, size, False, None)
    return {**shown, "total": len(present), "pages": -(-len(present) // size)}


def get_settings(store: Store, workspace_id: str, session_id: str, peer_id: str) -> Row:
    """The settings of a peer that is or was in a session. Raises NotFound."""
    session = sessions.find(store, workspace_id, session_id)
    member = session.members.get(peer_id) if session else None
    if member is None:
        raise MissingMember(workspace_id, session_id, peer_id)
    return {"observe_me": member.observe_me, "observe_others": member.observe_others}


def set_settings(store: Store, workspace_id: str, session_id: str, peer_id: str, settings: MemberSettings) -> None:
    """Change the settings that are not None. A peer of the workspace that is not in the session joins it.

    Raises NotFound for the session or the peer, BadRequest for too many observers.
    """
    workspace, session = sessions.active(store, workspace_id, session_id)
    if peer_id not in workspace.peers:
        raise MissingPeer(workspace_id, peer_id)
    given = {name: value for name, value in settings.items() if value is not None}
    kept = session.members.get(peer_id, Membership())
    member = kept._replace(
        observe_me=given.get("observe_me", kept.observe_me),
        observe_others=given.get("observe_others", kept.observe_others),
    )
    membership.check_observers(session_id, {**session.members, peer_id: member})
    now = 0 if peer_id in session.members else store.clock.now()
    membership.put(store, workspace, session, membership.replaced(session.members, {peer_id: member}, now), now)
