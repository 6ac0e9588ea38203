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


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "extend", "remove", "replace", "copy", "with_each"]),
            st.integers(0, 3),
            st.integers(0, 8),
        ),
        max_size=25,
    )
)
def test_copies_that_share_their_lists_do_not_see_each_others_changes(steps: list[tuple[str, int, int]]) -> None:
    found, models = [Messages()], [dict[int, str]()]
    for change, which, number in steps:
        messages, model = found[which % len(found)], models[which % len(found)]
        if change == "add":
            messages.add(number, {"id": str(number)})
            model.setdefault(number, str(number))
        elif change == "extend":
            after = max(model, default=0) + 1
            messages.extend([after], [{"id": "x"}])
            model[after] = "x"
        elif change == "remove":
            messages.remove(number)
            model.pop(number, None)
        elif change == "replace" and model:
            place = number % len(model)
            messages.replace(place, {"id": "y"})
            model[sorted(model)[place]] = "y"
        elif change == "copy":
            found.append(messages.copy())
            models.append(model.copy())
        elif change == "with_each":
            found.append(messages.with_each(lambda row: {"id": row["id"] + "z"}))
            models.append({one: id_ + "z" for one, id_ in model.items()})
        for one, wanted in zip(found, models, strict=True):
            assert [(at, row["id"]) for at, row in one.numbered()] == sorted(wanted.items())


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
