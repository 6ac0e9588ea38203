"""Texts from outside become short, printable words."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockserver.testing.text import listed, place, plain, quoted, value
from support import strategies

_ANYTHING = st.recursive(
    strategies.scalars | st.text(max_size=80) | st.integers(10**4_000, 10**5_000) | st.just(float("nan")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.text())
def test_a_quoted_name_is_short_and_printable_and_a_short_printable_one_is_itself(text: str) -> None:
    shown = quoted(text)
    assert len(shown) <= 50
    assert shown.isprintable()
    assert shown == f"'{text}'" or not text.isprintable() or len(text) > 48


@given(st.text(), st.integers(0, 40))
def test_plain_text_is_within_its_limit(text: str, most: int) -> None:
    shown = plain(text, most)
    assert len(shown) <= most
    assert shown.isprintable()
    assert shown == text or not text.isprintable() or len(text) > most or text != " ".join(text.split())


@given(st.lists(strategies.ids, max_size=9), st.integers(1, 5))
def test_what_is_listed_and_what_is_left_make_all(names: list[str], most: int) -> None:
    text = listed(names, len(names), most)
    shown, _, more = text.partition(" and ")
    assert shown.count("'") // 2 + int(more.split()[0] if more else 0) == len(names)


@given(_ANYTHING)
def test_any_value_is_told_in_few_words(given_value: Any) -> None:
    assert len(value(given_value)) <= 220
    assert value(given_value).isprintable()


def test_a_place_is_written_as_in_code() -> None:
    assert place(("body", "messages", 0, "content")) == "body.messages[0].content"
