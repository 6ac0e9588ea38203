"""Models of requests about the peers of a session."""

from typing import Annotated

from pydantic import Field

from .fields import ID_RULE, Bounded, Model
from .scalars import Boolean

PeerIds = Annotated[list[str], Bounded]


class SessionPeerConfig(Model):
    observe_me: Boolean | None = Field(
        default=None, description="Whether Honcho will use reasoning to form a representation of this peer"
    )
    observe_others: Boolean | None = Field(
        default=None,
        description=(
            "Whether this peer should form a session-level theory-of-mind representation of other peers in the session"
        ),
    )


SessionPeers = Annotated[
    dict[str, SessionPeerConfig], Bounded, Field(json_schema_extra={"propertyNames": {"type": "string", **ID_RULE}})
]
