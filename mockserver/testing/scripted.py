"""The forms of scripted answers: what a test may write for short, and what it stands for."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from .exchange import preview

# The member of an answer that a bare text (for chat also null, or a list of pieces) stands for.
_TEXTS = {"chat": "content", "get_representation": "representation"}


class Scripted(NamedTuple):
    """What a script answers: members that replace those of the composed answer.

    `pieces` are those of a stream, None where the text is to be parted; `pause` is in seconds.
    """

    members: Mapping[str, Any]
    pieces: Sequence[str] | None
    pause: float


def read(operation: str, answer: Any, pause: float) -> Scripted:
    """An answer as it was written for an operation. Raises ValueError where it does not fit what the API answers."""
    pieces = None
    if operation == "chat" and isinstance(answer, list) and all(isinstance(piece, str) for piece in answer):
        pieces, answer = answer, "".join(answer)
    if operation in _TEXTS and not isinstance(answer, dict):
        answer = {_TEXTS[operation]: answer}
    return Scripted(_checked(operation, answer), pieces, pause)


def _checked(operation: str, answer: Any) -> Mapping[str, Any]:
    from ..wire.scripts import ANSWERS  # Most servers have no script.

    try:
        ANSWERS[operation].model_validate(answer)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        place = ".".join(map(str, found["loc"]))
        where = f" at {place}" if place else ""
        raise ValueError(f"{preview(answer)} is no answer of {operation!r}: {found['msg']}{where}") from None
    members: Mapping[str, Any] = answer
    return members
