"""Prepares strings from clients for use in a sentence: short, printable, on one line."""

from collections.abc import Sequence
from typing import Any

NAME_LIMIT = 48
_LARGE_NUMBER = 10**20


def one_line(text: str) -> str:
    """The text with escapes for all characters that are not printable, such as line breaks."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def cut(text: str, most: int) -> str:
    """At most `most` printable characters: the beginning of a longer text, with an ellipsis."""
    shown = one_line(text[: most + 1])
    return shown if len(shown) <= most else f"{shown[: max(0, most - 3)]}..."[:most]


def plain(text: str, most: int) -> str:
    """Like `cut`, but each run of white space becomes one space. For a text of several lines."""
    return cut(" ".join(text[: 4 * most].split()), most)


def shortened(text: str, most: int = NAME_LIMIT) -> str:
    """At most `most` printable characters of a name: the beginning and the end of a longer one."""
    shown = one_line(text if len(text) <= most else text[:most] + text[-most:])
    if len(shown) <= most:
        return shown
    head = most // 2
    return f"{shown[:head]}...{shown[head + 3 - most :]}"


def quoted(text: str) -> str:
    """A name in quotes, shortened."""
    return f"'{shortened(text)}'"


def listed(names: Sequence[str], total: int, most: int = 3) -> str:
    """A list of names, such as `'a', 'b' and 3 more`.

    Arguments:
        names: The first names, at least those that are shown.
        total: The number of all names.
        most: The maximum number of items. If there are more names, the last item is the number of the other names.
    """
    shown = names[:most] if total <= most else names[: most - 1]
    text = ", ".join(quoted(name) for name in shown)
    return text if total <= most else f"{text} and {total - len(shown)} more"


def value(given: Any) -> str:
    """A JSON value in a few words, for a value of any size."""
    if isinstance(given, str):
        length = f" of {len(given)} characters" if len(given) > NAME_LIMIT else ""
        return quoted(given) + length
    if isinstance(given, dict):
        names = [key for _, key in zip(range(3), given, strict=False) if isinstance(key, str)]
        return f"an object with {listed(names, len(given))}" if given else "an empty object"
    if isinstance(given, (list, tuple)):
        return f"a list of {len(given)}" if given else "an empty list"
    if given is None or isinstance(given, bool):
        return {None: "null", True: "true", False: "false"}[given]
    if isinstance(given, int) and not -_LARGE_NUMBER < given < _LARGE_NUMBER:
        return "a very large number"  # Python refuses to convert very long numbers to text.
    return cut(repr(given), NAME_LIMIT)


def place(location: Sequence[Any]) -> str:
    """`("body", "messages", 0, "content")` as `body.messages[0].content`. Very long names are cut."""
    parts = (f".{cut(part, NAME_LIMIT)}" if isinstance(part, str) else f"[{value(part)}]" for part in location[:8])
    return "".join(parts).removeprefix(".")
