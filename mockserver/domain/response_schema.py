"""The JSON Schemas that `response_format` of chat may have, and a value that fits one (recorded in x2-vr-formats).

A schema is checked and answered in one walk. Bounds such as `minLength` are hints to a model, so the value ignores
them.
"""

from collections.abc import Mapping
from typing import Any

from .errors import Unprocessable

MAX_DEPTH = 20
MAX_NODES = 500
_ROOT = "root"
DEFINITIONS = ("$defs", "definitions")
UNSUPPORTED = ("allOf", "not", "if", "then", "else", "patternProperties")
UNIONS = ("anyOf", "oneOf")
PLAIN: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}

# What is wrong with a schema at a place.
_NO_TYPE = "schema has no recognizable type"
_NOT_AN_OBJECT = "schema must be an object"
_BOOLEAN = "boolean schemas are not supported"
_CONSTRUCT = "unsupported construct '{}'"
_TYPE = "unsupported type {!r}"
_NO_TYPES = "'type' array must not be empty"
_ADDITIONAL = "additionalProperties with a schema is not supported"
_EMPTY = "'{}' must be a non-empty array"
_ENUM_VALUES = "enum values must be strings, integers, booleans, or null"
_REQUIRED = "'required' must be an array of strings"
_OBJECT = "'{}' must be an object"
_NAMES = "property names must be non-empty strings"
_REF = "'$ref' must be a string"
_FOREIGN_REF = "unsupported $ref {!r}: only '#/$defs/<name>' or '#/definitions/<name>' references are supported"
_UNKNOWN_REF = "$ref {!r} points to an unknown definition"
_TWICE = "definition '{}' appears in both '$defs' and 'definitions'"
_CYCLE = (
    "recursive $ref is not supported (cycle: {}); restructure the schema so definitions do not reference themselves"
)
# What is wrong with the schema as a whole.
_ROOT_TYPE = "root schema must have type 'object'"
_TOO_DEEP = f"schema nesting exceeds the maximum depth of {MAX_DEPTH}"
_TOO_LARGE = f"schema exceeds the maximum of {MAX_NODES} nodes"


class _Invalid(Exception):
    def __init__(self, problem: str, place: str | None = None) -> None:
        super().__init__(problem if place is None else f"{problem} at {place}")


def example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A value that fits the schema: empty texts and lists, zeros, first choices. Raises Unprocessable."""
    try:
        value: dict[str, Any] = _Walk(schema).root(schema)
    except _Invalid as error:
        refusal = Unprocessable(f"Invalid response_format: {error}", ("body", "response_format"), schema)
        refusal.change = "response_format"
        raise refusal from None
    return value


def _definitions(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions of a schema by name."""
    found: dict[str, Any] = {}
    for key in DEFINITIONS:
        definitions = schema.get(key, {})
        if not isinstance(definitions, dict):
            raise _Invalid(_OBJECT.format(key), _ROOT)
        for name, definition in definitions.items():
            if name in found:
                raise _Invalid(_TWICE.format(name), _ROOT)
            found[name] = definition
    return found


