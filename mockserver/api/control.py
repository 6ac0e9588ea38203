"""The control plane: the verbs of Mock for other languages, under `/_mock/`, and who may reach it."""

import re
from collections.abc import Iterable

from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from ..testing.mock import Mock
from ..wire.hosts import is_loopback
from . import answers
from .endpoint import Endpoint
from .operation import Call, Reply, Room
from .routing import Found

PREFIX = "/_mock"
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d+)?", re.ASCII)

room = Room()


@room.operation("POST", PREFIX + "/reset", answers={200: "Anything"}, access=None)
def reset(call: Call) -> Reply:
    """Forget everything and go back to the starting world."""
    call.mock.reset()
    return 200, {"reset": True}


@room.operation("POST", PREFIX + "/purge", answers={200: "Anything"}, access=None)
def purge(call: Call) -> Reply:
    """Carry out every purge that waits."""
    return 200, {"purged": call.mock.purge()}


class ControlPlane(Endpoint):
    """The operations under `/_mock`, refused to requests that a foreign web page may have caused.

    Host must be loopback or one of `allow_hosts`, so that no name which merely resolves to this machine reaches it;
    Origin, where there is one, the same.
    """

    # Control speaks of the state as it finds it.
    runs_due_purges = False

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
        host = ", ".join(_header(scope, b"host"))
        if not self._is_ours(host):
            return f"The control plane does not answer to the host {host!r}; --allow-host NAME allows it"
        for origin in _header(scope, b"origin"):
            if not self._is_ours(origin.partition("://")[2]):
                return f"The control plane does not answer to pages of the origin {origin!r}"
        return None

    def _is_ours(self, authority: str) -> bool:
        """Whether a host, with or without a port, is one under which the control plane answers."""
        match = _AUTHORITY.fullmatch(authority)
        if match is None:
            return False
        host = match[1].strip("[]").lower()
        return host in self._allowed or is_loopback(host)


def _header(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
