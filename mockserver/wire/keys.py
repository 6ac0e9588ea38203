"""The model of the query that asks for a token."""

from pydantic import Field

from .fields import Model
from .scalars import Moment


class KeyQuery(Model):
    workspace_id: str | None = Field(default=None, description="ID of the workspace to scope the key to")
    peer_id: str | None = Field(default=None, description="ID of the peer to scope the key to")
    session_id: str | None = Field(default=None, description="ID of the session to scope the key to")
    expires_at: Moment | None = Field(default=None, description="When the key expires")
