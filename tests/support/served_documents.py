"""Every OpenAPI document that comes from this project, by name."""

from typing import Any

from mockserver.api.contract import contract_of
from mockserver.asgi import OPERATIONS

from .started_mock import start_mock

NAMES = ("served", "served with tokens", "control plane", "contract", "contract with tokens")


def document(name: str) -> Any:
    """The document of this name. Those with tokens are of a server with authentication."""
    authenticated = name.endswith("with tokens")
    if name.startswith("contract"):
        return contract_of(OPERATIONS, authenticated=authenticated)
    path = "/_mock/openapi.json" if name == "control plane" else "/openapi.json"
    return start_mock(auth_secret="a secret" if authenticated else None).client.call("GET", path).json
