"""Server-sent events: an answer in pieces."""

import json
import re
from collections.abc import Sequence

from .answers import Stream

_WORD = re.compile(r"\S+\s*|\s+")


def stream_of(pieces: Sequence[str | bytes], pause: float) -> Stream:
    """The events of an answer: one for each text, and a last one with `done`, unless the last piece is bytes.

    Arguments:
        pieces: Texts, and bytes that are sent as they are.
        pause: Seconds between two pieces.
    """
    sent = [
        piece if isinstance(piece, bytes) else _event({"delta": {"content": piece}, "done": False}) for piece in pieces
    ]
    if not pieces or isinstance(pieces[-1], str):
        sent.append(_event({"done": True}))
    return Stream(b"text/event-stream; charset=utf-8", sent, pause)


def words(text: str) -> list[str]:
    """Split a text into words, each with the white space after it. Joining them gives the text again."""
    return _WORD.findall(text)


def _event(event: object) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
