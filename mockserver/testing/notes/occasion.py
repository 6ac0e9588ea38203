"""What notes are made from."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from ...domain.records import Peer, Row, Session, Workspace
from ...domain.store import Store
from ..diagnosis.missing import Case
from ..exchange import Exchange
from .draft import Told

# Whoever looks for hints in rows looks at this many of them, the newest.
SEEN_ROWS = 1_000


class NotedOperation(Protocol):
    """What notes need to know of an operation."""

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def body_type(self) -> Any: ...
    @property
    def query_type(self) -> Any: ...


class Occasion(NamedTuple):
    """A request with its answer.

    Arguments:
        case: The request, the state after it, and what is known about earlier requests.
        exchange: The entry of the request in the log.
        operation: The operation, or None.
        document: The parsed body, or None.
        query: The parameters of the query by name.
        before: The row that the request may have changed, as it was before, or None.
        status: The status of the answer.
        payload: The JSON of the answer.
        told: What notes have said that is said once.
    """

    case: Case
    exchange: Exchange
    operation: NotedOperation | None
    document: Any
    query: Mapping[str, str]
    before: Row | None
    status: int
    payload: Any
    told: Told

    @property
    def store(self) -> Store:
        return self.case.store

    @property
    def workspace(self) -> Workspace | None:
        """The workspace that the path names, if there is one."""
        return self.store.workspaces.get(self.exchange.parameters.get("workspace_id", ""))

    @property
    def session(self) -> Session | None:
        """The session that the path names, if there is one, deleted or not."""
        workspace = self.workspace
        return None if workspace is None else workspace.sessions.get(self.exchange.parameters.get("session_id", ""))

    @property
    def peer(self) -> Peer | None:
        """The peer that the path names, if there is one."""
        workspace = self.workspace
        return None if workspace is None else workspace.peers.get(self.exchange.parameters.get("peer_id", ""))

    @property
    def items(self) -> list[Any] | None:
        """The rows in the answer: of a page, or of a search. None for other answers."""
        rows = self.payload.get("items") if isinstance(self.payload, dict) else self.payload
        return rows if isinstance(rows, list) else None


def newest(rows: Any) -> list[Row]:
    """At most SEEN_ROWS of the newest rows of an ordered sequence of records or rows."""
    return [getattr(record, "row", record) for record in rows[-SEEN_ROWS:]]
