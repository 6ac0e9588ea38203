"""The changes from 3.0.10 to 3.0.12 that concern conclusions, filters, chat and dreams."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.response_schema import example
from support.direct_client import DirectClient
from support.started_mock import Start, start_mock

Json = Any

_W = "/v3/workspaces/w"
_BEFORE_AND_AFTER = pytest.mark.parametrize(("version", "is_there"), [("3.0.11", False), ("3.0.12", True)])


def _world(**workspace: Json) -> Json:
    sessions = [{"id": "s", "peers": {"al": {}}}, {"id": "t", "peers": {"al": {}}}]
    return {"workspaces": {"w": {"peers": [{"id": "al"}], "sessions": sessions, **workspace}}}


def _concluded(*parts: tuple[str, str | None], **more: Json) -> list[Json]:
    return [
        {
            "content": content,
            "observer_id": "al",
            "observed_id": "al",
            "session_id": session,
            "created_at": f"2026-01-01T00:00:{place:02}Z",
            **more,
        }
        for place, (content, session) in enumerate(parts)
    ]


def _shown(client: DirectClient, **body: Json) -> set[str]:
    text = client.call("POST", f"{_W}/peers/al/representation", body).json["representation"]
    return {line.split("] ")[1] for line in text.splitlines() if line.startswith("[")}


@_BEFORE_AND_AFTER
def test_conclusions_have_a_level(start: Start, version: str, is_there: bool) -> None:
    deduced = _concluded(("x", "s"), level="deductive")
    _, client = start(api_version=version, world=_world(conclusions=deduced))
    body = {"conclusions": [{"content": "y", "observer_id": "al", "observed_id": "al", "level": "inductive"}]}
    made = client.call("POST", f"{_W}/conclusions", body).json[0]
    listed = client.call("POST", f"{_W}/conclusions/list", {}).json["items"]
    assert [row.get("level") for row in listed] == (["explicit", "deductive"] if is_there else [None, None])
    assert (
        list(made) == ["id", "content", "observer_id", "observed_id", "session_id", "level", "created_at"]
    ) is is_there
    filtered = client.call("POST", f"{_W}/conclusions/list", {"filters": {"level": "deductive"}}).json
    assert filtered["total"] == (1 if is_there else 0)
    schemas = client.call("GET", "/openapi.json").json["components"]["schemas"]
    assert ("level" in schemas["Conclusion"]["properties"]) is is_there


def test_levels_are_saved_in_worlds(start: Start) -> None:
    mock, _ = start(api_version="3.0.12", world=_world(conclusions=_concluded(("x", None), level="inductive")))
    saved = mock.world()
    assert saved["workspaces"]["w"]["conclusions"][0]["level"] == "inductive"
    assert start(api_version="3.0.12", world=saved).mock.world() == saved


def test_only_explicit_conclusions_are_in_what_a_session_limits(start: Start) -> None:
    deduced = _concluded(("x", "s"), level="deductive")
    _, client = start(api_version="3.0.12", world=_world(conclusions=deduced))
    assert _shown(client) == {"x"}
    text = client.call("POST", f"{_W}/peers/al/representation", {}).json["representation"]
    assert text.startswith("## Deductive Observations\n\n[")
    assert _shown(client, session_id="s") == set()


@pytest.mark.parametrize(("version", "is_newest"), [("3.0.9", False), ("3.0.10", True)])
def test_of_equally_frequent_conclusions_the_newest_are_shown(start: Start, version: str, is_newest: bool) -> None:
    known = _concluded(*((f"c{number:02}", None) for number in range(12)))
    _, client = start(api_version=version, world=_world(conclusions=known))
    shown = _shown(client, include_most_frequent=True, max_conclusions=4)
    assert shown == ({"c10", "c11"} if is_newest else {"c00", "c01", "c10", "c11"})


@_BEFORE_AND_AFTER
def test_a_small_representation_has_something_near_the_query(start: Start, version: str, is_there: bool) -> None:
    known = _concluded(("apples are red", None), ("bananas are yellow", None))
    _, client = start(api_version=version, world=_world(conclusions=known))
    wanted = {"search_query": "apples are red", "max_conclusions": 1}
    assert _shown(client, **wanted) == ({"apples are red"} if is_there else {"bananas are yellow"})


@_BEFORE_AND_AFTER
def test_the_live_server_mixes_sessions_before_3_0_12(start: Start, version: str, is_there: bool) -> None:
    known = _concluded(("apples are red", "t"), ("bananas are yellow", "s"))
    _, client = start(api_version=version, quirks="live", world=_world(conclusions=known))
    shown = _shown(client, session_id="s", search_query="apples are red")
    assert shown == ({"bananas are yellow"} if is_there else {"apples are red", "bananas are yellow"})


@_BEFORE_AND_AFTER
@pytest.mark.parametrize(
    ("filters", "before", "after"),
    [
        ({"id": ["s"]}, "", "s"),
        ({"id": []}, "", ""),
        ({"id": ["*", "x"]}, "", "st"),
        ({"NOT": [{"id": ["s"]}]}, "st", "t"),
        ({"OR": [{"id": ["s"]}, {"id": ["t"]}]}, "", "st"),
        ({"created_at": ["2020-01-01"]}, "", ""),
        ({"created_at": []}, None, "st"),
        ({"created_at": ["x"]}, None, None),
        ({"is_active": [True]}, None, "st"),
        ({"metadata": ["x"]}, "", ""),
    ],
)
def test_a_list_in_a_filter_means_in(
    start: Start, version: str, is_there: bool, filters: Json, before: str | None, after: str | None
) -> None:
    _, client = start(api_version=version, quirks="live", world=_world())
    answer = client.call("POST", f"{_W}/sessions/list", {"filters": filters})
    wanted = after if is_there else before
    if wanted is None:
        assert answer.status == (422 if is_there else 500)
    else:
        assert {row["id"] for row in answer.json["items"]} == set(wanted)


_NOT_A_LIST = 'filters.session_id must be a session id, a list of session ids, or {"in": [...]}'
_REFUSED_FILTERS = [
    ({"zz": 1, "aa": 2}, "Unsupported filter key(s) for this endpoint: ['aa', 'zz']. Only 'session_id' is supported."),
    ({}, "filters must contain 'session_id'"),
    ({"session_id": None}, _NOT_A_LIST),
    ({"session_id": {"in": "s"}}, _NOT_A_LIST),
    ({"session_id": {"in": ["s"], "ne": "t"}}, _NOT_A_LIST),
    ({"session_id": ["s", ""]}, "filters.session_id entries must be non-empty strings"),
    ({"session_id": [f"n{n}" for n in range(1001)]}, "filters.session_id supports at most 1000 sessions per request"),
    ({"session_id": ["t"]}, "session_id must be included in filters.session_id"),
]


@_BEFORE_AND_AFTER
@pytest.mark.parametrize(("filters", "sentence"), _REFUSED_FILTERS)
@pytest.mark.parametrize(("operation", "more"), [("chat", {"query": "q"}), ("representation", {})])
def test_filters_that_are_no_list_of_sessions_are_refused(
    start: Start, version: str, is_there: bool, operation: str, more: Json, filters: Json, sentence: str
) -> None:
    """And the peer that is asked is not created."""
    _, client = start(api_version=version, quirks="sentence_422", world=_world())
    body = {**more, "filters": filters, "session_id": "s"}
    answer = client.call("POST", f"{_W}/peers/new/{operation}", body)
    assert (answer.status, answer.json) == (422, {"detail": sentence}) if is_there else answer.status == 200
    if operation == "chat":
        assert (client.call("POST", f"{_W}/peers/list", {}).json["total"] == 1) is is_there


@_BEFORE_AND_AFTER
@pytest.mark.parametrize("allowed", ["s", ["s", "ghost", "s"], {"in": ["s"]}])
def test_filters_limit_representations_and_chat(start: Start, version: str, is_there: bool, allowed: Json) -> None:
    known = _concluded(("apples", "s"), ("bananas", "t"), ("cherries", None))
    _, client = start(api_version=version, world=_world(conclusions=known))
    filters = {"session_id": allowed}
    assert len(_shown(client, filters=filters)) == (1 if is_there else 3)
    content = client.call("POST", f"{_W}/peers/al/chat", {"query": "q", "filters": filters}).json["content"]
    assert ("1 conclusion would" in content) is is_there


@_BEFORE_AND_AFTER
@pytest.mark.parametrize("is_streamed", [False, True])
def test_chat_answers_in_the_wanted_format(start: Start, version: str, is_there: bool, is_streamed: bool) -> None:
    wanted = {"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"}}}
    _, client = start(api_version=version, world=_world())
    body = {"query": "q", "response_format": wanted, "stream": is_streamed}
    answer = client.call("POST", f"{_W}/peers/al/chat", body)
    if is_streamed:
        events = [json.loads(line[6:]) for line in answer.body.decode().splitlines() if line]
        content = "".join(event.get("delta", {}).get("content", "") for event in events)
    else:
        content = answer.json["content"]
    assert (content == '{"a":"","n":0}') is is_there


def test_a_script_gives_the_content_also_with_a_format(start: Start) -> None:
    mock, client = start(api_version="3.0.12", world=_world())
    mock.scripts.add("chat", '{"a": 1}')
    body = {"query": "q", "response_format": {"type": "object"}}
    assert client.call("POST", f"{_W}/peers/al/chat", body).json["content"] == '{"a": 1}'


def _of(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


def _nested(levels: int) -> Json:
    return _of(a=_nested(levels - 1)) if levels else {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": ["object"]}, "root schema must have type 'object'"),
        ({"$ref": "#/$defs/R", "$defs": {"R": {"type": "string"}}}, "root schema must have type 'object'"),
        ({"type": "object", "allOf": []}, "unsupported construct 'allOf' at root"),
        (_of(a=_of() | {"$defs": {}}), "unsupported construct '$defs' at properties.a"),
        (_of(a={"type": "array", "items": {"type": "zzz"}}), "unsupported type 'zzz' at properties.a.items"),
        (_of(a={"anyOf": [{"type": "null"}, {}]}), "schema has no recognizable type at properties.a.anyOf[1]"),
        (_of(a=5), "schema must be an object at properties.a"),
        (_of(a=True), "boolean schemas are not supported at properties.a"),
        (
            {"type": "object", "additionalProperties": {}},
            "additionalProperties with a schema is not supported at root",
        ),
        (_of(a={"enum": []}), "'enum' must be a non-empty array at properties.a"),
        (_of(a={"enum": [1.5]}), "enum values must be strings, integers, booleans, or null at properties.a"),
        (_of(a={"oneOf": 5}), "'oneOf' must be a non-empty array at properties.a"),
        (_of(a={"type": []}), "'type' array must not be empty at properties.a"),
        ({"type": "object", "required": "a"}, "'required' must be an array of strings at root"),
        ({"type": "object", "properties": []}, "'properties' must be an object at root"),
        (_of(**{"": {}}), "property names must be non-empty strings at root"),
        (_of(a={"$ref": 5}), "'$ref' must be a string at properties.a"),
        (
            _of(a={"$ref": "#/$defs/a/b"}),
            (
                "unsupported $ref '#/$defs/a/b': only '#/$defs/<name>' or '#/definitions/<name>' references are supported "
                "at properties.a"
            ),
        ),
        (_of(a={"$ref": "#/$defs/Y"}), "$ref '#/$defs/Y' points to an unknown definition at properties.a"),
        (
            _of(a={"$ref": "#/$defs/X"}) | {"$defs": {"X": _of(b={"$ref": "#/$defs/X"})}},
            (
                "recursive $ref is not supported (cycle: X -> X); restructure the schema so definitions do not reference "
                "themselves at properties.a.properties.b"
            ),
        ),
        ({"type": "object", "$defs": []}, "'$defs' must be an object at root"),
        (
            {"type": "object", "$defs": {"A": {}}, "definitions": {"A": {}}},
            "definition 'A' appears in both '$defs' and 'definitions' at root",
        ),
        (_nested(21), "schema nesting exceeds the maximum depth of 20"),
        (_of(**{f"k{n}": {"type": "null"} for n in range(500)}), "schema exceeds the maximum of 500 nodes"),
    ],
)
def test_other_formats_are_refused(start: Start, schema: Json, problem: str) -> None:
    _, client = start(api_version="3.0.12", quirks="sentence_422")
    answer = client.call("POST", f"{_W}/peers/al/chat", {"query": "q", "response_format": schema})
    assert (answer.status, answer.json) == (422, {"detail": f"Invalid response_format: {problem}"})


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"properties": {"a": {"type": "boolean"}}}, {"a": False}),
        (_of(a={"$ref": "#/$defs/X"}, b={"$ref": "#/$defs/X"}) | {"$defs": {"X": _of()}}, {"a": {}, "b": {}}),
        ({"$ref": "#/definitions/X", "definitions": {"X": _of(n={"type": "number"}), "Y": 5}}, {"n": 0}),
        (
            _of(a={"enum": ["x", 1]}, b={"type": ["null", "array"]}, c={"items": {"type": "string"}}),
            {"a": "x", "b": None, "c": []},
        ),
        (_of(a={"type": "string", "minLength": 3}) | {"required": ["zz"], "additionalProperties": False}, {"a": ""}),
    ],
)
def test_the_content_fits_the_format(schema: Json, value: Json) -> None:
    assert example(schema) == value


_names = st.text("ab", min_size=1, max_size=2)
_plain = st.sampled_from([{"type": kind} for kind in ("string", "integer", "number", "boolean", "null", "array")])
_schemas = st.recursive(
    _plain,
    lambda inner: st.one_of(
        st.dictionaries(_names, inner, max_size=3).map(lambda parts: _of(**parts)),
        inner.map(lambda one: {"type": "array", "items": one}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"anyOf": some}),
    ),
    max_leaves=8,
)
_TYPES = {"string": str, "integer": int, "number": int, "boolean": bool, "null": type(None), "array": list}


def _fits(value: Json, schema: Json) -> bool:
    if "anyOf" in schema:
        return any(_fits(value, choice) for choice in schema["anyOf"])
    if schema["type"] == "object":
        parts = schema["properties"]
        return value.keys() == parts.keys() and all(_fits(value[name], parts[name]) for name in parts)
    return type(value) is _TYPES[schema["type"]]


@given(st.dictionaries(_names, _schemas, max_size=3))
def test_every_content_fits_its_format(parts: Json) -> None:
    assert _fits(example(_of(**parts)), _of(**parts))


@_BEFORE_AND_AFTER
def test_a_card_refresh_is_a_dream_of_its_own(start: Start, version: str, is_there: bool) -> None:
    mock, client = start(api_version=version, world=_world())
    for dream_type in ("omni", "omni", "card_refresh", "card_refresh"):  # Each waits once.
        answer = client.call("POST", f"{_W}/schedule_dream", {"observer": "al", "dream_type": dream_type})
        assert answer.status == (204 if is_there or dream_type == "omni" else 422)
    expected = "'omni' or 'card_refresh'" if is_there else "'omni'"
    refused = client.call("POST", f"{_W}/schedule_dream", {"observer": "al", "dream_type": "zz"}).json["detail"][0]
    assert refused["ctx"] == {"expected": expected}
    if not is_there:
        assert "card_refresh' came with 3.0.12" in (mock.requests[2].diagnosis or "")
    pending = client.call("GET", f"{_W}/queue/status").json["pending_work_units"]
    assert pending == (2 if is_there else 1)
    saved = mock.world()
    assert start(api_version=version, world=saved).mock.world() == saved
    assert mock.work() == pending


@_BEFORE_AND_AFTER
def test_rebuild_of_a_dream_is_a_boolean(start: Start, version: str, is_there: bool) -> None:
    _, client = start(api_version=version, quirks="lax_types", world=_world())
    for value, kind in (("zz", "bool_parsing"), (None, "bool_type"), (True, None)):
        body = {"observer": "al", "dream_type": "omni", "rebuild": value}
        answer = client.call("POST", f"{_W}/schedule_dream", body)
        if kind is None or not is_there:
            assert answer.status == 204
        else:
            assert (answer.json["detail"][0]["type"], answer.json["detail"][0]["loc"]) == (kind, ["body", "rebuild"])


def test_the_document_of_a_version_has_its_fields() -> None:
    for version, is_there in (("3.0.7", False), ("3.0.12", True)):
        schemas = start_mock(api_version=version).client.call("GET", "/openapi.json").json["components"]["schemas"]
        for model, field in (
            ("DialecticOptions", "filters"),
            ("DialecticOptions", "response_format"),
            ("PeerRepresentationGet", "filters"),
            ("DreamRequest", "rebuild"),
        ):
            assert (field in schemas[model]["properties"]) is is_there
        assert schemas["DreamType"]["enum"] == (["omni", "card_refresh"] if is_there else ["omni"])
