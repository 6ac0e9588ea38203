"""Server-sent events: an answer in pieces."""

import json
import re
from collections.abc import Sequence

from .answers import Stream

_WORD = re.compile(r"\S+\s*|\s+")


def stream_of(pieces: Sequence[str], pause: float) -> Stream:
    """The events of an answer: one for each piece, and a last one with `done`.

    Arguments:
        pause: Seconds between two events.
    """
    events = [{"delta": {"content": piece}, "done": False} for piece in pieces]
    return Stream(b"text/event-stream; charset=utf-8", [_event(event) for event in [*events, {"done": True}]], pause)


def words(text: str) -> list[str]:
    """Split a text into words, each with the white space after it. Joining them gives the text again."""
    return _WORD.findall(text)


def _event(event: object) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
