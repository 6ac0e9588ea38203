"""One recorded request with its answer. It keeps the raw bytes, and decodes them when they are read."""

import json
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Protocol
from urllib.parse import parse_qsl

from ..domain.clock import moment, timestamp
from ..formats.json_text import InvalidJson, parse
from .text import cut

# About how many bytes of memory an exchange takes in addition to the bytes of the request and the answer.
_OWN_SIZE = 1_000
# A body up to this size in bytes is parsed fast enough for the live page, which shows many requests at once.
_SMALL_BODY = 10_000
# The maximum length of a shown body, the number of entries of a 422 that are shown, and the length of their inputs.
_LINE = 200
_ENTRIES = 3
_INPUT = 40
_MASK = "(masked)"
_SECRET_HEADERS = frozenset({b"authorization", b"proxy-authorization", b"cookie"})


class NamedOperation(Protocol):
    """What an exchange needs to know of an operation."""

    @property
    def name(self) -> str: ...

    @property
    def id_in_body(self) -> str | None:
        """The name of the path parameter whose value is the `id` in the body, such as "session_id". None if the path
        has a segment for it.
        """


class Exchange:
    """A recorded request, and its answer if it has one.

    Attributes:
        number: The number of the request, starting at 1.
        method: The HTTP method.
        path: The path, decoded.
        parameters: The parameters of the path, by name.
        content: The body of the request, in bytes.
        status: The status that was sent. None until then, or if no answer was sent.
        answer_content: The body of the answer, in bytes.
        duration: Seconds from the end of the request to the answer. None until the answer.
        outcome: The status that the API gave, even if a fault changed or lost the answer. None if a fault kept the
            request from the API.
        diagnosis: Why the API refused the request or found nothing, in a sentence, or None.
        fault: The name of the fault that the request met, or None.
        notes: What surprises about a success, in sentences.
        retry_after: How many seconds a fault asked the client to wait, or None.
        bodies_left_out: Whether the bodies were too large for the log.
        is_compared: Whether the comparison with a real server is done, if there is one.
    """

    __slots__ = (
        "__dict__",  # Holds the attributes below, which are rarely set and so need no slot.
        "_at",
        "_head",
        "_operation",
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
    notes: Sequence[str] = ()
    retry_after: float | None = None
    ended = 0.0  # when a fault answered, in seconds of a clock that always runs
    draft: Any = None  # what notes need, while the request is carried out
    bodies_left_out = False
    is_compared = True

    def __init__(
        self,
        number: int,
        at: int,
        scope: Mapping[str, Any],
        operation: NamedOperation | None,
        parameters: Mapping[str, str],
        content: bytes,
    ) -> None:
        """Arguments:
        at: When the request came, in microseconds since 1970.
        scope: The ASGI scope.
        """
        self.number = number
        self._at = at
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._query: bytes = scope["query_string"]
        # One object for all headers: one object for each would take more memory, and time in the garbage collector.
        self._head = head = b"\n".join(chain.from_iterable(scope["headers"]))
        self.head_size = _OWN_SIZE + len(head) + len(self.path) + len(self._query)
        self._operation = operation
        self.parameters = parameters
        self.content = content
        self.answer_content = b""
        self.status: int | None = None
        self.outcome: int | None = None
        self.duration: float | None = None
        self.weight = 0

    @property
    def at(self) -> datetime | None:
        """When the request came, by the clock of the mock. None after the year 9999."""
        return moment(self._at)

    @property
    def operation(self) -> str | None:
        """The name of the operation, or None if the path and method have none."""
        return None if self._operation is None else self._operation.name

    @property
    def authorization(self) -> str | None:
        """The Authorization header as it was sent. In `headers` it is masked."""
        return self._header(b"authorization")

    @property
    def scheme(self) -> str | None:
        """The scheme of the Authorization header, such as `Bearer`. None without the header."""
        return None if self.authorization is None else self.authorization.partition(" ")[0]

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the query, decoded. If a parameter is repeated, the last value counts."""
        return dict(parse_qsl(self._query.decode("latin-1"), keep_blank_values=True))

    @property
    def headers(self) -> dict[str, str]:
        """The headers by lower-case name. Credentials are masked."""
        headers: dict[str, str] = {}
        for name, value in self._headers():
            key, text = name.decode("latin-1"), _MASK if name in _SECRET_HEADERS else value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        return headers

    @property
    def content_type(self) -> str | None:
        """The header Content-Type, or None."""
        return self._header(b"content-type")

    def _header(self, name: bytes) -> str | None:
        return next((value.decode("latin-1") for key, value in self._headers() if key == name), None)

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        pieces = self._head.split(b"\n")
        return zip(pieces[::2], pieces[1::2], strict=False)

    @property
    def body(self) -> Any:
        """The body of the request: a JSON value, the fields of a multipart form, or a string for any other body.

        None without a body. A file among the fields is an object with `filename`, `content_type`, `size` and `content`.
        """
        type_ = self.content_type
        if self.content and type_ is not None and type_.lower().startswith("multipart/form-data"):
            return _fields(type_, self.content)
        return decoded(self.content)

    @property
    def answer(self) -> Any:
        """The body of the answer: a JSON value, a string for any other body, or None without a body."""
        return decoded(self.answer_content)

    @property
    def workspace(self) -> str | None:
        """The id of the workspace in the path or the body, or None."""
        return self._named_id("workspace_id")

    @property
    def session(self) -> str | None:
        """The id of the session in the path, the query or the body, or None."""
        id_ = self._named_id("session_id")
        if id_ is None and "session_id" not in self.parameters:
            body = self.body
            id_ = self.query.get("session_id") or (body.get("session_id") if isinstance(body, dict) else None)
        return id_ if isinstance(id_, str) else None

    @property
    def peer(self) -> str | None:
        """The id of the peer in the path or the body, or None."""
        return self._named_id("peer_id")

    def _named_id(self, parameter: str) -> str | None:
        id_ = self.parameters.get(parameter)
        if id_ is None and self._operation is not None and self._operation.id_in_body == parameter and self.content:
            body = self.body
            # Creating requests have the id in `id`; earlier versions of the API called it `name`.
            id_ = body.get("id", body.get("name")) if isinstance(body, dict) else None
        return id_ if isinstance(id_, str) else None

    @property
    def size(self) -> int:
        """About how many bytes of memory the request and its answer take."""
        return self.head_size + len(self.content) + len(self.answer_content)

    def leave_out_bodies(self) -> None:
        """Keep only the heads."""
        self.content = self.answer_content = b""
        self.bodies_left_out = True

    def as_json(self) -> dict[str, Any]:
        """The request as the control plane returns it."""
        ids = {"workspace": self.workspace, "session": self.session, "peer": self.peer}
        return {**self.summary(), **ids, "headers": self.headers, "body": self.body, "answer": self.answer}

    def summary(self) -> dict[str, Any]:
        """`as_json` without headers and bodies. Ids that occur only in a large body are None, because parsing a large
        body takes too long.
        """
        is_small = len(self.content) <= _SMALL_BODY
        return {
            "number": self.number,
            "at": timestamp(self._at),
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "workspace": self.workspace if is_small else self.parameters.get("workspace_id"),
            "session": self.session if is_small else self.parameters.get("session_id"),
            "peer": self.peer if is_small else self.parameters.get("peer_id"),
            "status": self.status,
            "duration": self.duration,
            "diagnosis": self.diagnosis,
            "notes": list(self.notes),
            "fault": self.fault,
            "bodies_left_out": self.bodies_left_out,
        }

    @property
    def is_complete(self) -> bool:
        """Whether it is answered, and compared if it is to be."""
        return self.duration is not None and self.is_compared

    @property
    def is_remarkable(self) -> bool:
        """Whether it has a diagnosis or a note, so that a report shows it however early it came."""
        return self.diagnosis is not None or bool(self.notes)

    @property
    def is_refused(self) -> bool:
        """Whether the status of the answer is 400 or more."""
        return self.status is not None and self.status >= 400

    @property
    def moment(self) -> int:
        """When the request came, in microseconds since 1970."""
        return self._at

    @property
    def scope(self) -> dict[str, Any]:
        """What the API read of the request beside its body, as in an ASGI scope."""
        headers = list(self._headers())
        return {
            "type": "http",
            "method": self.method,
            "path": self.path,
            "query_string": self._query,
            "headers": headers,
        }

    @property
    def target(self) -> str:
        """The path with the query, as it was sent."""
        query = self._query.decode("latin-1")
        return f"{self.path}?{query}" if query else self.path

    @property
    def line(self) -> str:
        """The request and its status in one line."""
        target = preview(self.target, 120)
        duration = "" if self.duration is None else f" in {self.duration * 1000:.1f} ms"
        fault = "" if self.fault is None else f" by the fault {self.fault!r}"
        return f"#{self.number} {self.method} {target} -> {self.status or 'no answer'}{fault}{duration}"

    def __str__(self) -> str:
        """A few lines: the request, its diagnosis, and the beginnings of the bodies."""
        lines = [self.line]
        if self.diagnosis is not None:
            lines.append(f"    why: {self.diagnosis}")
        lines += [f"    note: {note}" for note in self.notes]
        if self.content:
            lines.append(f"    sent: {preview(self.body)}")
        if self.answer_content:
            lines.append(f"    answered: {_shown_answer(self.answer)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Exchange {self.line}>"


def _shown_answer(answer: Any) -> str:
    """An answer in one line: of a page first which part it is, and of an error its detail, however long the rest is."""
    if not isinstance(answer, dict):
        return preview(answer)
    items = answer.get("items")
    if isinstance(items, list) and "total" in answer:
        total, page, pages = (preview(answer.get(name), 20) for name in ("total", "page", "pages"))
        return cut(f"{len(items)} of {total}, page {page} of {pages}: {preview(items)}", _LINE)
    if "detail" in answer:
        detail = answer["detail"]
        shown = list(map(_shown_entry, detail[:_ENTRIES])) if isinstance(detail, list) else detail
        return preview(
            {**answer, "detail": shown} if len(answer) == 1 else {"detail": shown, **_rest(answer)}, 2 * _LINE
        )
    return preview(answer)


def _rest(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "detail"}


def _shown_entry(entry: Any) -> Any:
    """An entry of a 422: where and what first, and the input shortened."""
    if not isinstance(entry, dict):
        return entry
    first = {name: entry[name] for name in ("loc", "msg", "type") if name in entry}
    return {**first, **({"input": _shortened(entry["input"])} if "input" in entry else {})}


def _shortened(value: Any) -> Any:
    text = preview(value, _INPUT)
    return text if text.endswith("...") else value


def preview(value: Any, limit: int = 200) -> str:
    """A string, or any other value as JSON, in one line of at most `limit` characters."""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=reprlib.repr)
        except (RecursionError, ValueError):  # Nested too deep, or a list that contains itself.
            text = reprlib.repr(value)
    return cut(text, limit)


def _fields(content_type: str, content: bytes) -> Any:
    from ..formats import forms  # Few tests send a form.

    try:
        return forms.fields(content_type.encode("latin-1"), content)
    except forms.InvalidForm:
        return content.decode("utf-8", "replace")


def decoded(content: bytes) -> Any:
    """A body as a JSON value, as a string if it is not JSON, or None if it is empty."""
    if not content:
        return None
    try:
        return parse(content)
    except InvalidJson:
        return content.decode("utf-8", "replace")
