"""Takes what notes need of a request, and adds them to its answer."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from ..formats import json_text
from ..testing.exchange import Exchange
from ..testing.mock import Mock
from ..testing.notes.draft import CHANGING, Draft, row_before
from . import answers
from .answers import Answer
from .operation import Operation, parameters
from .routing import Found


def take(
    mock: Mock,
    operation: Operation,
    found: Found,
    document: Any,
    body: bytes,
    query_string: bytes,
    exchange: Exchange,
) -> None:
    """Take what notes need of a request, before its handler runs."""
    if operation.body is None and body:
        with suppress(json_text.InvalidJson):
            document = json_text.parse(body)
    before = row_before(mock.store, operation.name, found.path, document) if operation.name in CHANGING else None
    exchange.draft = Draft(document, parameters(query_string), before, mock.api_version)


def noted(
    mock: Mock, exchange: Exchange, operation: Operation | None, answer: Answer, paths: Sequence[tuple[str, str]]
) -> Answer:
    """The answer, with notes if it is a success. The log keeps the notes too."""
    draft: Draft = exchange.draft or Draft(None, {}, None, mock.api_version)
    exchange.draft = None
    if answer.status >= 400 or not mock.notes.enabled:
        return answer
    # Imported late: many servers never write a note.
    from ..testing.diagnosis.missing import Case
    from ..testing.notes.writer import written

    location = next((value.decode() for name, value in answer.headers if name == b"location"), None)
    case = Case(exchange, mock.store, mock.requests, paths)
    given = answer.status, answer.payload
    now, earlier = mock.clock.elapsed(), _earlier(mock, exchange)
    notes = written(case, exchange, operation, draft, given, location, mock.notes, earlier, now)
    if not notes:
        return answer
    exchange.notes = notes
    return answers.with_notes(answer, notes)


def _earlier(mock: Mock, exchange: Exchange) -> Iterator[Exchange]:
    """The requests before this one, the newest first. It copies the log only if it is asked for one."""
    for other in reversed(list(mock.requests)):
        if other is not exchange:
            yield other
