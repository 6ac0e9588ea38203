"""How alike two texts are by their words, in place of a model that would compare what they mean.

Nine parts of ten are the cosine of the counts of their stems (see `lexemes`; stop words do not count), one part that of
the trigrams of their letters, so that texts without a common word are told apart as well.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from math import sqrt
from typing import NamedTuple

from ..filters.logic import folded
from ..records import Row

_OF_WORDS, _OF_LETTERS = 0.9, 0.1
# Ours: so many characters of a query count, as in a search.
_QUERY_LIMIT = 25_000


class _Profile(NamedTuple):
    """What of a text is compared, with the square of the length of each as a vector."""

    stems: Counter[str]
    stems_squared: int
    trigrams: Counter[str]
    trigrams_squared: int


def similarity(one: str, other: str) -> float:
    """From 0, nothing in common, to 1, the same words equally often; texts without words go by their letters alone."""
    return _alike(_profile(one), _profile(other))


def nearest(query: str, rows: Sequence[Row], top_k: int, distance: float | None = None) -> list[Row]:
    """The `top_k` rows whose `content` is most similar to the query, the most similar first.

    Rows come oldest first; of equally similar ones the newest is first. `distance`, where it is given, leaves out what
    is farther away: the distance is 1 less the similarity.
    """
    if not rows:
        return []
    wanted = _profile(query[:_QUERY_LIMIT])
    measured = [(_alike(wanted, _profile(row["content"])), row) for row in reversed(rows)]
    near = [one for one in measured if distance is None or 1 - one[0] <= distance]
    return [row for _, row in sorted(near, key=lambda one: -one[0])[:top_k]]


def _profile(text: str) -> _Profile:
    from . import lexemes, tokenizer  # They cost time to load, and few ask what is near.

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
