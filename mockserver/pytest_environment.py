"""The environment variables that clients of the API read."""

_URL = ("HONCHO_URL", "HONCHO_BASE_URL", "HONCHO_ENDPOINT")
_WORKSPACE = ("HONCHO_WORKSPACE_ID", "HONCHO_WORKSPACE")


def environment_of(url: str, workspace: str, key: str | None) -> dict[str, str]:
    """The variables for a server, a workspace and a key, under each name that a client may read.

    The official SDKs read HONCHO_URL, HONCHO_API_KEY and HONCHO_WORKSPACE_ID, and other clients the rest.
    """
    variables = dict.fromkeys(_URL, url) | dict.fromkeys(_WORKSPACE, workspace)
    return variables | ({"HONCHO_API_KEY": key} if key else {})
