"""A fake server without a socket: it answers recorded requests in this process."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import unquote

from starlette.types import Message, Scope

from ..asgi import create_app
from ..testing.mock import Mock
from .client import encoded_request
from .matching import ReceivedAnswer
from .recordings import Json


class InProcessServer:
    """Answers requests in the format of the recordings. It delivers no webhooks.

    `mock` is its state, by default a new one.
    """

    def __init__(self, mock: Mock | None = None) -> None:
        self.mock = Mock(journal_entries=0, notes=False) if mock is None else mock
        self.mock.deliveries.is_sending = False
        self._app = create_app(self.mock, control=False)

    async def send(self, request: Json, more_headers: Mapping[str, str] = MappingProxyType({})) -> ReceivedAnswer:
        """The answer to a request, which gets these headers if it lacks them.

        Raises UnicodeError if the request cannot be encoded.
        """
        target, headers, body = encoded_request(request, {"host": "127.0.0.1", **more_headers})
        method = request["method"]
        pending: list[Message] = [{"type": "http.request", "body": body or b"", "more_body": False}]
        sent: list[Message] = []

        async def receive() -> Message:
            if not pending:
                await asyncio.Event().wait()  # The client never leaves.
            return pending.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        try:
            await self._app(_scope(method, target, headers, body), receive, send)
        except Exception:
            if not sent:  # Starlette raises an error again after it has answered 500.
                raise
        start, *pieces = sent
        received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
        content = b"" if method == "HEAD" else b"".join(piece.get("body", b"") for piece in pieces)
        return ReceivedAnswer(start["status"], received, content)


def _scope(method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Scope:
    """The ASGI scope that uvicorn makes of such a request."""
    raw_path, _, query = target.encode("latin-1").partition(b"?")
    given = {**headers, **({} if body is None else {"content-length": str(len(body))})}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": unquote(raw_path.decode("latin-1")),
        "raw_path": raw_path,
        "query_string": query,
        "headers": [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
