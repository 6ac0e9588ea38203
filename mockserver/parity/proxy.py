"""An ASGI app that sends every request to another server, and gives its answers to the client unchanged."""

import json
from collections import deque
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit, urlunsplit

from anyio import to_thread
from starlette.types import Receive, Scope, Send

from ..api.endpoint import Gone, TooLarge, body_of
from .client import Client, no_answer
from .matching import ReceivedAnswer
from .sent import SentRequest

# Headers of one connection, not of a request. `accept-encoding` is of the proxy, which reads the answers.
_OF_CONNECTION = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_PIECE_BYTES = 64 * 1024
# The client gets a longer answer whole, but `observe` gets only its beginning.
_OBSERVED_BYTES = 20 * 1024 * 1024

Observe = Callable[[SentRequest, ReceivedAnswer], None]


class Proxy:
    """Passes requests on to a server, each over a connection that no other request uses at the same time.

    `connect` returns a client of the server. `observe` gets each request with its whole answer, before the client has
    the end of the answer. If the server does not answer, the client gets a 502 with the reason, and `observe` nothing.

    Two parts of an answer change: a `location` that points to the server points to the proxy, and an answer is never
    compressed.
    """

    def __init__(self, connect: Callable[[], Client], observe: Observe) -> None:
        self._connect = connect
        self._observe = observe
        self._idle: deque[Client] = deque()
        self._busy: set[Client] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # uvicorn also asks for a lifespan, and clients may ask for a WebSocket.
            raise NotImplementedError(f"the API has no {scope['type']}")
        try:
            body = await body_of(receive)
        except Gone:
            return
        except TooLarge:
            await _answer_itself(send, 413, "The proxy does not pass on a body of this size")
            return
        request = _request(scope, body)
        client = self._idle.pop() if self._idle else self._connect()
        self._busy.add(client)
        try:
            await self._exchange(client, request, scope, send)
        finally:
            self._busy.discard(client)

    async def _exchange(self, client: Client, request: SentRequest, scope: Scope, send: Send) -> None:
        try:
            response = await to_thread.run_sync(client.open, request)
        except (OSError, HTTPException, ValueError) as error:
            client.close()
            await _answer_502(send, client, error)
            return
        try:
            await self._pass_back(request, response, client, _host_of(scope), send)
        except BaseException:
            client.close()
            raise
        self._idle.append(client)

    async def _pass_back(
        self, request: SentRequest, response: HTTPResponse, client: Client, host: str | None, send: Send
    ) -> None:
        headers = [(name.lower(), value) for name, value in response.getheaders()]
        kept = [
            (name, _pointing_to(host, client, value) if name == "location" else value)
            for name, value in headers
            if name not in _OF_CONNECTION or name == "content-length"
        ]
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept]
        start = {"type": "http.response.start", "status": response.status, "headers": raw}
        if response.length is not None:
            # All at once: with its last byte, the client knows that the answer has ended.
            try:
                whole = await to_thread.run_sync(response.read)
            except (OSError, HTTPException) as error:
                client.close()
                await _answer_502(send, client, error)
                return
            self._observe(request, ReceivedAnswer(response.status, dict(kept), whole[:_OBSERVED_BYTES]))
            await send(start)
            await send({"type": "http.response.body", "body": whole})
            return
        await send(start)
        seen = bytearray()
        while piece := await to_thread.run_sync(response.read1, _PIECE_BYTES):
            seen += piece[: _OBSERVED_BYTES - len(seen)]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        self._observe(request, ReceivedAnswer(response.status, dict(kept), bytes(seen)))
        await send({"type": "http.response.body"})

    def close(self) -> None:
        """Close all connections. Requests in progress end."""
        while self._idle:
            self._idle.pop().close()
        for client in self._busy:
            client.abort()


def _request(scope: Scope, body: bytes) -> SentRequest:
    request = SentRequest.of(scope, body)
    kept = [(name, value) for name, value in request.headers if name not in _OF_CONNECTION]
    if body or any(name in ("content-length", "transfer-encoding") for name, _ in request.headers):
        kept.append(("content-length", str(len(body))))
    return request._replace(headers=kept)


def _host_of(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), None)


def _pointing_to(host: str | None, client: Client, location: str) -> str:
    """A location on the server as one on the proxy. Others stay as they are."""
    parts = urlsplit(location)
    if host is None or parts.netloc != client.authority:
        return location
    return urlunsplit(parts._replace(scheme="http", netloc=host, path=parts.path.removeprefix(client.prefix)))


async def _answer_502(send: Send, client: Client, error: Exception) -> None:
    await _answer_itself(send, 502, f"{client.host} {no_answer(error)}")


async def _answer_itself(send: Send, status: int, detail: str) -> None:
    content = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
