"""Models of `/_mock/deliveries`."""

from datetime import datetime
from typing import Any, Self

from pydantic import ConfigDict, Field, model_validator

from .control import OF_TEXT, OfWorkspace, StatusClass, StatusText
from .fields import Model, Strict

_STATUS = "The status that the receiver answered, or a class such as 4xx"


class DeliveryQuery(OfWorkspace):
    """Criteria for webhook deliveries. A criterion that is left out matches every delivery."""

    model_config = OF_TEXT

    event: str | None = Field(default=None, description="queue.empty or test.event")
    url: str | None = Field(default=None, description="The URL of the endpoint")
    status: StatusText | None = Field(default=None, description=_STATUS)


class DeliveryPattern(DeliveryQuery):
    """Criteria for webhook deliveries, with a part of the body."""

    model_config = ConfigDict(strict=True)

    status: int | StatusClass | None = Field(default=None, description=_STATUS)
    body: Any = Field(default=None, description="A part of the JSON body that was sent")


class DeliveryAssertion(Strict):
    """An assertion on the log of webhook deliveries: how many match `like`."""

    model_config = ConfigDict(strict=True)

    like: DeliveryPattern = Field(default_factory=DeliveryPattern)
    times: int | None = Field(default=None, ge=0, description="How many must match; by default at least one")
    at_least: int | None = Field(default=None, ge=0, description="The minimum number of matching, complete deliveries")
    at_most: int | None = Field(default=None, ge=0, description="How many may match at most")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if "times" in self.model_fields_set and self.model_fields_set & {"at_least", "at_most"}:
            raise ValueError("pass times, or at_least and at_most")
        return self


class DeliveryListQuery(DeliveryQuery):
    """Which deliveries to list."""

    after: int = Field(default=0, ge=0, description="Only deliveries with a larger number")
    limit: int | None = Field(default=None, ge=0, description="How many deliveries at most, the oldest first")


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


class DeliveryList(Model):
    deliveries: list[DeliveryState]
    total: int = Field(description="How many deliveries in the log match, whatever after and limit are")
    dropped: int = Field(description="How many older deliveries the log dropped")
    next: int | None = Field(description="The value of after that lists the following deliveries; null at the end")


# The shapes of answers by the names under which operations declare them.
SHAPES: dict[str, Any] = {"Deliveries": DeliveryList}
