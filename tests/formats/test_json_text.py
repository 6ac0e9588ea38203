"""The parts of JSON that are found in its bytes."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.formats.json_text import Unstorable, may_have_exponent, parse

_EXPONENT = re.compile(rb"\d[eE]\+?\d")


@given(st.lists(st.sampled_from(["0", "1", "9", "e", "E", "+", "-", ".", "x", "é"]), max_size=12).map("".join))
def test_an_exponent_is_found_wherever_it_is(text: str) -> None:
    assert may_have_exponent(text.encode()) == (_EXPONENT.search(text.encode()) is not None)


@given(
    st.integers(1, 9),
    st.sampled_from([0, 1, 198, 199, 200, 306, 307, 308, 309, 320]),
    st.sampled_from(["", ".5", "e5", "E10", "e+300", "E308", "e309", "e-400"]),
    st.sampled_from(["", "-"]),
    st.sampled_from(
        ["{}", '[1, {}, "e"]', "[{}]", '{{"k":{}}}', '{{"k1e11": "1e11x2E22", "l":\n{}}}', '["1e11",\t{}]']
    ),
)
def test_a_number_that_overflows_is_refused_and_no_other(
    first: int, zeros: int, end: str, sign: str, document: str
) -> None:
    """Python itself says which numbers overflow."""
    number = f"{sign}{first}{'0' * zeros}{end}"
    is_infinite = isinstance(json.loads(number), float) and math.isinf(float(number))
    text = document.format(number).encode()
    if is_infinite:
        with pytest.raises(Unstorable):
            parse(text)
    else:
        assert parse(text) == json.loads(text)
