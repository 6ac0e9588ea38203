"""The control plane: the verbs of Mock for other languages, under `/_mock/`, and who may reach it."""

import asyncio
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from ..testing.errors import UnknownName
from ..testing.mock import Mock
from ..wire.hosts import is_loopback
from . import answers, control_journal, control_rules, control_state
from .answers import Answer
from .endpoint import Endpoint, Gone, parameters, received
from .operation import Call, Reply, Room
from .routing import NOWHERE, Found

PREFIX = "/_mock"
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d+)?", re.ASCII)
# How often a request that may wait is tried again.
_TICK_SECONDS = 0.005

OPERATIONS = [*control_state.room.operations, *control_journal.room.operations, *control_rules.room.operations]


class ControlPlane(Endpoint):
    """The operations under `/_mock`, refused to requests that a foreign web page may have caused.

    Host must be loopback or one of `allow_hosts`, so that no name which merely resolves to this machine reaches it;
    Origin, where there is one, the same.
    """

    reads_any_type = True

    def __init__(self, mock: Mock, allow_hosts: Iterable[str]) -> None:
        super().__init__(mock, [*OPERATIONS, *_document_room().operations])
        self._allowed = {host.lower().strip("[]") for host in allow_hosts}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        if match is Match.NONE and scope["type"] == "http" and scope["path"].startswith(PREFIX + "/"):
            return Match.FULL, {"mockserver.found": NOWHERE}
        return match, child_scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._refusal(scope)
        if reason is not None:
            await _send(send, Answer(403, {"detail": reason}))
            return
        found: Found = scope["mockserver.found"]
        try:
            body, refusal = await received(found, receive)
        except Gone:
            return
        await _send(send, refusal or await self._patiently(found, scope, body))

    async def _patiently(self, found: Found, scope: Scope, body: bytes) -> Answer:
        """The answer; one that may come true yet is asked for again until it does, or the time to wait is over."""
        elapsed = self.mock.clock.elapsed
        started = elapsed()
        while True:
            answer = self.carried_out(found, scope, body)
            if answer.status != 409 or elapsed() - started >= _wait(scope):
                return answer
            await asyncio.sleep(_TICK_SECONDS)

    def carried_out(self, found: Found, scope: Scope, body: bytes) -> Answer:
        """What Mock raises is told: a wrong value is a 422, an unknown name a 404, a failed assertion a 409."""
        if found is NOWHERE:
            return Answer(404, {"detail": _no_operation(scope["path"])})
        try:
            return super().carried_out(found, scope, body)
        except UnknownName as error:
            return Answer(404, {"detail": str(error)})
        except AssertionError as error:
            return Answer(409, {"detail": str(error)})
        except (ValueError, ImportError) as error:
            return Answer(422, {"detail": str(error)})

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


def _no_operation(path: str) -> str:
    from ..testing.diagnosis.suggestions import nearest_template
    from ..testing.diagnosis.wording import shortened

    meant = nearest_template(path, [(operation.method, operation.path) for operation in OPERATIONS])
    return f"no operation at {shortened(path)}" + ("" if meant is None else f"; did you mean {meant}?")


def _wait(scope: Scope) -> float:
    """For how many seconds the request may wait; its query was found good."""
    return float(parameters(scope["query_string"]).get("wait", "0"))


async def _send(send: Send, answer: Answer) -> None:
    await answers.send_whole(send, answer, answer.content())


def _document_room() -> Room:
    room = Room()

    @cache
    def document() -> dict[str, Any]:
        from .openapi import document_of  # Few ask for it.

        info = {
            "title": "Control plane of a fake Honcho server",
            "description": "Journal, faults, clock, background work, snapshots and scripts of the fake.",
            "version": "3.0.7",
        }
        return document_of(OPERATIONS, authenticated=False, info=info)

    @room.operation("GET", PREFIX + "/openapi.json", answers={200: "Anything"}, access=None)
    def get_control_openapi(call: Call) -> Reply:
        return 200, document()

    return room
