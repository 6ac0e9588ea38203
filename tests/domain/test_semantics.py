"""The laws of what a filter means: truth, equality, order, parts, lists, and text as the database writes it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.filters import containment, logic
from mockserver.domain.filters.logic import (
    COMPARISONS,
    Condition,
    all_of,
    any_of,
    compared,
    member_of,
    none_of,
    text_contains,
)
from mockserver.domain.filters.steps import Steps, TooManySteps
from mockserver.domain.records import Row
from support import strategies

_TRUTHS = st.sampled_from([True, False, None])
_VALUES = st.none() | strategies.texts


def _saying(verdict: bool | None) -> Condition:
    return lambda _: verdict


def _verdict(condition: Condition | None) -> bool | None:
    assert condition is not None
    return condition({})


def _rank(verdict: bool | None) -> float:
    """Truth as Kleene orders it: false, unknown, true. AND is then the least of its members and OR the greatest."""
    return 0.5 if verdict is None else float(verdict)


def _value(row: Row) -> Any:
    return row["value"]


def contains(outer: Any, inner: Any) -> bool:
    return containment.contains(outer, inner, Steps(10_000))


def text(value: Any) -> str | None:
    return logic.text(value, Steps(10_000))


@given(st.lists(_TRUTHS, min_size=1), st.integers(0, 3))
def test_and_is_the_least_or_the_greatest_and_not_turns_round(truths: list[bool | None], silent: int) -> None:
    said = [*map(_saying, truths), *[None] * silent]
    assert _rank(_verdict(all_of(said))) == min(map(_rank, truths))
    assert _rank(_verdict(any_of(said))) == max(map(_rank, truths))
    assert _rank(_verdict(none_of(said))) == min(1 - _rank(truth) for truth in truths)


@pytest.mark.parametrize("join", [all_of, any_of, none_of])
def test_nothing_said_is_no_condition(join: Callable[[list[Condition | None]], Condition | None]) -> None:
    assert join([]) is None
    assert join([None, None]) is None


@given(_VALUES, strategies.texts)
def test_just_one_of_less_equal_and_greater_holds_or_all_are_unknown(value: str | None, wanted: str) -> None:
    row = {"value": value}
    less, greater, differs = (compared(_value, COMPARISONS[name], wanted)(row) for name in ("lt", "gt", "ne"))
    least, most = (compared(_value, COMPARISONS[name], wanted)(row) for name in ("gte", "lte"))
    if value is None:
        assert {less, greater, differs, least, most} == {None}
    else:
        assert [less, greater, not differs].count(True) == 1
        assert (least, most) == (not less, not greater)


@given(strategies.texts, strategies.texts)
def test_text_goes_by_code_point(one: str, other: str) -> None:
    points = [ord(character) for character in one] < [ord(character) for character in other]
    assert compared(_value, COMPARISONS["lt"], other)({"value": one}) is points


@given(_VALUES, st.lists(_VALUES))
def test_in_is_one_equality_or_another(value: str | None, wanted: list[str | None]) -> None:
    """Equality with null is unknown here: a list takes null for a value that nobody knows."""
    truths = [None if value is None or one is None else value == one for one in wanted]
    verdict = member_of(_value, wanted)({"value": value})
    assert _rank(verdict) == max(map(_rank, truths), default=0)


@given(st.text("aAbB%_\\.*", max_size=8), st.text("aAbB%_\\.*", max_size=3))
def test_a_part_is_found_as_it_stands_whatever_the_case(value: str, part: str) -> None:
    found = re.search(re.escape(part), value, re.IGNORECASE) is not None
    assert text_contains(_value, part)({"value": value}) is found


def _less(value: Any, keep: st.DataObject) -> Any:
    """The same JSON with parts of objects and lists left out."""
    if isinstance(value, dict):
        return {key: _less(entry, keep) for key, entry in value.items() if keep.draw(st.booleans())}
    if isinstance(value, list):
        return [_less(entry, keep) for entry in value if keep.draw(st.booleans())]
    return value


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


@given(strategies.json)
def test_everything_contains_itself(value: Any) -> None:
    assert contains(value, value)


@given(strategies.json, st.data())
def test_everything_contains_what_is_left_of_it(value: Any, data: st.DataObject) -> None:
    assert contains(value, _less(value, data))


@given(strategies.json, strategies.json)
def test_what_contains_another_value_is_of_its_kind(one: Any, two: Any) -> None:
    assert _kind(one) is _kind(two) or not contains(one, two)


@given(strategies.json, strategies.json)
def test_containment_does_not_see_the_order_of_lists(one: Any, two: Any) -> None:
    assert contains([one, two], [two, one])
    assert contains([one, two], [one, one])


@pytest.mark.parametrize(
    ("outer", "inner", "verdict"),
    [
        ({"n": 1}, {"n": 1.0}, True),
        ({"n": 1}, {"n": True}, False),
        ({"n": True}, {"n": 1}, False),
        ({"n": [1, 2, 3]}, {"n": 2}, False),
        ({"n": [1, 2, 3]}, {"n": [3, 1]}, True),
        ({"n": None}, {"n": None}, True),
        ({}, {"n": None}, False),
        ({"n": {}}, {"n": []}, False),
        ({"n": []}, {"n": {}}, False),
        ({"n": [[1]]}, {"n": [1]}, False),
        ({"n": [{"a": 1, "b": 2}]}, {"n": [{"a": 1}]}, True),
        ({"n": "1"}, {"n": 1}, False),
    ],
)
def test_containment_by_example(outer: Any, inner: Any, verdict: bool) -> None:
    assert contains(outer, inner) is verdict


@given(strategies.json)
def test_text_of_what_is_no_string_reads_back_as_the_same_json(value: Any) -> None:
    if value is None:
        assert text(value) is None
    elif not isinstance(value, str):
        assert json.loads(str(text(value))) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"aaa": 2, "bb": 1, "é": None, "c": [1, "x"]}, '{"c": [1, "x"], "bb": 1, "é": null, "aaa": 2}'),
        (1e20, "100000000000000000000"),
        (1e-7, "0.0000001"),
        (-0.0, "0.0"),
        (True, "true"),
        ('say "hi"', 'say "hi"'),
        (['say "hi"\n'], '["say \\"hi\\"\\n"]'),
    ],
)
def test_text_by_example(value: Any, written: str) -> None:
    assert text(value) == written


def test_a_comparison_ends_when_its_steps_are_used_up() -> None:
    larger = [{"a": number, "b": 0} for number in range(100)]
    smaller = [{"a": number} for number in range(100)]
    assert containment.contains(larger, smaller, Steps(16_651))
    with pytest.raises(TooManySteps):
        containment.contains(larger, smaller, Steps(10_000))


@pytest.mark.parametrize(
    "values",
    [
        list(range(1_000)),
        [f"x{number}" for number in range(1_000)],
        [number + 0.5 for number in range(1_000)],
        [number * 1e300 for number in range(1, 20)] * 50,
        [number * (2**61 - 1) for number in range(1_000)],  # Python computes the same hash for all of these.
        [{"a": number, "b": [number, None, True]} for number in range(1_000)],
    ],
    ids=["integers", "texts", "fractions", "large", "collisions", "objects"],
)
def test_equal_values_in_long_lists_cost_the_sum_of_the_lengths(values: list[Any]) -> None:
    assert containment.contains(values, values[::-1], Steps(60_000))


_SCALARS = st.none() | st.booleans() | st.integers() | st.integers(10**15, 10**24) | st.floats(1e15, 1e24)


@given(
    st.lists(_SCALARS | st.lists(_SCALARS, max_size=3) | st.dictionaries(strategies.texts, _SCALARS, max_size=3)),
    st.data(),
)
def test_long_lists_contain_what_short_ones_contain(values: list[Any], data: st.DataObject) -> None:
    """Each element is looked for alone, which compares it with all others, and then together with all elements."""
    wanted = data.draw(st.lists(st.sampled_from([*values, 1, True, 10**23, 1e23, [], {}])))
    pairwise = all(contains(values, [one]) for one in wanted)
    assert contains([*values, *[None] * 5], [*wanted, *[None] * 5]) is pairwise


def test_converting_a_large_float_takes_more_steps() -> None:
    assert not containment.contains(1e300, 10**299, Steps(17))
    with pytest.raises(TooManySteps):
        containment.contains(1e300, 10**299, Steps(16))


@pytest.mark.parametrize(
    ("one", "other", "equal"), [(1e23, 10**23, True), (1e23, int(1e23), False), (1e23, 1e24, False)]
)
def test_a_large_float_equals_the_integer_that_the_database_stores(one: Any, other: Any, equal: bool) -> None:
    assert (contains(one, other), contains(other, one)) == (equal, equal)
    assert (contains([one] * 5, [other] * 5), contains([other] * 5, [one] * 5)) == (equal, equal)


@pytest.mark.parametrize(
    ("value", "steps"),
    [(None, 4), (7, 4), ("", 4), ("x" * 500, 14), ([1, [None], "x"], 20), ({"k": "x" * 500, "long" * 50: 1}, 34)],
)
def test_text_takes_steps_for_every_value_and_more_for_long_ones(value: Any, steps: int) -> None:
    logic.text(value, Steps(steps))
    with pytest.raises(TooManySteps):
        logic.text(value, Steps(steps - 1))
