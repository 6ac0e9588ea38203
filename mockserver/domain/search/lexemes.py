"""The lexemes of words, as in PostgreSQL's configuration `english`: stems without stop words.

A word of letters becomes its stem by the Porter2 algorithm. A word with digits or signs (a number, an address, a path)
is only converted to lower case.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from ..filters.logic import folded
from . import tokenizer

# In bytes of UTF-8. PostgreSQL ignores words beyond the first limit, and does not stem words beyond the second.
_LONGEST = 2046
_LONGEST_STEMMED = 1000
_is_no_plain_word = re.compile("[0-9_./@~]").search

STOP_WORDS = frozenset(
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it
    its itself they them their theirs themselves what which who whom this that these those am is are was were be been
    being have has had having do does did doing a an the and but if or because as until while of at by for with about
    against between into through during before after above below to from up down in out on off over under again further
    then once here there when where why how all any both each few more most other some such no nor not only own same so
    than too very s t can will just don should now
    """.split()  # noqa: SIM905 - a list of 127 quoted strings is harder to read
)


def lexemes(word: str) -> Iterator[str | None]:
    """The lexemes of a word of `tokenizer.words`, one for each part. None for a stop word.

    Each lexeme and each stop word takes a position in the text. Markup and words that are too long do not take a
    position.
    """
    for part in tokenizer.parts(word):
        if not _is_longer(part, _LONGEST):
            yield folded(part) if _is_no_plain_word(part) else _stem(part)


def prefix(lexeme: str) -> str:
    """A string that every word with this lexeme starts with, in lower case.

    A stem is the start of its word, except for its last letter. A stem of one or two letters is returned
    unchanged. For three verbs it is only the first letter.
    """
    if len(lexeme) < 3:
        return lexeme
    return lexeme[:1] if lexeme in ("die", "lie", "tie") else lexeme[:-1]


@lru_cache(maxsize=10_000)
def _stem(word: str) -> str | None:
    from snowballstemmer.english_stemmer import EnglishStemmer  # Many servers are never searched.

    lowered = folded(word)
    if _is_longer(word, _LONGEST_STEMMED):
        return lowered
    if lowered in STOP_WORDS:
        return None
    stem: str = EnglishStemmer().stemWord(lowered)  # A stemmer is not thread-safe.
    return stem


def _is_longer(word: str, size: int) -> bool:
    return len(word) > size // 4 and len(word.encode(errors="surrogatepass")) > size
