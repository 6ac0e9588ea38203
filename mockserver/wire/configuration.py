"""Models of the configuration of workspaces, sessions and messages."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from .fields import Instructions, Model
from .scalars import INTEGER, Boolean


class ReasoningConfiguration(Model):
    enabled: Boolean | None = Field(default=None, description="Whether to enable reasoning functionality.")
    custom_instructions: Instructions | None = Field(
        default=None,
        description=(
            "Optional custom instructions for the reasoning system on this workspace/session/message. "
            "Rejected if they exceed the deriver custom-instruction token cap."
        ),
    )


class PeerCardConfiguration(Model):
    use: Boolean | None = Field(
        default=None, description="Whether to use peer card related to this peer during reasoning process."
    )
    create: Boolean | None = Field(default=None, description="Whether to generate peer card based on content.")


# No schema can compare two numbers. This one says it in steps: the short summary is below one of these numbers, and the
# long one is not. The server takes a few pairs that lie between two of them, too. Powers of two leave out few pairs.
_STEPS = (20, 25, 30, 40, 50, 60, 70, 80, 100, 150, 200, 300, 500, *(2**bits for bits in range(10, 34)), 10**18)
_SHORT, _LONG = "messages_per_short_summary", "messages_per_long_summary"
_SHORT_BEFORE_LONG: Any = [
    *({"properties": {name: {"type": "null"}}} for name in (_SHORT, _LONG)),
    *({"properties": {_SHORT: {"maximum": step - 1}, _LONG: {"minimum": step}}} for step in _STEPS),
]


class SummaryConfiguration(Model):
    model_config = ConfigDict(json_schema_extra={"anyOf": _SHORT_BEFORE_LONG})

    enabled: Boolean | None = Field(default=None, description="Whether to enable summary functionality.")
    messages_per_short_summary: Annotated[int, Field(ge=10), INTEGER] | None = Field(
        default=None,
        description=(
            "Number of messages per short summary. Must be positive, greater than or equal to 10, and less than "
            "messages_per_long_summary."
        ),
    )
    messages_per_long_summary: Annotated[int, Field(ge=20), INTEGER] | None = Field(
        default=None,
        description=(
            "Number of messages per long summary. Must be positive, greater than or equal to 20, and greater than "
            "messages_per_short_summary."
        ),
    )

    @model_validator(mode="after")
    def _short_before_long(self) -> Self:
        short, long = self.messages_per_short_summary, self.messages_per_long_summary
        if short is not None and long is not None and short >= long:
            raise ValueError("messages_per_short_summary must be less than messages_per_long_summary")
        return self


class DreamConfiguration(Model):
    enabled: Boolean | None = Field(
        default=None,
        description=(
            "Whether to enable dream functionality. If reasoning is disabled, dreams will also be disabled and this "
            "setting will be ignored."
        ),
    )


class _Configuration(Model):
    """The members that the API knows. Unknown members are kept."""

    model_config = ConfigDict(extra="allow")

    reasoning: ReasoningConfiguration | None = Field(
        default=None, description="Configuration for reasoning functionality."
    )
    peer_card: PeerCardConfiguration | None = Field(
        default=None,
        description=(
            "Configuration for peer card functionality. If reasoning is disabled, peer cards will also be disabled and "
            "these settings will be ignored."
        ),
    )
    summary: SummaryConfiguration | None = Field(default=None, description="Configuration for summary functionality.")
    dream: DreamConfiguration | None = Field(
        default=None,
        description=(
            "Configuration for dream functionality. If reasoning is disabled, dreams will also be disabled and these "
            "settings will be ignored."
        ),
    )


class WorkspaceConfiguration(_Configuration):
    """The set of options that can be in a workspace DB-level configuration dictionary.

    All fields are optional. Session-level configuration overrides workspace-level configuration, which overrides global configuration.
    """  # noqa: E501 - a line of the contract


class SessionConfiguration(_Configuration):
    """The set of options that can be in a session DB-level configuration dictionary.

    All fields are optional. Session-level configuration overrides workspace-level configuration, which overrides global configuration.
    """  # noqa: E501 - a line of the contract


class MessageConfiguration(Model):
    """The configuration of a single message; it overrides the configuration of the session and the workspace."""

    reasoning: ReasoningConfiguration | None = Field(
        default=None, description="Configuration for reasoning functionality."
    )
