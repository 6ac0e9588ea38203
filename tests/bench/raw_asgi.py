"""The limit: an app that answers always the same, and parses nothing."""

from typing import Any

CONTENT = (
    b'{"id":"s1","is_active":true,"workspace_id":"w","metadata":{},"configuration":{},'
    b'"created_at":"2026-11-20T18:30:44.055363Z"}'
)
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(CONTENT))]


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": CONTENT})
