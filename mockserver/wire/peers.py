"""Models of requests about peers."""

from typing import Annotated

from pydantic import Field

from .fields import MATCHING_EVERYTHING, Id, JsonObject, Metadata, Model, named

PeerFilters = Annotated[Annotated[JsonObject, named("PeerFilters")] | None, MATCHING_EVERYTHING]


class PeerCreate(Model):
    name: Id = Field(alias="id")
    metadata: Metadata | None = None
    configuration: JsonObject | None = None


class PeerUpdate(Model):
    metadata: Metadata | None = None
    configuration: JsonObject | None = None


class PeerGet(Model):
    filters: PeerFilters = None
