"""The schemas that models refer to by name, with `fields.named`: filters, formats and metadata."""

from typing import Any

from ..domain.changes import Changes
from ..domain.session_filter import KEY, LIMIT
from .fields import METADATA_DEPTH_LIMIT, METADATA_KEYS_LIMIT
from .filters import filter_schemas
from .response_format import format_schemas

Json = dict[str, Any]
_SCALARS_AND_LISTS = ["string", "number", "boolean", "null", "array"]


def by_name(version: str) -> dict[str, Json]:
    """All of them by their names, as a version of the API has them."""
    return {
        "Metadata": _metadata(),
        "AllowedSessions": _allowed_sessions(),
        **filter_schemas(Changes.flags_of(version)),
        **format_schemas(),
    }


def _allowed_sessions() -> Json:
    session: Json = {"type": "string", "minLength": 1}
    listed: Json = {"type": "array", "items": session}
    inside = {"type": "object", "properties": {"in": listed}, "required": ["in"], "additionalProperties": False}
    return {
        "type": "object",
        "description": f"The sessions that may be used: a session, a list, or an object with `in`; at most {LIMIT:,}.",
        "properties": {KEY: {"anyOf": [session, listed, inside]}},
        "required": [KEY],
        "additionalProperties": False,
    }


def _metadata() -> Json:
    inner: Json = {"type": _SCALARS_AND_LISTS, "items": {}}
    for _ in range(METADATA_DEPTH_LIMIT - 1):
        inner = {"type": [*_SCALARS_AND_LISTS, "object"], "items": {}, "additionalProperties": inner}
    return {
        "type": "object",
        "description": (
            f"At most {METADATA_KEYS_LIMIT} keys, and at most {METADATA_DEPTH_LIMIT} objects in each other. Objects in "
            "lists do not count."
        ),
        "maxProperties": METADATA_KEYS_LIMIT,
        "additionalProperties": inner,
    }
