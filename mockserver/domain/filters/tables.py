"""The columns of each table that filters may use. Others are refused, as recorded (x-filter-errors)."""

from collections.abc import Mapping

from ..records import Row
from .columns import BooleanColumn, Column, NumberColumn, TimeColumn
from .language import Filter, Predicate, compile_filter
from .metadata import MetadataColumn


def _table(*columns: Column) -> Mapping[str, Column]:
    common = (MetadataColumn("metadata"), TimeColumn("created_at"))
    return {column.name: column for column in (*columns, *common)}


_WORKSPACES = _table(Column("id"))
_PEERS = _table(Column("id"), Column("workspace_id"))
_SESSIONS = _table(Column("id"), Column("workspace_id"), BooleanColumn("is_active"))
_CONCLUSIONS = {
    column.name: column
    for column in (
        *(Column(name) for name in ("id", "workspace_id", "session_id", "observer_id", "observed_id")),
        TimeColumn("created_at"),
    )
}
_MESSAGES = _table(Column("workspace_id"), Column("session_id"), Column("peer_id"), NumberColumn("token_count"))


def workspace_filter(filters: Row | None) -> Predicate | None:
    """A predicate over rows of workspaces. None if it matches every row. Raises InvalidFilter."""
    return compile_filter("Workspace", _WORKSPACES, filters)


def peer_filter(filters: Row | None) -> Predicate | None:
    """The same for peers."""
    return compile_filter("Peer", _PEERS, filters)


def session_filter(filters: Row | None) -> Filter | None:
    """The same for sessions."""
    return compile_filter("Session", _SESSIONS, filters)


def message_filter(filters: Row | None) -> Predicate | None:
    """The same for messages."""
    return compile_filter("Message", _MESSAGES, filters)


def conclusion_filter(workspace_id: str, filters: Row | None) -> Predicate | None:
    """The same for conclusions. Their rows have no workspace, so the predicate adds it."""
    matches = compile_filter("Document", _CONCLUSIONS, filters)
    return matches and (lambda row: matches({**row, "workspace_id": workspace_id}))
