"""The schemas that models refer to by name, with `fields.named`: filters and metadata."""

from typing import Any

from ..domain.changes import Changes
from .fields import METADATA_DEPTH_LIMIT, METADATA_KEYS_LIMIT
from .filters import filter_schemas

Json = dict[str, Any]
_SCALARS_AND_LISTS = ["string", "number", "boolean", "null", "array"]


def by_name(version: str) -> dict[str, Json]:
    """All of them by their names, as a version of the API has them."""
    return {"Metadata": _metadata(), **filter_schemas(Changes.flags_of(version))}


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
