"""Replaces the ids and times that a server generated with placeholders, and masks credentials."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime

from .marks import ID, TIME, Marks, moment_of
from .matching import is_a_time
from .recordings import WORKSPACES, Json
from .renaming import given_id, segment

MASK = "masked"
# Shorter texts are masked only as whole words: they may be parts of others.
_SHORTEST_PART = 8
_USER = re.compile(r"(?<=://)[^/?#@\s\"]+@")
# The keys under which answers have generated ids. The keys of the object `sessions` are ids too (queue status).
_KEYS_OF_IDS = frozenset({"id", "message_id", "session_id"})


class Placeholders:
    """The placeholders of one scenario. What a client sent before a server answered it stays as it is.

    Attributes:
        workspaces: The ids of the workspaces that the requests named.
        marks: The placeholders with the values of the server.
    """

    def __init__(self) -> None:
        self.workspaces: set[str] = set()
        self.marks = Marks()
        self._moments: dict[str, datetime] = {}  # by placeholder
        self._sent_ids: set[str] = set()
        self._sent_moments: set[datetime] = set()
        self._keys: set[str] = set()
        self._masked: re.Pattern[str] | None = None

    @property
    def size(self) -> int:
        """How many ids and times it remembers."""
        return len(self.marks) + len(self._sent_ids) + len(self._sent_moments)

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
            self._sent_ids |= {found for found in ID.findall(text) if not self.marks.has_value(found)}
            self._sent_moments |= {moment for time in TIME.findall(text) if (moment := moment_of(time)) is not None}

    def was_sent(self, id_: str) -> bool:
        """Whether a request had this id before an answer did."""
        return id_ in self._sent_ids

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
        if self.marks.has_value(text):
            return
        number = len(self.marks) + 1
        if is_id and ID.fullmatch(text) and text not in self._sent_ids:
            self.marks.bind(f"<id:{number}>", text)
        elif is_a_time(text) and (moment := datetime.fromisoformat(text)) not in self._sent_moments:
            self.marks.bind(f"<time:{number}>", text)
            self._moments[f"<time:{number}>"] = moment

    def _known(self, text: str) -> str:
        if self._masked is not None:
            text = self._masked.sub(MASK, text)
        return _USER.sub("", self.marks.marked_text(text))


def generated_ids(value: Json, key: str = "") -> Iterator[str]:
    """What may be an id that a server generated, in an answer."""
    if isinstance(value, str):
        if key in _KEYS_OF_IDS and ID.fullmatch(value):
            yield value
    elif isinstance(value, list):
        for entry in value:
            yield from generated_ids(entry, key)
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield from generated_ids(entry, name)


def ids_in(value: Json) -> set[str]:
    """What may be an id in a request."""
    return {found for text in _texts(value) for found in ID.findall(text)}


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
