"""The API under observation: each request is taken down, may meet a fault, and is told why it failed."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.datastructures import URL
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ..domain.errors import Unauthorized
from ..testing.exchanges import Exchange, shortened
from ..testing.mock import Mock
from . import answers
from .answers import Answer
from .broken import Breaking, ConnectionLost
from .endpoint import Endpoint, Gone, bearer, received, refused
from .operation import Operation
from .routing import NOWHERE, Found

if TYPE_CHECKING:
    from ..wire.keys import Keyring

_SAFE_IN_URL = ":/%#?=@[]!$&'()*+,;"


class ObservedEndpoint(Endpoint):
    """The operations of the API, with the journal, the faults and the diagnoses of the mock."""

    def __init__(self, mock: Mock, operations: Iterable[Operation]) -> None:
        super().__init__(mock, operations)
        self._paths = [(operation.method, operation.path) for operation in self.operations]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: Found = scope["mockserver.found"]
        try:
            body, refusal = await received(found, receive)
        except Gone:
            return
        await self.observe(scope, receive, send, found, body, refusal)

    async def observe(
        self, scope: Scope, receive: Receive, send: Send, found: Found, body: bytes, refusal: Answer | None
    ) -> None:
        """Take down a request and answer it, with `refusal` where it was refused already."""
        mock = self.mock
        started = mock.clock.elapsed()
        exchange = mock.requests.arrived(scope, found.operation, found.path, body)
        exchange.bodies_left_out = refusal is not None and refusal.status == 413
        try:
            fault = mock.faults.striking(exchange) if mock.faults else None
            if fault is not None:
                carry_out = partial(self._carry_out, exchange, found, scope, body, refusal)
                close = partial(self._close, exchange, started)
                await Breaking(fault, exchange, carry_out, self.explained, close).answer(scope, receive, send)
                return
            answer = self.explained(exchange, self._carry_out(exchange, found, scope, body, refusal))
            content = answer.content()
        except ConnectionLost:
            raise
        except Exception as error:
            exchange.diagnosis = f"the fake server failed: {shortened(repr(error))}"
            answer = answers.told(Answer(500, {"detail": "An unexpected error occurred"}), exchange.diagnosis)
            self._close(exchange, started, 500, answer.content())
            await answers.send_whole(send, answer, answer.content())
            raise
        self._close(exchange, started, answer.status, content)
        await answers.send_whole(send, answer, content)

    def _carry_out(self, exchange: Exchange, found: Found, scope: Scope, body: bytes, refusal: Answer | None) -> Answer:
        self.mock.run_due_purges()
        answer = refusal or self.carried_out(found, scope, body)
        exchange.outcome = answer.status
        return answer

    def _close(self, exchange: Exchange, started: float, status: int | None, content: bytes) -> None:
        self.mock.requests.answered(exchange, status, content, self.mock.clock.elapsed() - started)

    def explained(self, exchange: Exchange, answer: Answer) -> Answer:
        """The answer; where it is not what was hoped for, with a diagnosis, which the exchange keeps too."""
        if answer.status < 400 and not (answer.status == 200 and _is_empty_page(answer.payload)):
            return answer
        from ..testing.diagnosis import sentence  # Many a server never has to say why.

        mock = self.mock
        if answer.status == 401:
            exchange.token = _claims(exchange, mock.keyring)
        said = sentence(exchange, answer.status, answer.payload, mock.store, mock.requests, self._paths)
        exchange.diagnosis = said
        return answer if said is None else answers.told(answer, said)


def _claims(exchange: Exchange, keyring: "Keyring | None") -> dict[str, Any] | None:
    """What the token of the request says, if it is signed with the secret."""
    token = bearer(exchange.authorization or "")
    if keyring is None or token is None:
        return None
    try:
        return keyring.claims_of(token)
    except Unauthorized:
        return None


def _is_empty_page(payload: Any) -> bool:
    return isinstance(payload, dict) and payload.get("items") == []


class Elsewhere(BaseRoute):
    """Every path that no operation has: 404, or on to the path without the slash at its end."""

    def __init__(self, endpoint: ObservedEndpoint) -> None:
        self._endpoint = endpoint

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body, _ = await received(NOWHERE, receive)
        except Gone:
            return
        answer = self._redirect(scope) or refused(NOWHERE)
        await self._endpoint.observe(scope, receive, send, NOWHERE, body, answer)

    def _redirect(self, scope: Scope) -> Answer | None:
        path = scope["path"]
        shorter = {**scope, "path": path.rstrip("/")}
        if not path.endswith("/") or self._endpoint.matches(shorter)[0] is Match.NONE:
            return None
        location = quote(str(URL(scope=shorter)), safe=_SAFE_IN_URL)
        return Answer(307, None, [(b"location", location.encode())])
