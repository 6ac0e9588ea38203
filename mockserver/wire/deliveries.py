"""Models of what is asked, and answered, of deliveries under `/_mock/`."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field, model_validator

from .control import OfWorkspace
from .fields import Model, Strict


class LikeDelivered(OfWorkspace):
    """What a delivery to a webhook is like; what is left out does not matter."""

    event: str | None = Field(default=None, description="queue.empty or test.event")
    url: str | None = Field(default=None, description="The URL of the endpoint")
    status: int | None = Field(default=None, description="What the receiver answered")


class Delivery(LikeDelivered):
    body: Any = Field(default=None, description="A part of the JSON body that was sent")


class Delivered(Strict):
    """An assertion on deliveries: so many are like this, over or not, or, with `at_least`, so many that are over."""

    like: Delivery = Field(default_factory=Delivery)
    times: int | None = Field(default=None, ge=0, description="How many there must be; left out: at least one")
    at_least: int | None = Field(default=None, ge=0, description="How many must be answered or have failed, or more")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if {"times", "at_least"} <= self.model_fields_set:
            raise ValueError("there are times, or at_least")
        return self


class DeliveryState(Model):
    number: int
    at: datetime
    event: str
    workspace: str
    endpoint: str
    url: str
    headers: dict[str, str]
    body: Any
    status: int | None
    answer: Any
    failure: str | None
    duration: float | None


class Deliveries(Model):
    deliveries: list[DeliveryState]
    dropped: int


# The shapes of answers by the names under which operations declare them.
SHAPES: dict[str, Any] = {"Deliveries": Deliveries}
