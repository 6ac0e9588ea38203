"""Containment is a partial order, and text is what the database writes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from mockserver.domain import jsonb
from mockserver.domain.jsonb import Steps, TooManySteps, text


def contains(outer: Any, inner: Any) -> bool:
    return jsonb.contains(outer, inner, Steps(10_000))


def _less(value: Any, keep: st.DataObject) -> Any:
    """The same JSON with parts of objects and lists left out."""
    if isinstance(value, dict):
        return {key: _less(entry, keep) for key, entry in value.items() if keep.draw(st.booleans())}
    if isinstance(value, list):
        return [_less(entry, keep) for entry in value if keep.draw(st.booleans())]
    return value


@given(strategies.json)
def test_everything_contains_itself(value: Any) -> None:
    assert contains(value, value)


@given(strategies.json, st.data())
def test_everything_contains_what_is_left_of_it(value: Any, data: st.DataObject) -> None:
    assert contains(value, _less(value, data))


@given(strategies.json, strategies.json, strategies.json)
def test_containment_is_transitive(one: Any, two: Any, three: Any) -> None:
    if contains(one, two) and contains(two, three):
        assert contains(one, three)


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
        ({"bb": 1, "a": [1, "x"], "é": None}, '{"a": [1, "x"], "bb": 1, "é": null}'),
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
    numbers = list(range(100))
    assert jsonb.contains(numbers, numbers, Steps(5_051))
    with pytest.raises(TooManySteps):
        jsonb.contains(numbers, numbers, Steps(5_050))
