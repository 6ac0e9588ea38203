"""An update with a value that equals the present one in Python changes nothing (recorded, x2-number-shapes)."""

from typing import Any

import pytest
from hypothesis import given

from mockserver.domain.records import changed
from support import strategies


@given(strategies.objects, strategies.objects)
def test_a_row_has_the_new_value_or_an_equal_old_one(old: dict[str, Any], new: dict[str, Any]) -> None:
    row = {"metadata": old, "id": "w"}
    after = changed(row, {"metadata": new})
    assert after["metadata"] is (old if new == old else new)
    assert (after is row) is (new == old)
    assert row == {"metadata": old, "id": "w"}


@pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), (1, 1.0), ([1], [True]), ({"a": 0}, {"a": -0.0})])
def test_equal_values_of_other_types_are_the_same(old: Any, new: Any) -> None:
    row = {"metadata": {"x": old}}
    assert changed(row, {"metadata": {"x": new}}) is row
    assert changed(row, {"metadata": {"x": new, "y": 1}})["metadata"]["x"] is new


def test_none_is_no_value() -> None:
    row = {"metadata": {"x": 1}, "configuration": {}}
    assert changed(row, {"metadata": None, "configuration": None}) is row
