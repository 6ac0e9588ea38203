"""Server-sent events: an answer that comes in pieces."""

import json
import re
from collections.abc import Sequence

from .answers import Stream

_WORD = re.compile(r"\S+\s*|\s+")


def stream_of(pieces: Sequence[str], pause: float) -> Stream:
    """The events of an answer: one for each piece, and a last one that says it is done."""
    events = [{"delta": {"content": piece}, "done": False} for piece in pieces]
    return Stream(b"text/event-stream; charset=utf-8", [_event(event) for event in [*events, {"done": True}]], pause)


def words(text: str) -> list[str]:
    """A text in the pieces in which it is streamed: word by word, nothing lost."""
    return _WORD.findall(text)


def _event(event: object) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
