"""The detail of a 422 for an id in a path: the live server answers with pydantic's text for the whole model."""

import re

from pydantic_core import ValidationError

from ..domain.errors import InvalidId
from ..wire.lookup import type_of

# The text ends with a link that names the version of pydantic. The answer always has the recorded version, so
# that it does not depend on the installed pydantic. A value cannot imitate the link, because pydantic escapes line
# breaks.
_PYDANTIC = "2.14"
_VERSION = re.compile(r"(?<=\n    For further information visit https://errors\.pydantic\.dev/)[0-9.]+(?=/)")
_MODELS = {"workspace": "workspaces.WorkspaceCreate", "peer": "peers.PeerCreate", "session": "sessions.SessionCreate"}


def malformed_id(error: InvalidId, version: str) -> str:
    """The detail for a malformed id of something that the request would create, in a version of the API.

    Source: the recording x-workspace-appears-with-session, for workspaces.
    """
    from ..wire.fields import taking_names
    from ..wire.versions import as_of

    model = as_of(type_of(_MODELS[error.kind]), version)
    try:
        taking_names(model).model_validate({"name": error.value})
    except ValidationError as complaint:
        return _VERSION.sub(_PYDANTIC, str(complaint))
    return error.detail  # pragma: no cover - the models have the same rule
