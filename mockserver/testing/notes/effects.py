"""Notes on effects that are smaller or larger than a client may expect."""

from collections import Counter
from collections.abc import Iterator

from ...domain.records import Row
from ...domain.schedule import Target
from ..diagnosis.missing import deleted_workspace
from ..text import listed, quoted, shortened
from .occasion import SEEN_ROWS, Occasion


def of_an_update(occasion: Occasion) -> Iterator[str]:
    """Notes on a row that a request changed: metadata is replaced, configuration is merged."""
    before, given, answer = occasion.before, occasion.document, occasion.payload
    if before is None or not isinstance(given, dict) or not isinstance(answer, dict):
        return
    name = "" if occasion.operation is None else occasion.operation.name
    metadata, old = answer.get("metadata"), before.get("metadata")
    if isinstance(given.get("metadata"), dict) and isinstance(metadata, dict) and isinstance(old, dict):
        gone = [key for key in old if key not in metadata]
        empties = not given["metadata"] and name.startswith("update_")  # This is how metadata is emptied.
        if gone and not empties:
            are = "is" if len(gone) == 1 else "are"
            yield f"metadata was replaced: {listed(gone, len(gone))} {are} gone"
        yield from _gone_inside(old, metadata)
    is_null = "metadata" in given and all(value is None for value in given.values())
    if is_null and old and metadata == old and name.startswith("update_"):
        yield "null leaves metadata as it is; {} empties it"
    configuration, old = given.get("configuration"), before.get("configuration")
    is_merged = name in ("update_session", "update_workspace")
    if is_merged and isinstance(configuration, dict) and isinstance(old, dict):
        kept = [key for key in old if key not in configuration]
        if kept:
            stay = "stays" if len(kept) == 1 else "stay"
            yield f"configuration was merged: {listed(kept, len(kept))} {stay}"


def _gone_inside(old: Row, new: Row) -> Iterator[str]:
    """A note on each object in metadata that lost keys. An empty object is meant to be empty."""
    for key, value in old.items():
        inner = new.get(key)
        if isinstance(value, dict) and isinstance(inner, dict) and inner:
            gone = [name for name in value if name not in inner]
            if gone:
                are = "is" if len(gone) == 1 else "are"
                yield f"metadata.{shortened(key)} was replaced: {listed(gone, len(gone))} {are} gone"


def of_an_existing_workspace(occasion: Occasion) -> Iterator[str]:
    """Notes on what a get-or-create of an existing workspace left as it was, or that the workspace is deleted."""
    before, given = occasion.before, occasion.document
    if before is None or not isinstance(given, dict):
        return
    if any(job.session_id is None for job in occasion.store.purges.waiting(Target(None, before["id"]))):
        yield deleted_workspace(occasion.case, before["id"])
    for name in ("metadata", "configuration"):
        if given.get(name) and given[name] != before[name] and occasion.payload.get(name) == before[name]:
            yield f"workspace {quoted(before['id'])} exists: its {name} did not change; PUT changes it"


def of_joining(occasion: Occasion) -> Iterator[str]:
    """Notes on members whose settings a second joining did not change."""
    workspace, session, given = occasion.workspace, occasion.session, occasion.document
    if workspace is None or session is None or not isinstance(given, dict):
        return
    for peer_id, settings in given.items():
        member = session.members.get(peer_id)
        if member is None or not isinstance(settings, dict):
            continue
        in_force = {"observe_me": member.observe_me, "observe_others": bool(member.observe_others)}
        if member.observe_me is None:  # The configuration of the peer decides.
            in_force["observe_me"] = workspace.peers[peer_id].row["configuration"].get("observe_me") is not False
        for name, value in in_force.items():
            # The quirk lax_types converts other values.
            if isinstance(settings.get(name), bool) and settings[name] != value:
                yield f"{quoted(peer_id)} is a member already: its {name} did not change; PUT …/config changes it"


def of_a_removal(occasion: Occasion) -> Iterator[str]:
    """Notes on peers that were removed from a session: messages stay, and who is no member cannot leave.

    That messages stay is said once of each peer.
    """
    session, named = occasion.session, occasion.document
    if session is None or not isinstance(named, list):
        return
    peers = [peer_id for peer_id in named if isinstance(peer_id, str)]
    strangers = [peer_id for peer_id in peers if peer_id not in session.members]
    if strangers:
        were = "was" if len(strangers) == 1 else "were"
        yield f"{listed(strangers, len(strangers))} {were} never in session {quoted(session.row['id'])}"
    authors = Counter(row["peer_id"] for row in session.messages[-SEEN_ROWS:])
    home = session.row["workspace_id"], session.row["id"]
    left = [peer_id for peer_id in peers if authors[peer_id] and occasion.told.is_first("left", *home, peer_id)]
    if left:
        count = sum(authors[peer_id] for peer_id in dict.fromkeys(left))
        stay = "1 message stays" if count == 1 else f"{count} messages stay"
        yield f"{listed(left, len(left))} left session {quoted(home[1])}; {stay}"


def of_peers_without_sessions(occasion: Occasion) -> Iterator[str]:
    """A note on peers in a list whose sessions are all deleted. It names each peer once."""
    workspace, items = occasion.workspace, occasion.items
    if workspace is None or not items or len(workspace.sessions) == len(workspace.active):
        return
    left = []
    for item in items:
        peer = workspace.peers.get(item.get("id", ""))
        sessions = [] if peer is None or len(peer.sessions) > SEEN_ROWS else peer.sessions
        is_left = len(sessions) > 0 and not any(one.row["is_active"] for one in sessions)
        if is_left and occasion.told.is_first("remains", workspace.row["id"], item["id"]):
            left.append(item["id"])
    if left:
        remain, their = ("remains", "its") if len(left) == 1 else ("remain", "their")
        yield f"{listed(left, len(left))} {remain}, though {their} sessions are deleted: peers belong to the workspace"
