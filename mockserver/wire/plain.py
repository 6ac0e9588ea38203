"""Plain values from validated models. This module imports no model, so that a server starts without pydantic."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..domain.nul import without_nul

if TYPE_CHECKING:
    from .configuration import SessionConfiguration, WorkspaceConfiguration
    from .fields import JsonObject
    from .session_peers import SessionPeerConfig


def given(configuration: "WorkspaceConfiguration | SessionConfiguration | None") -> "JsonObject | None":
    """The object without nulls at the top level and in the known members. None if `configuration` is None."""
    return None if configuration is None else configuration.model_dump(exclude_none=True)


def stored(configuration: "WorkspaceConfiguration | SessionConfiguration | None") -> "JsonObject | None":
    """The same without NUL characters."""
    kept: JsonObject | None = without_nul(given(configuration))
    return kept


def settings_by_peer(peers: "Mapping[str, SessionPeerConfig]") -> dict[str, dict[str, bool | None]]:
    """The settings in the form that the domain functions expect."""
    return {peer_id: dict(settings) for peer_id, settings in peers.items()}