class _Walk:
    """A walk through a schema. Each reference is followed, so definitions that are not used are not checked."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._definitions = _definitions(schema)
        self._nodes = 0

    def root(self, schema: Mapping[str, Any]) -> Any:
        target, names = self._resolved(schema, _ROOT, ())
        has_type = isinstance(target, dict) and (
            target.get("type") == "object" or ("type" not in target and "properties" in target)
        )
        if not has_type:
            raise _Invalid(_ROOT_TYPE)
        return self._value({key: value for key, value in target.items() if key not in DEFINITIONS}, "", 0, names)

    def _value(self, schema: Any, place: str, depth: int, names: tuple[str, ...]) -> Any:
        """A value that fits the schema at a place. `names` are the definitions that the place is in."""
        self._nodes += 1
        at = place or _ROOT
        if depth > MAX_DEPTH:
            raise _Invalid(_TOO_DEEP)
        if self._nodes > MAX_NODES:
            raise _Invalid(_TOO_LARGE)
        _check_form(schema, at)
        if "$ref" in schema:
            target, names = self._resolved(schema, at, names)
            return self._value(target, place, depth, names)
        if "enum" in schema:
            return _enumerated(schema["enum"], at)
        for union in UNIONS:
            if union in schema:
                return self._first(schema[union], union, place, depth, names)
        return self._typed(schema, place, depth, names)

    def _resolved(self, schema: Any, at: str, names: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
        """The schema that references lead to, and the names of the definitions on the way."""
        while isinstance(schema, dict) and "$ref" in schema:
            reference = schema["$ref"]
            if not isinstance(reference, str):
                raise _Invalid(_REF, at)
            prefix, _, name = reference.rpartition("/")
            if prefix not in [f"#/{key}" for key in DEFINITIONS] or not name:
                raise _Invalid(_FOREIGN_REF.format(reference), at)
            if name not in self._definitions:
                raise _Invalid(_UNKNOWN_REF.format(reference), at)
            if name in names:
                raise _Invalid(_CYCLE.format(" -> ".join([*names[names.index(name) :], name])), at)
            schema, names = self._definitions[name], (*names, name)
        return schema, names

    def _first(self, choices: Any, union: str, place: str, depth: int, names: tuple[str, ...]) -> Any:
        if not isinstance(choices, list) or not choices:
            raise _Invalid(_EMPTY.format(union), place or _ROOT)
        below = _below(place, union)
        values = [self._value(choice, f"{below}[{n}]", depth + 1, names) for n, choice in enumerate(choices)]
        return values[0]

    def _typed(self, schema: dict[str, Any], place: str, depth: int, names: tuple[str, ...]) -> Any:
        kinds = _types(schema, place or _ROOT)
        values: dict[str, Any] = {}
        for kind in kinds:
            if kind == "object":
                values[kind] = self._object(schema, place, depth, names)
            elif kind == "array":
                values[kind] = []
                if "items" in schema:
                    self._value(schema["items"], _below(place, "items"), depth + 1, names)
            else:
                values[kind] = PLAIN[kind]
        return values[kinds[0]]

    def _object(self, schema: dict[str, Any], place: str, depth: int, names: tuple[str, ...]) -> dict[str, Any]:
        at = place or _ROOT
        if isinstance(schema.get("additionalProperties"), dict):
            raise _Invalid(_ADDITIONAL, at)
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, dict):
            raise _Invalid(_OBJECT.format("properties"), at)
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise _Invalid(_REQUIRED, at)
        if "" in properties:
            raise _Invalid(_NAMES, at)
        below = _below(place, "properties")
        return {name: self._value(part, f"{below}.{name}", depth + 1, names) for name, part in properties.items()}


def _below(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _check_form(schema: Any, at: str) -> None:
    if isinstance(schema, bool):
        raise _Invalid(_BOOLEAN, at)
    if not isinstance(schema, dict):
        raise _Invalid(_NOT_AN_OBJECT, at)
    for key in (*UNSUPPORTED, *DEFINITIONS):
        if key in schema:
            raise _Invalid(_CONSTRUCT.format(key), at)


def _enumerated(values: Any, at: str) -> Any:
    if not isinstance(values, list) or not values:
        raise _Invalid(_EMPTY.format("enum"), at)
    if not all(value is None or isinstance(value, (str, int)) for value in values):
        raise _Invalid(_ENUM_VALUES, at)
    return values[0]


def _types(schema: dict[str, Any], at: str) -> list[str]:
    """The types that a schema allows, at least one."""
    if "type" not in schema:
        if "properties" in schema:
            return ["object"]
        if "items" in schema:
            return ["array"]
        raise _Invalid(_NO_TYPE, at)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not kinds:
        raise _Invalid(_NO_TYPES, at)
    for kind in kinds:
        if not isinstance(kind, str) or kind not in ("object", "array", *PLAIN):
            raise _Invalid(_TYPE.format(kind), at)
    return kinds
