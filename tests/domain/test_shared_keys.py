"""A row that shares its keys is a plain dict of half the size."""

import json
import platform
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from mockserver.domain.shared_keys import row_maker

_KEYS = [f"key {number}" for number in range(8)]
_empty = row_maker(*_KEYS)
_changes = st.lists(st.tuples(st.sampled_from([*_KEYS, "other"]), st.none() | st.integers(0, 3)), max_size=12)


@given(st.lists(_changes, max_size=3))
def test_it_behaves_as_a_dict_whatever_others_become(runs: list[list[tuple[str, Any]]]) -> None:
    for changes in runs:
        row, model = _empty(), dict.fromkeys(_KEYS)
        for key, value in changes:
            for one in (row, model):
                if value is None:
                    one.pop(key, None)
                else:
                    one[key] = value
            assert list(row.items()) == list(model.items())
            assert row | {"new": 1} == {**row, "new": 1} == model | {"new": 1}
            assert json.dumps(row) == json.dumps(model)
            assert to_json(row) == to_json(model)
    assert list(_empty().items()) == [(key, None) for key in _KEYS]


@pytest.mark.skipif(platform.python_implementation() != "CPython", reason="only CPython shares keys")
@pytest.mark.parametrize("count", [1, 2, 5, 6, 8, 12])
def test_it_takes_about_half_of_the_memory_also_after_an_update(count: int) -> None:
    keys = [f"key {number}" for number in range(count)]
    row = row_maker(*keys)()
    assert sys.getsizeof(row) < 0.7 * sys.getsizeof(dict.fromkeys(keys))
    assert sys.getsizeof(row | {keys[0]: 1}) == sys.getsizeof(row) == sys.getsizeof(row.copy())
