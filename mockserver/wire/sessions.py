"""Models of requests about sessions."""

from typing import Annotated

from pydantic import Field

from .configuration import SessionConfiguration
from .fields import MATCHING_EVERYTHING, Id, JsonObject, Metadata, Model, named
from .session_peers import SessionPeers

SessionFilters = Annotated[Annotated[JsonObject, named("SessionFilters")] | None, MATCHING_EVERYTHING]


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


class CloneQuery(Model):
    message_id: str | None = Field(default=None, description="Message ID to cut off the clone at")
