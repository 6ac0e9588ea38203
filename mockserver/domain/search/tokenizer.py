"""Splits a text into words as PostgreSQL's default full-text parser does: words, numbers, addresses and paths.

The expressions match the shape of a text, in which one letter stands for every letter beyond ASCII, one mark for every
combining mark, and one sign for every other character. So they need only a few classes of characters. The first
alternative that matches at a position counts, as in the parser.
"""

import re
import unicodedata

_LETTER, _MARK, _OTHER = "é", "\u0301", "¿"
# Circled and squared letters are symbols in Unicode, but letters in the C library that PostgreSQL uses.
_CIRCLED = ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
_REMEMBERED_SHAPES = 10_000

# Each repetition is possessive (`++`, `*+`) or bounded, so that the time is linear in the length of the text.
_PLAIN = "[A-Za-z0-9]"
_FIRST = f"[A-Za-z0-9{_LETTER}]"
_LETTERS = f"[A-Za-z{_LETTER}{_MARK}]"
_REST = f"[A-Za-z0-9{_LETTER}{_MARK}]*+"
_WITH_A_DIGIT = f"(?={_LETTERS}*+[0-9]){_FIRST}{_REST}"

_EXPONENT = "[eE][-+]?[0-9]++"
_SIGNED = rf"[-+](?![0-9]++\.[0-9]++\.[0-9])[0-9]++(?:\.[0-9]++)?(?:{_EXPONENT})?"
_DOTTED = rf"[0-9]++\.[0-9]++(?:(?:\.[0-9]++)++|(?:{_EXPONENT})?)"  # a fraction or a version

_PART = f"(?:[0-9]++(?={_LETTERS})|(?=[A-Za-z{_LETTER}])){_REST}"
_HYPHENATED = f"{_PART}(?:-{_PART})++"

_HOST = rf"(?:{_PLAIN}++[-_.]){{1,32}}(?<=\.)[A-Za-z]{{2,}}+(?![0-9])(?::[0-9]++)?"
_ADDRESS = rf"""{_HOST}(?:/(?!["'])[!#-;=?-\[\]_a-z~]++)?"""
_EMAIL = rf"(?:(?:{_PLAIN}++[-_.]){{0,32}}+{_PLAIN}++|{_WITH_A_DIGIT})@(?![0-9]++{_EXPONENT}){_HOST}"

_BELOW = r"/(?:\.{1,2}/|~/){0,16}(?:[.~]?[A-Za-z0-9_]|\.\.(?![^\s/]))"
_PATH = rf"(?:[A-Za-z0-9_-]++|\.(?=[A-Za-z0-9_])|{_BELOW})*+"
_FILE = rf"(?![0-9]++\.)(?:{_PLAIN}++(?!{_LETTERS})|{_WITH_A_DIGIT})(?:{_BELOW}|\.(?=[A-Za-z0-9_])){_PATH}"
# A path starts with a slash. After a word and at the start of the text, it may also start with a dot or a tilde.
_ROOTED = (
    rf"(?:{_BELOW}|(?:(?<=[A-Za-z0-9{_LETTER}{_MARK}])|\A)(?:~[A-Za-z0-9_]|(?:~|\.\.?){_BELOW}|\.\.(?![^\s/]))){_PATH}"
)

_TAG = (
    r"<(?:/?[A-Za-z:_][A-Za-z0-9:_.-]*+|!DOCTYPE|\?xml)"
    rf"""(?:\s(?:[A-Za-z0-9{_LETTER}=_\#/:.&?%~\s-]++|"[^"]*+"|'[^']*+')*+)?/?>"""
)
_ENTITY = "&(?:[A-Za-z:_][A-Za-z0-9:_.-]*+|#[0-9]++|#[xX][0-9A-Fa-f]++);"

_WORDS = (
    rf"[A-Za-z]++(?![0-9{_LETTER}{_MARK}]|[-_.@:/][A-Za-z0-9{_LETTER}_.~/])",  # most words: no longer match is possible
    f"[0-9]++{_EXPONENT}",
    _EMAIL,
    _ADDRESS,
    _DOTTED,
    f"{_HYPHENATED}(?:-(?=[0-9]))?",  # the hyphen before a number is not its sign
    _FILE,
    "[A-Za-z]++://",
    f"{_FIRST}{_REST}",
)
_OTHERS = (_SIGNED, _TAG, _ENTITY, _ROOTED)
_TOKEN = re.compile(
    f"[^A-Za-z0-9{_LETTER}<&/~.+-]{{0,8}}+"  # skips characters that cannot start a token
    f"((?={_FIRST})(?:{'|'.join(_WORDS)})|{'|'.join(_OTHERS)})"
)
_IS_HOST = re.compile(_HOST)
_IS_HYPHENATED = re.compile(_HYPHENATED)
_SCRIPT = re.compile(r"<(?:script|style)(?:\s[^<>]*+)?>", re.IGNORECASE)
_HIDING = re.compile(f"<!--|{_SCRIPT.pattern}", re.IGNORECASE)
_COMMENT_END = re.compile("-->")
_SCRIPT_END = re.compile(r"</(?:script|style)(?=[\s>])|\Z", re.IGNORECASE)


def words(text: str) -> list[str]:
    """The words of a text in their order. A compound is one word, and so is markup (see `parts`)."""
    shape = text if text.isascii() else text.translate(_SHAPES)
    if "<" in shape:
        shape = _shown(shape)
    if text.isascii():
        return _TOKEN.findall(shape)
    return [text[found.start(1) : found.end(1)] for found in _TOKEN.finditer(shape)]


def parts(word: str) -> list[str]:
    """The parts of a word that are indexed, in their order.

    A compound is indexed as a whole and by its parts, and a URL as a whole, by its host and by its path. Markup and
    protocols are not indexed. Any other word is indexed as it is.
    """
    if word[0] in "<&" or word.endswith("://"):
        return []
    if "/" in word:
        host = _IS_HOST.match(word)
        if host is not None and word[host.end() : host.end() + 1] == "/":
            return [word, host[0], word[host.end() :]]
    elif "-" in word:
        compound = word.removesuffix("-")
        if _IS_HYPHENATED.fullmatch(compound.translate(_SHAPES)):
            return [compound, *compound.split("-")]
    return [word]


def _shown(shape: str) -> str:
    """The shape with comments, scripts and styles of HTML blanked out. The length stays the same."""
    shown: list[str] = []
    at, hiding = 0, _HIDING
    while (opened := hiding.search(shape, at)) is not None:
        closed = (_COMMENT_END if opened[0] == "<!--" else _SCRIPT_END).search(shape, opened.end())
        if closed is None:  # No comment ends after this place: search only for scripts and styles.
            hiding = _SCRIPT
        else:
            shown += [shape[at : opened.start()], _OTHER * (closed.end() - opened.start())]
            at = closed.end()
    return "".join(shown) + shape[at:]


class _Shapes(dict[int, str]):
    """A cache. The character that stands for each character beyond ASCII."""

    def __missing__(self, code: int) -> str:
        shape = _shape(chr(code))
        if len(self) < _REMEMBERED_SHAPES:
            self[code] = shape
        return shape


_SHAPES = _Shapes()


def _shape(character: str) -> str:
    if character.isascii():
        return character
    kind = unicodedata.category(character)
    if kind[0] == "L" or kind in ("Nl", "Nd") or any(first <= ord(character) <= last for first, last in _CIRCLED):
        return _LETTER
    if kind[0] == "M":
        return _MARK
    return " " if character.isspace() else _OTHER
