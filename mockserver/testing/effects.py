"""What a fault does to a request: small values, each made by a function with the name of the fault."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..formats.json_text import restated
from .numbers import number, whole

Place = Literal["start", "head", "body"]
_PLACES = ("start", "head", "body")
_LONGEST_DELAY = 3600.0
_HEADER_NAME = re.compile(r"[\w-]+", re.ASCII)
_OF_THE_SERVER = ("content-length", "transfer-encoding", "connection")


@dataclass(frozen=True)
class Effect:
    """What happens instead of the answer, or to it.

    `carry_out`: whether the request is carried out all the same. `status`, `answer` and `headers` replace the answer,
    where there is a status. `cut` is where the connection is closed: before the answer, after its head, in the middle
    of its body. `change` makes another body of the one that would be sent. `holds`: until it is released, before the
    answer or in the middle of its body.
    `quota` is how many calls pass in each window of so many seconds.
    """

    carry_out: bool = True
    status: int | None = None
    answer: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Place | None = None
    change: Callable[[bytes], bytes] | None = None
    holds: Literal["start", "body"] | None = None
    quota: tuple[int, float] | None = None

    @property
    def alters(self) -> bool:
        """Whether the client gets something else than the API answered, and not the same later."""
        return self.status is not None or self.cut is not None or self.change is not None


def error(
    status: int = 500, answer: Any = None, headers: Mapping[str, str] | None = None, *, carry_out: bool = False
) -> Effect:
    """An answer of this status, from 200 to 599, with this JSON body, or with a `detail` of its own.

    With a Content-Type among the headers the body may be a text, which is sent as it is.
    """
    if whole("status", status, 200) > 599:
        raise ValueError(f"status must be at most 599: {status}")
    if not isinstance(carry_out, bool):
        raise ValueError(f"carry_out must be true or false: {carry_out!r}")
    answer = {"detail": "A fault that was asked for"} if answer is None else storable("answer", answer)
    return Effect(carry_out=carry_out, status=status, answer=answer, headers=_headers(headers or {}))


def quota(limit: int, per: float) -> Effect:
    """429 with Retry-After once `limit` calls came within `per` seconds of the fake's clock."""
    window = (whole("limit", limit), number("per", per, least=0.001, most=1e9))
    return Effect(carry_out=False, status=429, answer={"detail": "Too Many Requests"}, quota=window)


def disconnect(at: Place = "start") -> Effect:
    """The connection is closed: at the start (the request is not carried out), after the head, within the body."""
    if at not in _PLACES:
        raise ValueError(f"at must be one of {', '.join(_PLACES)}: {at!r}")
    return Effect(carry_out=at != "start", cut=at)


def lose_answer() -> Effect:
    """The request is carried out, and the connection closed without an answer: a retry meets its own effect."""
    return Effect(cut="start")


def truncate(share: float = 0.5) -> Effect:
    """The body of the answer ends early, after this share of it, with a length that fits: no JSON any more."""
    part = number("share", share, least=0, most=1)
    return Effect(change=lambda body: body[: math.floor(len(body) * part)])


def malform() -> Effect:
    """The body of the answer has wrong brackets at its end; of a stream, its events have."""

    def spoil(body: bytes) -> bytes:
        if body.startswith(b"data: "):
            return body.replace(b"}\n\n", b"}]\n\n")
        return body and body[:-1] + b"}]"

    return Effect(change=spoil)


def drop_field(field: str) -> Effect:
    """The answer lacks a field: `"id"`, or a path such as `"metadata.topic"`; in a list, every entry lacks it."""
    return Effect(change=_on_field(field, lambda holder, name: holder.pop(name)))


def wrong_type(field: str) -> Effect:
    """A field of the answer has a value of another type; in a list, that of every entry."""

    def spoil(holder: dict[str, Any], name: str) -> None:
        holder[name] = "not of this type" if not isinstance(holder[name], str) else {"not": "of this type"}

    return Effect(change=_on_field(field, spoil))


def hang(at: Literal["start", "body"] = "start") -> Effect:
    """The request is carried out when it comes; its answer, or the second half of it, waits for the release."""
    if at not in ("start", "body"):
        raise ValueError(f"at must be one of start, body: {at!r}")
    return Effect(holds=at)


def storable(name: str, value: Any) -> Any:
    """JSON that an answer may hold. Raises ValueError, which calls it by `name`."""
    try:
        return restated(value)
    except ValueError as problem:
        raise ValueError(f"{name} is not to be written as JSON: {problem}") from None


def seconds(value: Any) -> float:
    """How long an answer is delayed: up to an hour. Raises ValueError."""
    return number("delay", value, least=0, most=_LONGEST_DELAY)


def _headers(headers: Any) -> dict[str, str]:
    if not isinstance(headers, Mapping):
        raise ValueError(f"headers must be names with their values: {headers!r}")
    for name, value in headers.items():
        if not isinstance(name, str) or _HEADER_NAME.fullmatch(name) is None:
            raise ValueError(f"no name of a header: {name!r}")
        if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
            raise ValueError(f"the value of the header {name!r} must be a text of printable ASCII: {value!r}")
        if name.lower() in _OF_THE_SERVER:
            raise ValueError(f"the header {name!r} belongs to the server; disconnect and truncate break answers")
    return dict(headers)


def _on_field(path: Any, spoil: Callable[[dict[str, Any], str], object]) -> Callable[[bytes], bytes]:
    """Change the field in the answer, or in every entry of a list or page; what lacks it stays as it is."""
    if not isinstance(path, str) or not path:
        raise ValueError(f"field must be the name of one: {path!r}")
    *outer, name = path.split(".")

    def change(body: bytes) -> bytes:
        try:
            document = json.loads(body)
        except ValueError:  # There is none, or it is a stream of events.
            return body
        for entry in _entries(document, (outer or [name])[0]):
            holder = entry
            for step in outer:
                holder = holder.get(step) if isinstance(holder, dict) else None
            if isinstance(holder, dict) and name in holder:
                spoil(holder, name)
        return json.dumps(document, separators=(",", ":")).encode()

    return change


def _entries(document: Any, first: str) -> list[Any]:
    if isinstance(document, dict) and first not in document and isinstance(document.get("items"), list):
        return list(document["items"])
    return list(document) if isinstance(document, list) else [document]
