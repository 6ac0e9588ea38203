"""Full text is PostgreSQL's own: what it found and how it ranked it is kept in a file, which these tests replay."""

import json
import re
from array import array
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.filters.logic import folded
from mockserver.domain.search import full_text, tokenizer
from mockserver.domain.search.full_text import FullTextQuery
from mockserver.domain.search.lexemes import lexemes, prefix

_JUDGED = json.loads((Path(__file__).parent / "full_text.json").read_text(encoding="utf-8"))["texts"]

_SIGNS = st.text("ab1é\u0301 .-_@:/~<>&;'\"#?=+", max_size=25)
_STEMS = st.text("abcdeglnorstuy", min_size=1, max_size=6)
_ENDINGS = [
    "",
    "s",
    "es",
    "ies",
    "ied",
    "ed",
    "edly",
    "ing",
    "ingly",
    "y",
    "ly",
    "iness",
    "ational",
    "ization",
    "biliti",
]
_WORDS = st.builds(str.__add__, _STEMS, st.sampled_from(_ENDINGS)) | st.sampled_from(["dying", "lies", "Tie", "the"])
_PROSE = st.lists(_WORDS, max_size=12).map(" ".join)
_TEXTS = _PROSE | _SIGNS | st.text(max_size=25)


def _lexemes_of(text: str) -> list[str | None]:
    return [lexeme for word in tokenizer.words(text) for lexeme in lexemes(word)]


def _vector(text: str) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, lexeme in enumerate(_lexemes_of(text), 1):
        if lexeme is not None:
            places.setdefault(lexeme, []).append(place)
    return {lexeme: taken[:255] for lexeme, taken in places.items()}


@pytest.mark.parametrize("judged", _JUDGED, ids=range(len(_JUDGED)))
def test_a_text_has_the_lexemes_of_postgresql_at_their_places(judged: Any) -> None:
    assert _vector(judged["text"]) == judged["vector"]


@pytest.mark.parametrize("judged", _JUDGED, ids=range(len(_JUDGED)))
def test_a_query_finds_and_ranks_as_postgresql_does(judged: Any) -> None:
    """Ranks are the same to the last digit, as equal ones are ordered by something else."""
    for query, (matches, rank) in judged["queries"].items():
        assert FullTextQuery(query).examine(judged["text"]) == (matches, array("f", [rank])[0]), query


@pytest.mark.parametrize(
    ("text", "query", "rank"),
    [
        ("x " * 17_000 + "fire forest", "fire forest", 1e-20),  # both at the last place that counts
        ("fire " + "x " * 17_000 + "forest forest", "fire forest", 1e-16),
        ("fire " * 255 + "x " * 200 + "fire " * 300, "fire", 0.09976207),
        ("that was", "hat wa", 0),
        ("that was it", "hat was it", 0),
    ],
)
def test_ranks_at_the_ends_of_what_postgresql_counts_are_its_own(text: str, query: str, rank: float) -> None:
    assert FullTextQuery(query).examine(text)[1] == array("f", [rank])[0]


@given(_TEXTS)
def test_a_text_matches_itself_if_it_has_any_lexeme(text: str) -> None:
    assert FullTextQuery(text).examine(text)[0] is any(_lexemes_of(text))


@given(_TEXTS, _TEXTS)
def test_a_text_matches_if_it_has_every_lexeme_of_the_query(text: str, query: str) -> None:
    wanted = {lexeme for lexeme in _lexemes_of(query) if lexeme is not None}
    assert FullTextQuery(query).examine(text)[0] is (bool(wanted) and wanted <= set(_lexemes_of(text)))


@given(_TEXTS, _TEXTS)
def test_no_match_is_ruled_out_by_a_first_look(text: str, query: str) -> None:
    full_text_query = FullTextQuery(query)
    assert full_text_query.may_match(folded(text)) or not full_text_query.examine(text)[0]


@given(_WORDS)
def test_a_word_begins_with_the_prefix_of_its_lexeme(word: str) -> None:
    for lexeme in lexemes(word):
        assert lexeme is None or folded(word).startswith(prefix(lexeme))


@given(st.lists(_WORDS, max_size=8), st.lists(_WORDS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_the_words_of_a_query_do_not_matter(
    text: list[str], query: list[str], random: Random
) -> None:
    shuffled = random.sample(query, len(query)) + query[:1]
    answers = [FullTextQuery(" ".join(words)).examine(" ".join(text)) for words in (query, shuffled)]
    assert answers[0] == answers[1]


@given(_TEXTS, _TEXTS)
def test_a_rank_is_from_0_to_1_and_not_0_for_a_match(text: str, query: str) -> None:
    matches, rank = FullTextQuery(query).examine(text)
    assert matches <= (rank > 0)
    assert 0 <= rank <= 1


@given(_WORDS, st.integers(1, 6), st.integers(1, 40))
def test_a_rank_grows_with_how_often_a_word_is_there_and_with_how_near_two_are(word: str, count: int, gap: int) -> None:
    alone = FullTextQuery(word)
    assert alone.examine(f"{word} " * count)[1] <= alone.examine(f"{word} " * (count + 1))[1]
    pair = FullTextQuery("fire forest")
    near, far = (pair.examine(f"fire {'x ' * between} forest")[1] for between in (gap, gap + 1))
    assert near > far


@given(_TEXTS)
def test_words_stand_in_the_text_one_behind_the_other(text: str) -> None:
    at = 0
    for word in tokenizer.words(text):
        at = text.index(word, at) + len(word)
        assert word
        assert "".join(tokenizer.parts(word)) == "" or tokenizer.parts(word)[0] in word


@given(_PROSE)
def test_text_between_words_does_not_matter(text: str) -> None:
    assert tokenizer.words(text) == tokenizer.words(re.sub(" ", " \u201c\u2026 ", text)) == text.split()


@pytest.mark.parametrize("limit", ["_WORDS_LIMIT", "_PREFIXES_LIMIT"])
@pytest.mark.parametrize("judged", _JUDGED[:6])
def test_limits_of_memory_change_no_answer(monkeypatch: pytest.MonkeyPatch, limit: str, judged: Any) -> None:
    monkeypatch.setattr(full_text, limit, 0)
    test_a_query_finds_and_ranks_as_postgresql_does(judged)


def test_shapes_beyond_those_that_are_remembered_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer, "_REMEMBERED_SHAPES", 0)
    monkeypatch.setattr(tokenizer, "_SHAPES", tokenizer._Shapes())
    assert tokenizer.words("\u65e5\u672c \u00bd e\u0301t\u00e9\u2003\u24b6") == [
        "\u65e5\u672c",
        "e\u0301t\u00e9",
        "\u24b6",
    ]
    assert tokenizer._SHAPES == {}


def test_a_rank_that_takes_too_many_steps_is_what_it_came_to(monkeypatch: pytest.MonkeyPatch) -> None:
    text, query = "fire x x x forest " * 20, FullTextQuery("fire forest")
    whole = query.examine(text)
    monkeypatch.setattr(full_text, "_STEPS_LIMIT", 100)
    assert (whole[0], 0) < query.examine(text) < whole


def test_of_a_very_long_query_the_beginning_counts() -> None:
    assert FullTextQuery("fire " * 100_000 + "forest").examine("fire")[0]
    assert not FullTextQuery("fire " * 1_000 + "forest").examine("fire")[0]
