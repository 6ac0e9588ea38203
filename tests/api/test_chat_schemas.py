"""The served schemas of `filters` and `response_format`, which 3.0.12 brought, say what the server takes."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from support.published_document import served_document
from support.recorded_rules import broken_rules
from support.started_mock import start_mock
from support.strategies import json

Json = Any
_VERSION = "3.0.12"
_PEER = "/v3/workspaces/{workspace_id}/peers/{peer_id}"
_CHAT, _REPRESENTATION = f"{_PEER}/chat", f"{_PEER}/representation"
_client = cache(lambda: start_mock(api_version=_VERSION).client)
_document = cache(lambda: served_document(_VERSION))


@cache
def _validator(path: str) -> Draft202012Validator:
    schema = _document()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": _document()["components"]})


def _is_accepted(path: str, **body: Json) -> bool:
    """Whether the server takes the body. The schema must say the same, unless a rule that it cannot say is broken."""
    whole = {**body, **({"query": "x"} if path == _CHAT else {})}
    answer = _client().call("POST", path.format(workspace_id="w", peer_id="bob"), whole)
    assert answer.status in (200, 422)
    accepted = answer.status == 200
    if not any(broken_rules(whole)):
        assert _validator(path).is_valid(whole) is accepted, whole
    return accepted


_entries = st.one_of(st.sampled_from(["s", "t", ""]), st.none(), st.integers(0, 1))
_lists = st.lists(_entries, max_size=3)
_conditions = st.one_of(
    _entries, _lists, st.dictionaries(st.sampled_from(["in", "ne"]), st.one_of(_entries, _lists), max_size=2), json
)
_filters = st.one_of(
    json, st.dictionaries(st.sampled_from(["session_id", "session_id", "id"]), _conditions, max_size=2)
)


@pytest.mark.parametrize("path", [_CHAT, _REPRESENTATION])
@given(_filters)
def test_the_schema_takes_the_filters_that_the_server_takes(path: str, filters: Json) -> None:
    _is_accepted(path, filters=filters)


@pytest.mark.parametrize("path", [_CHAT, _REPRESENTATION])
@pytest.mark.parametrize(
    ("filters", "accepted"),
    [
        (None, True),
        ({}, False),
        ({"session_id": "s"}, True),
        ({"session_id": ""}, False),
        ({"session_id": []}, True),
        ({"session_id": ["s", "s"]}, True),
        ({"session_id": ["s", 1]}, False),
        ({"session_id": {"in": ["s"]}}, True),
        ({"session_id": {"in": "s"}}, False),
        ({"session_id": {"in": ["s"], "ne": "t"}}, False),
        ({"session_id": "s", "id": "s"}, False),
    ],
)
def test_filters_have_sessions_and_nothing_else(path: str, filters: Json, accepted: bool) -> None:
    assert _is_accepted(path, filters=filters) is accepted


_kinds = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null", "date"])
_names = st.sampled_from(["a", "b", ""])
_KEYS = ("allOf", "not", "if", "then", "else", "patternProperties", "$defs", "definitions", "minLength")


def _parts(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Schemas with these inside. Most are valid, so that the rest is reached."""
    plain = _kinds.map(lambda kind: {"type": kind})
    keys: dict[str, st.SearchStrategy[Json]] = {
        "type": st.one_of(_kinds, st.lists(_kinds, max_size=2)),
        "properties": st.one_of(st.dictionaries(_names, inner, max_size=2), json),
        "required": st.one_of(st.lists(_names, max_size=2), json),
        "additionalProperties": st.one_of(st.booleans(), plain),
        "items": inner,
        "enum": st.lists(st.one_of(_names, st.integers(0, 1), st.none(), st.just(1.5), st.just({})), max_size=2),
        "anyOf": st.one_of(st.lists(inner, max_size=2), json),
        "oneOf": st.one_of(st.lists(inner, max_size=2), json),
    }
    some = st.lists(st.sampled_from(sorted(keys)), max_size=3, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({key: keys[key] for key in chosen})
    )
    return st.one_of(plain, some, st.builds(lambda part, key: {**part, key: {}}, some, st.sampled_from(_KEYS)))


_formats = _parts(st.recursive(st.one_of(_kinds.map(lambda kind: {"type": kind}), json), _parts, max_leaves=4))


@given(
    st.one_of(json, _formats, _formats.map(lambda part: {"type": "object", **part} if "$defs" not in part else part))
)
def test_the_schema_takes_the_formats_that_the_server_takes(wanted: Json) -> None:
    _is_accepted(_CHAT, response_format=wanted)


def _of(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("wanted", "accepted"),
    [
        (None, True),
        ({}, False),
        (_of(), True),
        ({"properties": {}}, True),
        ({"items": {"type": "string"}}, False),
        ({"type": ["object"]}, False),
        (_of() | {"$defs": {"X": 5}, "definitions": {}}, True),
        (_of() | {"$defs": []}, False),
        (_of(a={"$defs": {}, "type": "string"}), False),
        (_of() | {"allOf": []}, False),
        (_of(a={"type": "zzz"}), False),
        (_of(a={"type": ["string", "null"], "properties": 5}), True),
        (_of(a={"type": ["string", "object"], "properties": 5}), False),
        (_of(a={"type": "array", "items": {"type": "string"}}), True),
        (_of(a={"type": "array", "items": [{"type": "string"}]}), False),
        (_of(a={"type": "array"}), True),
        (_of(a={"items": {"type": "string"}}), True),
        (_of(a={}), False),
        (_of(a=True), False),
        (_of(a={"enum": ["x", 1, None, True]}), True),
        (_of(a={"enum": [1.5]}), False),
        (_of(a={"enum": ["x"], "anyOf": 5}), True),
        (_of(a={"anyOf": [{"type": "string"}], "oneOf": 5, "type": "zzz"}), True),
        (_of(a={"oneOf": []}), False),
        (_of(**{"": {"type": "string"}}), False),
        (_of() | {"additionalProperties": False, "$schema": "x"}, True),
        (_of() | {"additionalProperties": {}}, False),
        (_of() | {"required": ["zz"]}, True),
        (_of() | {"required": [1]}, False),
        (_of(a={"$ref": 5}), False),
        (_of(a={"$ref": "http://x"}), False),
        ({"$ref": "#/$defs/X", "$defs": {"X": _of()}}, True),
    ],
)
def test_a_format_is_a_part_of_json_schema(wanted: Json, accepted: bool) -> None:
    assert _is_accepted(_CHAT, response_format=wanted) is accepted


def test_the_schema_cannot_say_what_is_in_another_place() -> None:
    """These are the rules that `broken_rules` has of them."""
    filters = {"session_id": ["t"]}
    assert not _is_accepted(_REPRESENTATION, filters=filters, session_id="s")
    assert not _is_accepted(_CHAT, response_format=_of(a={"$ref": "#/$defs/X"}))
    assert not _is_accepted(_CHAT, response_format=_of() | {"$defs": {"X": {}}, "definitions": {"X": {}}})
