"""The similarity of two texts by their words. The real API compares embeddings of a model instead.

90 % of the score is the cosine similarity of the counts of word stems (see `lexemes`; stop words do not count). One
tenth is the cosine of the counts of letter trigrams, so that texts without a common word get a score too.
"""

from collections import Counter
from itertools import chain
from math import sqrt
from typing import NamedTuple

from ..filters.logic import folded

_OF_WORDS, _OF_LETTERS = 0.9, 0.1


class TextProfile(NamedTuple):
    """The vectors of a text, each with the square of its length."""

    stems: Counter[str]
    stems_squared: int
    trigrams: Counter[str]
    trigrams_squared: int


def similarity(one: str, other: str) -> float:
    """A number from 0 (nothing in common) to 1 (the same words equally often). Without words only letters count."""
    return alike(profile(one), profile(other))


def profile(text: str) -> TextProfile:
    """The vectors of a text."""
    from . import lexemes, tokenizer  # They take time to import, and few servers need them.

    stems = Counter(filter(None, chain.from_iterable(map(lexemes.lexemes, tokenizer.words(text)))))
    letters = f"  {folded(text)} "
    trigrams = Counter(map("".join, zip(letters, letters[1:], letters[2:], strict=False)))
    return TextProfile(stems, _squared(stems), trigrams, _squared(trigrams))


def _squared(counts: Counter[str]) -> int:
    return sum(count * count for count in counts.values())


def alike(one: TextProfile, other: TextProfile) -> float:
    """The similarity of two texts with these vectors."""
    trigrams = _cosine(one.trigrams, other.trigrams, one.trigrams_squared * other.trigrams_squared)
    stems = _cosine(one.stems, other.stems, one.stems_squared * other.stems_squared)
    return combined(stems, trigrams, bool(one.stems or other.stems))


def combined(stems: float, trigrams: float, has_stems: bool) -> float:
    """The similarity of two texts with these cosines. `has_stems` is whether one of them has a stem."""
    return _OF_WORDS * stems + _OF_LETTERS * trigrams if has_stems else trigrams


def _cosine(one: Counter[str], other: Counter[str], squared: int) -> float:
    fewer, more = (one, other) if len(one) <= len(other) else (other, one)
    product = sum(count * more[key] for key, count in fewer.items() if key in more)
    return min(1.0, product / sqrt(squared)) if product else 0.0
