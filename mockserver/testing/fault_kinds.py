"""The kinds of faults: one class for each, which says all that a fault of this kind does to a request.

To add a kind, add a class here and a method to `Faults` in `faults.py`. The name of a kind is the name of its class in
snake_case: `lose_answer` is `LoseAnswer`. The control plane, the form of the page and the table in docs/faults.md
are derived from `KINDS`. `api/faulty.py` applies a kind to a request.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import partial
from typing import Annotated, Any, ClassVar, NamedTuple

from .arguments import (
    Argument,
    ClosePlace,
    HoldPlace,
    arguments_of,
    boolean,
    checked_delay,
    integer,
    number,
    one_of,
    storable,
)
from .exchange import preview

_MICROSECONDS = 1_000_000
_HEADER_NAME = re.compile(r"[\w-]+", re.ASCII)
_HEADERS_OF_THE_SERVER = ("content-length", "transfer-encoding", "connection")


class Replacement(NamedTuple):
    """An answer in place of the API's: `answer` is its body, as JSON."""

    status: int
    answer: Any
    headers: Mapping[str, str]


class KindArgument(NamedTuple):
    """One argument of a kind. `default` is `dataclasses.MISSING` if it is required."""

    name: str
    declared: Argument
    type: Any
    default: Any

    @property
    def is_required(self) -> bool:
        return self.default is MISSING


class QuotaWindow:
    """Counts requests in windows of the mock's clock. A window starts with its first request."""

    def __init__(self, limit: int, per: float) -> None:
        self._limit = limit
        self._length = round(per * _MICROSECONDS)
        self._start = self._end = 0
        self._count = 0
        self.retry_after = 0  # seconds, from the last request to the end of the window

    def allows(self, now: int) -> bool:
        """Count a request at this time, in microseconds, and return whether it is within the limit."""
        # If the clock was turned back to before the start, a new window starts too.
        if not self._start <= now < self._end:
            self._start, self._end, self._count = now, now + self._length, 0
        self._count += 1
        self.retry_after = math.ceil((self._end - now) / _MICROSECONDS)
        return self._count <= self._limit


class Kind:
    """What a fault does to a request. Without overrides the request is carried out and answered as usual.

    A subclass is a frozen dataclass. Its fields are the arguments: each is `Annotated` with an `Argument`, which has
    the help and the check. Creating it raises ValueError for an invalid argument. The first paragraph of its docstring
    is the help of the kind.
    """

    name: ClassVar[str]
    help: ClassVar[str]

    def __init_subclass__(cls) -> None:
        paragraph, _, _ = (cls.__doc__ or "").partition("\n\n")
        cls.help = " ".join(paragraph.split())
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __post_init__(self) -> None:
        for argument in self.arguments():
            value = getattr(self, argument.name)
            if value is None and argument.default is None:
                continue
            checked = argument.declared.check(argument.name, value)
            object.__setattr__(self, argument.name, checked)  # The dataclass is frozen.

    @classmethod
    def arguments(cls) -> list[KindArgument]:
        """The arguments of the kind, in order. The control plane, the page and docs/faults.md use them."""
        declared = arguments_of(cls)
        return [
            KindArgument(field.name, *declared[field.name], field.default)
            for field in fields(cls)  # type: ignore[arg-type]  # each kind is a dataclass
        ]

    @property
    def carries_out(self) -> bool:
        """Whether the request is carried out."""
        return True

    @property
    def delay(self) -> float:
        """How many seconds the answer is delayed."""
        return 0

    @property
    def replacement(self) -> Replacement | None:
        """The answer in place of the API's, or None."""
        return None

    @property
    def closes_at(self) -> ClosePlace | None:
        """Where the connection is closed, or None."""
        return None

    @property
    def holds_at(self) -> HoldPlace | None:
        """Where the answer is held until `Fault.release()`, or None."""
        return None

    def window(self) -> QuotaWindow | None:
        """A new QuotaWindow that decides which requests pass without the fault, or None if the fault applies to every
        request.
        """
        return None

    def change(self, body: bytes) -> bytes:
        """The body to send in place of the answer's."""
        return body

    @property
    def changes_body(self) -> bool:
        """Whether `change` does something."""
        return type(self).change is not Kind.change

    @property
    def alters(self) -> bool:
        """Whether the client gets a different answer than the API gave. A delay does not count as a difference."""
        return self.replacement is not None or self.closes_at is not None or self.changes_body

    def __str__(self) -> str:
        """The call that creates it, with the arguments that matter most: `error(503)`."""
        shown = (getattr(self, argument.name) for argument in fields(self) if argument.repr)  # type: ignore[arg-type]  # each kind is a dataclass
        return f"{self.name}({', '.join(preview(_plain(value)) for value in shown if value is not None)})"


