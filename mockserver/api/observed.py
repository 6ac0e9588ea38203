"""The operations with the request log, faults and diagnoses."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import cast
from urllib.parse import quote

from starlette.datastructures import URL
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ..testing.exchange import Exchange, preview
from ..testing.mock import Mock
from ..testing.notes.repeats import of_a_fault
from ..testing.scripts import ScriptFailed
from . import answers
from .answers import Answer
from .asgi_extension import Immediate
from .endpoint import Endpoint, Gone, TooLarge, body_of, content_type_of, too_large
from .faulty import FaultyRequest, original_or_replacement
from .notes import noted
from .operation import Operation
from .rendering import RenderedRows
from .routing import NOWHERE, Found

_SAFE_IN_URL = ":/%#?=@[]!$&'()*+,;"


class ObservedEndpoint(Endpoint):
    """The operations of the API, with the request log, the faults and the diagnoses of the mock."""

    def __init__(self, mock: Mock, operations: Iterable[Operation], pages: Iterable[str] = ()) -> None:
        """`pages` are the paths of pages for a browser, which diagnoses may suggest."""
        super().__init__(mock, operations)
        self._rows = RenderedRows()
        self._paths = [(operation.method, operation.path) for operation in self.operations]
        self._paths += [("GET", page) for page in pages]
        self._changes = {one.path: one.change for one in self.operations if one.change is not None}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.answer(scope["mockserver.found"], scope, receive, send)

    async def answer(self, found: Found, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a request and answer it. Every request that goes through ASGI comes here."""
        body, refusal = b"", None
        try:
            body = await body_of(receive)
        except Gone:
            return
        except TooLarge:
            refusal = too_large(found)
        if found.operation is not None and found.operation.form is not None:
            await self._read_ahead(scope, body)
        with self.mock.server_link.turn:
            answer, content, exchange, error = self._answered(found, scope, body, refusal)
        if isinstance(answer, FaultyRequest):
            await answer.answer(scope, receive, send)
            return
        if self.mock.observer is not None and error is None:
            await self.mock.observer.saw(exchange, scope, body, answers.head(answer, content), content)
        await answers.send_whole(scope, receive, send, answer, content)
        if error is not None:
            raise error

    def immediate(self, found: Found, scope: Scope) -> Callable[[bytes], Immediate] | None:
        """What records a request and answers it, once its body is complete. None if part of that must be awaited."""
        operation = found.operation
        if (
            scope["method"] == "HEAD"
            or (operation is not None and (operation.form is not None or operation.streams))
            or self.mock.observer is not None
        ):
            return None

        def answer(body: bytes) -> Immediate:
            with self.mock.server_link.turn:
                # A fault that was added since the request began does not count.
                answer, content, _, error = self._answered(found, scope, body, None, meets_faults=False)
            return Immediate(answers.head(cast("Answer", answer), content), content, error)

        return answer

    def _answered(
        self, found: Found, scope: Scope, body: bytes, refusal: Answer | None, *, meets_faults: bool = True
    ) -> tuple[Answer | FaultyRequest, bytes, Exchange, Exception | None]:
        """Record and carry out a request, atomically.

        Returns the answer, its body, the entry in the log, and the error that the answer is about, if the mock server
        failed. For a request that meets a fault, it returns what sends its answer.
        """
        mock = self.mock
        log, faults, elapsed = mock.requests, mock.faults, mock.clock.elapsed
        started = elapsed()
        exchange = log.arrived(scope, found.operation, found.path, body)
        if refusal is not None:
            exchange.bodies_left_out = True
        try:
            fault = faults.first_that_fires(exchange) if faults.entries and meets_faults else None
            if fault is None:
                store = mock.store
                if store.purges.jobs or store.backlog.jobs:
                    mock.run_due()
                answer = self.carried_out(found, scope, body, exchange) if refusal is None else refusal
                status = exchange.outcome = answer.status
                payload = answer.payload
                items = payload.get("items") if type(payload) is dict else payload
                if status >= 400 or items == []:
                    answer = self.explained(exchange, answer)
                if exchange.draft is not None or items == [] or status == 307:
                    answer = noted(mock, exchange, found.operation, answer, self._paths)
                is_page = items is not payload and items
                content = self._rows.page(payload) if is_page else answer.content()
        except Exception as error:  # noqa: BLE001 - the caller raises it after the answer
            answer = self._failure(exchange, started, found, error)
            return answer, answer.content(), exchange, error
        if fault is not None:
            carry_out = partial(self._carry_out, exchange, found, scope, body, refusal)
            close = partial(self._close, exchange, started, found, fault.kind.alters)
            self._begin_faulty(exchange)
            original = original_or_replacement(fault, exchange, carry_out, self.explained)
            return FaultyRequest(fault, exchange, original, close), b"", exchange, None
        exchange.status = status
        exchange.answer_content = content
        exchange.duration = elapsed() - started
        mock.coverage.own[found.operation, status] += 1
        log.add(exchange)
        return answer, content, exchange, None

    async def _read_ahead(self, scope: Scope, body: bytes) -> None:
        """Read a PDF in a form in a thread. It may take seconds, and other requests are answered meanwhile. The reading
        stops when the server ends.
        """
        if b"application/pdf" not in body.lower():
            return
        from ..formats import pdf  # Uploads of PDFs are rare.
        from . import uploads

        reader = pdf.Reader()
        pdf.begin_request()
        # Without an event loop, there are no other requests to answer.
        with suppress(RuntimeError), self.mock.server_link.calls_at_end(reader.stop):
            asyncio.get_running_loop()
            await asyncio.to_thread(uploads.read_ahead, content_type_of(scope), body, reader)

    def _begin_faulty(self, exchange: Exchange) -> None:
        """Record a request that met a fault, before it is carried out."""
        self.mock.requests.add(exchange)
        if self.mock.observer is not None:
            self.mock.observer.missed("a fault")

    def _carry_out(self, exchange: Exchange, found: Found, scope: Scope, body: bytes, refusal: Answer | None) -> Answer:
        """Carry out a request that met a fault."""
        self.mock.run_due()
        answer = self.carried_out(found, scope, body, exchange) if refusal is None else refusal
        exchange.outcome = answer.status
        return answer

    def _close(
        self, exchange: Exchange, started: float, found: Found, alters: bool, status: int | None, content: bytes
    ) -> None:
        mock = self.mock
        with mock.server_link.turn:
            if exchange.fault is not None and mock.notes.enabled:
                mock.notes.saw_fault = True
                exchange.ended = mock.clock.elapsed()
                exchange.status = status
                exchange.notes = [*exchange.notes, *of_a_fault(exchange)]
            is_altered = exchange.fault is not None and alters
            mock.coverage.add(found.operation, status, by_fault=is_altered)
            mock.requests.answered(exchange, status, content, mock.clock.elapsed() - started)

    def _failure(self, exchange: Exchange, started: float, found: Found, error: Exception) -> Answer:
        """Record a request that failed with an error in the mock server, or in a predicate or script of the test.
        Returns the answer.
        """
        if self.mock.observer is not None:
            self.mock.observer.missed("a failure")
        is_script = isinstance(error, ScriptFailed)
        exchange.diagnosis = str(error) if is_script else f"the mock server failed: {preview(repr(error))}"
        answer = answers.with_diagnosis(Answer(500, {"detail": "An unexpected error occurred"}), exchange.diagnosis)
        self.mock.requests.add(exchange)
        self._close(exchange, started, found, False, 500, answer.content())
        return answer

    def explained(self, exchange: Exchange, answer: Answer) -> Answer:
        """The answer, with a diagnosis if it is a refusal or an empty list. The log keeps the diagnosis too."""
        from ..testing.diagnosis.sentences import sentence  # Imported late: many servers never refuse a request.

        mock = self.mock
        given = answer.status, answer.payload, answer.cause
        diagnosis = sentence(exchange, *given, mock.store, mock.requests, self._paths, changes=self._changes)
        exchange.diagnosis = diagnosis
        return answer if diagnosis is None else answers.with_diagnosis(answer, diagnosis)


class FallbackRoute(BaseRoute):
    """All other paths: 404, or a redirect to the path without the slash at its end."""

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
        return Found(None, {}, (), elsewhere=quote(str(URL(scope=shorter)), safe=_SAFE_IN_URL))
