"""Answers a request that met a fault."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send

from ..testing.exchanges import Exchange
from ..testing.rules import Fault
from . import answers, asgi_extension
from .answers import Answer, Stream
from .waiting import outlasts


class ConnectionLost(ConnectionResetError):
    """Raised to a client in the same process, which has no connection that could be closed."""


class Breaking(NamedTuple):
    """A fault at work on one request.

    `carry_out` gives the answer, once the request was carried out; `explained` adds the diagnosis to an answer, and
    `close` takes it down: status (None for no answer) and body.
    """

    fault: Fault
    exchange: Exchange
    carry_out: Callable[[], Answer]
    explained: Callable[[Exchange, Answer], Answer]
    close: Callable[[int | None, bytes], None]

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do to the request what the fault says; all that changes state happens before the first wait."""
        effect = self.fault.effect
        self.exchange.fault = self.fault.name
        answer = self._made()
        is_there = not (self.fault.delay or effect.holds) or await outlasts(self.fault.wait(), receive)
        if answer is None or effect.cut == "start" or not is_there:
            self.close(None, b"")
            if is_there:
                _hang_up(scope)
            return
        content = answer.content()
        if effect.change is not None:
            changed = effect.change(content)
            if changed == content:
                self.fault.take_back()
                self.exchange.fault = None
            content = changed
            if isinstance(answer.payload, Stream):
                answer = answer._replace(payload=answer.payload._replace(pieces=[content]))
        if effect.cut is None and effect.holds != "body":
            self.close(answer.status, content)
            await answers.send_whole(scope, receive, send, answer, content)
            return
        await send(answers.head(answer, content))
        sent, rest = ([], [content]) if effect.cut == "head" else _halves(answer, content)
        pause = answer.payload.pause if isinstance(answer.payload, Stream) else 0
        is_there = await answers.send_pieces(send, sent, pause, receive)
        if effect.cut is None and is_there and await outlasts(self.fault.hold(), receive):
            self.close(answer.status, content)
            await answers.send_pieces(send, rest, pause, receive)
            await send({"type": "http.response.body", "body": b""})
            return
        self.close(answer.status, b"".join(sent))
        if effect.cut is not None:
            _hang_up(scope)

    def _made(self) -> Answer | None:
        """The answer that the fault leaves or puts in its place; None for none."""
        effect = self.fault.effect
        answer = self.carry_out() if effect.carry_out else None
        if effect.status is None:
            return answer and self.explained(self.exchange, answer)
        self.exchange.diagnosis = f"the fault {self.fault.name!r} answered, not the API"
        return answers.told(_answer(effect.status, effect.answer, self.fault.headers), self.exchange.diagnosis)


def _answer(status: int, payload: Any, headers: Mapping[str, str]) -> Answer:
    """The answer of a fault; with a content type of its own, a text is sent as it is."""
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), None)
    if content_type is not None:
        content = payload.encode() if isinstance(payload, str) else Answer(status, payload).content()
        payload = Stream(content_type.encode(), [content])
    others = [(name.encode(), value.encode()) for name, value in headers.items() if name.lower() != "content-type"]
    return Answer(status, payload, others)


def _halves(answer: Answer, content: bytes) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The body in two parts: a stream is parted between its pieces."""
    if isinstance(answer.payload, Stream):
        pieces = answer.payload.pieces
        return pieces[: len(pieces) // 2], pieces[len(pieces) // 2 :]
    return [content[: len(content) // 2]], [content[len(content) // 2 :]]


def _hang_up(scope: Scope) -> None:
    """Close the connection. Raises ConnectionLost where there is none."""
    found = asgi_extension.connection_of(scope)
    if found is None:
        raise ConnectionLost("the fault closed the connection")
    found.hang_up()
