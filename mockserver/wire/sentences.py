"""Errors that the live server tells in one sentence: what pydantic says of a whole model."""

import re

from pydantic import ValidationError

from ..domain.errors import InvalidId
from .bodies import PeerCreate, SessionCreate, WorkspaceCreate
from .fields import Model, taking_names

# The version in the link that ends a sentence is always the recorded one. No other text of an answer changes with the
# installed pydantic. A value cannot look like the link, because pydantic escapes its line breaks.
_PYDANTIC = "2.14"
_VERSION = re.compile(r"(?<=\n    For further information visit https://errors\.pydantic\.dev/)[0-9.]+(?=/)")
_MODELS: dict[str, type[Model]] = {"workspace": WorkspaceCreate, "peer": PeerCreate, "session": SessionCreate}


def malformed_id(error: InvalidId) -> str:
    """The sentence for an id that would have to be made and breaks the rule of ids.

    Recorded for workspaces in x-workspace-appears-with-session.
    """
    try:
        taking_names(_MODELS[error.kind]).model_validate({"name": error.value})
    except ValidationError as complaint:
        return _VERSION.sub(_PYDANTIC, str(complaint))
    return error.detail  # pragma: no cover - the models keep the same rule
