"""Answers a request to which a fault applies. The kinds of faults are defined in `testing/fault_kinds.py`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send

from ..testing.exchange import Exchange
from ..testing.faults import Fault
from . import answers, asgi_extension
from .answers import Answer, Stream
from .waiting import outlasts


class ConnectionLost(ConnectionResetError):
    """The fault must close the connection, but the client is in the same process and has no connection."""


def original_or_replacement(
    fault: Fault, exchange: Exchange, carry_out: Callable[[], Answer], explained: Callable[[Exchange, Answer], Answer]
) -> Answer | None:
    """Carry out a request if its fault lets it through. None: the client gets no answer.

    Call this before the first await, as every request is carried out: requests take effect in the order in which they
    come, and a test that sees a delayed request in the log also sees what the request did.

    Arguments:
        exchange: The entry of the request in the log.
        carry_out: Carries out the request and returns the answer of the API.
        explained: Adds the diagnosis to an answer.
    """
    exchange.fault = fault.name
    kind = fault.kind
    original = carry_out() if kind.carries_out else None
    if kind.replacement is None:
        return original and explained(exchange, original)
    exchange.diagnosis = f"the fault {fault.name!r} answered, not the API"
    status, payload, _ = kind.replacement
    headers = fault.headers
    exchange.retry_after = _seconds(headers)
    return answers.with_diagnosis(_replacement(status, payload, headers), exchange.diagnosis)


class FaultyRequest(NamedTuple):
    """One request that met a fault and was carried out.

    Arguments:
        fault: The fault.
        exchange: The entry of the request in the log.
        original: What `original_or_replacement` returned.
        close: Completes the entry in the log, with the status (None without an answer) and the bytes of the body.
    """

    fault: Fault
    exchange: Exchange
    original: Answer | None
    close: Callable[[int | None, bytes], None]

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer as the fault says, in these steps: wait, change the body, send."""
        answer = self.original
        if self.fault.waits and not await outlasts(self.fault.wait(), receive):
            # The client disconnected while it waited. The log records that there was no answer.
            self.close(None, b"")
            return
        kind = self.fault.kind
        if answer is None or kind.closes_at == "start":
            # The log is complete before the connection closes: a client that sees it closed finds a complete log.
            self.close(None, b"")
            _hang_up(scope)
            return
        answer, content = self._with_changed_body(answer)
        if kind.closes_at is not None or kind.holds_at == "body":
            await self._send_in_parts(scope, receive, send, answer, content)
            return
        self.close(answer.status, content)
        await answers.send_whole(scope, receive, send, answer, content)

    def _with_changed_body(self, answer: Answer) -> tuple[Answer, bytes]:
        """The answer and its body, changed by the fault.

        A fault with nothing to change, such as `drop_field` without the field, does not count as fired, and the log
        does not name it.
        """
        content = answer.content()
        kind = self.fault.kind
        if not kind.changes_body:
            return answer, content
        changed = kind.change(content)
        if changed == content:
            self.fault.undo_firing()
            self.exchange.fault = None
        if isinstance(answer.payload, Stream):
            # A change may shift the ends of the pieces: the changed stream is sent in one piece.
            answer = replace(answer, payload=answer.payload._replace(pieces=[changed]))
        return answer, changed

    async def _send_in_parts(self, scope: Scope, receive: Receive, send: Send, answer: Answer, content: bytes) -> None:
        """Send the head, as for the whole body, and a part of the body. Then close the connection, or hold the rest."""
        kind = self.fault.kind
        first, rest = ([], [content]) if kind.closes_at == "head" else _halves(answer, content)
        pause = answer.payload.pause if isinstance(answer.payload, Stream) else 0
        await send(answers.head(answer, content))
        client_stayed = await answers.send_pieces(scope, receive, send, first, pause)
        if kind.closes_at is None and client_stayed and await outlasts(self.fault.hold(), receive):
            # Released. The log gets the whole answer before the rest is sent to the client.
            self.close(answer.status, content)
            await answers.send_pieces(scope, receive, send, rest, pause)
            await send({"type": "http.response.body", "body": b""})
            return
        # The body was cut off, or the client disconnected: the log has the part of the body that was sent.
        self.close(answer.status, b"".join(first))
        if kind.closes_at is not None:
            _hang_up(scope)


def _seconds(headers: Mapping[str, str]) -> float | None:
    """The seconds of the header Retry-After. None without it, and for a date."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return float(value) if value.isdecimal() else None


def _replacement(status: int, payload: Any, headers: Mapping[str, str]) -> Answer:
    """The answer that a fault gives. With a content type among the headers, a string is sent as it is, not as JSON."""
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    if content_type is not None:
        content = payload.encode() if isinstance(payload, str) else Answer(status, payload).content()
        payload = Stream(content_type.encode(), [content])  # The only payload that has its own content type.
    others = [(name.encode(), value.encode()) for name, value in headers.items() if name.lower() != "content-type"]
    return Answer(status, payload, others)


def _halves(answer: Answer, content: bytes) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The body in two parts. A stream is divided between its pieces, so that each event is whole."""
    if isinstance(answer.payload, Stream):
        pieces = answer.payload.pieces
        return pieces[: len(pieces) // 2], pieces[len(pieces) // 2 :]
    return [content[: len(content) // 2]], [content[len(content) // 2 :]]


def _hang_up(scope: Scope) -> None:
    """Close the connection. Raises ConnectionLost if the client is in the same process and has no connection."""
    found = asgi_extension.connection_of(scope)
    if found is None:
        raise ConnectionLost("the fault closed the connection")
    found.hang_up()
