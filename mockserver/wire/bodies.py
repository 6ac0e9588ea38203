"""Models of the bodies and queries of requests."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import ErrorDetails, PydanticKnownError

from ..domain import work
from ..formats import json_text
from ..formats.forms import UploadedFile
from .configuration import MessageConfiguration, SessionConfiguration, WorkspaceConfiguration
from .fields import (
    ID_RULE,
    MATCHING_EVERYTHING,
    Bounded,
    Content,
    Id,
    JsonObject,
    Metadata,
    Model,
    Text,
    WebhookUrl,
    named,
    without_control_tokens,
)
from .scalars import INTEGER, Boolean, Moment, Reading, not_of_type
from .versions import Before

_SCOPE = "Filters to scope the search"

Filters = JsonObject | None
WorkspaceFilters = Annotated[Annotated[JsonObject, named("WorkspaceFilters")] | None, MATCHING_EVERYTHING]
PeerFilters = Annotated[Annotated[JsonObject, named("PeerFilters")] | None, MATCHING_EVERYTHING]
SessionFilters = Annotated[Annotated[JsonObject, named("SessionFilters")] | None, MATCHING_EVERYTHING]
MessageFilters = Annotated[Annotated[JsonObject, named("MessageFilters")] | None, MATCHING_EVERYTHING]
WorkspaceSearchFilters = Annotated[Annotated[JsonObject, named("WorkspaceSearchFilters")] | None, MATCHING_EVERYTHING]
PeerSearchFilters = Annotated[Annotated[JsonObject, named("PeerSearchFilters")] | None, MATCHING_EVERYTHING]
SessionSearchFilters = Annotated[Annotated[JsonObject, named("SessionSearchFilters")] | None, MATCHING_EVERYTHING]


class PageQuery(Model):
    """Which page of a list. The order of the fields is the order of their errors (recorded)."""

    page: Annotated[int, Field(ge=1), INTEGER] = Field(default=1, description="Page number")
    size: Annotated[int, Field(ge=1, le=100), INTEGER] = Field(default=50, description="Page size")


class ReversiblePage(PageQuery):
    reverse: Annotated[Boolean, Before("reversible_lists")] = Field(
        default=False, description="Whether to reverse the order of results"
    )


class MessagePage(PageQuery):
    reverse: Boolean | None = Field(default=False, description="Whether to reverse the order of results")


class CloneQuery(Model):
    message_id: str | None = Field(default=None, description="Message ID to cut off the clone at")


class KeyQuery(Model):
    workspace_id: str | None = Field(default=None, description="ID of the workspace to scope the key to")
    peer_id: str | None = Field(default=None, description="ID of the peer to scope the key to")
    session_id: str | None = Field(default=None, description="ID of the session to scope the key to")
    expires_at: Moment | None = Field(default=None, description="When the key expires")


class WorkspaceCreate(Model):
    name: Id = Field(alias="id")
    metadata: Metadata = Field(default={})
    configuration: WorkspaceConfiguration = Field(default_factory=WorkspaceConfiguration)


class WorkspaceUpdate(Model):
    metadata: Metadata | None = None
    configuration: WorkspaceConfiguration | None = None


class WorkspaceGet(Model):
    filters: WorkspaceFilters = None


class PeerCreate(Model):
    name: Id = Field(alias="id")
    metadata: Metadata | None = None
    configuration: JsonObject | None = None


class PeerUpdate(Model):
    metadata: Metadata | None = None
    configuration: JsonObject | None = None


class PeerGet(Model):
    filters: PeerFilters = None


class SessionPeerConfig(Model):
    observe_me: Boolean | None = Field(
        default=None, description="Whether Honcho will use reasoning to form a representation of this peer"
    )
    observe_others: Boolean | None = Field(
        default=None,
        description=(
            "Whether this peer should form a session-level theory-of-mind representation of other peers in the session"
        ),
    )


SessionPeers = Annotated[
    dict[str, SessionPeerConfig], Bounded, Field(json_schema_extra={"propertyNames": {"type": "string", **ID_RULE}})
]


class SessionCreate(Model):
    name: Id = Field(alias="id")
    metadata: Metadata | None = None
    peer_names: SessionPeers | None = Field(default=None, alias="peers")
    configuration: SessionConfiguration | None = None


class SessionUpdate(Model):
    metadata: Metadata | None = None
    configuration: SessionConfiguration | None = None


class SessionGet(Model):
    filters: SessionFilters = None


def _is_of_an_id(found: ErrorDetails) -> bool:
    """Whether an error is that of a text which is no id of a peer."""
    return found["loc"] == ("peer_id",) and found["type"] not in ("missing", "string_type")


class MessageCreate(Model):
    content: Content
    peer_id: Id
    metadata: Metadata | None = None
    configuration: MessageConfiguration | None = None
    created_at: Moment | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _without_control_tokens(cls, value: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            message = read(value)
        except ValidationError as error:
            # The live server checks the id of the sender only after the content.
            content = value.get("content") if isinstance(value, dict) else None
            if isinstance(content, str) and all(map(_is_of_an_id, error.errors())):
                without_control_tokens(content)
            raise
        without_control_tokens(message.content)
        return message


class MessageBatchCreate(Model):
    """A batch of 1 to 100 messages. All of them are stored, or none."""

    messages: Annotated[list[MessageCreate], Field(min_length=1, max_length=100)]


def _file(value: Any) -> UploadedFile:
    if not isinstance(value, UploadedFile):
        raise ValueError(f"Expected UploadFile, received: {type(value)}")  # recorded
    return value


def _from_json(value: Any) -> Any:
    """The value of a form field whose text is JSON. None if it is not JSON (recorded in x2-upload-form)."""
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    if "\0" in value or value.startswith("\ufeff"):  # From these, JSON in bytes has its encoding. A text has none.
        return None
    try:
        return json_text.parse(value.encode("utf-8", "surrogatepass"))
    except json_text.MalformedJson:
        return None
    except json_text.InvalidJson as error:
        raise PydanticKnownError("json_invalid", {"error": error.reason}) from None


def _from_iso_format(value: Any, info: ValidationInfo) -> Any:
    """The time of a form field in ISO 8601. The live server leaves out other times (recorded in x2-upload-form)."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        if info.context is Reading.LAX or value == "null":
            return None
        raise not_of_type("date-time", "datetime_type") from None


