"""The filter language: a three-valued logic over conditions on columns and metadata."""

from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.errors import InnerFailure, InvalidFilter
from mockserver.domain.filters import compilation
from mockserver.domain.filters.logic import text
from mockserver.domain.filters.steps import Steps
from mockserver.domain.filters.tables import (
    conclusion_filter,
    message_filter,
    peer_filter,
    session_filter,
    workspace_filter,
)
from mockserver.domain.profile import Profile
from support import strategies

Row = dict[str, Any]

_TIMES = ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.500000Z", "2025-06-01T12:00:00Z"]
_rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": strategies.ids,
            "workspace_id": st.just("w"),
            "is_active": st.booleans(),
            "created_at": st.sampled_from(_TIMES),
            "metadata": strategies.objects,
        }
    ),
    max_size=6,
)
# Operands that no row's metadata can fail on: text that is no number, and what is asked of text.
_words = st.sampled_from(["a", "alpha", "b c", "", "é", "_"])
_conditions = st.one_of(
    st.builds(lambda value: {"id": value}, strategies.ids),
    st.builds(lambda value: {"id": {"contains": value}}, strategies.ids),
    st.builds(lambda value: {"id": {"in": value}}, st.lists(strategies.ids, max_size=3)),
    st.builds(lambda value: {"is_active": value}, st.booleans()),
    st.builds(
        lambda name, at: {"created_at": {name: at}}, st.sampled_from(["gte", "lt", "ne"]), st.sampled_from(_TIMES)
    ),
    st.builds(lambda key, value: {"metadata": {key: value}}, st.sampled_from("abc"), strategies.scalars),
    st.builds(
        lambda key, name, word: {"metadata": {key: {name: word}}},
        st.sampled_from("abc"),
        st.sampled_from(["gte", "lte", "gt", "lt", "ne", "contains", "icontains"]),
        _words,
    ),
)
_filters = st.recursive(
    _conditions,
    lambda inner: st.builds(
        lambda name, members: {name: members},
        st.sampled_from(["AND", "OR", "NOT"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=5,
)


def _folded(text: str) -> str:
    """Lower case, one character for one: what the database compares (checked against PostgreSQL 15)."""
    return "".join(character.lower()[0] for character in text)


def _kept(rows: list[Row], filters: Row | None) -> list[Row]:
    matches = session_filter(filters)
    return rows if matches is None else [row for row in rows if matches(row)]


@given(_rows, _filters, _filters)
def test_and_keeps_what_both_keep_and_or_what_either_keeps(rows: list[Row], one: Row, two: Row) -> None:
    by_one, by_two = _kept(rows, one), _kept(rows, two)
    assert _kept(rows, {"AND": [one, two]}) == [row for row in rows if row in by_one and row in by_two]
    assert _kept(rows, {"OR": [one, two]}) == [row for row in rows if row in by_one or row in by_two]


@given(_rows, _filters)
def test_not_keeps_nothing_that_the_filter_keeps_and_twice_keeps_it_again(rows: list[Row], filters: Row) -> None:
    kept, negated = _kept(rows, filters), _kept(rows, {"NOT": [filters]})
    assert [row for row in negated if row in kept] == []
    assert _kept(rows, {"NOT": [{"NOT": [filters]}]}) == kept


@given(_rows, _filters, _filters)
def test_not_negates_each_member(rows: list[Row], one: Row, two: Row) -> None:
    assert _kept(rows, {"NOT": [one, two]}) == _kept(rows, {"AND": [{"NOT": [one]}, {"NOT": [two]}]})


@given(_rows, _filters)
def test_members_that_say_nothing_are_left_out(rows: list[Row], filters: Row) -> None:
    silents: list[Row] = [
        {},
        {"id": "*"},
        {"metadata": {"a": "*"}},
        {"AND": []},
        {"metadata": {"a": {"in": ["x", "*"]}}},
    ]
    for silent in silents:
        for name in ("AND", "OR", "NOT"):
            assert _kept(rows, {name: [silent, filters]}) == _kept(rows, {name: [filters]})


@given(_rows, st.sampled_from("abc"), _words)
def test_an_order_parts_the_rows_that_have_the_field(rows: list[Row], key: str, word: str) -> None:
    having = [row for row in rows if text(row["metadata"].get(key), Steps(10_000)) is not None]
    below = _kept(rows, {"metadata": {key: {"lt": word}}})
    above = _kept(rows, {"metadata": {key: {"gte": word}}})
    assert [row for row in rows if row in below or row in above] == having
    assert _kept(rows, {"NOT": [{"metadata": {key: {"lt": word}}}]}) == above


@given(_rows, st.sampled_from("abc"), strategies.texts)
def test_contains_takes_every_character_for_itself_and_no_case(rows: list[Row], key: str, part: str) -> None:
    wanted = [
        row
        for row in rows
        if (has := text(row["metadata"].get(key), Steps(10_000))) is not None and _folded(part) in _folded(has)
    ]
    for name in ("contains", "icontains"):
        if part != "*":
            assert _kept(rows, {"metadata": {key: {name: part}}}) == wanted


@pytest.mark.parametrize(
    ("held", "part", "verdict"),
    [("ΟΔΟΣ", "σ", True), ("ΟΔΟΣ", "ς", False), ("οδος", "ς", True), ("İ", "i", True), ("Straße", "ss", False)],  # noqa: RUF001
)
def test_case_is_folded_character_by_character(held: str, part: str, verdict: bool) -> None:
    rows: list[Row] = [{"id": "s", "metadata": {"t": held}}]
    assert (_kept(rows, {"metadata": {"t": {"icontains": part}}}) == rows) is verdict


@given(st.lists(st.one_of(st.integers(-5, 5), st.floats(-5, 5)), max_size=6), st.integers(-5, 5))
def test_numbers_compare_by_value_however_they_are_given(numbers: list[float], limit: int) -> None:
    rows = [{"id": "s", "metadata": {"n": number}} for number in numbers]
    wanted = [row for row, number in zip(rows, numbers, strict=True) if number >= limit]
    for given_as in (limit, float(limit), str(limit), f" {limit}.0 "):
        assert _kept(rows, {"metadata": {"n": {"gte": given_as}}}) == wanted


def test_a_number_against_text_that_is_none_is_refused_and_names_the_row() -> None:
    filters = {"metadata": {"n": {"gt": 9}}}
    with pytest.raises(InvalidFilter) as refused:
        _kept([{"id": "s", "metadata": {"n": "nine"}}], filters)
    sentence = "Metadata field 'n' of 's' is not a number: it cannot be compared with 9"
    assert (refused.value.detail, refused.value.value) == (sentence, filters)


_IS_MORE_THAN_ONE: Row = {"metadata": {"n": {"gt": 1}}}


@pytest.mark.parametrize(
    "filters",
    [
        {**_IS_MORE_THAN_ONE, "id": "t"},
        {"id": "t", **_IS_MORE_THAN_ONE},
        {"AND": [_IS_MORE_THAN_ONE, {"id": "t"}]},
        {"AND": [{"AND": [_IS_MORE_THAN_ONE]}, {"NOT": [{"id": "s"}]}]},
        {"AND": [{"OR": [_IS_MORE_THAN_ONE, {"id": "u"}]}], "id": {"contains": "T"}},
        {"AND": [{"NOT": [{"NOT": [_IS_MORE_THAN_ONE]}]}, {"id": "t"}]},
        {"metadata": {"n": {"gt": 1, "contains": "5"}}},
        {"OR": [{"id": "s"}, _IS_MORE_THAN_ONE], "metadata": {"n": 5}},
    ],
)
def test_a_number_is_asked_last_and_not_where_another_condition_decides(filters: Row) -> None:
    """PostgreSQL answers so too (tried with 15), in whatever order the conditions are written."""
    rows: list[Row] = [{"id": "s", "metadata": {"n": "nine"}}, {"id": "t", "metadata": {"n": 5}}]
    assert [row["id"] for row in _kept(rows, filters)] == ["t"]


def test_the_members_of_or_are_asked_in_their_order() -> None:
    rows: list[Row] = [{"id": "s", "metadata": {"n": "nine"}}]
    assert _kept(rows, {"OR": [{"id": "s"}, _IS_MORE_THAN_ONE]}) == rows
    with pytest.raises(InvalidFilter):
        _kept(rows, {"OR": [_IS_MORE_THAN_ONE, {"id": "s"}]})


_DEEPEST = {"AND": [{"AND": [{"AND": [{"AND": [{"AND": [{"id": "s"}]}]}]}]}]}


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"AND": [_DEEPEST]}, "Filter nesting exceeds maximum depth of 5"),
        ({"AND": None}, "AND operator must contain a list, got NoneType"),
        ({"NOT": None}, "NOT operator cannot be None"),
        ({"OR": "x"}, "OR operator must contain a list, got str"),
        ({"NOT": [1]}, "NOT operator must contain a list of objects, got int in it"),
        ({"id": True}, "Invalid value for column 'id': True. Expected text, got bool"),
        ({"id": {"between": 1}}, "Invalid value for column 'id': {'between': 1}. Expected text, got dict"),
        ({"id": {"ne": "x"}}, "Invalid numeric value: x. Expected a number, got str"),
        (
            {"metadata": {"in": 5}},
            "Invalid value for 'in' operator: 5. Expected an iterable (list, tuple, set), got int",
        ),
        ({"metadata": {"gte": "a"}}, "Invalid numeric value: a. Expected a number, got str"),
        ({"metadata": {"gte": 1, "k": 2}}, "Unsupported comparison operator: k"),
        (
            {"metadata": {"ne": 1}},
            "Operator 'ne' does not compare metadata as a whole: use it on a key of the metadata",
        ),
        ({"created_at": {"lt": "2024-01-01T24:00"}}, "Invalid datetime value: 2024-01-01T24:00"),
        ({"id": {"gt": None}}, "Invalid numeric value: None. Expected a number, got NoneType"),
        ({"is_active": "yes"}, "Invalid boolean value: yes. Expected true or false, got str"),
        ({"is_active": 2}, "Invalid boolean value: 2. Expected true or false, got int"),
        (
            {"is_active": {"contains": "t"}},
            "Column 'is_active' is true or false: it has no text that could contain 't'",
        ),
        ({"created_at": 5}, "Invalid datetime value: 5"),
        ({"created_at": {"gt": None}}, "Invalid datetime value: None"),
        (
            {"created_at": {"contains": "2024"}},
            "Column 'created_at' is a time: it has no text that could contain '2024'",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_sentence(filters: Row, sentence: str) -> None:
    with pytest.raises(InvalidFilter) as refused:
        session_filter(filters)
    assert (refused.value.detail, refused.value.value) == (sentence, filters)


def test_the_deepest_filter_that_is_allowed_is_understood() -> None:
    assert _kept([{"id": "s"}, {"id": "t"}], _DEEPEST) == [{"id": "s"}]


def test_a_filter_may_have_ten_thousand_members() -> None:
    """The members of members count, and so does the filter itself."""
    most: Row = {"AND": [{"OR": [{"id": "a"}] * 9_998}]}
    assert _kept([{"id": "a"}, {"id": "b"}], most) == [{"id": "a"}]
    with pytest.raises(InvalidFilter) as refused:
        session_filter({"AND": [most]})
    assert refused.value.detail == "Filter has more than 10000 members"
    assert refused.value.value == {"AND": [most]}


def test_all_parts_of_a_filter_share_its_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "MAX_COMPARISONS", 10)
    monkeypatch.setattr(compilation, "_COMPILING", 0)
    filters: Row = {"NOT": [{"metadata": {"k": 1}}, {"metadata": {"l": 1}}]}
    rows: list[Row] = [{"metadata": {}}] * 5
    assert _kept(rows, filters) == rows
    with pytest.raises(InvalidFilter) as refused:
        _kept([*rows, {"metadata": {}}], filters)
    sentence = "The filter takes more than 10 comparisons"
    assert (refused.value.detail, refused.value.value) == (sentence, filters)


@pytest.mark.parametrize(
    ("filters", "needs"),
    [
        ({"id": "s", "metadata": {"k": 1}}, ("k", 1)),
        ({"metadata": {"k": "*", "l": [1], "m": None, "n": 2}}, ("m", None)),
        ({"metadata": {"k": {"in": ["a"]}}}, None),
        ({"OR": [{"id": "s"}], "metadata": [1]}, None),
        ({"metadata": {"k": 1, "n": {"gt": 1}}}, None),
        ({"NOT": [{"metadata": {"n": {"gt": 1}}}], "metadata": {"k": 1}}, None),
    ],
)
def test_a_filter_needs_a_scalar_of_metadata_if_it_cannot_fail(filters: Row, needs: tuple[str, Any] | None) -> None:
    """The list of sessions asks its index for what a filter needs, and does not ask other rows."""
    matches = session_filter(filters)
    assert matches is not None
    assert matches.needs == needs


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({"id": 5}, ["5"]),
        ({"id": None}, []),
        ({"id": {"ne": None}}, ["5", "a"]),
        ({"id": {"gt": "*", "contains": "A"}}, ["a"]),
        ({"id": {"gt": 4}}, ["5", "a"]),
        ({"id": {"ne": 5}}, ["a"]),
        ({"id": {"in": {"a": 1, "b": 2}}}, ["a"]),
        ({"id": {"in": [5, None]}}, ["5"]),
        ({"NOT": [{"id": {"in": ["a", None]}}]}, []),
        ({"id": ["5", "a"]}, []),
        ({"is_active": True}, ["5"]),
        ({"is_active": None}, []),
        ({"created_at": "2024-01-01"}, ["5"]),
        ({"created_at": ["2024-01-01"]}, []),
        ({"NOT": [{"created_at": ["2024-01-01"]}]}, ["5", "a"]),
        ({"created_at": None}, []),
        ({"created_at": {"in": []}}, ["5", "a"]),
        ({"created_at": {"gte": " 2024-1-1t00:00:00.5z "}}, ["a"]),
        ({"created_at": {"lt": "2024-1-1"}}, []),
        ({"created_at": {"in": ["2024-01-01T01:00:00+01:00", None]}}, ["5"]),
        ({"metadata": [1]}, []),
        ({"metadata": None}, []),
        ({"metadata": {"contains": {"k": True}}}, ["5"]),
        ({"metadata": {"contains": {"k": True}, "l": 1}}, []),
        ({"metadata": {"contains": "k"}}, []),
        ({"metadata": {"ne": "*", "in": ["*"]}}, ["5", "a"]),
        ({"metadata": {"k": {"in": []}}}, []),
        ({"NOT": [{"metadata": {"k": {"in": []}}}]}, ["5", "a"]),
        ({"metadata": {"k": 1}}, []),
        ({"metadata": {"k": {"ne": True}}}, ["a"]),
        ({"metadata": {"k": {"ne": False}}}, ["5"]),
        ({"metadata": {"k": {"ne": "5"}}}, ["5", "a"]),
        ({"metadata": {"k": {"in": [True]}}}, ["5"]),
    ],
)
def test_columns_by_example(filters: Row, kept: list[str]) -> None:
    rows = [
        {"id": "5", "is_active": True, "created_at": "2024-01-01T00:00:00Z", "metadata": {"k": True}},
        {"id": "a", "is_active": False, "created_at": "2024-01-01T00:00:00.500000Z", "metadata": {"k": False}},
    ]
    assert [row["id"] for row in _kept(rows, filters)] == kept


