"""Models of requests about messages."""

from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import ErrorDetails

from .configuration import MessageConfiguration
from .fields import MATCHING_EVERYTHING, Content, Id, JsonObject, Metadata, Model, named, without_control_tokens
from .scalars import Moment

MessageFilters = Annotated[Annotated[JsonObject, named("MessageFilters")] | None, MATCHING_EVERYTHING]


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


class MessageUpdate(Model):
    metadata: Metadata | None = None


class MessageGet(Model):
    filters: MessageFilters = None
