"""Similarity is one of words; whatever comes in, it keeps the laws of a measure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.search import text_index
from mockserver.domain.search.similarity import similarity
from mockserver.domain.search.text_index import TextIndex

_TEXTS = (
    st.lists(st.sampled_from(["the", "tea", "teas", "likes", "liked", "coffee", "a-b", "x@y.com"]), max_size=6).map(
        " ".join
    )
    | st.text(max_size=20)
    | st.text(st.characters(categories=["Cs", "Mn", "Nd", "Po"]), max_size=5)
)
_ROWS = st.lists(_TEXTS, max_size=8).map(lambda texts: [{"id": n, "content": text} for n, text in enumerate(texts)])


@given(_TEXTS, _TEXTS)
def test_it_is_symmetric_from_0_to_1_and_the_same_again(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, other) == similarity(other, one) == similarity(one, other)


@given(_TEXTS)
def test_every_text_is_wholly_similar_to_itself(text: str) -> None:
    assert similarity(text, text) == 1


def test_words_count_by_their_stems_and_letters_a_little() -> None:
    query = "Does Alice like tea?"
    texts = ["Alice likes tea", "alice liked the TEAS she had", "Bob likes coffee", "a late teapot", "zzz"]
    falling = [similarity(query, text) for text in texts]
    assert falling == sorted(falling, reverse=True)
    assert len(set(falling)) == len(falling)
    assert falling[0] > 0.9 > falling[2] > 0.1 > falling[3] > falling[4] == 0


@given(_TEXTS, _ROWS, st.integers(0, 10), st.none() | st.floats(0, 1))
def test_the_nearest_are_those_by_falling_similarity_in_their_order_within_the_distance(
    query: str, rows: list[dict[str, Any]], top_k: int, distance: float | None
) -> None:
    def place(row: dict[str, Any]) -> tuple[float, int]:
        return -similarity(query, row["content"]), row["id"]

    within = [row for row in rows if distance is None or 1 - similarity(query, row["content"]) <= distance]
    assert TextIndex().nearest(query, rows, top_k, distance) == sorted(within, key=place)[:top_k]


@given(
    st.lists(st.tuples(_TEXTS, st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7))), max_size=6),
    st.lists(_TEXTS, min_size=8, max_size=8),
    st.sampled_from([0, 1_000, 5_000, 10**9]),
)
def test_an_index_measures_as_without_it_whatever_it_has_of_earlier_queries(
    queries: list[tuple[str, set[int], set[int]]], texts: list[str], limit: int
) -> None:
    index, rows = TextIndex(), [{"content": text} for text in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_index, "_BYTES_LIMIT", limit)
        for query, asked, dropped in queries:
            chosen = [rows[place] for place in sorted(asked)]
            assert index.similarities(query, chosen) == [similarity(query, row["content"]) for row in chosen]
            for place in dropped:
                index.discard([rows[place]])
                rows[place] = {"content": texts[place] + "s"}


def test_an_index_keeps_what_the_store_has_and_nothing_that_it_dropped() -> None:
    index, rows = TextIndex(), [{"content": f"Alice likes tea number {number}"} for number in range(20)]
    index.nearest("tea", rows, 3)
    assert len(index) == 20
    index.discard(rows[:11])
    assert len(index) == 0
    index.nearest("tea", rows[11:], 3)
    assert len(index) == 9