def _plain(value: Any) -> Any:
    """A whole float as an integer, because `number` converts 2 to 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _status(name: str, value: Any) -> int:
    if integer(name, value, 200) > 599:
        raise ValueError(f"{name} must be at most 599: {value}")
    return int(value)


def _headers(name: str, headers: Any) -> dict[str, str]:
    if not isinstance(headers, Mapping):
        raise ValueError(f"{name} must map names to values: {headers!r}")
    for header, value in headers.items():
        if not isinstance(header, str) or _HEADER_NAME.fullmatch(header) is None:
            raise ValueError(f"not the name of a header: {header!r}")
        if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
            raise ValueError(f"the value of the header {header!r} must be a string of printable ASCII: {value!r}")
        if value != value.strip():
            raise ValueError(f"the value of the header {header!r} must not begin or end with a space: {value!r}")
        if header.lower() in _HEADERS_OF_THE_SERVER:
            raise ValueError(f"the server sets the header {header!r}; use disconnect or truncate to break answers")
    return dict(headers)


def _field_path(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be the name of a field: {value!r}")
    return value


_FieldPath = Annotated[
    str, Argument("the field; `metadata.topic` is the field `topic` in `metadata`", check=_field_path, example="id")
]


@dataclass(frozen=True)
class Error(Kind):
    """Answer with this status, JSON body and headers. With a `Content-Type` header, the body may be any string."""

    status: Annotated[int, Argument("the status, from 200 to 599", check=_status, example=503)] = 500
    answer: Annotated[Any, Argument("the JSON body; by default it has a `detail`", check=storable)] = None
    headers: Annotated[
        Mapping[str, str] | None, Argument("additional headers, such as Retry-After", check=_headers)
    ] = field(default=None, repr=False)
    carry_out: Annotated[bool, Argument("whether the request is also carried out", check=boolean)] = field(
        default=False, kw_only=True, repr=False
    )

    @property
    def carries_out(self) -> bool:
        """Only with `carry_out=True`."""
        return self.carry_out

    @property
    def replacement(self) -> Replacement:
        answer = {"detail": "This error was injected by a fault"} if self.answer is None else self.answer
        return Replacement(self.status, answer, self.headers or {})


@dataclass(frozen=True)
class Delay(Kind):
    """Carry out the request at once, and send the answer later. All other faults take `delay=` as well."""

    seconds: Annotated[float, Argument("how long the answer is delayed, up to 3600", check=checked_delay, example=2)]

    @property
    def delay(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Quota(Kind):
    """Answer 429 with `Retry-After` to requests beyond `limit` in `per` seconds of the mock's clock."""

    limit: Annotated[int, Argument("how many requests pass in a window", check=integer, example=5)]
    per: Annotated[
        float, Argument("the length of a window in seconds", check=partial(number, least=0.001, most=1e9), example=60)
    ]

    carries_out = False
    # The header Retry-After depends on the time of the request: `Fault.headers` adds it.
    replacement = Replacement(429, {"detail": "Too Many Requests"}, {})

    def window(self) -> QuotaWindow:
        return QuotaWindow(self.limit, self.per)


@dataclass(frozen=True)
class Disconnect(Kind):
    """Close the connection: at the `"start"`, after the `"head"` of the answer, or within its `"body"`."""

    at: Annotated[ClosePlace, Argument("where the connection is closed", check=one_of(ClosePlace))] = "start"

    @property
    def carries_out(self) -> bool:
        """Not at the `"start"`"""
        return self.at != "start"

    @property
    def closes_at(self) -> ClosePlace:
        return self.at


@dataclass(frozen=True)
class LoseAnswer(Kind):
    """Carry out the request, and close the connection without an answer. A retry sees the changes."""

    carries_out = True
    closes_at = "start"


@dataclass(frozen=True)
class Truncate(Kind):
    """Send only this share of the body, with a `Content-Length` that fits. It is usually invalid JSON."""

    share: Annotated[
        float, Argument("how much of the body is sent, from 0 to 1", check=partial(number, least=0, most=1))
    ] = 0.5

    def change(self, body: bytes) -> bytes:
        return body[: math.floor(len(body) * self.share)]


@dataclass(frozen=True)
class Malform(Kind):
    """Send a body that is invalid JSON. In a stream, every event is invalid."""

    def change(self, body: bytes) -> bytes:
        if body.startswith(b"data: "):
            return body.replace(b"}\n\n", b"}]\n\n")
        return body and body[:-1] + b"}]"


@dataclass(frozen=True)
class DropField(Kind):
    """Leave a field out of the answer. In a list or page, every entry lacks it."""

    field: _FieldPath

    def change(self, body: bytes) -> bytes:
        return _with_field_changed(body, self.field, lambda holder, name: holder.pop(name))


@dataclass(frozen=True)
class WrongType(Kind):
    """Give a field of the answer a value of another type. In a list or page, every entry has it."""

    field: _FieldPath

    def change(self, body: bytes) -> bytes:
        def spoil(holder: dict[str, Any], name: str) -> None:
            holder[name] = "not of this type" if not isinstance(holder[name], str) else {"not": "of this type"}

        return _with_field_changed(body, self.field, spoil)


@dataclass(frozen=True)
class Hang(Kind):
    """Carry out the request at once, and hold the answer, or the second half of its `"body"`, until `release()`.

    `release()` is a method of the fault. In a stream, the first half of the pieces is sent at once.
    """

    at: Annotated[HoldPlace, Argument("where the answer is held", check=one_of(HoldPlace))] = "start"

    @property
    def holds_at(self) -> HoldPlace:
        return self.at


def _with_field_changed(body: bytes, path: str, change: Any) -> bytes:
    """The body after `change(object, name)` was called for each object that has the field.

    Without such an object the body is returned as it is, byte for byte: the fault then does not count as fired.
    """
    *outer, name = path.split(".")
    try:
        document = json.loads(body)
    except ValueError:  # It is empty, or a stream of events.
        return body
    is_changed = False
    for entry in _entries(document, (outer or [name])[0]):
        holder = entry
        for step in outer:
            holder = holder.get(step) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and name in holder:
            change(holder, name)
            is_changed = True
    return json.dumps(document, separators=(",", ":")).encode() if is_changed else body


def _entries(document: Any, first: str) -> list[Any]:
    """The objects in which the field is looked up: the entries of a list or page, else the document.

    If the page itself has the field `first`, such as `total`, the page is the object.
    """
    if isinstance(document, dict) and first not in document and isinstance(document.get("items"), list):
        return list(document["items"])
    return list(document) if isinstance(document, list) else [document]


# The kinds by name, in the order above.
KINDS: Mapping[str, type[Kind]] = {kind.name: kind for kind in Kind.__subclasses__()}
