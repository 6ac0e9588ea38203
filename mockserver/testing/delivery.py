"""A delivery: what was sent to one webhook endpoint, and what became of it."""

import json
from datetime import datetime
from typing import Any

from ..domain.clock import moment, timestamp
from ..domain.records import Row
from .exchanges import read, shortened

# What Python takes for a delivery beside the bytes in it.
_OWN_SIZE = 1_000


class Delivery:
    """An event that was sent to one webhook endpoint.

    `number` counts the deliveries from 1. `event` is its type ("queue.empty"), `workspace` an id, `endpoint` and `url`
    those of the webhook, `headers` those that matter and `content` the body in bytes. Once it is over, `status` and
    `answer_content` (16 KiB of it at most) are what the receiver answered, or `failure` says why there is no answer;
    until then all are None. `duration` is in seconds.
    """

    __slots__ = (
        *("_at", "answer_content", "content", "duration", "endpoint", "event", "failure", "headers", "number"),
        *("status", "url", "weight", "workspace"),
    )

    def __init__(self, number: int, at: int, event: str, row: Row, content: bytes, signature: str) -> None:
        """`at` is in microseconds since 1970, `row` that of the endpoint."""
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
        """Take note of the answer; who sees the status sees all of it."""
        self.answer_content = content
        self.duration = duration
        self.status = status

    def weigh(self) -> int:
        """Set `weight`, about how many bytes of memory it takes; how many more than before."""
        before = self.weight
        self.weight = _OWN_SIZE + len(self.url) + len(self.content) + len(self.answer_content)
        return self.weight - before

    @property
    def at(self) -> datetime | None:
        """When it happened, by the fake's clock; None after the year 9999."""
        return moment(self._at)

    @property
    def body(self) -> Any:
        """What was sent: `type`, `data` and `timestamp`."""
        return json.loads(self.content)

    @property
    def answer(self) -> Any:
        """The body of the answer: JSON where it is some, else its text; None where there is none."""
        return read(self.answer_content)

    @property
    def is_over(self) -> bool:
        """Whether it was answered, or failed."""
        return self.status is not None or self.failure is not None

    def as_json(self) -> dict[str, Any]:
        """The delivery in the form that the control plane answers."""
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
        """The delivery and what became of it in one line."""
        became = "under way" if not self.is_over else self.status or shortened(self.failure, 120)
        took = "" if self.duration is None else f" in {self.duration * 1000:.1f} ms"
        return f"#{self.number} {self.event} of {self.workspace!r} to {shortened(self.url, 120)} -> {became}{took}"

    def __repr__(self) -> str:
        return f"<Delivery {self.line}>"
