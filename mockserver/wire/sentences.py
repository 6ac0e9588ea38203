"""Details that the live server gives as one sentence: the message of pydantic for a whole model."""

import re

from pydantic import ValidationError

from ..domain.errors import InvalidId
from .bodies import PeerCreate, SessionCreate, WorkspaceCreate
from .fields import Model, taking_names

# The sentence ends with a link that names the version of pydantic. It is replaced by the recorded version, so that
# answers do not depend on the installed one. A value cannot look like the link: pydantic escapes its line breaks.
_PYDANTIC = "2.14"
_VERSION = re.compile(r"(?<=\n    For further information visit https://errors\.pydantic\.dev/)[0-9.]+(?=/)")
_MODELS: dict[str, type[Model]] = {"workspace": WorkspaceCreate, "peer": PeerCreate, "session": SessionCreate}


def malformed_id(error: InvalidId) -> str:
    """The sentence for a malformed id of something to create.

    Recorded for workspaces in x-workspace-appears-with-session.
    """
    try:
        taking_names(_MODELS[error.kind]).model_validate({"name": error.value})
    except ValidationError as complaint:
        return _VERSION.sub(_PYDANTIC, str(complaint))
    return error.detail  # pragma: no cover - the models keep the same rule