_InForm = BeforeValidator(_from_json)
_IsFile = WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"})
# An empty field of a form is left out, as all servers that parse forms with python-multipart do.
_IS_TIME = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}, {"const": ""}]},
            {"type": "null"},
        ]
    }
)
# JSON must be an object. A schema can only exclude the shortest texts of other JSON. What is not JSON is left out.
_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_NO_OBJECT = rf'^[ \t\r\n]*({_NUMBER}|true|false|"[^"\\\x00-\x1f]*"|\[[ \t\r\n]*\])[ \t\r\n]*$'
_IsJson = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "contentMediaType": "application/json", "not": {"pattern": _NO_OBJECT}},
            {"type": "null"},
        ]
    }
)


class MessageUpload(Model):
    """A form with a file and a peer. The text of the file becomes messages of the peer.

    What cannot be read as JSON or as a time is left out, as on the live server.
    """

    file: Annotated[UploadedFile, PlainValidator(_file), _IsFile]
    peer_id: Id
    metadata: Annotated[Metadata | None, _InForm, _IsJson] = None
    configuration: Annotated[MessageConfiguration | None, _InForm, _IsJson] = Field(default=None, title="Configuration")
    created_at: Annotated[Moment | None, BeforeValidator(_from_iso_format), _IS_TIME] = Field(
        default=None, title="Created At"
    )


class MessageUpdate(Model):
    metadata: Metadata | None = None


class MessageGet(Model):
    filters: MessageFilters = None


class MessageSearchOptions(Model):
    """What the searches of a workspace, a peer and a session share."""

    query: Text = Field(description="Search query")
    filters: Filters = Field(default=None, description=_SCOPE)
    limit: Annotated[int, Field(ge=1, le=100), INTEGER] = Field(default=10, description="Number of results to return")


class WorkspaceSearchOptions(MessageSearchOptions):
    filters: WorkspaceSearchFilters = Field(default=None, description=_SCOPE)


class PeerSearchOptions(MessageSearchOptions):
    filters: PeerSearchFilters = Field(default=None, description=_SCOPE)


class SessionSearchOptions(MessageSearchOptions):
    filters: SessionSearchFilters = Field(default=None, description=_SCOPE)


class QueueQuery(Model):
    observer_id: str | None = Field(default=None, description="Dreams of this observer")
    sender_id: str | None = Field(default=None, description="Work for messages of this sender, and dreams about it")
    session_id: str | None = Field(default=None, description="Only the work that belongs to this session")


class DreamType(Enum):
    OMNI = work.OMNI
    CARD_REFRESH = work.CARD_REFRESH


# The same name in the document of each version.
_EarlierDreamType = Enum("DreamType", {"OMNI": work.OMNI})  # type: ignore[misc]


class DreamRequest(Model):
    observer: str = Field(description="Who dreams")
    observed: str | None = Field(default=None, description="The peer that the dream is about; default: the observer")
    dream_type: Annotated[DreamType, Before("card_refresh", _EarlierDreamType)]
    session_id: str | None = Field(default=None, description="The session that the dream is limited to")
    rebuild: Annotated[Boolean, Before("dream_rebuild")] = Field(
        default=False, description="Whether to rebuild the card from conclusions alone; ignored, because no model runs"
    )


class WebhookEndpointCreate(Model):
    url: WebhookUrl


PeerIds = Annotated[list[str], Bounded]


def settings_by_peer(peers: SessionPeers) -> dict[str, dict[str, bool | None]]:
    """The settings in the form that the domain functions expect."""
    return {peer_id: dict(settings) for peer_id, settings in peers.items()}
