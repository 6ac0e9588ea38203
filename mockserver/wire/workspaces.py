"""Models of requests about workspaces."""

from typing import Annotated

from pydantic import Field

from .configuration import WorkspaceConfiguration
from .fields import MATCHING_EVERYTHING, Id, JsonObject, Metadata, Model, named

WorkspaceFilters = Annotated[Annotated[JsonObject, named("WorkspaceFilters")] | None, MATCHING_EVERYTHING]


class WorkspaceCreate(Model):
    name: Id = Field(alias="id")
    metadata: Metadata = Field(default={})
    configuration: WorkspaceConfiguration = Field(default_factory=WorkspaceConfiguration)


class WorkspaceUpdate(Model):
    metadata: Metadata | None = None
    configuration: WorkspaceConfiguration | None = None


class WorkspaceGet(Model):
    filters: WorkspaceFilters = None
