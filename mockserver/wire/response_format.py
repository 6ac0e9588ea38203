"""The schemas of `response_format`, for the served OpenAPI document: which JSON Schemas chat takes.

They say what `domain/response_schema.py` takes, but for three things that a schema cannot express: what a reference
leads to, that the two kinds of definitions share no name, and the limits of depth and of nodes.
"""

import re
from typing import Any

from ..domain.response_schema import DEFINITIONS, PLAIN, UNIONS, UNSUPPORTED
from .fields import NAMED

Json = dict[str, Any]

_INNER: Json = {NAMED: "ResponseFormatPart"}
_CHOICES: Json = {"type": "array", "minItems": 1, "items": _INNER}
# The keys that decide what a schema means, the first one that it has, and their values.
_DECIDING: dict[str, Json] = {
    "$ref": {"type": "string", "pattern": f"^#/({'|'.join(map(re.escape, DEFINITIONS))})/[^/]+$"},
    "enum": {"type": "array", "minItems": 1, "items": {"type": ["string", "integer", "boolean", "null"]}},
    **dict.fromkeys(UNIONS, _CHOICES),
}
_OF_OBJECT: Json = {
    "properties": {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": _INNER},
    "required": {"type": "array", "items": {"type": "string"}},
    "additionalProperties": {"type": ["string", "number", "boolean", "null", "array"], "items": {}},
}
_OF_ARRAY: Json = {"items": _INNER}


def format_schemas() -> dict[str, Json]:
    """The schemas of a whole format and of a part of it, by name. They refer to the second one by `NAMED`."""
    no_part = (*UNSUPPORTED, *DEFINITIONS)
    is_object = {"required": ["type"], "properties": {"type": {"const": "object"}}}
    return {
        "ResponseFormat": {
            "type": "object",
            "description": "A JSON Schema of an object. References lead to its `$defs` or `definitions`.",
            **_values({key: {"type": "object"} for key in DEFINITIONS}),
            "anyOf": [
                _deciding("$ref", ()),
                {
                    "allOf": [
                        {"anyOf": [is_object, {"required": ["properties"], **_without("type")}]},
                        {"anyOf": _meanings(UNSUPPORTED)},
                    ]
                },
            ],
        },
        "ResponseFormatPart": {
            "type": "object",
            "description": "A JSON Schema inside a response format. Bounds, such as `minLength`, are ignored.",
            "anyOf": [_deciding("$ref", no_part), *_meanings(no_part)],
        },
    }


def _meanings(unsupported: tuple[str, ...]) -> list[Json]:
    """What a schema without a reference and without unsupported keys can be."""
    names = [name for name in _DECIDING if name != "$ref"]
    without = _without(*unsupported, *_DECIDING)
    typed = [
        ((), {}),
        (("array",), _OF_ARRAY),
        (("object",), _OF_OBJECT),
        (("array", "object"), {**_OF_ARRAY, **_OF_OBJECT}),
    ]
    return [
        *(_deciding(name, unsupported) for name in names),
        *(
            {"required": ["type"], "properties": {"type": _one_or_more(*PLAIN, *kinds), **rules}, **without}
            for kinds, rules in typed
        ),
        {"required": ["properties"], "properties": _OF_OBJECT, **_without(*unsupported, *_DECIDING, "type")},
        {"required": ["items"], "properties": _OF_ARRAY, **_without(*unsupported, *_DECIDING, "type", "properties")},
    ]


def _deciding(name: str, unsupported: tuple[str, ...]) -> Json:
    """A schema in which this key is the first one that decides."""
    names = list(_DECIDING)
    earlier = names[: names.index(name)]
    return {"required": [name], **_values({name: _DECIDING[name]}), **_without(*unsupported, *earlier)}


def _values(of_keys: dict[str, Json]) -> Json:
    """A schema for values of keys. It has patterns, because some tools take a property `$ref` for a reference."""
    return {"patternProperties": {f"^{re.escape(key)}$": value for key, value in of_keys.items()}}


def _without(*names: str) -> Json:
    return {"propertyNames": {"not": {"enum": list(names)}}} if names else {}


def _one_or_more(*names: str) -> Json:
    return {"anyOf": [{"enum": list(names)}, {"type": "array", "minItems": 1, "items": {"enum": list(names)}}]}
