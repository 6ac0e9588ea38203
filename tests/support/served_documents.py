"""Every OpenAPI document that comes from this project, by name."""

from typing import Any

import pytest

from mockserver.api.contract import contract_of
from mockserver.asgi import OPERATIONS

from .started_mock import start_mock

NAMES = ("served", "served with tokens", "control plane", "contract", "contract with tokens")
# For tests that take long: those with tokens differ from the others in what a few operations answer.
BRIEF_NAMES = [pytest.param(name, marks=pytest.mark.deep if "tokens" in name else ()) for name in NAMES]


def document(name: str) -> Any:
    """The document of this name. Those with tokens are of a server with authentication."""
    authenticated = name.endswith("with tokens")
    if name.startswith("contract"):
        return contract_of(OPERATIONS, authenticated=authenticated)
    path = "/_mock/openapi.json" if name == "control plane" else "/openapi.json"
    return start_mock(auth_secret="a secret" if authenticated else None).client.call("GET", path).json
