"""Remembers the vectors of texts, so that a query measures its similarity to all of them at once."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import nlargest
from itertools import chain, repeat
from math import sqrt
from typing import Any

from .similarity import alike, combined, profile

Row = dict[str, Any]

# A limit of the mock server: the longest part of a query that is compared, in characters.
_QUERY_LIMIT = 25_000
# The memory of an index, in bytes, is limited to about this. Texts beyond it are measured without the index.
_BYTES_LIMIT = 64_000_000
# About how many bytes a new key takes, and each occurrence of a key.
_BYTES_OF_KEY, _BYTES_OF_OCCURRENCE = 250, 4


class _Vectors:
    """Vectors of counts, by place."""

    __slots__ = ("_places", "squared")

    def __init__(self) -> None:
        self._places: dict[str, array[int]] = {}  # for each key the places of its vectors, as often as it counts there
        self.squared = array("q")

    def add(self, counts: Counter[str], squared: int) -> int:
        """Add a vector at the next place. Returns about how many bytes it takes."""
        place, keys = len(self.squared), len(self._places)
        self.squared.append(squared)
        for key, count in counts.items():
            places = self._places.get(key)
            if places is None:
                places = self._places[key] = array("I")
            places.append(place) if count == 1 else places.extend(repeat(place, count))
        return _BYTES_OF_KEY * (len(self._places) - keys) + _BYTES_OF_OCCURRENCE * counts.total()

    def cosines(self, counts: Counter[str], squared: int) -> list[float]:
        """The cosines of all vectors with this one, by place."""
        all_squared = self.squared
        cosines = [0.0] * len(all_squared)
        for place, product in self._products(counts).items():
            cosine = product / sqrt(squared * all_squared[place])
            cosines[place] = cosine if cosine < 1.0 else 1.0  # noqa: FURB136 - a call takes as long as the rest
        return cosines

    def _products(self, counts: Counter[str]) -> Counter[int]:
        by_count: dict[int, list[array[int]]] = {}
        for key, count in counts.items():
            if key in self._places:
                by_count.setdefault(count, []).append(self._places[key])
        # Counting the places of keys with equal counts is fast, because Counter does it in C.
        products = Counter(chain.from_iterable(by_count.pop(1, ())))
        for count, places in by_count.items():
            for place, times in Counter(chain.from_iterable(places)).items():
                products[place] += times * count
        return products


class TextIndex:
    """The vectors of the `content` of rows. It keeps those of earlier queries, until the store drops the rows.

    It knows a row by its `id()` and keeps the row, because Python reuses the `id()` of an object that is gone.
    """

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._rows: dict[int, tuple[int, Row]] = {}  # the place and the row, by `id()` of the row
        self._stems, self._trigrams = _Vectors(), _Vectors()
        self._bytes = 0

    def __len__(self) -> int:
        """How many rows have vectors, those of forgotten rows included."""
        return len(self._stems.squared)

    def discard(self, rows: Iterable[Row]) -> None:
        """Forget rows. Their vectors are freed when more than half of all rows are forgotten."""
        for row in rows:
            self._rows.pop(id(row), None)
        if 2 * len(self._rows) < len(self):
            self._clear()

    def nearest(self, query: str, rows: Sequence[Row], top_k: int, distance: float | None = None) -> list[Row]:
        """The rows whose `content` is most similar to the query, most similar first.

        Arguments:
            rows: The rows. Equally similar rows keep their order.
            top_k: The maximum number of rows.
            distance: Leave out rows with a larger distance, which is 1 minus the similarity.
        """
        if not rows or not top_k:
            return []
        measured = self.similarities(query[:_QUERY_LIMIT], rows)
        order = nlargest(top_k, range(len(rows)), key=measured.__getitem__)
        return [rows[place] for place in order if distance is None or 1 - measured[place] <= distance]

    def similarities(self, query: str, rows: Sequence[Row]) -> list[float]:
        """The similarity of the query to each row, exactly as `similarity` computes it."""
        wanted = profile(query)
        self._add_missing(rows)
        stems = self._stems.cosines(wanted.stems, wanted.stems_squared)
        trigrams = self._trigrams.cosines(wanted.trigrams, wanted.trigrams_squared)
        has_stems = repeat(True) if wanted.stems else map(bool, self._stems.squared)
        measured = list(map(combined, stems, trigrams, has_stems))
        known = self._rows
        return [
            measured[known[id(row)][0]] if id(row) in known else alike(wanted, profile(row["content"])) for row in rows
        ]

    def _add_missing(self, rows: Sequence[Row]) -> None:
        """Add rows up to the limit of memory. At the limit, rows of other queries make room first."""
        missing = [row for row in rows if id(row) not in self._rows]
        if missing and self._bytes >= _BYTES_LIMIT and len(self) > len(rows) - len(missing):
            self._clear()
            missing = list(rows)
        for row in missing:
            if self._bytes >= _BYTES_LIMIT:
                return
            self._add(row)

    def _add(self, row: Row) -> None:
        content = row["content"]
        found = profile(content)
        self._rows[id(row)] = len(self), row
        self._bytes += self._stems.add(found.stems, found.stems_squared) + len(content)
        self._bytes += self._trigrams.add(found.trigrams, found.trigrams_squared)
