"""A second state equal to a first: records copied, rows shared."""

from .clock import Clock, Ids
from .records import Peer, Session, Workspace, roll_of
from .store import Store
from .versions import image


def fork(store: Store, clock: Clock, ids: Ids) -> Store:
    """A store in the same state over another clock and other ids; what is done in one does not show in the other."""
    twin = Store(clock, ids, store.quirks)
    twin.purges = store.purges.copy(ids.number)
    twin.backlog = store.backlog.copy(ids.number)
    twin.put_workspaces([_copy(workspace) for workspace in store.directory])
    return twin


def _copy(original: Workspace) -> Workspace:
    workspace = Workspace(original.number, original.row)
    workspace.holdings.content = image(original.holdings.content)
    by_number: dict[int, Session] = {}
    for session_id, session in original.sessions.items():
        twin = Session(session.number, session.row, workspace.history, session.origin)
        twin.content = image(session.content)
        workspace.sessions[session_id] = by_number[twin.number] = twin
    for peer in original.roster:
        copied = Peer(peer.number, peer.row, workspace.history)
        copied.sessions = roll_of([by_number[session.number] for session in peer.sessions])
        workspace.peers[peer.row["id"]] = copied
    workspace.roster = roll_of(workspace.peers.values())
    workspace.active = roll_of([by_number[session.number] for session in original.active])
    return workspace
