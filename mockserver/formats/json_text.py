"""Parses JSON, and refuses what cannot be stored."""

import json
import math
import re
from collections.abc import Iterator
from email.message import Message
from typing import Any

from pydantic_core import from_json

# With this, all digits look alike. To find a part in bytes takes a tenth of the time of a regular expression, and
# linear time for any bytes.
_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
# Only a number with an exponent of two digits or with 200 digits can overflow a double.
_LONG = b"0" * 200
_EXPONENTS = b"0e00", b"0e+00"
# What stands before a number, which may also be the first of a text.
_BEFORE_NUMBER = b" \t\r\n:,["
_SHORT = 32
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PLACE = re.compile(r"(.*) at line (\d+) column (\d+)$", re.DOTALL)


class InvalidJson(Exception):
    """A body is not JSON, or holds a value that cannot be stored; `place` is the offset of the error in the text."""

    def __init__(self, reason: str, place: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


class MalformedJson(InvalidJson):
    """A body is not JSON."""


class Unstorable(InvalidJson):
    """A body has NaN, an infinity or a lone surrogate, which cannot be stored. Otherwise it is valid JSON.

    `value` is the parsed body.
    """

    def __init__(self, reason: str, place: int, value: Any) -> None:
        super().__init__(reason, place)
        self.value = value


def is_json(content_type: bytes | None) -> bool:
    """Whether the content type is `application/json` or `application/*+json`."""
    if content_type == b"application/json":
        return True
    if content_type is None:
        return False
    message = Message()
    message["content-type"] = content_type.decode("latin-1")
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def parse(body: bytes) -> Any:
    """The value of the JSON in `body`. The last value of a repeated key counts.

    Raises InvalidJson if the body does not parse, or has a value that cannot be stored: NaN, an infinity (also by
    overflow), a number of more than 4,300 digits, a lone surrogate, lists and objects nested more than 200 deep.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        return _parse_slowly(body, str(error))
    alike = body.translate(_ALIKE)
    # `find` takes half of the time of `in`, which first tries to read the bytes as a number.
    if (alike.find(b"0e") >= 0 or alike.find(_LONG) >= 0) and _may_overflow(alike) and not is_storable(value):
        raise Unstorable("Number out of range", 0, value)
    return value


def _may_overflow(alike: bytes) -> bool:
    """Whether a number in a JSON text may overflow. `alike` is the text with digits that look alike.

    An id such as `x1e11` is not a number. A saved world has many of them.
    """
    return _LONG in alike or any(_may_end_number(alike, place) for mark in _EXPONENTS for place in _places(mark, alike))


def _places(part: bytes, text: bytes) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _may_end_number(alike: bytes, place: int) -> bool:
    """Whether the digits up to a place may be a number. Many digits count as one, so that this takes constant time."""
    before = alike[max(0, place - _SHORT) : place].rstrip(b"0.").removesuffix(b"-")
    return not before or before[-1] in _BEFORE_NUMBER


def may_have_exponent(text: bytes) -> bool:
    """Whether a number in a JSON text may have an exponent, such as 2e30. A string such as "2e3" counts too."""
    alike = text.translate(_ALIKE)
    return b"0e0" in alike or b"0e+0" in alike


def restated(value: Any) -> Any:
    """A Python value after a round trip through JSON. Raises ValueError if JSON cannot express it."""
    try:
        return parse(json.dumps(value, allow_nan=False).encode())
    except InvalidJson as error:
        raise ValueError(error.reason) from None
    except TypeError as error:
        raise ValueError(_not_json(value) or str(error)) from None
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _not_json(value: Any, place: str = "") -> str | None:
    """The place and type of the first value that JSON cannot express, in a sentence, or None."""
    if value is None or isinstance(value, (str, int, float)):
        return None
    if isinstance(value, dict):
        for key, entry in value.items():
            if not (key is None or isinstance(key, (str, int, float))):
                return f"{place or 'the object'} has the key {key!r}; a key must be a string"
            problem = _not_json(entry, f"{place}.{key}".removeprefix("."))
            if problem is not None:
                return problem
        return None
    if isinstance(value, (list, tuple)):
        problems = (_not_json(entry, f"{place}[{number}]") for number, entry in enumerate(value))
        return next((problem for problem in problems if problem is not None), None)
    hint = "; use a list" if isinstance(value, (set, frozenset)) else ""
    at = f"{place}: " if place else ""
    return f"{at}JSON has no {type(value).__name__}{hint}"


def _parse_slowly(body: bytes, complaint: str) -> Any:
    """Parse what the fast parser refused: JSON in another encoding than UTF-8. Errors have the recorded messages."""
    encoding = json.detect_encoding(body)
    try:
        text = body.decode(encoding)
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(error.msg, error.pos) from None
    except UnicodeDecodeError as error:
        raise InvalidJson(f"Invalid {encoding}: {error.reason}", error.start) from None
    except (ValueError, RecursionError):
        raise _from_complaint(body, complaint) from None
    if encoding == "utf-8":
        raise _unstorable(value, _from_complaint(body, complaint))
    return parse(text.encode("utf-8", "surrogatepass"))


def _from_complaint(body: bytes, complaint: str) -> InvalidJson:
    match = _PLACE.match(complaint)
    if match is None:
        return InvalidJson(complaint, 0)  # pragma: no cover - for later versions of the parser
    reason, line, column = match[1], int(match[2]), int(match[3])
    lines = body.split(b"\n", line - 1)
    return InvalidJson(reason.capitalize(), max(0, sum(len(before) + 1 for before in lines[:-1]) + column - 1))


def _unstorable(value: Any, error: InvalidJson) -> InvalidJson:
    """An Unstorable error with the same message if NaN, infinities and lone surrogates are the only problems of the
    body, otherwise `error`.
    """
    try:
        from_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return error
    return Unstorable(error.reason, error.place, value)


def is_storable(value: Any) -> bool:
    """Whether JSON has neither NaN, nor an infinity, nor a lone surrogate."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return not has_lone_surrogate(value)
    if isinstance(value, dict):
        return all(map(is_storable, value)) and all(map(is_storable, value.values()))
    return not isinstance(value, list) or all(map(is_storable, value))


def has_lone_surrogate(text: str) -> bool:
    """Whether UTF-8 cannot encode the text."""
    return not text.isascii() and _LONE_SURROGATE.search(text) is not None
