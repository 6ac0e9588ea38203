"""Models of requests about the queue of work."""

from enum import Enum
from typing import Annotated

from pydantic import Field

from ..domain import work
from .fields import Model
from .scalars import Boolean
from .versions import Before


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
