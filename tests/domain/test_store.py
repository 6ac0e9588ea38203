"""A roll is a sorted list without repeats, whatever was added and removed in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.records import Roll


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12))))
def test_a_roll_is_a_sorted_set_of_numbers(steps: list[tuple[bool, int]]) -> None:
    roll: Roll[str] = Roll()
    model: set[int] = set()
    for adds, number in steps:
        if adds:
            roll.add(number, str(number))
            model.add(number)
        else:
            roll.remove(number)
            model.discard(number)
    wanted = [str(number) for number in sorted(model)]
    assert list(roll) == wanted
    assert (len(roll), roll[1:3], bool(roll)) == (len(wanted), wanted[1:3], bool(wanted))
