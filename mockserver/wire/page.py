"""Models of what the page reads."""

from typing import Any

from pydantic import Field

from .fields import Model, Strict


class ViewQuery(Strict):
    """Which part of the state the page shows."""

    workspace: str | None = Field(default=None, description="The id of a workspace. By default the newest")
    session: str | None = Field(default=None, description="The id of a session. By default the newest")
    find: str = Field(
        default="", max_length=512, description="List only sessions whose id contains this, in any letter case"
    )
    sessions_from: int = Field(default=0, ge=0)
    sessions_size: int = Field(default=50, ge=0, le=200)
    messages_from: int | None = Field(default=None, ge=0, description="By default the last messages")
    messages_size: int = Field(default=50, ge=0, le=200)


class EventsQuery(Strict):
    last: str = Field(default="", max_length=100, description="The id of the last event that the page received")


class PlayState(Model):
    paused: bool
    scene: str
    step: int
    steps: int


SHAPES: dict[str, Any] = {"Play": PlayState}
