"""Writes the notes on a request."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from ..diagnosis.missing import Case
from ..exchange import Exchange
from ..text import cut, shortened
from . import directions, effects, repeats, state
from .draft import CHANGING, Draft, Notes
from .filters import filter_notes, of_filters_of_a_search, of_words_elsewhere
from .ignored import ignored_keys, ignored_parameters
from .occasion import NotedOperation, Occasion

_MOST = 5
_LENGTH = 300
# How many earlier requests are compared with one that may repeat them.
_COMPARED = 50

Writer = Callable[[Occasion], Iterable[str]]

# By operation: what is written about its successes, besides what is written about all.
_WRITERS: Mapping[str, tuple[Writer, ...]] = {
    **dict.fromkeys(CHANGING, (effects.of_an_update,)),
    "get_or_create_workspace": (effects.of_an_existing_workspace,),
    "add_peers_to_session": (effects.of_joining,),
    "remove_peers_from_session": (effects.of_a_removal,),
    "get_peers": (effects.of_peers_without_sessions, filter_notes),
    "get_session_context": (
        state.of_few_tokens,
        state.of_a_deleted_session,
        state.of_what_does_not_exist,
        state.of_internal_ids,
        state.of_pending_work,
    ),
    "get_session_summaries": (state.of_a_deleted_session, state.of_what_does_not_exist, state.of_internal_ids),
    **dict.fromkeys(
        ("get_representation", "get_peer_context"),
        (state.of_what_does_not_exist, state.of_pending_work, directions.of_other_conclusions),
    ),
    "get_peer_card": (state.of_what_does_not_exist, directions.of_other_cards),
    "search_workspace": (filter_notes, of_filters_of_a_search),
    "search_session": (filter_notes, of_filters_of_a_search, of_words_elsewhere),
    "search_peer": (filter_notes, of_words_elsewhere),
    "get_queue_status": (
        state.of_what_does_not_exist,
        state.of_internal_ids,
        state.of_pending_work,
        state.of_other_work,
    ),
    "get_messages": (state.of_internal_ids, filter_notes),
    "get_session_peers": (state.of_internal_ids,),
}


def written(
    case: Case,
    exchange: Exchange,
    operation: NotedOperation | None,
    draft: Draft,
    answer: tuple[int, Any],
    location: str | None,
    remembered: Notes,
    earlier: Iterable[Exchange],
    now: float,
) -> list[str]:
    """The notes on a success, at most five of 300 characters.

    Arguments:
        answer: The status and the JSON of the answer.
        location: The header Location of a redirect.
        remembered: What the mock remembers for notes.
        earlier: The requests before this one, the newest first.
        now: When the answer is made, in seconds of the clock of `Exchange.ended`.
    """
    told = remembered.told
    occasion = Occasion(case, exchange, operation, draft.document, draft.query, draft.before, *answer, told)
    notes = chain(_of_input(occasion, draft.version), _of_answer(occasion, location))
    if remembered.saw_fault:
        notes = chain(repeats.of_a_repeat(exchange, islice(earlier, _COMPARED), now), notes)
    unlike: dict[str, None] = {}
    for note in map(_cut, notes):
        if note != exchange.diagnosis:
            unlike[note] = None
        if len(unlike) == _MOST:  # The rest is not even looked for.
            break
    return list(unlike)


def _of_input(occasion: Occasion, version: str) -> Iterator[str]:
    if occasion.operation is not None:
        yield from state.of_unset_ids(occasion)
        yield from ignored_keys(occasion.operation, occasion.document, version, occasion.told)
        yield from ignored_parameters(occasion.operation, occasion.query, version, occasion.told)


def _of_answer(occasion: Occasion, location: str | None) -> Iterator[str]:
    if location is not None:
        yield f"the path ends with a slash, and paths of the API have none: redirected to {shortened(location, 120)}"
    if occasion.operation is None:
        return
    for write in _WRITERS.get(occasion.operation.name, (filter_notes,)):
        yield from write(occasion)


def _cut(note: str) -> str:
    return cut(note, _LENGTH)
