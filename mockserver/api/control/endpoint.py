"""The operations under `/_mock/`: the methods of Mock, for clients in any language."""

import asyncio
from dataclasses import replace
from functools import cache
from threading import Event
from typing import Any

from pydantic import BaseModel
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from ...testing.diagnosis.suggestions import nearest_template
from ...testing.exchange import Exchange
from ...testing.hints import did_you_mean
from ...testing.mock import Mock
from ...testing.registry import UnknownName
from ...testing.server_link import TooManyForks
from ...testing.text import shortened
from ...wire.names import names_at
from .. import answers
from ..answers import Answer
from ..endpoint import Endpoint, Gone, TooLarge, body_of, too_large
from ..live import Feed
from ..openapi import document_of
from ..operation import Call, Operation, Reply, Router, parameters
from ..routing import NOWHERE, Found
from ..waiting import left
from . import coverage, logs, page_state, rules, state

# How often a waiting assertion looks for new requests.
_TICK_SECONDS = 0.005

OPERATIONS = [
    *state.router.operations,
    *logs.router.operations,
    *coverage.router.operations,
    *rules.router.operations,
    *page_state.router.operations,
]
_INFO = {
    "title": "Control plane of a fake Honcho server",
    "description": "Request log, coverage, webhook deliveries, faults, clock, background work, snapshots and scripts.",
}
_document = Router()


class ControlEndpoint(Endpoint):
    """The operations of the control plane. They are not logged, and faults do not apply to them."""

    reads_any_type = True

    def __init__(self, mock: Mock) -> None:
        super().__init__(mock, [*OPERATIONS, *_document.operations])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every path: this endpoint also answers paths without an operation."""
        match, child_scope = super().matches(scope)
        return Match.FULL, child_scope if match is Match.FULL else {"mockserver.found": NOWHERE}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: Found = scope["mockserver.found"]
        try:
            answer = await self._after_waiting(found, scope, receive, await body_of(receive))
        except Gone:
            return
        except TooLarge:
            answer = too_large(found) or self.carried_out(found, scope, b"")
        if isinstance(answer.payload, Feed):
            await answer.payload.send(scope, receive, send)
            return
        answer = replace(answer, headers=[*answer.headers, *answers.GUARDED])
        await answers.send_whole(scope, receive, send, answer, answer.content())

    async def _after_waiting(self, found: Found, scope: Scope, receive: Receive, body: bytes) -> Answer:
        """The answer. If the client passes `wait`, a failed assertion (409) is evaluated again after each new request
        or delivery.
        """
        answer = self.carried_out(found, scope, body)
        elapsed = self.mock.clock.elapsed
        end = elapsed() + (_wait(scope) if answer.status == 409 else 0)
        if elapsed() >= end:
            return answer
        leaving = asyncio.ensure_future(left(receive))
        with self.mock.requests.watching(Event()) as changed, self.mock.deliveries.watching(changed):
            while answer.status == 409 and elapsed() < end and not leaving.done():
                await asyncio.sleep(_TICK_SECONDS)
                if changed.is_set():
                    changed.clear()
                    answer = self.carried_out(found, scope, body)
        leaving.cancel()
        return answer

    def carried_out(self, found: Found, scope: Scope, body: bytes, exchange: Exchange | None = None) -> Answer:
        """Carry out a request. Errors of Mock become answers: 404 for UnknownName, 409 for AssertionError and
        TooManyForks, 422 for others.
        """
        if found is NOWHERE:
            return Answer(404, {"detail": _no_operation(scope["path"])})
        if found.operation is not None:
            problem = _unknown_parameter(found.operation, scope) or _unread_body(found.operation, body)
            if problem is not None:
                return Answer(422, {"detail": problem})
        try:
            with self.mock.server_link.turn:
                answer = super().carried_out(found, scope, body, exchange)
            return answer if answer.status != 422 or found.operation is None else _with_names(found.operation, answer)
        except UnknownName as error:
            return Answer(404, {"detail": str(error)})
        except (AssertionError, TooManyForks) as error:
            return Answer(409, {"detail": str(error)})
        except (ValueError, ImportError) as error:
            return Answer(422, {"detail": str(error)})


def _with_names(operation: Operation, answer: Answer) -> Answer:
    """The answer to an invalid body, with a similar name for each unknown one."""
    details = answer.payload["detail"]
    if not isinstance(details, list):
        return answer
    for entry in details:
        if entry["type"] == "extra_forbidden":
            *outer, unknown = entry["loc"][1:]
            entry["msg"] += f"; {did_you_mean(str(unknown), names_at(operation.body_type, outer))}"
    return answer


def _unknown_parameter(operation: Operation, scope: Scope) -> str | None:
    """An error message for a query parameter that the operation does not have; None if all parameters are known."""
    known, in_body = (
        set(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else set()
        for model in (operation.query_type, operation.body_type)
    )
    for name in parameters(scope["query_string"]):
        if name not in known:
            hint = "it belongs in the body" if name in in_body else did_you_mean(name, known)
            return f"unknown query parameter {name!r}; {hint}"
    return None


def _unread_body(operation: Operation, body: bytes) -> str | None:
    """An error message for a body that the operation does not read, or None."""
    is_fine = operation.body is not None or b"".join(body[:100].split()) in (b"", b"{}")
    return None if is_fine else f"{operation.name} takes no body"


def _no_operation(path: str) -> str:
    if path.rstrip("/") == "/_mock":
        return "the page is off: page=False, or --no-page"
    nearest = nearest_template(path, [(operation.method, operation.path) for operation in OPERATIONS])
    hint = "GET /_mock/openapi.json lists all operations" if nearest is None else f"did you mean {nearest}?"
    return f"no operation at {shortened(path)}; {hint}"


def _wait(scope: Scope) -> float:
    """The number of seconds that a request with a valid query may wait."""
    return float(parameters(scope["query_string"]).get("wait", "0"))


@cache
def _openapi_document() -> dict[str, Any]:
    return document_of(OPERATIONS, authenticated=False, info=_INFO)


@_document.operation("GET", "/_mock/openapi.json", answers={200: "Anything"}, access=None)
def get_control_openapi(call: Call) -> Reply:
    """The OpenAPI document of the control plane."""
    return 200, _openapi_document()
