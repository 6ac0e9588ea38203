"""Makes bytes of what a handler returns or raises."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.types import Message, Receive, Scope, Send

from ..domain.errors import ApiError, InvalidId, Unprocessable
from ..domain.quirks import Quirks
from ..formats.json_text import InvalidJson
from . import asgi_extension, malformed_id
from .waiting import outlasts

Headers = Sequence[tuple[bytes, bytes]]
_WITHOUT_BODY = (204, 205, 304, 307)
_JSON = (b"content-type", b"application/json")
_TURN = 100  # after so many pieces of a stream it is the turn of others
# What keeps a page of somebody else's from framing or loading an answer.
GUARDED: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
DIAGNOSIS_HEADER = b"x-mock-diagnosis"
_PRINTABLE = "".join(chr(code) for code in range(32, 127) if chr(code) != "%")


class Stream(NamedTuple):
    """A body that is sent piece by piece, under a content type of its own, with a pause of so many seconds between."""

    content_type: bytes
    pieces: Sequence[bytes]
    pause: float = 0


class Answer(NamedTuple):
    """An answer before it is bytes: a status, what becomes JSON or a Stream, and headers beside those of the body."""

    status: int
    payload: Any
    headers: Headers = ()

    def content(self) -> bytes:
        """The body; none where the status has none."""
        if self.status in _WITHOUT_BODY:
            return b""
        return b"".join(self.payload.pieces) if isinstance(self.payload, Stream) else to_json(self.payload)


def told(answer: Answer, diagnosis: str) -> Answer:
    """The answer with a diagnosis in a header, percent-encoded as far as it is no printable ASCII."""
    return answer._replace(headers=[*answer.headers, (DIAGNOSIS_HEADER, quote(diagnosis, safe=_PRINTABLE).encode())])


def head(answer: Answer, content: bytes) -> Message:
    """The message that begins an answer with this body; only of a stream the length is not told."""
    if type(answer.payload) is Stream:
        headers = [(b"content-type", answer.payload.content_type), *answer.headers]
    elif content:
        headers = [_JSON, (b"content-length", b"%d" % len(content)), *answer.headers]
    elif answer.status in (204, 304):
        headers = [*answer.headers]
    else:
        headers = [(b"content-length", b"0"), *answer.headers]
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def send_whole(scope: Scope, receive: Receive, send: Send, answer: Answer, content: bytes) -> None:
    """Send an answer from its head to its end; a stream piece by piece, as long as the client is there."""
    start = head(answer, content)
    if type(answer.payload) is Stream:
        await send(start)
        if await send_pieces(send, answer.payload.pieces, answer.payload.pause, receive):
            await send({"type": "http.response.body", "body": b""})
        return
    body = {"type": "http.response.body", "body": content}
    connection = asgi_extension.connection_of(scope)
    if connection is not None and connection.send is send:
        await connection.send_at_once(start, body)
    else:
        await send(start)
        await send(body)


async def send_pieces(send: Send, pieces: Sequence[bytes], pause: float, receive: Receive) -> bool:
    """Send a part of a body, with a pause between two pieces; whether the client stayed."""
    for number, piece in enumerate(pieces):
        if number and pause and not await outlasts(asyncio.sleep(pause), receive):
            return False
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if number % _TURN == _TURN - 1:
            await asyncio.sleep(0)
    return True


def problem(error: ApiError, quirks: Quirks) -> Answer:
    """The answer to an error; a 422's detail is a list, or one sentence with the quirk `sentence_422`."""
    sentence = malformed_id.malformed_id(error) if isinstance(error, InvalidId) else error.detail
    if isinstance(error, Unprocessable) and not quirks.sentence_422:
        entry = {"type": "value_error", "loc": error.place, "msg": sentence, "input": error.value}
        return Answer(error.status, {"detail": [entry]})
    return Answer(error.status, {"detail": sentence})


def offences(place: str, error: ValidationError, *, is_form: bool = False) -> list[dict[str, Any]]:
    """The entries of a 422 for what pydantic found wrong in the body, the query or the path.

    Of a form, what is missing is told without the rest of it (recorded in x-upload).
    """
    entries: list[dict[str, Any]] = []
    for found in error.errors(include_url=False):
        entry: dict[str, Any] = {**found, "loc": (place, *found["loc"])}
        if isinstance(entry.get("ctx", {}).get("error"), Exception):
            entry["ctx"] = {"error": {}}
        if is_form and entry["type"] == "missing" and len(entry["loc"]) == 2:
            entry["input"] = None
        entries.append(entry)
    return entries


def missing_body() -> dict[str, Any]:
    """The entry of a 422 for a body that is required and was not sent."""
    return {"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}


def invalid_json(error: InvalidJson) -> dict[str, Any]:
    """The entry of a 422 for a body that is no JSON."""
    place, reason = error.place, error.reason
    return {
        "type": "json_invalid",
        "loc": ("body", place),
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": reason},
    }
