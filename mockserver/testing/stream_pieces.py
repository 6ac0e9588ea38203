"""The pieces of a scripted stream: text, of which the server makes events, and bytes, which it sends as they are."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from .exchange import preview

Piece = str | bytes


def as_json(pieces: Sequence[Any]) -> list[Any]:
    """The pieces with bytes in their form in JSON: `{"raw": text}`, or `{"base64": text}` if they are not UTF-8."""
    return [_bytes_as_json(bytes(piece)) if isinstance(piece, (bytes, bytearray)) else piece for piece in pieces]


def read(pieces: Sequence[Any]) -> list[Piece]:
    """The pieces from their form in JSON. Raises ValueError for a value that is not a piece."""
    return [_read(number, piece) for number, piece in enumerate(pieces, 1)]


def _bytes_as_json(content: bytes) -> dict[str, str]:
    try:
        return {"raw": content.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode()}


def _read(number: int, piece: Any) -> Piece:
    match piece:
        case str():
            return piece
        case {"raw": str(text), **others} if not others:
            return text.encode()
        case {"base64": str(text), **others} if not others:
            try:
                return b64decode(text, validate=True)
            except ValueError as error:
                raise ValueError(f"piece {number} of the stream is not valid base64: {error}") from None
    form = 'a text, bytes, {"raw": text} or {"base64": text}'
    raise ValueError(f"piece {number} of the stream must be {form}, not {preview(piece)}")
