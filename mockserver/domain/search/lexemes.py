"""What words are found by, as PostgreSQL's configuration `english` has it: stems, and no stop words.

Words of letters have the stem of the Porter2 algorithm; what has digits or signs in it (numbers, addresses, paths)
stands for itself, in lower case.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from ..filters.logic import folded
from . import tokenizer

# In bytes of UTF-8: longer words PostgreSQL leaves out, or has without a stem.
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
    """.split()  # noqa: SIM905 - so many words are read better like this
)


def lexemes(word: str) -> Iterator[str | None]:
    """What a word, as `words` found it, is found by, one for each of its parts; None for a stop word.

    Each takes a place of its own in the text; markup, and what is too long, takes none.
    """
    for part in tokenizer.parts(word):
        if not _is_longer(part, _LONGEST):
            yield folded(part) if _is_no_plain_word(part) else _stem(part)


def prefix(lexeme: str) -> str:
    """What every word that has this lexeme begins with, in lower case.

    A stem differs from the beginning of its word in the last letter, if at all, and hardly ever in two; a short one
    does not.
    """
    if len(lexeme) < 3:
        return lexeme
    return lexeme[:1] if lexeme in ("die", "lie", "tie") else lexeme[:-1]


@lru_cache(maxsize=10_000)
def _stem(word: str) -> str | None:
    from snowballstemmer.english_stemmer import EnglishStemmer  # Not every server is searched.

    lowered = folded(word)
    if _is_longer(word, _LONGEST_STEMMED):
        return lowered
    if lowered in STOP_WORDS:
        return None
    stem: str = EnglishStemmer().stemWord(lowered)  # Each has a state of its own: servers run in threads.
    return stem


def _is_longer(word: str, size: int) -> bool:
    return len(word) > size // 4 and len(word.encode(errors="surrogatepass")) > size
