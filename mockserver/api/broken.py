"""Answers a request that met a fault."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import NamedTuple

from starlette.types import Message, Receive, Scope, Send

from ..testing.exchanges import Exchange
from ..testing.faults import Fault
from . import answers
from .answers import Answer, Stream

# Where a server leaves, in the scope of a request, what closes its connection at once.
HANG_UP = "mockserver.hang_up"


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
        is_there = not (self.fault.delay or effect.holds) or await _outlasts(self.fault.wait(), receive)
        if answer is None or effect.cut == "start" or not is_there:
            self.close(None, b"")
            if is_there:
                _hang_up(scope)
            return
        content = answer.content()
        if effect.change is not None:
            content = effect.change(content)
            if isinstance(answer.payload, Stream):
                answer = answer._replace(payload=answer.payload._replace(pieces=[content]))
        self.close(answer.status, content)
        if effect.cut is None:
            await answers.send_whole(send, answer, content)
            return
        await send(answers.head(answer, content))
        if effect.cut == "body":
            await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        _hang_up(scope)

    def _made(self) -> Answer | None:
        """The answer that the fault leaves or puts in its place; None for none."""
        effect = self.fault.effect
        answer = self.carry_out() if effect.carry_out else None
        if effect.status is not None:
            headers = [(name.encode(), value.encode()) for name, value in self.fault.headers.items()]
            self.exchange.diagnosis = f"the fault {self.fault.name!r} answered, not the API"
            return answers.told(Answer(effect.status, effect.answer, headers), self.exchange.diagnosis)
        return answer and self.explained(self.exchange, answer)


async def _outlasts(waiting: Coroutine[None, None, None], receive: Receive) -> bool:
    """Whether the client is still there when the waiting is over."""
    wait = asyncio.ensure_future(waiting)
    leave = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({wait, leave}, return_when=asyncio.FIRST_COMPLETED)
        return wait.done()
    finally:
        wait.cancel()
        leave.cancel()


async def _left(receive: Receive) -> None:
    """Returns once the client is gone."""
    message: Message = {}
    while message.get("type") != "http.disconnect":
        message = await receive()


def _hang_up(scope: Scope) -> None:
    """Close the connection. Raises ConnectionLost where there is none."""
    hang_up: Callable[[], None] | None = scope.get(HANG_UP)
    if hang_up is None:
        raise ConnectionLost("the fault closed the connection")
    hang_up()
