"""The control plane: the verbs of Mock for other languages, under `/_mock/`, and who may reach it."""

import ipaddress
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from ..testing.mock import Mock
from . import answers
from .endpoint import Endpoint
from .operation import Call, Reply, Room
from .routing import Found

PREFIX = "/_mock"

room = Room()


@room.operation("POST", PREFIX + "/reset", answers={200: "Anything"})
def reset(call: Call) -> Reply:
    """Forget everything and go back to the starting world."""
    call.mock.reset()
    return 200, {"reset": True}


@room.operation("POST", PREFIX + "/purge", answers={200: "Anything"})
def purge(call: Call) -> Reply:
    """Carry out every purge that waits."""
    return 200, {"purged": call.mock.purge()}


class ControlPlane(Endpoint):
    """The operations under `/_mock`, refused to requests that a foreign web page may have caused.

    Host must be loopback or one of `allow_hosts`, so that no name which merely resolves to this machine reaches it;
    Origin, where there is one, the same.
    """

    def __init__(self, mock: Mock, allow_hosts: Iterable[str]) -> None:
        super().__init__(mock, room.operations)
        self._allowed = {host.lower().strip("[]") for host in allow_hosts}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        if match is Match.NONE and scope["type"] == "http" and scope["path"].startswith(PREFIX + "/"):
            return Match.FULL, {"mockserver.found": None}
        return match, child_scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._refusal(scope)
        found: Found | None = scope["mockserver.found"]
        if reason is not None:
            await answers.send_json(send, 403, {"detail": reason})
        elif found is None:
            await answers.send_json(send, 404, {"detail": "Not Found"})
        else:
            await super().handle(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        """Why the request is refused, or None."""
        headers: dict[bytes, Any] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._is_ours("//" + host):
            return f"The control plane does not answer to the host {host!r}; --allow-host NAME allows it"
        origin = headers.get(b"origin")
        if origin is not None and not self._is_ours(origin.decode("latin-1")):
            return f"The control plane does not answer to pages of the origin {origin.decode('latin-1')!r}"
        return None

    def _is_ours(self, url: str) -> bool:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return False
        if host is None:
            return False
        return host in self._allowed or host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