def test_tables_have_their_own_columns() -> None:
    for compile_filter, table, column in (
        (workspace_filter, "Workspace", "workspace_id"),
        (peer_filter, "Peer", "session_id"),
        (session_filter, "Session", "peer_id"),
        (workspace_filter, "Workspace", "is_active"),
        (partial(conclusion_filter, "w"), "Document", "bogus"),
    ):
        with pytest.raises(InvalidFilter, match=f"Column '{column}' does not exist on {table}"):
            compile_filter({column: "x"})
    for refused in ("id", "content", "is_active"):
        with pytest.raises(InvalidFilter, match=f"Column '{refused}' is not allowed to be filtered on"):
            message_filter({refused: "x"})


@pytest.mark.parametrize(
    ("filters", "verdict"),
    [
        ({"token_count": 2}, True),
        ({"token_count": "2"}, True),
        ({"token_count": {"in": [1, 3]}}, False),
        ({"token_count": {"ne": None}}, True),
    ],
)
def test_token_counts_are_numbers(filters: Row, verdict: bool) -> None:
    matches = message_filter(filters)
    assert matches is not None
    assert matches({"token_count": 2}) is verdict


@pytest.mark.parametrize(
    ("operand", "sentence"),
    [
        ({"contains": "2"}, "Column 'token_count' is a number: it has no text that could contain '2'"),
        (True, "Invalid numeric value: True. Expected a number, got bool"),
        ("two", "Invalid numeric value: two. Expected a number, got str"),
        ([2], "Invalid numeric value: [2]. Expected a number, got list"),
    ],
)
def test_a_token_count_is_compared_with_nothing_else(operand: Any, sentence: str) -> None:
    with pytest.raises(InvalidFilter) as refused:
        message_filter({"token_count": operand})
    assert refused.value.detail == sentence


