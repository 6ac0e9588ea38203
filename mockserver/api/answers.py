"""Turns what a handler returns or raises into bytes."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import quote

from pydantic_core import ValidationError, to_json
from starlette.types import Message, Receive, Scope, Send

from ..domain.errors import ApiError, InvalidId, Unprocessable
from ..domain.profile import Profile
from ..formats.json_text import InvalidJson
from ..testing.diagnosis.causes import Cause
from . import asgi_extension
from .waiting import outlasts

Headers = Sequence[tuple[bytes, bytes]]
_WITHOUT_BODY = (204, 205, 304, 307)
_JSON = (b"content-type", b"application/json")
_TURN = 100  # A stream yields to the event loop after this many pieces.
# Keeps pages of other origins from framing or loading an answer.
GUARDED: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
DIAGNOSIS_HEADER = b"x-mock-diagnosis"
_OUTER_SPACES = re.compile("^ +| +$")
NOTE_HEADER = b"x-mock-note"
_PRINTABLE = "".join(chr(code) for code in range(32, 127) if chr(code) != "%")


class Stream(NamedTuple):
    """A body that is sent in pieces. `pause` is the number of seconds between two pieces."""

    content_type: bytes
    pieces: Sequence[bytes]
    pause: float = 0


@dataclass(slots=True)
class Answer:
    """An answer before it is rendered.

    `payload` is a value for JSON, or a Stream. `headers` has all headers except the headers of the body. `cause` is the
    reason why the API refuses the request. The diagnosis is derived from it.
    """

    status: int
    payload: Any
    headers: Headers = ()
    cause: Cause | None = None

    def content(self) -> bytes:
        """The body. It is empty for a status without a body."""
        if self.status in _WITHOUT_BODY:
            return b""
        return b"".join(self.payload.pieces) if isinstance(self.payload, Stream) else to_json(self.payload)


def with_diagnosis(answer: Answer, diagnosis: str) -> Answer:
    """The answer with a diagnosis in a header."""
    return replace(answer, headers=[*answer.headers, (DIAGNOSIS_HEADER, header_value(diagnosis))])


def header_value(text: str) -> bytes:
    """A text as the value of a header. Percent signs, characters other than printable ASCII, and outer spaces are
    percent-encoded: HTTP does not allow the latter two, and h11 refuses to send them.
    """
    encoded = quote(text, safe=_PRINTABLE)
    if encoded[:1] == " " or encoded[-1:] == " ":
        encoded = _OUTER_SPACES.sub(lambda spaces: "%20" * len(spaces[0]), encoded)
    return encoded.encode()


def with_notes(answer: Answer, notes: Sequence[str]) -> Answer:
    """The answer with its notes in a header."""
    return replace(answer, headers=[*answer.headers, (NOTE_HEADER, header_value("; ".join(notes)))])


def head(answer: Answer, content: bytes) -> Message:
    """The first ASGI message of an answer with this body. A stream has no content length."""
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
    """Send a whole answer. If the method is HEAD, a body that is not a stream is left out. A stream ends early if the
    client disconnects.
    """
    start = head(answer, content)
    if type(answer.payload) is Stream:
        await send(start)
        if await send_pieces(scope, receive, send, answer.payload.pieces, answer.payload.pause):
            await send({"type": "http.response.body", "body": b""})
        return
    is_head = scope["method"] == "HEAD"
    body = {"type": "http.response.body", "body": b"" if is_head else content}
    connection = asgi_extension.connection_of(scope)
    # uvicorn writes no body for HEAD, so one write is enough. It would complete the answer, and perhaps write another
    # one, before a head that was held back.
    if connection is not None and connection.send is send and not is_head:
        await connection.send_at_once(start, body)
    else:
        await send(start)
        await send(body)


async def send_pieces(scope: Scope, receive: Receive, send: Send, pieces: Sequence[bytes], pause: float) -> bool:
    """Send pieces of a body. `pause` is the number of seconds between two pieces. Returns whether the client stayed
    connected.
    """
    connection = asgi_extension.connection_of(scope)
    for number, piece in enumerate(pieces):
        if connection is not None and connection.is_gone():  # asyncio logs each write to such a connection.
            await asyncio.sleep(0)  # Then uvicorn knows it too.
            return False
        if number and pause and not await outlasts(asyncio.sleep(pause), receive):
            return False
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if number % _TURN == _TURN - 1:
            await asyncio.sleep(0)
    return True


def problem(error: ApiError, profile: Profile) -> Answer:
    """The answer to an error. The detail of a 422 is a list, or one sentence with the quirk `sentence_422`."""
    sentence = error.detail
    if isinstance(error, InvalidId):
        from .malformed_id import malformed_id

        sentence = malformed_id(error, profile.api_version)
    if isinstance(error, Unprocessable) and not profile.sentence_422:
        entry = {"type": "value_error", "loc": error.place, "msg": sentence, "input": error.value}
        return Answer(error.status, {"detail": [entry]}, cause=error)
    return Answer(error.status, {"detail": sentence}, cause=error)


def offences(place: str, error: ValidationError, *, is_form: bool = False) -> list[dict[str, Any]]:
    """The entries of a 422 for the errors that pydantic found in the body or the query.

    The entry of a missing field of a form has no input (recorded in x-upload).
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
    """The entry of a 422 for a missing body."""
    return {"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}


def invalid_json(error: InvalidJson) -> dict[str, Any]:
    """The entry of a 422 for a body that is not valid JSON."""
    place, reason = error.place, error.reason
    return {
        "type": "json_invalid",
        "loc": ("body", place),
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": reason},
    }
