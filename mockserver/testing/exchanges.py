"""One request and its answer, as the journal keeps it: raw as it came, and read when somebody looks at it."""

import json
import reprlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Protocol
from urllib.parse import parse_qsl

from ..domain.clock import moment, timestamp
from ..formats.json_text import InvalidJson, parse
from .wording import cut

# What Python takes for an exchange beside the bytes in it.
_OWN_SIZE = 1_000
# A body of so many bytes is read in no time.
_LIGHT = 10_000
_MASK = "(masked)"
_SECRET_HEADERS = frozenset({b"authorization", b"proxy-authorization", b"cookie"})


class Named(Protocol):
    """An operation, as far as an exchange speaks of it."""

    @property
    def name(self) -> str: ...

    @property
    def id_in_body(self) -> str | None:
        """The parameter that the body's `id` names, where no segment of the path does: "session_id"."""


class Exchange:
    """A request, and its answer once there is one: `status` is None until then, and where it never came.

    `number` counts the requests from 1. `operation` is the name of the operation, None where there is none at the
    path; `path` is decoded; `content` and `answer_content` are the bodies in bytes. `duration` is in seconds, from
    the whole request to the answer. `diagnosis` says why an answer is not what was hoped for, `fault` which rule had
    a hand in it, `outcome` the status that the API gave, whatever became of it, and None where it was not asked.
    `token` is what the token says that was refused. `bodies_left_out`: they were too large for the journal.
    """

    __slots__ = (
        "__dict__",  # for what few have
        "_at",
        "_head",
        "_named",
        "_query",
        "answer_content",
        "content",
        "duration",
        "head_size",
        "method",
        "number",
        "outcome",
        "parameters",
        "path",
        "status",
        "weight",
    )

    diagnosis: str | None = None
    fault: str | None = None
    token: Mapping[str, Any] | None = None
    bodies_left_out = False

    def __init__(
        self,
        number: int,
        at: int,
        scope: Mapping[str, Any],
        named: Named | None,
        parameters: Mapping[str, str],
        content: bytes,
    ) -> None:
        """`at` is in microseconds since 1970, `scope` that of ASGI."""
        self.number = number
        self._at = at
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._query: bytes = scope["query_string"]
        # In one piece: a thousand entries of many small ones would take more room, and time.
        self._head = head = b"\n".join(chain.from_iterable(scope["headers"]))
        self.head_size = _OWN_SIZE + len(head) + len(self.path) + len(self._query)
        self._named = named
        self.parameters = parameters
        self.content = content
        self.answer_content = b""
        self.status: int | None = None
        self.outcome: int | None = None
        self.duration: float | None = None
        self.weight = 0

    @property
    def at(self) -> datetime | None:
        """When it came, by the fake's clock; None after the year 9999."""
        return moment(self._at)

    @property
    def operation(self) -> str | None:
        return None if self._named is None else self._named.name

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self._query.decode("latin-1"), keep_blank_values=True))

    @property
    def headers(self) -> dict[str, str]:
        """The headers by name in small letters; what lets somebody in is masked."""
        headers: dict[str, str] = {}
        for name, value in self._headers():
            known, text = name.decode("latin-1"), _MASK if name in _SECRET_HEADERS else value.decode("latin-1")
            headers[known] = f"{headers[known]}, {text}" if known in headers else text
        return headers

    @property
    def content_type(self) -> str | None:
        return self._header(b"content-type")

    @property
    def scheme(self) -> str | None:
        """The scheme of the Authorization header (`Bearer`); None without one."""
        return None if self.authorization is None else self.authorization.partition(" ")[0]

    @property
    def authorization(self) -> str | None:
        """The header as it was sent, not masked."""
        return self._header(b"authorization")

    def _header(self, name: bytes) -> str | None:
        return next((value.decode("latin-1") for known, value in self._headers() if known == name), None)

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        pieces = self._head.split(b"\n")
        return zip(pieces[::2], pieces[1::2], strict=False)

    @property
    def body(self) -> Any:
        """The body of the request: JSON where it is some, the fields of a multipart form, else its text; None for none.

        A file among the fields is an object with its `filename`, `content_type` and `size`; here it has its `content`
        too.
        """
        sent = self.content_type
        if self.content and sent is not None and sent.lower().startswith("multipart/form-data"):
            return _fields(sent, self.content)
        return read(self.content)

    @property
    def answer(self) -> Any:
        """The body of the answer, in the same way."""
        return read(self.answer_content)

    @property
    def workspace(self) -> str | None:
        """The id of the workspace that the path or the body names."""
        return self._named_id("workspace_id")

    @property
    def session(self) -> str | None:
        """The id of the session that the path, the query or the body names."""
        named = self._named_id("session_id")
        if named is None and "session_id" not in self.parameters:
            body = self.body
            named = self.query.get("session_id") or (body.get("session_id") if isinstance(body, dict) else None)
        return named if isinstance(named, str) else None

    @property
    def peer(self) -> str | None:
        """The id of the peer that the path or the body names."""
        return self._named_id("peer_id")

    def _named_id(self, parameter: str) -> str | None:
        given = self.parameters.get(parameter)
        if given is None and self._named is not None and self._named.id_in_body == parameter and self.content:
            body = self.body
            given = body.get("id", body.get("name")) if isinstance(body, dict) else None
        return given if isinstance(given, str) else None

    def leave_out_bodies(self) -> int:
        """Keep the heads only; how many bytes that frees."""
        freed = len(self.content) + len(self.answer_content)
        self.content = self.answer_content = b""
        self.bodies_left_out = True
        return freed

    def as_json(self) -> dict[str, Any]:
        """The exchange in the form that the control plane answers."""
        whole = {"workspace": self.workspace, "session": self.session, "peer": self.peer}
        return {**self.summary(), **whole, "headers": self.headers, "body": self.body, "answer": self.answer}

    def summary(self) -> dict[str, Any]:
        """The same without headers and bodies, and without ids that only a large body has: it would have to be read."""
        is_light = len(self.content) <= _LIGHT
        return {
            "number": self.number,
            "at": timestamp(self._at),
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "workspace": self.workspace if is_light else self.parameters.get("workspace_id"),
            "session": self.session if is_light else self.parameters.get("session_id"),
            "peer": self.peer if is_light else self.parameters.get("peer_id"),
            "status": self.status,
            "duration": self.duration,
            "diagnosis": self.diagnosis,
            "fault": self.fault,
            "bodies_left_out": self.bodies_left_out,
        }

    @property
    def line(self) -> str:
        """The request and its status in one line."""
        query = self._query.decode("latin-1")
        target = shortened(f"{self.path}?{query}" if query else self.path, 120)
        took = "" if self.duration is None else f" in {self.duration * 1000:.1f} ms"
        broken = "" if self.fault is None else f" by the fault {self.fault!r}"
        return f"#{self.number} {self.method} {target} -> {self.status or 'no answer'}{broken}{took}"

    def __str__(self) -> str:
        """A few lines: the request, why it failed, and what was said."""
        lines = [self.line]
        if self.diagnosis is not None:
            lines.append(f"    why: {self.diagnosis}")
        if self.content:
            lines.append(f"    sent: {shortened(self.body)}")
        if self.answer_content:
            lines.append(f"    answered: {shortened(self.answer)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Exchange {self.line}>"


def shortened(value: Any, limit: int = 200) -> str:
    """A JSON value or a text in one line of at most `limit` characters."""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=reprlib.repr)
        except (RecursionError, ValueError):
            text = reprlib.repr(value)
    return cut(text, limit)


def _fields(content_type: str, content: bytes) -> Any:
    from ..formats import forms  # Few send one.

    try:
        return forms.fields(content_type.encode("latin-1"), content)
    except forms.InvalidForm:
        return content.decode("utf-8", "replace")


def read(content: bytes) -> Any:
    """A body: JSON where it is some, else its text; None where there is none."""
    if not content:
        return None
    try:
        return parse(content)
    except InvalidJson:
        return content.decode("utf-8", "replace")
