"""Models of what the page reads."""

from typing import Any

from pydantic import Field

from .fields import Model, Strict


class View(Strict):
    """A window on the state."""

    workspace: str | None = Field(default=None, description="An id; left out: the newest")
    session: str | None = Field(default=None, description="The same of a session")
    find: str = Field(default="", max_length=512, description="A part of the ids of the sessions to list")
    sessions_from: int = Field(default=0, ge=0)
    sessions_size: int = Field(default=50, ge=0, le=200)
    messages_from: int | None = Field(default=None, ge=0, description="Left out: the last")
    messages_size: int = Field(default=50, ge=0, le=200)


class Events(Strict):
    last: str = Field(default="", max_length=100, description="The id of the last event that was heard")


class PlayState(Model):
    paused: bool
    scene: str
    step: int
    steps: int


SHAPES: dict[str, Any] = {"Play": PlayState}
