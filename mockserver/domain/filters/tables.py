"""The columns of each table that filters may use. Others are refused, as recorded (x-filter-errors)."""

from collections.abc import Callable, Mapping
from typing import Any

from ..profile import Profile
from ..records import Predicate, Row
from .columns import BooleanColumn, Column, NumberColumn, TimeColumn
from .language import Filter, Table, compile_filter
from .metadata import MetadataColumn

# The live server has one list of the names that filters accept for workspaces, peers and sessions, another one for
# messages, and none for conclusions, where filters may also use the names of database columns.
_NAMES = frozenset({"workspace_id", "session_id", "peer_id", "created_at", "metadata", "is_active"})
_NAMES_OF_MESSAGES = _NAMES - {"is_active"}


def _table(name: str, known: frozenset[str] | None, *columns: Column) -> Table:
    return Table(name, {column.name: column for column in columns}, known)


# The names that the database has for keys of conclusions (recorded, x2-conclusions-list-filters).
NAMES_IN_DATABASE = {
    "workspace_name": "workspace_id",
    "session_name": "session_id",
    "observer": "observer_id",
    "observed": "observed_id",
}
_COMMON = (MetadataColumn("metadata"), TimeColumn("created_at"))
WORKSPACES = _table("Workspace", _NAMES, Column("id"), *_COMMON)
PEERS = _table("Peer", _NAMES, Column("id"), Column("workspace_id"), *_COMMON)
SESSIONS = _table("Session", _NAMES, Column("id"), Column("workspace_id"), BooleanColumn("is_active"), *_COMMON)
MESSAGES = _table(
    "Message",
    _NAMES_OF_MESSAGES,
    Column("workspace_id"),
    Column("session_id"),
    Column("peer_id"),
    NumberColumn("token_count"),
    *_COMMON,
)
CONCLUSIONS = _table(
    "Document",
    None,
    *(Column(name) for name in ("id", "workspace_id", "session_id", "observer_id", "observed_id")),
    TimeColumn("created_at"),
    *(Column(name, public) for name, public in NAMES_IN_DATABASE.items()),
    Column("content"),
    Column("level"),
    NumberColumn("times_derived"),
    Column("sync_state"),
    TimeColumn("deleted_at"),
    MetadataColumn("metadata"),
    MetadataColumn("internal_metadata"),
)
# The values of a client-created conclusion in the columns that the API does not return. The value of `sync_state` was
# not recorded.
_HIDDEN: dict[str, Any] = {
    "level": "explicit",
    "times_derived": 1,
    "sync_state": "synced",
    "deleted_at": None,
    "metadata": {},
    "internal_metadata": {},
}

_DEFAULT = Profile()


def workspace_filter(filters: Row | None, profile: Profile = _DEFAULT) -> Filter | None:
    """A predicate over rows of workspaces. None if it matches every row. Raises InvalidFilter and InnerFailure."""
    return compile_filter(WORKSPACES, filters, profile)


def peer_filter(filters: Row | None, profile: Profile = _DEFAULT) -> Filter | None:
    """The same for peers."""
    return compile_filter(PEERS, filters, profile)


def session_filter(filters: Row | None, profile: Profile = _DEFAULT) -> Filter | None:
    """The same for sessions."""
    return compile_filter(SESSIONS, filters, profile)


def message_filter(filters: Row | None, profile: Profile = _DEFAULT) -> Filter | None:
    """The same for messages."""
    return compile_filter(MESSAGES, filters, profile)


# By what they filter.
FILTERS: Mapping[str, Callable[[Row, Profile], Filter | None]] = {
    "workspace": workspace_filter,
    "peer": peer_filter,
    "session": session_filter,
    "message": message_filter,
}


def conclusion_filter(workspace_id: str, filters: Row | None, profile: Profile = _DEFAULT) -> Predicate | None:
    """The same for conclusions. Their rows lack some columns, so the predicate adds them if the filter reads them."""
    matches = compile_filter(CONCLUSIONS, filters, profile)
    if matches is None or matches.reads.isdisjoint(("workspace_id", *_HIDDEN)):
        return matches
    return lambda row: matches(completed(workspace_id, row))


def completed(workspace_id: str, row: Row) -> Row:
    """The row of a conclusion with the columns that the API does not return."""
    return {**_HIDDEN, "workspace_id": workspace_id, **row}
