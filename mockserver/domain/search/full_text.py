"""Full-text search as in PostgreSQL: whether a text matches a query (`@@`), and its rank (`ts_rank`).

A text matches if it has every lexeme of the query, as in `plainto_tsquery('english', query)`. The rank of a single
lexeme grows with its frequency, and the rank of several lexemes with their proximity. It is computed in single
precision, in the same order of operations as in PostgreSQL, so that ranks that are equal in PostgreSQL are equal here.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product
from math import exp, sqrt

from ..filters.logic import folded
from . import tokenizer
from .lexemes import lexemes, prefix

# Limits of PostgreSQL: positions of a lexeme that count, and the largest position.
_PLACES_LIMIT = 255
_LAST_PLACE = 16_383
_WEIGHT = 0.1
_FAR = 100  # words at a larger distance have the least weight
# If the rank is at least the first number, pairs farther apart than the second one do not change it (float32).
_FELT = 0.001
_FELT_WITHIN = 72
# Limits of the mock server, so that no search can block it: characters of a query (no message is longer), pairs of
# positions for the rank of one text and of all texts of a search, and words in the cache of a search.
_QUERY_LIMIT = 25_000
_STEPS_LIMIT = 50_000
_ALL_STEPS_LIMIT = 2_000_000
_WORDS_LIMIT = 50_000
# With more lexemes, stemming a word costs less than comparing its start with all prefixes.
_PREFIXES_LIMIT = 50

_NO_MARK = "\0"
_MARK = re.compile(f"[^{_NO_MARK}]")


class FullTextQuery:
    """A query that is matched against many texts, one after the other."""

    def __init__(self, query: str) -> None:
        found = {
            lexeme for word in tokenizer.words(query[:_QUERY_LIMIT]) for lexeme in lexemes(word) if lexeme is not None
        }
        marks = {lexeme: chr(1 + number) for number, lexeme in enumerate(sorted(found, key=_in_bytes))}
        prefixes = sorted({prefix(lexeme) for lexeme in found}, key=len, reverse=True)
        self._marks = frozenset(marks.values())
        self._prefixes = prefixes[:_PREFIXES_LIMIT]
        self._marks_of_words = _MarksOfWords(marks, prefixes)
        self._steps = _ALL_STEPS_LIMIT

    def may_match(self, lowered: str) -> bool:
        """Whether a text may match, by a quick test of the text in lower case (`logic.folded`)."""
        return bool(self._marks) and all(part in lowered for part in self._prefixes)

    def examine(self, text: str) -> tuple[bool, float]:
        """Whether the text matches, and its rank, which may be above 0 for a text that does not match."""
        if not self._marks:
            return False, 0.0
        found = tokenizer.words(text)
        marks = "".join(map(self._marks_of_words.__getitem__, found))
        matches = self._marks.issubset(marks)
        if len(self._marks) == 1:
            return matches, _rank_of_one(min(len(marks) - marks.count(_NO_MARK), _PLACES_LIMIT))
        if not _MARK.search(marks) and not any(any(lexemes(word)) for word in found):
            return False, 0.0  # only stop words
        rank, steps = _rank_of_several(_places(marks), min(self._steps, _STEPS_LIMIT))
        self._steps -= min(self._steps, steps)
        return matches, rank


class _MarksOfWords(dict[str, str]):
    """A cache. Maps a word to its marks, one per position: the mark of a lexeme of the query, or `_NO_MARK`."""

    def __init__(self, marks: dict[str, str], prefixes: Iterable[str]) -> None:
        super().__init__()
        self._marks = marks
        self._prefixes = tuple(prefixes) if len(marks) <= _PREFIXES_LIMIT else ("",)

    def __missing__(self, word: str) -> str:
        if word.isalpha() and not folded(word).startswith(self._prefixes):
            marks = _NO_MARK
        else:
            marks = "".join(self._marks.get(lexeme or "", _NO_MARK) for lexeme in lexemes(word))
        if len(self) < _WORDS_LIMIT:
            self[word] = marks
        return marks


def _in_bytes(lexeme: str) -> bytes:
    return lexeme.encode(errors="surrogatepass")


def _places(marks: str) -> list[list[int]]:
    """The positions of each mark, counted from 1, in the order of the marks."""
    found: dict[str, list[int]] = {}
    for mark in _MARK.finditer(marks):
        places = found.setdefault(mark[0], [])
        if len(places) < _PLACES_LIMIT and places[-1:] != [_LAST_PLACE]:
            places.append(min(mark.end(), _LAST_PLACE))
    return [found[mark] for mark in sorted(found)]


def _single(number: float) -> float:
    """Round to single precision."""
    return array("f", [number])[0]


@cache
def _rank_of_one(count: int) -> float:
    """The rank of a single lexeme that occurs `count` times."""
    weight = _single(_WEIGHT)
    total = 0.0
    for number in range(1, count + 1):
        total = _single(total + _single(weight / (number * number)))
    return _single(_single(_single(weight + total) - weight) / 1.64493406685) if count else 0.0


def _rank_of_several(places: Sequence[Sequence[int]], most_steps: int) -> tuple[float, int]:
    """The rank of several lexemes, from the distances between their positions, and the number of steps it took."""
    weights = _weights()
    rank = -1.0
    steps = 0
    for number, later in enumerate(places):
        for earlier, place in product(places[:number], later):
            near = earlier if rank < _FELT else _between(earlier, place - _FELT_WITHIN, place + _FELT_WITHIN)
            steps += 1 + len(near)
            if steps > most_steps or _joined(rank, weights[1]) == rank:
                return max(rank, weights[0]), steps
            for other in near:
                if place != other:
                    rank = _joined(rank, weights[min(abs(place - other), _FAR + 1)])
    return max(rank, weights[0]), steps


def _joined(rank: float, weight: float) -> float:
    return weight if rank < 0 else _single(1.0 - (1.0 - rank) * (1.0 - weight))


def _between(places: Sequence[int], first: int, last: int) -> Sequence[int]:
    return places[bisect_left(places, first) : bisect_right(places, last)]


@cache
def _weights() -> list[float]:
    """The weight of two lexemes by their distance. Index 0 is the least rank, the last is for all larger distances."""
    near = (_single(1.0 / (1.005 + 0.05 * exp(distance / 1.5 - 2))) for distance in range(1, _FAR + 1))
    both = _single(_single(_WEIGHT) * _single(_WEIGHT))
    return [_single(1e-20), *(_single(sqrt(_single(both * weight))) for weight in (*near, _single(1e-30)))]
