"""The tables: plain dicts for rows, small records for what belongs together, and what it costs to find a row.

A row is a dict whose keys are the wire's own; it is never changed in place, an update puts a new dict. So clones and
rendered answers can share rows. All changes to the tables go through the methods of `Store`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, overload

from .clock import Clock, Ids
from .jobs import Purges
from .quirks import Quirks
from .versions import Content, History

Row = dict[str, Any]
T = TypeVar("T")


class Roll(Sequence[T], Generic[T]):
    """Entries in the order of their numbers: a page costs the time of the page, a removal O(log n) and a memmove."""

    __slots__ = ("_entries", "_numbers")

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._entries: list[T] = []

    def add(self, number: int, entry: T) -> None:
        """Put `entry` at the place of `number`; nothing happens where the number is taken."""
        numbers = self._numbers
        if not numbers or number > numbers[-1]:
            numbers.append(number)
            self._entries.append(entry)
            return
        place = bisect_left(numbers, number)
        if numbers[place] != number:
            numbers.insert(place, number)
            self._entries.insert(place, entry)

    def remove(self, number: int) -> None:
        """Take out the entry of `number`; nothing happens where there is none."""
        place = bisect_left(self._numbers, number)
        if place < len(self._numbers) and self._numbers[place] == number:
            del self._numbers[place], self._entries[place]

    def copy(self) -> "Roll[T]":
        """The same entries in a roll of their own."""
        twin: Roll[T] = Roll()
        twin._numbers, twin._entries = self._numbers.copy(), self._entries.copy()
        return twin

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        return self._entries[place]

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries)


class Membership(NamedTuple):
    """A peer's settings in one session; `present` is false once the peer has left, the settings stay."""

    observe_me: bool | None = None
    observe_others: bool | None = None
    present: bool = True


R = TypeVar("R", bound="Session | Peer | Workspace")


def roll_of(records: Iterable[R]) -> Roll[R]:
    """A roll of records, which come in the order of their numbers."""
    roll: Roll[R] = Roll()
    for record in records:
        roll.add(record.number, record)
    return roll


class Session:
    """A session and what goes with it when it is purged: members by peer id, messages in order."""

    __slots__ = ("history", "members", "messages", "number", "numbers", "places", "row")

    def __init__(self, number: int, row: Row, history: History) -> None:
        self.number = number
        self.row = row
        self.history = history
        self.members: dict[str, Membership] = {}
        self.messages: list[Row] = []
        self.numbers: list[int] = []
        self.places: dict[str, int] = {}

    @property
    def content(self) -> Content:
        """What a version keeps of it."""
        return self.row, self.members, self.messages, self.numbers, self.places

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.members, self.messages, self.numbers, self.places = content


class Peer:
    """A peer, and the sessions it has ever been a member of, until they are purged."""

    __slots__ = ("history", "number", "row", "sessions")

    def __init__(self, number: int, row: Row, history: History) -> None:
        self.number = number
        self.row = row
        self.history = history
        self.sessions: Roll[Session] = Roll()

    @property
    def content(self) -> Content:
        """What a version keeps of it."""
        return self.row, self.sessions

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.sessions = content


class Workspace:
    """A workspace with its peers and sessions; `active` holds the sessions that are not deleted."""

    __slots__ = ("active", "history", "number", "peers", "roster", "row", "sessions")

    def __init__(self, number: int, row: Row) -> None:
        self.number = number
        self.row = row
        self.history = History()
        self.peers: dict[str, Peer] = {}
        self.roster: Roll[Peer] = Roll()
        self.sessions: dict[str, Session] = {}
        self.active: Roll[Session] = Roll()

    @property
    def content(self) -> Content:
        """What a version keeps of it."""
        return self.row, self.peers, self.roster, self.sessions, self.active

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.peers, self.roster, self.sessions, self.active = content


class Store:
    """All that the API remembers, and what its verbs need at hand: clock, ids, quirks, pending purges."""

    def __init__(self, clock: Clock, ids: Ids, quirks: Quirks, purge_after: float | None = None) -> None:
        self.clock = clock
        self.ids = ids
        self.quirks = quirks
        self.purges = Purges(purge_after, ids.number)
        self.workspaces: dict[str, Workspace] = {}
        self.directory: Roll[Workspace] = Roll()
        self._number = ids.number

    def named(self, workspace_id: str) -> list[Workspace]:
        """The workspace of this id, or none."""
        return [self.workspaces[workspace_id]] if workspace_id in self.workspaces else []

    def add_workspace(self, row: Row, number: int | None = None) -> Workspace:
        """Make a workspace: the newest, or at the place of a number that is free."""
        workspace = Workspace(self._number() if number is None else number, row)
        self.put_workspace(workspace)
        return workspace

    def put_workspace(self, workspace: Workspace) -> None:
        """Take in a workspace whose id is free, at the place of its number."""
        self.workspaces[workspace.row["id"]] = workspace
        self.directory.add(workspace.number, workspace)

    def put_workspaces(self, workspaces: Iterable[Workspace]) -> None:
        """Have these, in the order of their numbers, and no others."""
        self.workspaces = {workspace.row["id"]: workspace for workspace in workspaces}
        self.directory = roll_of(self.workspaces.values())

    def drop_workspace(self, workspace: Workspace) -> None:
        del self.workspaces[workspace.row["id"]]
        self.directory.remove(workspace.number)

    def add_peer(self, workspace: Workspace, row: Row) -> Peer:
        _keep(workspace)
        peer = Peer(self._number(), row, workspace.history)
        workspace.peers[row["id"]] = peer
        workspace.roster.add(peer.number, peer)
        return peer

    def add_session(self, workspace: Workspace, row: Row) -> Session:
        _keep(workspace)
        session = Session(self._number(), row, workspace.history)
        workspace.sessions[row["id"]] = session
        workspace.active.add(session.number, session)
        return session

    def add_message(self, session: Session, row: Row) -> None:
        _keep(session)
        session.places[row["id"]] = len(session.messages)
        session.messages.append(row)
        session.numbers.append(self._number())

    def put_row(self, record: Workspace | Peer | Session, row: Row) -> None:
        """Replace the row of a record; its id stays."""
        _keep(record)
        record.row = row

    def put_message(self, session: Session, place: int, row: Row) -> None:
        _keep(session)
        session.messages[place] = row

    def put_member(self, session: Session, peer: Peer, membership: Membership) -> None:
        _keep(session)
        _keep(peer)
        session.members[peer.row["id"]] = membership
        peer.sessions.add(session.number, session)

    def deactivate(self, workspace: Workspace, session: Session) -> None:
        """Mark a session as deleted: out of the active ones, still there for those who look below it."""
        _keep(workspace)
        _keep(session)
        session.row = {**session.row, "is_active": False}
        workspace.active.remove(session.number)

    def drop_session(self, workspace: Workspace, session: Session) -> None:
        """Forget a session with its messages and memberships; its peers stay."""
        _keep(workspace)
        del workspace.sessions[session.row["id"]]
        workspace.active.remove(session.number)
        for peer_id in session.members:
            peer = workspace.peers[peer_id]
            _keep(peer)
            peer.sessions.remove(session.number)


def _keep(record: Workspace | Peer | Session) -> None:
    """Before a record is changed: let the newest version of its workspace have an image, if there is one."""
    if record.history.newest is not None:
        record.history.keep(record)
