"""A roll is a sorted list without repeats, and messages are found in theirs by id."""

from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.ordered import Ordered
from mockserver.domain.records import Messages


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12))))
def test_a_roll_is_a_sorted_set_of_numbers(steps: list[tuple[bool, int]]) -> None:
    roll: Ordered[str] = Ordered()
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


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=3), max_size=6), st.booleans())
def test_a_message_is_found_where_it_was_said_last_however_often_it_is_looked_for(
    batches: list[list[str]], copies: bool
) -> None:
    messages, said = Messages(), list[str]()
    for batch in batches:
        start = len(said)
        messages.extend(range(start, start + len(batch)), [{"id": id_} for id_ in batch])
        said += batch
        for id_ in "abcdefg":
            wanted = len(said) - 1 - said[::-1].index(id_) if id_ in said else None
            assert messages.place(id_) == wanted
        if copies:
            messages = messages.copy()
