"""Errors that the live server tells in one sentence: what pydantic says of a whole model."""

from pydantic import ValidationError

from ..domain.errors import InvalidId
from .bodies import PeerCreate, SessionCreate, WorkspaceCreate
from .fields import Model

_MODELS: dict[str, type[Model]] = {"workspace": WorkspaceCreate, "peer": PeerCreate, "session": SessionCreate}


def malformed_id(error: InvalidId) -> str:
    """The sentence for an id that would have to be made and breaks the rule of ids.

    Recorded for workspaces in x-workspace-appears-with-session.
    """
    try:
        _MODELS[error.kind].model_validate({"name": error.value}, by_alias=False, by_name=True)
    except ValidationError as complaint:
        return str(complaint)
    return error.detail  # pragma: no cover - the models keep the same rule
