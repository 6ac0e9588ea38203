"""Models of the answers, for the OpenAPI document. The tests validate the answers against them.

Requests do not use them: the dict of a handler is rendered as it is. So this module is imported only when the
document is first requested.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import ConfigDict, Field, WithJsonSchema

from . import control, deliveries
from .fields import Level, Model
from .session_peers import SessionPeerConfig
from .versions import Before

T = TypeVar("T")


def _without_default(schema: dict[str, Any]) -> None:
    """Drop empty defaults: in the contract these fields are not required, but have no default."""
    for field in schema["properties"].values():
        if not field.get("default"):
            field.pop("default", None)


class _Answer(Model):
    model_config = ConfigDict(json_schema_extra=_without_default)


class Workspace(_Answer):
    id: str
    metadata: dict[str, Any] = {}
    configuration: dict[str, Any] = {}
    created_at: datetime


class Peer(_Answer):
    id: str
    workspace_id: str
    created_at: datetime
    metadata: dict[str, Any] = {}
    configuration: dict[str, Any] = {}


class Session(_Answer):
    id: str
    is_active: bool
    workspace_id: str
    metadata: dict[str, Any] = {}
    configuration: dict[str, Any] = {}
    created_at: datetime


class Message(_Answer):
    id: str
    content: str
    peer_id: str
    session_id: str
    metadata: dict[str, Any] = {}
    created_at: datetime
    workspace_id: str
    token_count: int


class Conclusion(_Answer):
    id: str
    content: str
    observer_id: str = Field(description="The peer who concluded")
    observed_id: str = Field(description="The peer that the conclusion is about")
    session_id: str | None = None
    level: Annotated[Level, Before("conclusion_level")] = "explicit"
    created_at: datetime


class PeerCardResponse(_Answer):
    peer_card: list[str] | None = None


class RepresentationResponse(_Answer):
    representation: str


class PeerContext(_Answer):
    peer_id: str
    target_id: str
    representation: str | None = None
    peer_card: list[str] | None = None


class DialecticResponse(_Answer):
    content: str | None


class Summary(_Answer):
    content: str
    message_id: str = Field(description="The last message that it covers")
    summary_type: str = Field(description="short or long")
    created_at: str
    token_count: int


class SessionContext(_Answer):
    id: str
    messages: list[Message]
    summary: Summary | None = None
    peer_representation: str | None = None
    peer_card: list[str] | None = None


class SessionSummaries(_Answer):
    id: str
    short_summary: Summary | None = None
    long_summary: Summary | None = None


class _WorkUnits(_Answer):
    total_work_units: int
    completed_work_units: int
    in_progress_work_units: int
    pending_work_units: int


class SessionQueueStatus(_WorkUnits):
    session_id: str | None = Field(default=None, description="The internal id of the session")


class QueueStatus(_WorkUnits):
    sessions: dict[str, SessionQueueStatus] | None = Field(
        default=None, description="The counts of each session, by its internal id"
    )


class WebhookEndpoint(_Answer):
    id: str
    workspace_id: str | None
    url: str
    created_at: datetime


class Page(Model, Generic[T]):
    items: list[T]
    total: int = Field(ge=0)
    page: int = Field(ge=1)
    size: int = Field(ge=1)
    pages: int = Field(ge=0)


class Problem(Model):
    """An error with one sentence."""

    detail: str


class ValidationError(_Answer):
    loc: list[str | int] = Field(title="Location")
    msg: str = Field(title="Message")
    type: str = Field(title="Error Type")
    input: Any = None
    ctx: Annotated[dict[str, Any], WithJsonSchema({"type": "object"})] = Field(default={}, title="Context")


class HTTPValidationError(_Answer):
    detail: list[ValidationError] = []


# The shapes by the names under which operations declare them.
SHAPES: dict[str, Any] = {
    "Anything": Any,
    "Problem": Problem,
    "Workspace": Workspace,
    "Page[Workspace]": Page[Workspace],
    "Peer": Peer,
    "Page[Peer]": Page[Peer],
    "Session": Session,
    "Page[Session]": Page[Session],
    "SessionPeerConfig": SessionPeerConfig,
    "Message": Message,
    "Page[Message]": Page[Message],
    "list[Message]": list[Message],
    "list[Conclusion]": list[Conclusion],
    "Page[Conclusion]": Page[Conclusion],
    "PeerCardResponse": PeerCardResponse,
    "RepresentationResponse": RepresentationResponse,
    "PeerContext": PeerContext,
    "DialecticResponse": DialecticResponse,
    "SessionContext": SessionContext,
    "SessionSummaries": SessionSummaries,
    "Summary": Summary,
    "QueueStatus": QueueStatus,
    "WebhookEndpoint": WebhookEndpoint,
    "Page[WebhookEndpoint]": Page[WebhookEndpoint],
    **control.SHAPES,
    **deliveries.SHAPES,
}
