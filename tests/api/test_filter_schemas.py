"""The served schemas of filters say what the default profile takes: a law over valid and nearly valid documents."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from mockserver.domain.changes import CONTRACT
from mockserver.domain.filters.columns import OPERATORS
from mockserver.domain.filters.language import MAX_DEPTH
from support.published_document import served_document
from support.started_mock import start_mock
from support.strategies import json

Json = Any
_W = "/v3/workspaces/{workspace_id}"
_LISTS = ("AND", "OR", "NOT")
_COLUMNS = (
    *("id", "workspace_id", "session_id", "peer_id", "observer_id", "observed_id", "observer", "observed"),
    *("workspace_name", "session_name", "content", "level", "sync_state"),
    *("token_count", "times_derived", "is_active", "created_at", "deleted_at", "metadata", "internal_metadata"),
    *("peer_perspective", "bogus"),
)
# The columns of each operation that takes filters, and what else its body needs.
_OPERATIONS: Mapping[str, Json] = {
    "/v3/workspaces/list": {},
    f"{_W}/peers/list": {},
    f"{_W}/peers/{{peer_id}}/sessions": {},
    f"{_W}/sessions/list": {},
    f"{_W}/sessions/{{session_id}}/messages/list": {},
    f"{_W}/search": {"query": "x"},
    f"{_W}/peers/{{peer_id}}/search": {"query": "x"},
    f"{_W}/sessions/{{session_id}}/search": {"query": "x"},
    f"{_W}/conclusions/list": {},
    f"{_W}/conclusions/query": {"query": "x"},
}
# Of the versions with other filters, 3.0.3 has no limit for levels, and a list means `in` from 3.0.12 on.
_VERSIONS = [CONTRACT, *(pytest.param(version, marks=pytest.mark.deep) for version in ("3.0.3", "3.0.12"))]
_document_of = cache(served_document)
_client_of = cache(lambda version: start_mock(api_version=version).client)

_texts = st.sampled_from(["bob", "*", "", "5", " 1.5e3 ", "-.5", "1.", "1e", "NaN", "x 5", "2024-02-30", "20240101T"])
_times = st.sampled_from(["2024-02-29", "2024-01-01T12:00:00Z", "2024-01-01T12:00:00.5+02:00", "9999-12-31T23:59:59Z"])
_values = st.one_of(_texts, _times, json)
_operands = st.one_of(
    _values,
    st.lists(st.one_of(_values, _times), max_size=3),
    st.dictionaries(st.one_of(_texts, _times), json, max_size=2),
)
_operators = st.dictionaries(st.sampled_from([*sorted(OPERATORS), "like"]), _operands, min_size=1, max_size=3)
_conditions = st.one_of(_values, _operators)
_of_metadata = st.one_of(
    _conditions,
    st.dictionaries(st.one_of(st.sampled_from([*sorted(OPERATORS), "AND"]), _texts), _conditions, max_size=3),
)


def _document(column: str) -> st.SearchStrategy[Json]:
    """Filters on one column, with or without lists. Most are valid, so that the rest is reached."""
    condition = _of_metadata if "metadata" in column else _conditions
    plain = st.one_of(st.just({}), condition.map(lambda value: {column: value}))
    listed = st.recursive(
        plain,
        lambda inner: st.builds(
            lambda filters, name, members: {**filters, name: members},
            plain,
            st.sampled_from(_LISTS),
            st.one_of(st.lists(inner, max_size=2), inner, st.sampled_from([None, [None], ["x"], "*"])),
        ),
        max_leaves=3,
    )
    return st.one_of(plain, listed)


@cache
def _validator(path: str, version: str) -> Draft202012Validator:
    document = _document_of(version)
    operation = document["paths"][path]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": document["components"]}, validate_formats=True)


def _is_accepted(path: str, body: Json, version: str) -> bool:
    answer = _client_of(version).call("POST", path.format(workspace_id="w", session_id="s", peer_id="bob"), body)
    assert answer.status in (200, 422)
    return answer.status == 200


def _agree(path: str, filters: Json, version: str = CONTRACT) -> bool:
    """Whether the filters are accepted. The schema must say the same."""
    body = {**_OPERATIONS[path], "filters": filters}
    accepted = _is_accepted(path, body, version)
    assert _validator(path, version).is_valid(body) is accepted, filters
    return accepted


@pytest.mark.parametrize("version", _VERSIONS)
@pytest.mark.parametrize("path", _OPERATIONS)
@given(st.sampled_from(_COLUMNS).flatmap(_document))
def test_the_schema_takes_the_filters_that_the_server_takes(path: str, version: str, filters: Json) -> None:
    pair = {"observer_id": "bob", "observed_id": "al"} if path.endswith("/query") else {}
    _agree(path, {**pair, **filters}, version)


@pytest.mark.parametrize(
    ("column", "entries", "before", "since"),
    [
        ("id", ["s", "t"], True, True),
        ("id", [True], True, False),
        ("id", [{}, "*"], True, True),
        ("id", [["s"], None, 5], True, True),
        ("is_active", [], False, True),
        ("is_active", [True, None], False, True),
        ("is_active", ["x"], False, False),
        ("created_at", [], False, True),
        ("created_at", ["2024-01-01", None], False, True),
        ("created_at", ["2024-01-01"], True, True),
        ("created_at", ["x"], False, False),
        ("metadata", [1], True, True),
    ],
)
def test_a_list_means_in_from_3_0_12_on(column: str, entries: Json, before: bool, since: bool) -> None:
    path = f"{_W}/sessions/list"
    assert [_agree(path, {column: entries}, version) for version in (CONTRACT, "3.0.12")] == [before, since]


@pytest.mark.parametrize("path", _OPERATIONS)
@pytest.mark.parametrize("name", _LISTS)
def test_lists_are_five_levels_deep_at_most(path: str, name: str) -> None:
    filters: Json = {"created_at": None}
    pair = {"observer_id": "bob", "observed_id": "al"} if path.endswith("/query") else {}
    accepted = []
    for _ in range(MAX_DEPTH + 2):
        accepted.append(_agree(path, {**filters, **pair}))
        filters = {name: [filters]}
    assert accepted == [True] * (MAX_DEPTH + 1) + [False]
    deepest: Json = {name: []}
    for _ in range(MAX_DEPTH):
        deepest = {name: [{}, deepest]}
    assert _agree(path, {**deepest, **pair})


@pytest.mark.deep
@pytest.mark.parametrize("name", _LISTS)
def test_lists_have_any_depth_before_3_0_4(name: str) -> None:
    filters: Json = {"created_at": None}
    for _ in range(3 * MAX_DEPTH):
        filters = {name: [filters]}
        assert _agree(f"{_W}/sessions/list", filters, "3.0.3")
    assert not _agree(f"{_W}/sessions/list", {name: [{**filters, "bogus": 1}]}, "3.0.3")


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("observer_id", "observer", "observed_id", "observed"), _values))
)
def test_a_query_of_conclusions_needs_a_pair_of_peers(filters: Json) -> None:
    _agree(f"{_W}/conclusions/query", filters)
