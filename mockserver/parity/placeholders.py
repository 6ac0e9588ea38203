"""Replaces the ids and times that a server generated with placeholders, and masks credentials."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

from .matching import is_a_time
from .recordings import WORKSPACES, Json
from .renaming import given_id, segment

MASK = "masked"
# Shorter texts are masked only as whole words: they may be parts of others.
_SHORTEST_PART = 8
# An id that a server generates, or a time, as a whole word.
_ID = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{21}(?![\w-])")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_USER = re.compile(r"(?<=://)[^/?#@\s\"]+@")
# The keys under which answers have generated ids. The keys of the object `sessions` are ids too (queue status).
_KEYS_OF_IDS = frozenset({"id", "message_id", "session_id"})


class Placeholders:
    """The placeholders of one scenario. What a client sent before a server answered it stays as it is.

    Attributes:
        workspaces: The ids of the workspaces that the requests named.
    """

    def __init__(self) -> None:
        self.workspaces: set[str] = set()
        self._marks: dict[str, str] = {}
        self._moments: dict[str, datetime] = {}  # by placeholder
        self._sent_ids: set[str] = set()
        self._sent_moments: set[datetime] = set()
        self._keys: set[str] = set()
        self._masked: re.Pattern[str] | None = None

    def hide(self, keys: Iterable[str]) -> None:
        """Mask these credentials in all steps from now on."""
        self._keys |= {key for key in keys if key}
        # The longest first: one key may be the beginning of another.
        patterns = [_pattern(key) for key in sorted(self._keys, key=len, reverse=True)]
        self._masked = re.compile("|".join(patterns)) if patterns else None

    def saw_request(self, sent: Json) -> None:
        """Remember what a request names. Call this before the answer is replaced."""
        path = sent["path"]
        named = segment(path, 3) if path.startswith(f"{WORKSPACES}/") else given_id(sent) if path == WORKSPACES else ""
        self.workspaces |= {named} - {"", "list"}
        for text in _texts(sent):
            self._sent_ids |= {found for found in _ID.findall(text) if found not in self._marks}
            self._sent_moments |= {datetime.fromisoformat(time) for time in _TIME.findall(text) if _is_valid(time)}

    def in_request(self, value: Json) -> Json:
        """The request, with the placeholders that earlier answers caused."""
        if isinstance(value, str):
            return self._known(value)
        if isinstance(value, list):
            return [self.in_request(entry) for entry in value]
        if isinstance(value, dict):
            return {
                self._known(name): self._bytes(entry) if name == "base64" else self.in_request(entry)
                for name, entry in value.items()
            }
        return value

    def _bytes(self, encoded: str) -> str:
        """Bytes in base64, without the keys."""
        text = b64decode(encoded).decode("latin-1")
        return b64encode((text if self._masked is None else self._masked.sub(MASK, text)).encode("latin-1")).decode()

    def in_answer(self, value: Json, key: str = "") -> Json:
        """The answer, with placeholders, new ones too."""
        if isinstance(value, str):
            self._generate(value, is_id=key in _KEYS_OF_IDS)
            return self._known(value)
        if isinstance(value, list):
            return [self.in_answer(entry, key) for entry in value]
        if not isinstance(value, dict):
            return value
        if key == "sessions":
            for name in value:
                self._generate(name, is_id=True)
        return {self._known(name): self.in_answer(entry, name) for name, entry in value.items()}

    def time_order(self) -> list[str]:
        """The placeholders of times, earliest first."""
        return sorted(self._moments, key=self._moments.__getitem__)

    def _generate(self, text: str, *, is_id: bool) -> None:
        """Give a value of an answer a placeholder if the server generated it."""
        if text in self._marks:
            return
        if is_id and _ID.fullmatch(text) and text not in self._sent_ids:
            self._marks[text] = f"<id:{len(self._marks) + 1}>"
        elif is_a_time(text) and (moment := datetime.fromisoformat(text)) not in self._sent_moments:
            mark = self._marks[text] = f"<time:{len(self._marks) + 1}>"
            self._moments[mark] = moment

    def _known(self, text: str) -> str:
        if self._masked is not None:
            text = self._masked.sub(MASK, text)
        for pattern in (_ID, _TIME):
            text = pattern.sub(lambda found: self._marks.get(found[0], found[0]), text)
        return _USER.sub("", text)


def _pattern(key: str) -> str:
    escaped = re.escape(key)
    return escaped if len(key) >= _SHORTEST_PART else rf"(?<![\w-]){escaped}(?![\w-])"


def _texts(value: Json) -> Iterable[str]:
    """All strings in a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, dict):
        yield from value
        for entry in value.values():
            yield from _texts(entry)


def _is_valid(time: str) -> bool:
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return False
    return True
