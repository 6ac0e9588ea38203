"""What may be filtered on, table by table. Columns that are not here are refused as recorded (x-filter-errors)."""

from collections.abc import Mapping

from ..records import Row
from .columns import Column, NumberColumn, TimeColumn, TruthColumn
from .language import Filter, Predicate, compile_filter
from .metadata import MetadataColumn


def _table(*columns: Column) -> Mapping[str, Column]:
    common = (MetadataColumn("metadata"), TimeColumn("created_at"))
    return {column.name: column for column in (*columns, *common)}


_WORKSPACES = _table(Column("id"))
_PEERS = _table(Column("id"), Column("workspace_id"))
_SESSIONS = _table(Column("id"), Column("workspace_id"), TruthColumn("is_active"))
_CONCLUSIONS = {
    column.name: column
    for column in (
        *(Column(name) for name in ("id", "workspace_id", "observer_id", "observed_id", "session_id")),
        TimeColumn("created_at"),
    )
}
_MESSAGES = _table(Column("workspace_id"), Column("session_id"), Column("peer_id"), NumberColumn("token_count"))


def workspace_filter(filters: Row | None) -> Predicate | None:
    """The predicate over rows of workspaces; None where it leaves nothing out. Raises InvalidFilter."""
    return compile_filter("Workspace", _WORKSPACES, filters)


def peer_filter(filters: Row | None) -> Predicate | None:
    """The same over rows of peers."""
    return compile_filter("Peer", _PEERS, filters)


def session_filter(filters: Row | None) -> Filter | None:
    """The same over rows of sessions."""
    return compile_filter("Session", _SESSIONS, filters)


def message_filter(filters: Row | None) -> Predicate | None:
    """The same over rows of messages."""
    return compile_filter("Message", _MESSAGES, filters)


def conclusion_filter(workspace_id: str, filters: Row | None) -> Predicate | None:
    """The same over rows of conclusions, which do not say their workspace themselves."""
    matches = compile_filter("Document", _CONCLUSIONS, filters)
    return matches and (lambda row: matches({**row, "workspace_id": workspace_id}))
