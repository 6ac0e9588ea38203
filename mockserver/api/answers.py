"""What a verb returns or raises, to bytes."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.types import Send

from ..domain.errors import ApiError, InvalidId, Unprocessable
from ..domain.quirks import Quirks
from ..wire import sentences
from ..wire.json_text import InvalidJson

Headers = Sequence[tuple[bytes, bytes]]
_JSON = (b"content-type", b"application/json")


async def send_json(send: Send, status: int, payload: Any, headers: Headers = ()) -> None:
    """Answer with a body of JSON, or with none where the status is 204."""
    body = b"" if status == 204 else to_json(payload)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers] if status == 204 else [_JSON, (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


def problem(error: ApiError, quirks: Quirks) -> tuple[int, Any]:
    """Status and body of an error; a 422's detail is a list, or one sentence with the quirk `sentence_422`."""
    sentence = sentences.malformed_id(error) if isinstance(error, InvalidId) else error.detail
    if isinstance(error, Unprocessable) and not quirks.sentence_422:
        entry = {"type": "value_error", "loc": error.place, "msg": sentence, "input": error.value}
        return error.status, {"detail": [entry]}
    return error.status, {"detail": sentence}


def offences(place: str, error: ValidationError) -> list[dict[str, Any]]:
    """The entries of a 422 for what pydantic found wrong in the body, the query or the path."""
    entries: list[dict[str, Any]] = []
    for found in error.errors(include_url=False):
        entry: dict[str, Any] = {**found, "loc": (place, *found["loc"])}
        if isinstance(entry.get("ctx", {}).get("error"), Exception):
            entry["ctx"] = {"error": {}}
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
