"""The records of the store: rows, and small objects for what belongs together, in the order of their making.

A row is a dict whose keys are the wire's own; it is never changed in place, an update puts a new dict. So clones and
rendered answers can share rows. Only the store changes a record.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from .history import Content, History
from .index import Index
from .ordered import Ordered

Row = dict[str, Any]

# The metadata and configuration of rows that have none: one for all, as rows are never changed.
NOTHING: Row = {}


class Messages(Ordered[Row]):
    """The messages of a session, oldest first. An index finds them by id, which is made only where somebody asks."""

    __slots__ = ("_indexed", "_places")

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[str, int] = {}
        self._indexed = 0

    def replace(self, place: int, row: Row) -> None:
        """Put a row in place of one of the same id."""
        self._entries[place] = row

    def place(self, message_id: str) -> int | None:
        """The place of the message of this id, the last of them, or None."""
        while self._indexed < len(self._entries):
            self._places[self._entries[self._indexed]["id"]] = self._indexed
            self._indexed += 1
        return self._places.get(message_id)

    def number(self, place: int) -> int:
        """The number of the message at this place."""
        return self._numbers[place]

    def count_up_to(self, number: int) -> int:
        """How many have this number or a smaller one."""
        return bisect_right(self._numbers, number)

    def numbered(self) -> Iterable[tuple[int, Row]]:
        """Each behind its number."""
        return zip(self._numbers, self._entries, strict=True)


class Membership(NamedTuple):
    """A peer's settings in one session; `present` is false once the peer has left, the settings stay."""

    observe_me: bool | None = None
    observe_others: bool | None = None
    present: bool = True


class Origin(NamedTuple):
    """What a session was cloned from: the number and id of that session, and up to which message.

    `message_id` is None where all were copied, `copied` how many that were. The session may have been purged since, and
    another have its id.
    """

    number: int
    session_id: str
    message_id: str | None
    copied: int


R = TypeVar("R", bound="Session | Peer | Workspace")


def ordered(records: Iterable[R]) -> Ordered[R]:
    """A roll of records, which come in the order of their numbers."""
    entries: Ordered[R] = Ordered()
    for record in records:
        entries.add(record.number, record)
    return entries


# What sessions hold that nobody was in yet, and nothing was said: all the same, so that they take little room.
_NOBODY: dict[str, Membership] = {}
_SILENCE = Messages()


class Session:
    """A session and what goes with it when it is purged: members by peer id, messages in order.

    `origin` is None unless it is a clone. It never changes, once the session is there, so no version keeps it.
    """

    __slots__ = ("history", "members", "messages", "number", "origin", "row")

    def __init__(self, number: int, row: Row, history: History, origin: Origin | None = None) -> None:
        self.number = number
        self.row = row
        self.history = history
        self.origin = origin
        self.members = _NOBODY
        self.messages = _SILENCE

    @property
    def content(self) -> Content:
        """What a version keeps of it."""
        return self.row, self.members, self.messages

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.members, self.messages = content


class Peer:
    """A peer, and the sessions it has ever been a member of, until they are purged."""

    __slots__ = ("history", "number", "row", "sessions")

    def __init__(self, number: int, row: Row, history: History) -> None:
        self.number = number
        self.row = row
        self.history = history
        self.sessions: Ordered[Session] = Ordered()

    @property
    def content(self) -> Content:
        """What a version keeps of it."""
        return self.row, self.sessions

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.sessions = content


class Holdings:
    """What a workspace has beside its peers and sessions; a record of its own, so that a change of it costs little.

    `conclusions` are rows by id, oldest first; `cards` are a peer's lines about a peer, by (observer, observed);
    `summaries` are rows by session id, then by type ("short", "long"); `work` is what messages raised, by (session,
    sender), where the sender is or was in the session, and `dreams` are those by (observer, observed): how many units
    are pending, in progress and completed; `webhooks` are rows by id, oldest first.
    """

    __slots__ = ("cards", "conclusions", "dreams", "history", "summaries", "webhooks", "work")

    def __init__(self, history: History) -> None:
        self.history = history
        self.conclusions: dict[str, Row] = {}
        self.cards: dict[tuple[str, str], Sequence[str]] = {}
        self.summaries: dict[str, Mapping[str, Row]] = {}
        self.work: dict[tuple[str, str], tuple[int, int, int]] = {}
        self.dreams: dict[tuple[str, str], tuple[int, int, int]] = {}
        self.webhooks: dict[str, Row] = {}

    @property
    def content(self) -> Content:
        """What a version keeps of it."""
        return None, self.conclusions, self.cards, self.summaries, self.work, self.dreams, self.webhooks

    @content.setter
    def content(self, content: Content) -> None:
        _, self.conclusions, self.cards, self.summaries, self.work, self.dreams, self.webhooks = content


class Workspace:
    """A workspace with its peers and sessions; `active` holds the sessions that are not deleted, `index` finds them."""

    __slots__ = ("active", "history", "holdings", "index", "number", "peers", "roster", "row", "sessions")

    def __init__(self, number: int, row: Row) -> None:
        self.number = number
        self.row = row
        self.history = History()
        self.holdings = Holdings(self.history)
        self.peers: dict[str, Peer] = {}
        self.roster: Ordered[Peer] = Ordered()
        self.sessions: dict[str, Session] = {}
        self.active: Ordered[Session] = Ordered()
        self.index: Index[Session] | None = None

    @property
    def content(self) -> Content:
        """What a version keeps of it."""
        return self.row, self.peers, self.roster, self.sessions, self.active

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.peers, self.roster, self.sessions, self.active = content
