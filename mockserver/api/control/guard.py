"""The control plane under `/_mock/`: checks who may use it. The other modules are imported at the first request."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ...hosts import host_of, is_loopback
from ...testing.mock import Mock
from .. import answers
from ..answers import Answer
from ..routing import path_of

if TYPE_CHECKING:
    from ..page import ControlPage

PREFIX = "/_mock"


class ControlPlane(BaseRoute):
    """Serves everything under `/_mock/`, and refuses requests that a page of another site may have caused.

    - The header Host must be loopback or in `allow_hosts`. This stops DNS rebinding: a foreign name that resolves to
      this machine.
    - The header Origin, if present, must be the origin of this server, as in the requests of its own page, or an origin
      that the option `cors` names. Pages of other loopback ports are refused too: any program may serve one. `*` in
      `cors` opens the API only.
    - Without Origin, Sec-Fetch-Site tells whether a page of another site sends the request. Such a page may link to the
      control plane, but may not load anything from it or show it in a frame. Every answer has headers that make the
      browser enforce this.

    With `page`, the control plane has a page for the browser.
    """

    def __init__(self, mock: Mock, allow_hosts: Iterable[str], *, page: bool) -> None:
        self._mock = mock
        self._has_page = page
        self._allowed = {host.lower().strip("[]") for host in allow_hosts}

    @cached_property
    def _endpoint(self) -> BaseRoute:
        from .endpoint import ControlEndpoint  # Imported late: most servers get no such request.

        return ControlEndpoint(self._mock)

    @cached_property
    def _page(self) -> "ControlPage | None":
        from ..page import ControlPage  # Most servers get no request for the page.

        return ControlPage() if self._has_page else None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_ours = scope["type"] == "http" and is_control_path(path_of(scope))
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._refusal(scope)
        if reason is not None:
            answer = Answer(403, {"detail": reason}, answers.GUARDED)
            await answers.send_whole(scope, receive, send, answer, answer.content())
            return
        file = None if self._page is None else self._page.answer(scope)
        if file is not None:
            await file(scope, receive, send)
            return
        scope.update(self._endpoint.matches(scope)[1])
        await self._endpoint.handle(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        """The reason to refuse the request, or None."""
        host = ", ".join(_header(scope, b"host"))
        if not self._is_ours(host):
            return f"The control plane does not accept requests for the host {host!r}; --allow-host NAME allows it"
        origins = _header(scope, b"origin")
        for origin in origins:
            if not (_is_origin_of(origin, host) or origin in self._mock.cors):
                return f"The control plane does not accept requests from the origin {origin!r}; --cors ORIGIN allows it"
        is_own = _header(scope, b"sec-fetch-site") in ([], ["same-origin"], ["none"])
        is_link = scope["method"] in ("GET", "HEAD") and _header(scope, b"sec-fetch-dest") == ["document"]
        if not (origins or is_own or is_link):
            return "The control plane does not accept requests from pages of other sites"
        return None

    def _is_ours(self, authority: str) -> bool:
        """Whether the control plane answers under a host, given with or without a port."""
        host = host_of(authority)
        return host is not None and (host in self._allowed or is_loopback(host))


def _is_origin_of(origin: str, host: str) -> bool:
    """Whether pages of the origin come from this host. A proxy in front of the server may speak https."""
    scheme, _, authority = origin.lower().partition("://")
    return scheme in ("http", "https") and authority == host.lower()


def is_control_path(path: str) -> bool:
    """Whether a path belongs to the control plane."""
    return (path + "/").startswith(PREFIX + "/")


def _header(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]
