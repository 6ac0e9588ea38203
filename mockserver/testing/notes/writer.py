"""Writes the notes on a request: `Mock.notes`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, NamedTuple

from ...domain.records import Row
from ...domain.store import Store
from ..diagnosis.missing import Case
from ..exchange import Exchange
from ..text import cut, shortened
from . import effects, repeats, state
from .filters import filter_notes
from .ignored import ignored_keys, ignored_parameters
from .occasion import NotedOperation, Occasion

_MOST = 5
_LENGTH = 300
# How many earlier requests are compared with one that may repeat them.
_COMPARED = 50

Writer = Callable[[Occasion], Iterable[str]]

# By operation: what is written about its successes, besides what is written about all.
_WRITERS: Mapping[str, tuple[Writer, ...]] = {
    "get_or_create_workspace": (effects.of_an_update,),
    "update_workspace": (effects.of_an_update,),
    "get_or_create_peer": (effects.of_an_update,),
    "update_peer": (effects.of_an_update,),
    "get_or_create_session": (effects.of_an_update,),
    "update_session": (effects.of_an_update,),
    "update_message": (effects.of_an_update,),
    "remove_peers_from_session": (effects.of_a_removal,),
    "get_peers": (effects.of_peers_without_sessions, filter_notes),
    "get_session_context": (state.of_what_does_not_exist, state.of_internal_ids, state.of_pending_work),
    "get_session_summaries": (state.of_what_does_not_exist, state.of_internal_ids),
    "get_representation": (state.of_what_does_not_exist, state.of_pending_work),
    "get_peer_context": (state.of_what_does_not_exist, state.of_pending_work),
    "get_peer_card": (state.of_what_does_not_exist,),
    "get_queue_status": (state.of_what_does_not_exist, state.of_internal_ids, state.of_pending_work),
    "get_messages": (state.of_internal_ids, filter_notes),
    "get_session_peers": (state.of_internal_ids,),
}
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
        "remove_peers_from_session",
    }
)
# These may replace metadata.
CHANGING = frozenset(name for name, writers in _WRITERS.items() if effects.of_an_update in writers)


class Draft(NamedTuple):
    """What notes need of a request, taken before its handler runs."""

    document: Any
    query: Mapping[str, str]
    before: Row | None
    version: str


class Notes:
    """The notes of one mock.

    Attributes:
        enabled: Whether notes are written.
        saw_fault: Whether a request met a fault since the last reset, so that later ones may repeat it.
    """

    def __init__(self) -> None:
        self.enabled = True
        self.saw_fault = False
        self._told: set[str] = set()

    def reset(self, settings: Mapping[str, Any]) -> None:
        self.enabled = settings["notes"]
        self.saw_fault = False
        self._told.clear()

    def written(
        self,
        case: Case,
        exchange: Exchange,
        operation: NotedOperation | None,
        draft: Draft,
        status: int,
        payload: Any,
        location: str | None,
        earlier: Iterable[Exchange],
    ) -> list[str]:
        """The notes on a success, at most five of 300 characters.

        Arguments:
            location: The header Location of a redirect.
            earlier: The requests before this one, the newest first.
        """
        occasion = Occasion(case, exchange, operation, draft.document, draft.query, draft.before, status, payload)
        notes = chain(self._of_input(occasion, draft), self._of_answer(occasion, location))
        if self.saw_fault:
            notes = chain(repeats.of_a_repeat(exchange, islice(earlier, _COMPARED)), notes)
        unlike = dict.fromkeys(note for note in map(_cut, notes) if note != exchange.diagnosis)
        return list(islice(unlike, _MOST))

    def _of_input(self, occasion: Occasion, draft: Draft) -> Iterator[str]:
        if occasion.operation is not None:
            yield from ignored_keys(occasion.operation, occasion.document, draft.version, self._told)
            yield from ignored_parameters(occasion.operation, occasion.query, draft.version, self._told)

    def _of_answer(self, occasion: Occasion, location: str | None) -> Iterator[str]:
        if location is not None:
            yield f"redirected to {shortened(location, 120)}: paths of the API do not end with a slash"
        if occasion.operation is None:
            return
        writers = _WRITERS.get(occasion.operation.name, (filter_notes,))
        for write in writers:
            yield from write(occasion)


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


def _cut(note: str) -> str:
    return cut(note, _LENGTH)
