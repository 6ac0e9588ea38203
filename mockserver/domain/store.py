"""The tables: records by id and in order. Every change of the state goes through the methods of `Store`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .clock import Clock, Ids
from .history import image
from .index import Index
from .ordered import Ordered
from .profile import Profile
from .records import Dream, Extras, Membership, Messages, Origin, Peer, Row, Session, Workspace, ordered
from .schedule import PurgeSchedule, WorkSchedule

if TYPE_CHECKING:
    from .search.text_index import TextIndex


class Store:
    """The state of the API, and the clock, ids and profile that the rules use.

    Arguments:
        clock: The clock of timestamps and due times.
        ids: Generates ids and numbers.
        profile: The version of the API, and the quirks that are on.
        purge_after: How many seconds a purge waits. None means that purges run only on request.
        work_after: The same for the work of the queue.
    """

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        profile: Profile,
        purge_after: float | None = None,
        work_after: float | None = None,
    ) -> None:
        self.clock = clock
        self.ids = ids
        self.profile = profile
        self.purges = PurgeSchedule(purge_after, ids.number)
        self.backlog = WorkSchedule(work_after, ids.number)
        self.workspaces: dict[str, Workspace] = {}
        self.directory: Ordered[Workspace] = Ordered()
        self._number = ids.number

    def named(self, workspace_id: str) -> list[Workspace]:
        """A list with the workspace that has this id, or an empty list."""
        return [self.workspaces[workspace_id]] if workspace_id in self.workspaces else []

    def add_workspace(self, row: Row, number: int | None = None) -> Workspace:
        """Create a workspace, as the newest one or with a given unused number."""
        workspace = Workspace(self._number() if number is None else number, row)
        self.put_workspace(workspace)
        return workspace

    def put_workspace(self, workspace: Workspace) -> None:
        """Add a workspace by its number. No workspace may have its id."""
        self.workspaces[workspace.row["id"]] = workspace
        self.directory.add(workspace.number, workspace)

    def put_workspaces(self, workspaces: Iterable[Workspace]) -> None:
        """Replace all workspaces with these, which come in the order of their numbers."""
        self.workspaces = {workspace.row["id"]: workspace for workspace in workspaces}
        self.directory = ordered(self.workspaces.values())

    def drop_workspace(self, workspace: Workspace) -> None:
        del self.workspaces[workspace.row["id"]]
        self.directory.remove(workspace.number)

    def add_peer(self, workspace: Workspace, row: Row) -> Peer:
        _keep(workspace)
        peer = Peer(self._number(), row, workspace.history)
        workspace.peers[row["id"]] = peer
        workspace.roster.add(peer.number, peer)
        return peer

    def add_session(self, workspace: Workspace, row: Row, origin: Origin | None = None) -> Session:
        _keep(workspace)
        session = Session(self._number(), row, workspace.history, origin)
        workspace.sessions[row["id"]] = session
        workspace.active.add(session.number, session)
        if (index := _index_of(workspace)) is not None:
            index.add(session)
        return session

    def with_metadata(self, workspace: Workspace, key: str, value: Any) -> Sequence[Session]:
        """The active sessions that have this scalar under a key of their metadata, oldest first.

        The first search for a key reads all active sessions. Later ones use the index.
        """
        if (index := _index_of(workspace)) is None:
            index = workspace.index = Index(workspace.history.turns)
        return index.find(workspace.active, key, value)

    def add_messages(self, session: Session, rows: Sequence[Row]) -> None:
        """Append messages to a session."""
        _keep(session)
        if not session.messages:
            session.messages = Messages()
        session.messages.extend([self._number() for _ in rows], rows)

    def put_conclusion(self, workspace: Workspace, row: Row) -> None:
        _keep(workspace.extras)
        workspace.extras.conclusions[row["id"]] = row
        if row["session_id"] is not None:
            session = workspace.sessions[row["session_id"]]
            _keep(session)
            if not session.conclusions:
                session.conclusions = {}
            session.conclusions[row["id"]] = None

    def drop_conclusion(self, workspace: Workspace, conclusion_id: str) -> None:
        _keep(workspace.extras)
        row = workspace.extras.conclusions.pop(conclusion_id)
        if workspace.texts is not None:
            workspace.texts.discard([row])
        if self.profile.deleted_knowledge:
            workspace.extras.deleted[conclusion_id] = row
        elif row["session_id"] is not None:
            session = workspace.sessions[row["session_id"]]
            _keep(session)
            del session.conclusions[conclusion_id]

    def texts(self, workspace: Workspace) -> "TextIndex":
        """The index of the texts of conclusions. Queries fill it; it forgets conclusions that are deleted or purged."""
        if workspace.texts is None:
            from .search.text_index import TextIndex  # Few runs need it.

            workspace.texts = TextIndex()
        return workspace.texts

    def put_card(self, workspace: Workspace, observer_id: str, observed_id: str, card: Sequence[str]) -> None:
        _keep(workspace.extras)
        workspace.extras.cards[observer_id, observed_id] = card

    def put_summaries(self, workspace: Workspace, session_id: str, summaries: Mapping[str, Row]) -> None:
        """Replace the summaries of a session, by type."""
        _keep(workspace.extras)
        workspace.extras.summaries[session_id] = summaries

    def put_work(self, workspace: Workspace, session_id: str, sender_id: str, units: tuple[int, int, int]) -> None:
        """Set the counts of units (pending, in progress, completed) for the messages of a peer in a session."""
        _keep(workspace.extras)
        workspace.extras.work[session_id, sender_id] = units

    def put_dreams(self, workspace: Workspace, dream: Dream, units: tuple[int, int, int]) -> None:
        """Set the counts of units for the dreams of a peer about another."""
        _keep(workspace.extras)
        workspace.extras.dreams[dream] = units

    def put_webhook(self, workspace: Workspace, row: Row) -> None:
        _keep(workspace.extras)
        workspace.extras.webhooks[row["id"]] = row

    def drop_webhook(self, workspace: Workspace, endpoint_id: str) -> None:
        _keep(workspace.extras)
        del workspace.extras.webhooks[endpoint_id]

    def put_row(self, record: Workspace | Peer, row: Row) -> None:
        """Replace the row of a record; its id stays."""
        _keep(record)
        record.row = row

    def put_session_row(self, workspace: Workspace, session: Session, row: Row) -> None:
        """Replace the row of an active session; its id stays."""
        _keep(session)
        if (index := _index_of(workspace)) is not None:
            index.remove(session)
        session.row = row
        if index is not None:
            index.add(session)

    def put_message(self, session: Session, place: int, row: Row) -> None:
        _keep(session)
        session.messages.replace(place, row)

    def put_member(self, session: Session, peer: Peer, membership: Membership) -> None:
        _keep(session)
        _keep(peer)
        if not session.members:
            session.members = {}
        session.members[peer.row["id"]] = membership
        peer.sessions.add(session.number, session)

    def deactivate(self, workspace: Workspace, session: Session) -> None:
        """Mark a session as deleted. It is no longer active, but its messages and peers can be read until the purge."""
        _keep(workspace)
        _keep(session)
        if (index := _index_of(workspace)) is not None:
            index.remove(session)
        session.row = session.row | {"is_active": False}
        workspace.active.remove(session.number)

    def drop_session(self, workspace: Workspace, session: Session) -> None:
        """Remove a session with its messages, memberships, summaries, conclusions and work. Its peers stay."""
        _keep(workspace)
        workspace.history.own(session)  # A version may bring the session back, and `lent` must not keep it until then.
        self._remove_extras(workspace, session)
        del workspace.sessions[session.row["id"]]
        workspace.active.remove(session.number)
        for peer_id in session.members:
            peer = workspace.peers[peer_id]
            _keep(peer)
            peer.sessions.remove(session.number)

    def _remove_extras(self, workspace: Workspace, session: Session) -> None:
        """Remove the summaries, conclusions and work of a session."""
        extras, session_id = workspace.extras, session.row["id"]
        work = [(session_id, peer_id) for peer_id in session.members if (session_id, peer_id) in extras.work]
        if session.conclusions or work or session_id in extras.summaries:
            _keep(extras)
            extras.summaries.pop(session_id, None)
            for queue in work:
                del extras.work[queue]
            gone = [extras.conclusions.pop(id_) for id_ in session.conclusions if id_ in extras.conclusions]
            if workspace.texts is not None:
                workspace.texts.discard(gone)
            for id_ in session.conclusions:
                extras.deleted.pop(id_, None)

    def fork(self, clock: Clock, ids: Ids) -> "Store":
        """A copy of the store, with another clock and another id generator. They share rows, and nothing else."""
        twin = Store(clock, ids, self.profile)
        twin.purges = self.purges.copy(ids.number)
        twin.backlog = self.backlog.copy(ids.number)
        twin.put_workspaces([_copy(workspace) for workspace in self.directory])
        return twin


def _keep(record: Workspace | Extras | Peer | Session) -> None:
    """Call this before you change a record: a snapshot may need its content, and a fork may share it."""
    history = record.history
    if history.newest is not None or history.lent:
        history.keep(record)


def _index_of(workspace: Workspace) -> Index[Session] | None:
    """The index of the sessions, if there is one and it is up to date."""
    index = workspace.index
    return index if index is not None and index.turn == workspace.history.turns else None


def _copy(original: Workspace) -> Workspace:
    """A workspace with copies of the records. They share rows, and the containers of a session until one of the two
    changes.
    """
    workspace = Workspace(original.number, original.row)
    workspace.extras.content = image(original.extras.content)
    copies: dict[Session, Session] = {}
    for session_id, session in original.sessions.items():
        twin = copies[session] = Session(session.number, session.row, workspace.history, session.origin)
        twin.members, twin.messages, twin.conclusions = session.members, session.messages, session.conclusions
        workspace.sessions[session_id] = twin
    original.history.lent = set(original.sessions.values())
    workspace.history.lent = set(workspace.sessions.values())
    for peer in original.roster:
        copied = workspace.peers[peer.row["id"]] = Peer(peer.number, peer.row, workspace.history)
        copied.sessions = peer.sessions.with_each(copies.__getitem__)
    workspace.roster = original.roster.with_each(lambda peer: workspace.peers[peer.row["id"]])
    workspace.active = original.active.with_each(copies.__getitem__)
    return workspace
