"""The schemas of filter documents, for the served OpenAPI document. The tables of the domain decide them.

They say exactly what the default profile takes, but for three things that depend on more than the document: a key of
metadata that is compared with a number must have numbers in all rows; the limits of members and comparisons; and times
and numbers are also read in a few forms beside those that are listed here.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..domain.filters import tables
from ..domain.filters.columns import OPERATORS, BooleanColumn, Column, NumberColumn, TimeColumn
from ..domain.filters.language import MAX_DEPTH, Table
from ..domain.filters.metadata import MetadataColumn
from .fields import NAMED

Json = dict[str, Any]

_NUMBER = r"[ \t\n\r\f\v]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,9})?[ \t\n\r\f\v]*"
_NUMERIC: Json = {"type": ["number", "string"], "pattern": f"^{_NUMBER}$"}
_NUMERIC_TEXT: Json = {"type": "string", "pattern": f"^{_NUMBER}$"}
_TEXT: Json = {"type": ["string", "number", "array", "null"], "items": {}}
_BOOLEAN: Json = {"type": "boolean"}
_TIME: Json = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}
_NULL: Json = {"type": "null"}
_ANYTHING: Json = {"const": "*"}


class _Kind(NamedTuple):
    """What the filters on the columns of one kind may have.

    Arguments:
        name: The name of the schema.
        equal: A value that is compared for equality, in versions where a list does not mean `in`.
        alone: The same for other versions, where a list is not one.
        ordered: The operand of `gte lte gt lt ne`.
        member: An entry of the list of `in`.
        key: A key of the object that `in` may have instead of a list. None if no key is possible.
        part: The operand of `contains` and `icontains`. None if nothing but `*` is possible.
        about: The description of the schema.
        about_lists: What it says about lists that are not operands, in versions where they do not mean `in`.
    """

    name: str
    equal: Json
    alone: Json
    ordered: Json
    member: Json
    key: Json | None
    part: Json | None
    about: str
    about_lists: str = ""


_KINDS: Mapping[type[Column], _Kind] = {
    Column: _Kind(
        "FilterOnText",
        _TEXT,
        {"type": ["string", "number", "null"]},
        _NUMERIC,
        _TEXT,
        {},
        {},
        'A condition on text: the text itself, `null` for none, or an object of operators, such as `{"in": ["a"]}`. '
        "A number is compared as its text.",
        " A list equals no text.",
    ),
    NumberColumn: _Kind(
        "FilterOnNumber",
        {"anyOf": [_NUMERIC, _NULL]},
        {"anyOf": [_NUMERIC, _NULL]},
        _NUMERIC,
        {"anyOf": [_NUMERIC, _NULL]},
        _NUMERIC_TEXT,
        None,
        'A condition on a number: the number itself, also as text, or an object of operators, such as `{"gte": 10}`.',
    ),
    BooleanColumn: _Kind(
        "FilterOnBoolean",
        {"type": ["boolean", "null"]},
        {"type": ["boolean", "null"]},
        _BOOLEAN,
        {"type": ["boolean", "null"]},
        None,
        None,
        'A condition on a boolean: `true`, `false`, or an object of operators, such as `{"ne": true}`.',
    ),
    TimeColumn: _Kind(
        "FilterOnTime",
        {"anyOf": [_TIME, _NULL, {"type": "array", "items": _TIME, "minItems": 1}]},
        {"anyOf": [_TIME, _NULL]},
        _TIME,
        {"anyOf": [_TIME, _NULL]},
        _TIME,
        None,
        "A condition on a time: the time in ISO 8601, in UTC if it has no offset, or an object of operators, such as "
        '`{"gte": "2026-01-01", "lt": "2026-02-01T12:00:00Z"}`.',
    ),
}
_OPERATOR_SENTENCES = {
    "gte": "The value is at least this.",
    "lte": "The value is at most this.",
    "gt": "The value is greater than this.",
    "lt": "The value is less than this.",
    "ne": "The value is not this. `null` stands for any value at all. Rows without a value do not match.",
    "in": "The value is in this list. Of an object its keys are the list.",
    "contains": "The text has this part, in upper or lower case.",
    "icontains": "The same as `contains`.",
}
_ON_METADATA = "FilterOnMetadata"
_ON_METADATA_KEY = "FilterOnMetadataKey"

_COMMON = (
    "An empty filter finds everything, and so does `*` as a condition or an operand. The conditions of one filter are "
    "joined with AND."
)
_LISTS = (
    f"`AND`, `OR` and `NOT` have lists of filters, {MAX_DEPTH} levels deep at most: all, one or none of them match."
)
_LISTS_WITHOUT_LIMIT = "`AND`, `OR` and `NOT` have lists of filters: all, one or none of them match."


class Filters(NamedTuple):
    """The filters that one or more operations take.

    Arguments:
        table: The table that they are on.
        more: Keys beside the columns, or instead of them, at the top level only.
        needs: What the schema of the top level demands beyond that.
    """

    table: Table
    more: Json = {}
    needs: Json = {}


_IGNORED: Json = {"description": "Ignored: the path decides."}
_OF_SEARCH: Json = {
    "workspace_id": _IGNORED,
    "peer_perspective": {
        "description": "Only messages from while this peer was in their session: the id of a peer.",
    },
}
_PEER_ID: Json = {"type": "string", "minLength": 1}
_BLANK: Json = {"enum": [None, "", 0, []]}
# A query of conclusions needs a pair of peers, each under one of two names.
_PAIR: Json = {
    "allOf": [
        {
            "anyOf": [
                {"required": [public], "properties": {public: _PEER_ID}},
                {"required": [name], "properties": {name: _PEER_ID, public: _BLANK}},
            ]
        }
        for name, public in tables.NAMES_IN_DATABASE.items()
        if name in ("observer", "observed")
    ]
}
_FILTERS = {
    "WorkspaceFilters": Filters(tables.WORKSPACES),
    "PeerFilters": Filters(tables.PEERS),
    "SessionFilters": Filters(tables.SESSIONS),
    "MessageFilters": Filters(tables.MESSAGES),
    "WorkspaceSearchFilters": Filters(tables.MESSAGES, _OF_SEARCH),
    "PeerSearchFilters": Filters(tables.MESSAGES, {**_OF_SEARCH, "peer_id": _IGNORED}),
    "SessionSearchFilters": Filters(tables.MESSAGES, {**_OF_SEARCH, "session_id": _IGNORED}),
    "ConclusionFilters": Filters(tables.CONCLUSIONS),
    "ConclusionQueryFilters": Filters(tables.CONCLUSIONS, {}, _PAIR),
}


def filter_schemas(has: Mapping[str, bool]) -> dict[str, Json]:
    """All schemas of filters by their names, for a version with these changes. One refers to another by `NAMED`."""
    schemas = {kind.name: _on_column(kind, lists_mean_in=has["list_means_in"]) for kind in _KINDS.values()}
    schemas[_ON_METADATA_KEY] = _on_metadata_key()
    schemas[_ON_METADATA] = _on_metadata()
    for name, filters in _FILTERS.items():
        schemas[name] = _top(filters, has["filter_depth"])
        schemas |= _inner(filters.table, has["filter_depth"])
    return schemas


def _named(name: str) -> Json:
    return {NAMED: name}


def _top(filters: Filters, is_limited: bool) -> Json:
    columns = {**_columns(filters.table), **filters.more}
    about = f"Which {_plural(filters.table)} are wanted, by their columns and their metadata."
    return {
        **_document(columns, _lists(filters.table, 1, is_limited)),
        **filters.needs,
        "description": f"{about} {_COMMON} {_LISTS if is_limited else _LISTS_WITHOUT_LIMIT}",
    }


def _inner(table: Table, is_limited: bool) -> dict[str, Json]:
    """The filters in the lists of AND, OR and NOT, by level."""
    return {
        _inner_name(table, level): {
            **_document(_columns(table), _lists(table, level + 1, is_limited)),
            "description": f"A filter in a list, at level {level}{f' of {MAX_DEPTH}' if is_limited else ''}. {_COMMON}",
        }
        for level in range(1, MAX_DEPTH + 1)
    }


def _inner_name(table: Table, level: int) -> str:
    return f"{table.name}FiltersLevel{level}"


def _plural(table: Table) -> str:
    return "conclusions" if table.name == "Document" else f"{table.name.lower()}s"


def _document(columns: Json, lists: Json) -> Json:
    return {"type": "object", "properties": columns, "patternProperties": lists, "additionalProperties": False}


def _columns(table: Table) -> Json:
    return {name: _named(_name_of(column)) for name, column in table.columns.items()}


def _name_of(column: Column) -> str:
    return _ON_METADATA if isinstance(column, MetadataColumn) else _KINDS[type(column)].name


def _lists(table: Table, level: int, is_limited: bool) -> Json:
    """AND, OR and NOT, with filters of a level. Below the last level their lists are empty, or have no limit.

    They are one pattern, because tools try each property of a schema: five levels of three would be hundreds.
    """
    inner = {"items": _named(_inner_name(table, min(level, MAX_DEPTH)))}
    inside = {"maxItems": 0} if is_limited and level > MAX_DEPTH else inner
    return {"^(AND|OR|NOT)$": {"type": "array", "items": {}, **inside}}


def _on_column(kind: _Kind, *, lists_mean_in: bool) -> Json:
    ordered = {"anyOf": [kind.ordered, _ANYTHING]}
    part = _ANYTHING if kind.part is None else kind.part
    operands = {
        **dict.fromkeys(("gte", "lte", "gt", "lt"), ordered),
        "ne": {"anyOf": [kind.ordered, _NULL, _ANYTHING]},
        "in": _list_of(kind),
        "contains": part,
        "icontains": part,
    }
    equal = [kind.equal]
    about = kind.about + kind.about_lists
    if lists_mean_in:
        equal = [kind.alone, {"type": "array", "items": kind.member}, _LIST_WITH_WILDCARD]
        about = f"{kind.about} A list means `in`."
    return {"description": about, "anyOf": [*equal, _ANYTHING, _operators(operands)]}


def _operators(operands: Mapping[str, Json]) -> Json:
    """An object with at least one operator, and with nothing else."""
    return {
        "type": "object",
        "properties": {
            name: {**operands[name], "description": sentence} for name, sentence in _OPERATOR_SENTENCES.items()
        },
        "additionalProperties": False,
        "minProperties": 1,
    }


def _list_of(kind: _Kind) -> Json:
    """The operand of `in`. A `*` in it matches every row, whatever else there is."""
    keys = {"maxProperties": 0} if kind.key is None else {"propertyNames": kind.key}
    return {
        "anyOf": [
            {"type": "array", "items": kind.member},
            {"type": "object", **keys},
            *_WITH_WILDCARD,
        ]
    }


_LIST_WITH_WILDCARD: Json = {"type": "array", "items": {}, "contains": _ANYTHING}
_WITH_WILDCARD: list[Json] = [
    _ANYTHING,
    _LIST_WITH_WILDCARD,
    {"type": "object", "required": ["*"]},
]


def _on_metadata_key() -> Json:
    ordered = {"type": ["string", "number", "boolean"]}
    operands: dict[str, Json] = {
        **dict.fromkeys(("gte", "lte", "gt", "lt", "ne"), ordered),
        "in": {"anyOf": [{"type": ["array", "object"], "items": {}}, _ANYTHING]},
        "contains": {},
        "icontains": {},
    }
    plain = {"type": "object", "propertyNames": {"not": {"enum": list(_OPERATOR_SENTENCES)}}}
    return {
        "description": (
            "A condition on a key of metadata: a value that it contains (an object with these members, a list with "
            'these entries, or an equal scalar), or an object of operators, such as `{"gte": 10}`. The operators '
            "compare with a number by value, and with other text by code point."
        ),
        "anyOf": [
            {"type": ["string", "number", "boolean", "null", "array"], "items": {}},
            plain,
            _operators(operands),
        ],
    }


def _on_metadata() -> Json:
    compared = sorted(OPERATORS - {"contains"})
    by_key: Json = {
        "type": "object",
        "description": 'Each key of the metadata with its condition, such as `{"topic": "math", "grade": {"gt": 3}}`.',
        "properties": {"contains": {"description": "The metadata contains this value as a whole."}},
        "propertyNames": {"not": {"enum": compared}},
        "additionalProperties": _named(_ON_METADATA_KEY),
    }
    as_a_whole: dict[str, Json] = {
        **dict.fromkeys(OPERATORS, _ANYTHING),
        "ne": {"enum": ["*", None]},
        "in": {"anyOf": _WITH_WILDCARD},
        "contains": {},
    }
    return {
        "description": (
            "A condition on metadata: an object with the keys that it must have. A list or `null` finds nothing."
        ),
        "anyOf": [
            by_key,
            {**_operators(as_a_whole), "description": "Operators on the metadata as a whole."},
            {"type": ["array", "null"], "items": {}},
            _ANYTHING,
        ],
    }
