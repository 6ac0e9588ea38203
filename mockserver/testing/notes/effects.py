"""Notes on effects that are smaller or larger than a client may expect."""

from collections.abc import Iterator

from ..text import listed, quoted
from .occasion import Occasion


def of_an_update(occasion: Occasion) -> Iterator[str]:
    """Notes on a row that a request changed: metadata is replaced, configuration is merged."""
    before, given = occasion.before, occasion.document
    if before is None or not isinstance(given, dict):
        return
    metadata, old = given.get("metadata"), before.get("metadata")
    if isinstance(metadata, dict) and isinstance(old, dict):
        gone = [key for key in old if key not in metadata]
        if gone:
            are = "is" if len(gone) == 1 else "are"
            yield f"metadata was replaced: {listed(gone, len(gone))} {are} gone"
    configuration, old = given.get("configuration"), before.get("configuration")
    is_merged = occasion.operation is not None and occasion.operation.name in ("update_session", "update_workspace")
    if is_merged and isinstance(configuration, dict) and isinstance(old, dict):
        kept = [key for key in old if key not in configuration]
        if kept:
            stay = "stays" if len(kept) == 1 else "stay"
            yield f"configuration was merged: {listed(kept, len(kept))} {stay}"


def of_a_removal(occasion: Occasion) -> Iterator[str]:
    """Notes on peers that were removed from a session: messages stay, and who is no member cannot leave."""
    session, named = occasion.session, occasion.document
    if session is None or not isinstance(named, list):
        return
    peers = [peer_id for peer_id in named if isinstance(peer_id, str)]
    strangers = [peer_id for peer_id in peers if peer_id not in session.members]
    if strangers:
        were = "was" if len(strangers) == 1 else "were"
        yield f"{listed(strangers, len(strangers))} {were} never in session {quoted(session.row['id'])}"
    authors = {row["peer_id"] for row in session.messages[-1000:]}
    stayed = [peer_id for peer_id in peers if peer_id in authors]
    if stayed:
        yield f"the messages of {listed(stayed, len(stayed))} stay in the session"


def of_peers_without_sessions(occasion: Occasion) -> Iterator[str]:
    """A note on peers in a list whose sessions are all deleted."""
    workspace, items = occasion.workspace, occasion.items
    if workspace is None or not items or len(workspace.sessions) == len(workspace.active):
        return
    left = []
    for item in items:
        peer = workspace.peers.get(item.get("id", ""))
        if peer is not None and peer.sessions and not any(one.row["is_active"] for one in peer.sessions):
            left.append(item["id"])
    if left:
        remain, their = ("remains", "its") if len(left) == 1 else ("remain", "their")
        yield f"{listed(left, len(left))} {remain}, though {their} sessions are deleted: peers belong to the workspace"
