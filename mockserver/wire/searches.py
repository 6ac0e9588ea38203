"""Models of searches for messages."""

from typing import Annotated

from pydantic import Field

from .fields import MATCHING_EVERYTHING, JsonObject, Model, Text, named
from .scalars import INTEGER

_SCOPE = "Filters to scope the search"

Filters = JsonObject | None
WorkspaceSearchFilters = Annotated[Annotated[JsonObject, named("WorkspaceSearchFilters")] | None, MATCHING_EVERYTHING]
PeerSearchFilters = Annotated[Annotated[JsonObject, named("PeerSearchFilters")] | None, MATCHING_EVERYTHING]
SessionSearchFilters = Annotated[Annotated[JsonObject, named("SessionSearchFilters")] | None, MATCHING_EVERYTHING]


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
