"""The similarity of two texts by their words. The real API compares embeddings of a model instead.

90 % of the score is the cosine similarity of the counts of word stems (see `lexemes`; stop words do not count). One
tenth is the cosine of the counts of letter trigrams, so that texts without a common word get a score too.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from math import sqrt
from typing import NamedTuple

from ..filters.logic import folded
from ..records import Row

_OF_WORDS, _OF_LETTERS = 0.9, 0.1
# A limit of the mock server: the longest part of a query that is compared, in characters.
_QUERY_LIMIT = 25_000


class _Profile(NamedTuple):
    """The vectors of a text, each with the square of its length."""

    stems: Counter[str]
    stems_squared: int
    trigrams: Counter[str]
    trigrams_squared: int


def similarity(one: str, other: str) -> float:
    """A number from 0 (nothing in common) to 1 (the same words equally often). Without words only letters count."""
    return _alike(_profile(one), _profile(other))


def nearest(query: str, rows: Sequence[Row], top_k: int, distance: float | None = None) -> list[Row]:
    """The rows whose `content` is most similar to the query, most similar first.

    Arguments:
        rows: The rows. Equally similar rows keep their order.
        top_k: The maximum number of rows.
        distance: Leave out rows with a larger distance, which is 1 minus the similarity.
    """
    if not rows or not top_k:
        return []
    wanted = _profile(query[:_QUERY_LIMIT])
    measured = [(_alike(wanted, _profile(row["content"])), row) for row in rows]
    near = [pair for pair in measured if distance is None or 1 - pair[0] <= distance]
    return [row for _, row in sorted(near, key=lambda pair: -pair[0])[:top_k]]


def _profile(text: str) -> _Profile:
    from . import lexemes, tokenizer  # They take time to import, and few servers need them.

    stems = Counter(filter(None, chain.from_iterable(map(lexemes.lexemes, tokenizer.words(text)))))
    letters = f"  {folded(text)} "
    trigrams = Counter(map("".join, zip(letters, letters[1:], letters[2:], strict=False)))
    return _Profile(stems, _squared(stems), trigrams, _squared(trigrams))


def _squared(counts: Counter[str]) -> int:
    return sum(count * count for count in counts.values())


def _alike(one: _Profile, other: _Profile) -> float:
    letters = _cosine(one.trigrams, other.trigrams, one.trigrams_squared * other.trigrams_squared)
    if not one.stems and not other.stems:
        return letters
    stems = _cosine(one.stems, other.stems, one.stems_squared * other.stems_squared)
    return _OF_WORDS * stems + _OF_LETTERS * letters


def _cosine(one: Counter[str], other: Counter[str], squared: int) -> float:
    fewer, more = (one, other) if len(one) <= len(other) else (other, one)
    product = sum(count * more[key] for key, count in fewer.items() if key in more)
    return min(1.0, product / sqrt(squared)) if product else 0.0
