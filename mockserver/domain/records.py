"""The records of the store: rows, and the objects that hold them together.

A row is a dict with the keys of the wire. It never changes in place: an update stores a new dict, so that clones,
snapshots and rendered answers can share rows. Only the store changes a record. The `number` of a record grows with
every record that is created.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .history import Content, History
from .index import Index
from .ordered import Ordered

if TYPE_CHECKING:
    from .search.text_index import TextIndex

Row = dict[str, Any]
# Which rows a list has.
Predicate = Callable[[Row], bool]

# The metadata and configuration of rows that have none. All such rows share this object, because rows never change.
NOTHING: Row = {}


class Messages(Ordered[Row]):
    """The messages of a session, oldest first. The index by id is built when it is first needed."""

    __slots__ = ("_index",)

    def __init__(self) -> None:
        super().__init__()
        self._index: tuple[dict[str, int], int] | None = None

    def replace(self, place: int, row: Row) -> None:
        """Replace the row at a place with a row of the same id."""
        if self._is_shared:
            self._part()
        self._entries[place] = row

    def place(self, message_id: str) -> int | None:
        """The index of the message with this id, or None. The last one counts if several have it."""
        places, indexed = self._index or ({}, 0)
        if indexed < len(self._entries):
            for place in range(indexed, len(self._entries)):
                places[self._entries[place]["id"]] = place
            # One assignment, because the servers of forks share the messages, and each has its thread.
            self._index = places, len(self._entries)
        return places.get(message_id)

    def number(self, place: int) -> int:
        """The number of the message at this index."""
        return self._numbers[place]

    def count_up_to(self, number: int) -> int:
        """How many messages have this number or a smaller one."""
        return bisect_right(self._numbers, number)

    def numbered(self) -> Iterable[tuple[int, Row]]:
        """Pairs of number and row."""
        return zip(self._numbers, self._entries, strict=True)


# The time of a peer in a session, in microseconds since 1970: the start is None if it was there from the beginning, the
# end is None if it did not leave.
Stay = tuple[int | None, int | None]
ALWAYS: Stay = (None, None)


class Membership(NamedTuple):
    """A peer in one session: its settings, and its stays there, oldest first.

    `present` is False after the peer left; the settings stay.
    """

    observe_me: bool | None = None
    observe_others: bool | None = None
    present: bool = True
    stays: tuple[Stay, ...] = (ALWAYS,)


class Origin(NamedTuple):
    """The origin of a clone.

    Arguments:
        number: The number of the session that was cloned. It may have been purged since, and its id used again.
        session_id: Its id.
        message_id: The cut-off message. None if all messages were copied.
        copied: How many messages were copied.
    """

    number: int
    session_id: str
    message_id: str | None
    copied: int


def changed(row: Row, given: Row) -> Row:
    """A row with the given values, unless they are None.

    A value that equals the present one in Python, such as True for 1, changes nothing: the live server makes the same
    comparison before it writes (recorded, x2-number-shapes).
    """
    new = {key: value for key, value in given.items() if value is not None and value != row[key]}
    return row | new if new else row


R = TypeVar("R", bound="Session | Peer | Workspace")


def ordered(records: Iterable[R]) -> Ordered[R]:
    """Records as an ordered sequence."""
    entries: Ordered[R] = Ordered()
    for record in records:
        entries.add(record.number, record)
    return entries


# Sessions without members, messages and conclusions share these, so that an empty session needs little memory.
_NOBODY: dict[str, Membership] = {}
_SILENCE = Messages()
_NO_CONCLUSIONS: dict[str, None] = {}


class Session:
    """A session, with what its purge removes: members by peer id, messages in order, and the ids of its conclusions.

    `origin` is None unless the session is a clone. It never changes, so versions do not keep it.
    """

    __slots__ = ("conclusions", "history", "members", "messages", "number", "origin", "row")

    def __init__(self, number: int, row: Row, history: History, origin: Origin | None = None) -> None:
        self.number = number
        self.row = row
        self.history = history
        self.origin = origin
        self.members = _NOBODY
        self.messages = _SILENCE
        self.conclusions = _NO_CONCLUSIONS

    @property
    def content(self) -> Content:
        """The content that a `Version` stores."""
        return self.row, self.members, self.messages, self.conclusions

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.members, self.messages, self.conclusions = content


class Peer:
    """A peer, with the sessions that it is or was a member of. A purge of a session removes it from `sessions`."""

    __slots__ = ("history", "number", "row", "sessions")

    def __init__(self, number: int, row: Row, history: History) -> None:
        self.number = number
        self.row = row
        self.history = history
        self.sessions: Ordered[Session] = Ordered()

    @property
    def content(self) -> Content:
        """What a version keeps."""
        return self.row, self.sessions

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.sessions = content


class Dream(NamedTuple):
    """What a peer dreams: about whom, and the type of the dream."""

    observer: str
    observed: str
    dream_type: str


class Extras:
    """What a workspace has besides peers and sessions.

    It is a record with its own history, so that a change of it does not copy the tables of the workspace.

    Attributes:
        conclusions: Rows by id, oldest first.
        cards: The lines of a card, by (observer, observed).
        summaries: Rows by session id, then by type ("short" or "long").
        work: The work that messages caused, by (session, sender), for senders who are or were in the session: how many
            units are pending, in progress and completed.
        dreams: The same for dreams.
        webhooks: Rows by id, oldest first.
        deleted: The conclusions that were deleted while the quirk `deleted_knowledge` is on, as `conclusions`.
    """

    __slots__ = ("cards", "conclusions", "deleted", "dreams", "history", "summaries", "webhooks", "work")

    def __init__(self, history: History) -> None:
        self.history = history
        self.conclusions: dict[str, Row] = {}
        self.cards: dict[tuple[str, str], Sequence[str]] = {}
        self.summaries: dict[str, Mapping[str, Row]] = {}
        self.work: dict[tuple[str, str], tuple[int, int, int]] = {}
        self.dreams: dict[Dream, tuple[int, int, int]] = {}
        self.webhooks: dict[str, Row] = {}
        self.deleted: dict[str, Row] = {}

    @property
    def content(self) -> Content:
        """What a version keeps."""
        return None, self.conclusions, self.cards, self.summaries, self.work, self.dreams, self.webhooks, self.deleted

    @content.setter
    def content(self, content: Content) -> None:
        _, self.conclusions, self.cards, self.summaries, self.work, self.dreams, self.webhooks, self.deleted = content


class Workspace:
    """A workspace with its peers and sessions. `active` has the sessions that are not deleted. `index` finds them by
    their metadata. `texts` measures how similar conclusions are to a text. Both are None until they are needed.
    """

    __slots__ = ("active", "extras", "history", "index", "number", "peers", "roster", "row", "sessions", "texts")

    def __init__(self, number: int, row: Row) -> None:
        self.number = number
        self.row = row
        self.history = History()
        self.extras = Extras(self.history)
        self.peers: dict[str, Peer] = {}
        self.roster: Ordered[Peer] = Ordered()
        self.sessions: dict[str, Session] = {}
        self.active: Ordered[Session] = Ordered()
        self.index: Index[Session] | None = None
        self.texts: TextIndex | None = None

    @property
    def content(self) -> Content:
        """What a version keeps."""
        return self.row, self.peers, self.roster, self.sessions, self.active

    @content.setter
    def content(self, content: Content) -> None:
        self.row, self.peers, self.roster, self.sessions, self.active = content
