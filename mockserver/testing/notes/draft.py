"""What notes need of a request before its handler runs, and what a mock remembers for them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...domain.records import Row
from ...domain.store import Store

# These always have a note to look for. The others have one only if the request or the answer has something unusual.
ALWAYS = frozenset(
    {
        "get_peers",
        "get_session_context",
        "get_session_summaries",
        "get_representation",
        "get_peer_context",
        "get_peer_card",
        "get_queue_status",
        "add_peers_to_session",
        "remove_peers_from_session",
        "search_session",
        "search_peer",
    }
)
# These may replace metadata.
CHANGING = frozenset(
    {
        "get_or_create_workspace",
        "update_workspace",
        "get_or_create_peer",
        "update_peer",
        "get_or_create_session",
        "update_session",
        "update_message",
    }
)

# How many keys of notes are remembered: clients may use any number of fields and ids.
_TOLD = 1_000


class Draft(NamedTuple):
    """What notes need of a request, taken before its handler runs."""

    document: Any
    query: Mapping[str, str]
    before: Row | None
    version: str


class Told:
    """Keys of the notes that are written once, the last thousand of them.

    >>> told = Told()
    >>> told.is_first("a"), told.is_first("a")
    (True, False)
    """

    def __init__(self) -> None:
        self._keys: dict[object, None] = {}

    def is_first(self, *key: object) -> bool:
        """Whether the key is new. It is known from now on."""
        if key in self._keys:
            return False
        self._keys[key] = None
        if len(self._keys) > _TOLD:
            del self._keys[next(iter(self._keys))]
        return True

    def forget(self) -> None:
        self._keys.clear()


class Notes:
    """What a mock remembers for notes.

    Attributes:
        enabled: Whether notes are written.
        saw_fault: Whether a request met a fault since the last reset, so that later ones may repeat it.
        told: What notes have said that is said once.
    """

    def __init__(self) -> None:
        self.enabled = True
        self.saw_fault = False
        self.told = Told()

    def reset(self, settings: Mapping[str, Any]) -> None:
        """Forget everything."""
        self.enabled = settings["notes"]
        self.saw_fault = False
        self.told.forget()


def row_before(store: Store, name: str, path: Mapping[str, str], document: Any) -> Row | None:
    """The row that an operation of CHANGING is about to change, or None."""
    given = document.get("id") if isinstance(document, dict) else None
    workspace_id = path.get("workspace_id", given)
    workspace = store.workspaces.get(workspace_id) if isinstance(workspace_id, str) else None
    if workspace is None or name.endswith("workspace"):
        return None if workspace is None else workspace.row
    if name.endswith("peer"):
        peer = workspace.peers.get(path.get("peer_id", f"{given}"))
        return None if peer is None else peer.row
    session = workspace.sessions.get(path.get("session_id", f"{given}"))
    if session is None or name != "update_message":
        return None if session is None else session.row
    place = session.messages.place(path["message_id"])
    return None if place is None else session.messages[place]
