"""A client that calls an ASGI app without a socket, an event loop or a thread.

This works because the app handles a request without waiting for anything.
"""

import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class DirectClient:
    """Sends requests to an app in this process; each takes a few microseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def call(self, method: str, path: str, body: Any = None, **query: object) -> Answer:
        """Send a request with a JSON body, or without a body; `query` has the query parameters."""
        content = b"" if body is None else json.dumps(body).encode()
        written = {name: json.dumps(value) if isinstance(value, bool) else value for name, value in query.items()}
        return self.send(
            method, path, [content], query=urlencode(written), headers={"content-type": "application/json"}
        )

    def send(
        self,
        method: str,
        path: str,
        chunks: Sequence[bytes] = (b"",),
        *,
        query: str = "",
        headers: dict[str, str] | None = None,
        disconnects: bool = False,
    ) -> Answer:
        """Send a request whose body comes in these chunks; with `disconnects`, the client disconnects after the last one."""
        incoming: list[dict[str, Any]] = [
            {"type": "http.request", "body": chunk, "more_body": disconnects or index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ]
        incoming += [{"type": "http.disconnect"}] if disconnects else []
        sent: list[dict[str, Any]] = []

        async def receive() -> Any:
            return incoming.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        all_headers = {"host": "localhost", **(headers or {})}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": quote(path).encode(),
            "root_path": "",
            "query_string": query.encode("utf-8", "surrogateescape"),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in all_headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        _run(self._app(scope, receive, send))
        if not sent:
            return Answer(0, {}, b"")
        return Answer(
            sent[0]["status"],
            {name.decode(): value.decode() for name, value in sent[0]["headers"]},
            b"".join(message.get("body", b"") for message in sent[1:]),
        )


def _run(awaitable: Any) -> None:
    coroutine: Coroutine[Any, Any, None] = awaitable
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise AssertionError("the app waited for something")
