"""Takes what notes need of a request, and adds them to its answer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ..formats import json_text
from ..testing.diagnosis.missing import Case
from ..testing.exchange import Exchange
from ..testing.mock import Mock
from ..testing.notes.writer import CHANGING, Draft, row_before
from . import answers
from .answers import Answer
from .operation import Operation, parameters


def take(
    mock: Mock,
    operation: Operation,
    path: Mapping[str, str],
    document: Any,
    body: bytes,
    query_string: bytes,
    exchange: Exchange,
) -> None:
    """Take what notes need of a request, before its handler runs. Most requests need none."""
    if not mock.notes.enabled or not operation.is_notable(document, query_string, body):
        return
    if operation.body is None and body:
        with suppress(json_text.InvalidJson):
            document = json_text.parse(body)
    before = row_before(mock.store, operation.name, path, document) if operation.name in CHANGING else None
    exchange.draft = Draft(document, parameters(query_string), before, mock.api_version)


def noted(
    mock: Mock, exchange: Exchange, operation: Operation | None, answer: Answer, paths: Sequence[tuple[str, str]]
) -> Answer:
    """The answer to a success, with its notes. The log keeps the notes too."""
    draft: Draft = exchange.draft or Draft(None, {}, None, mock.api_version)
    exchange.draft = None
    location = next((value.decode() for name, value in answer.headers if name == b"location"), None)
    case = Case(exchange, mock.store, mock.requests, paths)
    notes = mock.notes.written(
        case, exchange, operation, draft, answer.status, answer.payload, location, _earlier(mock, exchange)
    )
    if not notes:
        return answer
    exchange.notes = notes
    return answers.with_notes(answer, notes)


def _earlier(mock: Mock, exchange: Exchange) -> Iterator[Exchange]:
    """The requests before this one, the newest first."""
    return (other for other in reversed(list(mock.requests)) if other is not exchange)
