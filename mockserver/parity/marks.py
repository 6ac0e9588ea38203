"""The placeholders of a scenario, such as `<id:1>` and `<time:2>`, with the values that they have on one server."""

import json
import re
from collections.abc import Callable
from datetime import datetime

from .recordings import Json

MARK = re.compile(r"<(?:id|time):\d+>")
# An id that a server generates, and a time, as whole words in a text.
ID = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{21}(?![\w-])")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


class Marks:
    """The values of placeholders on one server. A value that several placeholders have stands for the first of them."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._marks: dict[str | datetime, str] = {}

    def __contains__(self, mark: str) -> bool:
        return mark in self._values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, mark: str) -> str:
        return self._values[mark]

    def bind(self, mark: str, value: str) -> None:
        """Give a placeholder its value."""
        self._values[mark] = value
        self._marks.setdefault(value, mark)
        if mark.startswith("<time"):
            self._marks.setdefault(datetime.fromisoformat(value), mark)

    def has_value(self, value: str) -> bool:
        """Whether a placeholder has this value."""
        return value in self._marks

    def filled(self, value: Json) -> Json:
        """The value, with the values of known placeholders in their place."""
        return _mapped(value, lambda text: MARK.sub(lambda mark: self._values.get(mark[0], mark[0]), text))

    def lack(self, value: Json) -> bool:
        """Whether the value has a placeholder that has no value."""
        return any(mark not in self._values for mark in MARK.findall(json.dumps(value, ensure_ascii=False)))

    def marked(self, value: Json, *, in_any_zone: bool = False) -> Json:
        """The value, with placeholders for the ids and times that have one.

        Arguments:
            in_any_zone: Also for times that are written with another offset than those of the server.
        """
        return _mapped(value, lambda text: self.marked_text(text, in_any_zone=in_any_zone))

    def marked_text(self, text: str, *, in_any_zone: bool = False) -> str:
        """The same for a text."""

        def mark_of(found: re.Match[str]) -> str:
            known = self._marks.get(found[0])
            if known is None and in_any_zone:
                known = self._marks.get(moment_of(found[0]) or found[0])
            return known or found[0]

        return TIME.sub(mark_of, ID.sub(mark_of, text))


def moment_of(text: str) -> datetime | None:
    """The moment of a time in ISO 8601. None for a text that is no time."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _mapped(value: Json, change: Callable[[str], str]) -> Json:
    """The value, with every text in it changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(entry, change) for entry in value]
    if isinstance(value, dict):
        return {change(key): _mapped(entry, change) for key, entry in value.items()}
    return value
