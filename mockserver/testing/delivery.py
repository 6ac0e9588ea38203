"""One webhook delivery: what was sent to an endpoint, and the answer."""

import json
from datetime import datetime
from typing import Any

from ..domain.clock import moment, timestamp
from ..domain.records import Row
from .exchange import decoded, preview

# About how many bytes of memory a delivery takes in addition to the URL and the bodies.
_OWN_SIZE = 1_000


class Delivery:
    """An event that is sent to one webhook endpoint.

    A delivery is complete when it has a `status` or a `failure`; until then both are None.

    Attributes:
        number: The number of the delivery, starting at 1.
        event: The type of the event, such as "queue.empty".
        workspace: The id of the workspace.
        endpoint: The id of the endpoint.
        url: The URL of the endpoint.
        headers: The content type and the signature.
        content: The body, in bytes.
        status: The status that the receiver answered, or None.
        answer_content: The body of the answer, its first 16 KiB at most.
        failure: Why there is no answer, or None.
        duration: Seconds from the start of the delivery to the answer, or None without an answer.
    """

    __slots__ = (
        *("_at", "answer_content", "content", "duration", "endpoint", "event", "failure", "headers", "number"),
        *("status", "url", "weight", "workspace"),
    )

    def __init__(self, number: int, at: int, event: str, row: Row, content: bytes, signature: str) -> None:
        """Arguments:
        at: When the event happened, in microseconds since 1970.
        row: The row of the endpoint.
        """
        self.number = number
        self._at = at
        self.event = event
        self.workspace: str = row["workspace_id"]
        self.endpoint: str = row["id"]
        self.url: str = row["url"]
        self.headers = {"Content-Type": "application/json", "X-Honcho-Signature": signature}
        self.content = content
        self.status: int | None = None
        self.answer_content = b""
        self.failure: str | None = None
        self.duration: float | None = None
        self.weight = 0

    def answered(self, status: int, content: bytes, duration: float) -> None:
        """Record the answer. The status comes last: another thread that sees it sees the rest of the answer too."""
        self.answer_content = content
        self.duration = duration
        self.status = status

    @property
    def size(self) -> int:
        """About how many bytes of memory the delivery takes."""
        return _OWN_SIZE + len(self.url) + len(self.content) + len(self.answer_content)

    @property
    def at(self) -> datetime | None:
        """When the event happened, by the clock of the mock. None after the year 9999."""
        return moment(self._at)

    @property
    def body(self) -> Any:
        """The body: an object with `type`, `data` and `timestamp`."""
        return json.loads(self.content)

    @property
    def answer(self) -> Any:
        """The body of the answer: a JSON value, a string for any other body, or None without a body."""
        return decoded(self.answer_content)

    @property
    def is_over(self) -> bool:
        """Whether the delivery is complete: answered or failed."""
        return self.status is not None or self.failure is not None

    def as_json(self) -> dict[str, Any]:
        """The delivery as the control plane returns it."""
        return {
            "number": self.number,
            "at": timestamp(self._at),
            "event": self.event,
            "workspace": self.workspace,
            "endpoint": self.endpoint,
            "url": self.url,
            "headers": dict(self.headers),
            "body": self.body,
            "status": self.status,
            "answer": self.answer,
            "failure": self.failure,
            "duration": self.duration,
        }

    @property
    def line(self) -> str:
        """The delivery and its result in one line."""
        result = "pending" if not self.is_over else self.status or preview(self.failure, 120)
        duration = "" if self.duration is None else f" in {self.duration * 1000:.1f} ms"
        return f"#{self.number} {self.event} of {self.workspace!r} to {preview(self.url, 120)} -> {result}{duration}"

    def __repr__(self) -> str:
        return f"<Delivery {self.line}>"