_FAILING: list[Row] = [
    {"metadata": {"ne": 1}},
    {"metadata": {"icontains": "n"}},
    {"metadata": {"in": ["x"]}},
    {"metadata": "x"},
    {"metadata": {"n": {"lt": 2**63}}},
    {"metadata": {"n\0": 1}},
    {"created_at": "2020-01-01"},
    {"created_at": {"gte": 5}},
    {"is_active": "x"},
    {"is_active": 1},
    {"is_active": {"ne": True}},
    {"id": 5},
    {"id": {"in": [1]}},
    {"id": {"ne": 5}},
    {"id": "a\0"},
    {"AND": ["x"]},
]


_LIVE = Profile("3.0.7", "live")


@pytest.mark.parametrize("filters", _FAILING)
def test_the_quirk_fails_where_the_database_of_the_live_server_does(filters: Row) -> None:
    """The default answers or refuses it. A part that the live server refuses itself comes first."""
    with suppress(InvalidFilter):
        session_filter(filters)
    with pytest.raises(InnerFailure):
        session_filter(filters, _LIVE)
    if "AND" not in filters:
        for refused in ({**filters, "bogus": 1}, {**filters, "AND": [{"id": {"in": 1}}]}):
            with pytest.raises(InvalidFilter):
                session_filter(refused, _LIVE)


