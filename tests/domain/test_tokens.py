"""Tokens are counted exactly with a tokenizer, and by a documented estimate without."""

import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

import pytest
from hypothesis import given

from mockserver.domain import tokens
from support import strategies


@pytest.fixture
def fresh_counter() -> Iterator[None]:
    tokens._counter.cache_clear()
    yield
    tokens._counter.cache_clear()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("hello", 1),
        ("2024-01-01T00:00:00Z", 13),
        ("日本語のテキスト", 6),
        ("fine <|im_start|> and <|end of text|>", 15),
    ],
)
def test_counts_are_the_recorded_ones(text: str, count: int) -> None:
    assert tokens.is_exact()
    assert tokens.count(text) == count


_needs_bpe_openai = pytest.mark.skipif(find_spec("bpe_openai") is None, reason="bpe-openai comes with the extra dev")
_slower = cache(tokens._slower_counter)


@pytest.mark.deep
@_needs_bpe_openai
@given(strategies.texts)
def test_both_tokenizers_agree(text: str) -> None:
    assert tokens.count(text) == _slower()(text)


@pytest.mark.deep
@_needs_bpe_openai
@pytest.mark.usefixtures("fresh_counter")
def test_the_slower_tokenizer_serves_where_the_faster_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rs_bpe.bpe", None)
    assert tokens.is_exact()
    assert tokens.count("2024-01-01T00:00:00Z") == 13


@pytest.mark.usefixtures("fresh_counter")
def test_without_a_tokenizer_a_token_is_estimated_for_every_four_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rs_bpe.bpe", None)
    monkeypatch.setitem(sys.modules, "bpe_openai", None)
    assert not tokens.is_exact()
    assert [tokens.count(text) for text in ("", "a", "abcd", "abcde", "éé", "🙂🙂")] == [0, 1, 1, 2, 1, 2]
