"""The API under observation: each request is taken down, may meet a fault, and is told why it failed."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.datastructures import URL
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ..domain.errors import Unauthorized
from ..testing.exchange import Exchange, preview
from ..testing.mock import Mock
from ..testing.scripts import ScriptFailed
from . import answers, uploads
from .answers import Answer
from .endpoint import Endpoint, Gone, TooLarge, bearer, body_of, content_type_of, too_large
from .faulty import FaultyRequest
from .operation import Operation
from .rendering import RenderedRows
from .routing import NOWHERE, Found

if TYPE_CHECKING:
    from ..formats.keyring import Keyring

_SAFE_IN_URL = ":/%#?=@[]!$&'()*+,;"


class ObservedEndpoint(Endpoint):
    """The operations of the API, with the journal, the faults and the diagnoses of the mock."""

    def __init__(self, mock: Mock, operations: Iterable[Operation]) -> None:
        super().__init__(mock, operations)
        self._rows = RenderedRows()
        self._paths = [(operation.method, operation.path) for operation in self.operations]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.answer(scope["mockserver.found"], scope, receive, send)

    async def answer(self, found: Found, scope: Scope, receive: Receive, send: Send) -> None:
        """Take down a request and answer it. This is the way of every request: it is one function for its speed."""
        mock = self.mock
        body, refusal = b"", None
        try:
            body = await body_of(receive)
        except Gone:
            return
        except TooLarge:
            refusal = too_large(found)
        if found.operation is not None and found.operation.form is not None:
            await _read_ahead(scope, body)
        journal, faults, elapsed = mock.requests, mock.faults, mock.clock.elapsed
        started = elapsed()
        exchange = journal.arrived(scope, found.operation, found.path, body)
        if refusal is not None:
            exchange.bodies_left_out = True
        try:
            fault = faults.first_that_fires(exchange) if faults.entries else None
            if fault is None:
                store = mock.store
                if store.purges.jobs or store.backlog.jobs:
                    mock.run_due()
                answer = self.carried_out(found, scope, body, exchange) if refusal is None else refusal
                status, payload, _ = answer
                exchange.outcome = status
                items = payload.get("items") if type(payload) is dict else payload
                if status >= 400 or items == []:
                    answer = self.explained(exchange, answer)
                is_page = items is not payload and items
                content = self._rows.page(payload) if is_page else answer.content()
        except Exception as error:
            answer = self._failure(exchange, started, found, error)
            await answers.send_whole(scope, receive, send, answer, answer.content())
            raise
        if fault is not None:
            journal.add(exchange)
            carry_out = partial(self._carry_out, exchange, found, scope, body, refusal)
            close = partial(self._close, exchange, started, found, fault.kind.alters)
            await FaultyRequest(fault, exchange, carry_out, self.explained, close).answer(scope, receive, send)
            return
        exchange.status = status
        exchange.answer_content = content
        exchange.duration = elapsed() - started
        mock.coverage.own[found.operation, status] += 1
        journal.add(exchange)
        await answers.send_whole(scope, receive, send, answer, content)

    def _carry_out(self, exchange: Exchange, found: Found, scope: Scope, body: bytes, refusal: Answer | None) -> Answer:
        """What a fault has done when it lets a request through."""
        self.mock.run_due()
        answer = self.carried_out(found, scope, body, exchange) if refusal is None else refusal
        exchange.outcome = answer.status
        return answer

    def _close(
        self, exchange: Exchange, started: float, found: Found, alters: bool, status: int | None, content: bytes
    ) -> None:
        is_altered = exchange.fault is not None and alters
        self.mock.coverage.add(found.operation, status, by_fault=is_altered)
        self.mock.requests.answered(exchange, status, content, self.mock.clock.elapsed() - started)

    def _failure(self, exchange: Exchange, started: float, found: Found, error: Exception) -> Answer:
        """The answer to an error that is ours, or that of a predicate."""
        is_script = isinstance(error, ScriptFailed)
        exchange.diagnosis = str(error) if is_script else f"the fake server failed: {preview(repr(error))}"
        answer = answers.told(Answer(500, {"detail": "An unexpected error occurred"}), exchange.diagnosis)
        self.mock.requests.add(exchange)
        self._close(exchange, started, found, False, 500, answer.content())
        return answer

    def explained(self, exchange: Exchange, answer: Answer) -> Answer:
        """The answer; where it is not what was hoped for, with a diagnosis, which the exchange keeps too."""
        from ..testing.diagnosis import sentence  # Many a server never has to say why.

        mock = self.mock
        if answer.status == 401:
            exchange.token = _claims(exchange, mock.keyring)
        said = sentence(exchange, answer.status, answer.payload, mock.store, mock.requests, self._paths)
        exchange.diagnosis = said
        return answer if said is None else answers.told(answer, said)


async def _read_ahead(scope: Scope, body: bytes) -> None:
    """Let a form be read aside where it has a PDF in it, which may take seconds: others are answered meanwhile."""
    if b"application/pdf" in body.lower():
        with suppress(RuntimeError):  # A client that calls the app without a loop waits by itself.
            asyncio.get_running_loop()
            await asyncio.to_thread(uploads.read_ahead, content_type_of(scope), body)


def _claims(exchange: Exchange, keyring: "Keyring | None") -> dict[str, Any] | None:
    """What the token of the request says, if it is signed with the secret."""
    token = bearer(exchange.authorization or "")
    if keyring is None or token is None:
        return None
    try:
        return keyring.claims_of(token)
    except Unauthorized:
        return None


class FallbackRoute(BaseRoute):
    """Every path that no operation has: 404, or on to the path without the slash at its end."""

    def __init__(self, endpoint: ObservedEndpoint) -> None:
        self._endpoint = endpoint

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        return Match.FULL, {"mockserver.found": self._redirect(scope) or NOWHERE}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._endpoint.handle(scope, receive, send)

    def _redirect(self, scope: Scope) -> Found | None:
        path = scope["path"]
        shorter = {**scope, "path": path.rstrip("/")}
        if not path.endswith("/") or self._endpoint.matches(shorter)[0] is Match.NONE:
            return None
        return Found(None, {}, (), quote(str(URL(scope=shorter)), safe=_SAFE_IN_URL))