def test_a_failure_has_the_document_for_the_diagnosis() -> None:
    for filters in ({"created_at": {"gte": 5}}, {"AND": ["x"]}):
        with pytest.raises(InnerFailure) as failed:
            session_filter(filters, _LIVE)
        assert failed.value.instead is not None
        assert failed.value.instead.value == filters


def test_the_quirk_fails_if_the_text_of_a_row_is_not_a_number() -> None:
    matches = session_filter({"metadata": {"n": {"gt": 1}}}, _LIVE)
    assert matches is not None
    with pytest.raises(InnerFailure):
        matches({"id": "s", "metadata": {"n": "nine"}})


@pytest.mark.parametrize("number", [2e30, 1.5e300, -2e16])
def test_a_float_equals_the_integer_that_the_database_writes_for_it(number: float) -> None:
    rows: list[Row] = [{"id": "s", "metadata": {"n": number}}]
    for given_as in (number, int(Decimal(repr(number)))):
        assert _kept(rows, {"metadata": {"n": given_as}}) == rows
        assert _kept(rows, {"metadata": {"contains": {"n": given_as}}}) == rows


def test_a_conclusion_without_a_session_is_found_by_null() -> None:
    rows: list[Row] = [{"id": "a", "session_id": None}, {"id": "b", "session_id": "s"}]
    for filters, found in (
        ({"session_id": None}, ["a"]),
        ({"session_id": {"ne": None}}, ["b"]),
        ({"NOT": [{"session_id": None}]}, ["b"]),
        ({"NOT": [{"session_id": "t"}]}, ["b"]),
        ({"session_name": None}, ["a"]),
        ({"deleted_at": None, "level": "explicit", "times_derived": {"gte": 1}, "metadata": {}}, ["a", "b"]),
    ):
        matches = conclusion_filter("w", filters)
        assert matches is not None
        assert [row["id"] for row in rows if matches(row)] == found
