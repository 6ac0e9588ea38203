"""Values that break their schema, but that the real server converts and accepts.

Written from the recordings, and independent of the parsers of the mock server, so that a bug there is not repeated here.
The tests excuse the cases of schemathesis that it accepts.
"""

import json
import re
from typing import Any

from jsonschema_rs import Draft202012Validator

Json = Any

_WORDS = {
    **dict.fromkeys(("1", "t", "true", "y", "yes", "on"), True),
    **dict.fromkeys(("0", "f", "false", "n", "no", "off"), False),
}
_INTEGER = re.compile(r"\s*[+-]?\d+(\.0+)?\s*")
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE)
_LAX_TIME = re.compile(r"\d{4}-\d\d-\d\d([T _ ]\d\d:\d\d.*)?|[+-]?(\d+(\.\d*)?|\.\d+)", re.IGNORECASE)


def is_valid_when_coerced(document: dict[str, Json], schema: Json, value: Json) -> bool:
    """Whether a value is valid after the recorded coercions (x-session-coercions)."""
    coerced = _coerced(document, schema, value)
    return _is_valid(document, schema, coerced)


def received_fields(form: Json) -> Json:
    """The fields of a form as the server receives them: strings. Of a list only the last entry counts; an empty one is missing."""
    fields: dict[str, Json] = {}
    for name, value in form.items() if isinstance(form, dict) else ():
        for entry in value[-1:] if isinstance(value, list) else [value]:
            decoded = entry.decode("latin-1") if isinstance(entry, bytes) else entry
            fields[name] = decoded if isinstance(decoded, str) else json.dumps(decoded)
    return fields


def _coerced(document: dict[str, Json], schema: Json, value: Json) -> Json:
    if "$ref" in schema:
        return _coerced(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], value)
    for option in schema.get("anyOf", ()):
        coerced = _coerced(document, option, value)
        if _is_valid(document, option, coerced):
            return coerced
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        fields, others = schema.get("properties", {}), schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {key: _coerced(document, fields.get(key, others), entry) for key, entry in value.items()}
    if kind == "array" and isinstance(value, list):
        return [_coerced(document, schema.get("items", {}), entry) for entry in value]
    return _coerced_scalar(kind, schema.get("format"), value)


def _coerced_scalar(kind: str | None, form: str | None, value: Json) -> Json:
    if kind == "boolean":
        if isinstance(value, str):
            return _WORDS.get(value.lower(), value)
        return bool(value) if isinstance(value, (int, float)) and value in (0, 1) else value
    if kind == "number" and (isinstance(value, bool) or (isinstance(value, str) and _NUMBER.fullmatch(value))):
        return float(value)
    if kind == "integer":
        value = int(float(value)) if isinstance(value, str) and _INTEGER.fullmatch(value) else value
        return int(value) if isinstance(value, (bool, int, float)) and value == int(value) else value
    if kind == "string" and form == "date-time" and _LAX_TIME.fullmatch(str(value)):
        return "2024-01-01T00:00:00Z"
    return value


def _is_valid(document: dict[str, Json], schema: Json, value: Json) -> bool:
    return Draft202012Validator({**schema, "components": document["components"]}).is_valid(value)
