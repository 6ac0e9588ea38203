"""create_app: puts the ASGI app together."""

import reprlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Never
from weakref import WeakValueDictionary

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from . import fast_path
from .api import (
    conclusions,
    contexts,
    cors,
    health,
    keys,
    knowledge,
    messages,
    peers,
    queue,
    session_peers,
    sessions,
    webhooks,
    workspaces,
)
from .api.asgi_extension import Immediate
from .api.control import guard as control_plane
from .api.front_door import FrontDoor
from .api.observed import FallbackRoute, ObservedEndpoint
from .api.operation import Call, Reply, Router
from .api.page import Reference
from .api.routing import header_of, path_of
from .hosts import checked_hosts
from .testing.mock import Mock
from .testing.options import OPTIONS

ROUTERS = (
    workspaces.router,
    peers.router,
    knowledge.router,
    sessions.router,
    session_peers.router,
    contexts.router,
    messages.router,
    conclusions.router,
    queue.router,
    keys.router,
    webhooks.router,
    health.router,
)
OPERATIONS = [operation for router in ROUTERS for operation in router.operations]


# The mocks with an app that are still referenced, by their `id`, the oldest first. The pytest plugin shows their
# requests when a test fails.
SERVED: "WeakValueDictionary[int, Mock]" = WeakValueDictionary()


def create_app(
    mock: Mock | None = None,
    *,
    allow_hosts: Iterable[str] = (),
    control: bool = True,
    page: bool = True,
    **options: Never,
) -> "App":
    """The ASGI app of `mock`; `app.state.mock` is the mock.

    Without `mock` it makes one, with the options that environment variables such as HONCHO_MOCK_QUIRKS set, so that
    `uvicorn mockserver:create_app --factory` can take options. Then it raises ValueError for an invalid variable.

    `allow_hosts` are host names, in addition to loopback, under which the control plane `/_mock/` answers. With
    `control=False` there is no control plane, and with `page=False` it has no page.

    Raises TypeError for anything else in place of the mock, and for the options of a mock, and ValueError for an
    invalid host.
    """
    if options:
        named: Mapping[str, object] = options
        given = ", ".join(f"{name}={reprlib.repr(value)}" for name, value in named.items())
        known = "the options of a mock belong to Mock: " if OPTIONS.keys() >= options.keys() else ""
        raise TypeError(f"create_app takes no {next(iter(options))!r}; {known}create_app(Mock({given}))")
    if mock is not None and not isinstance(mock, Mock):
        raise TypeError(f"create_app takes a Mock, such as create_app(Mock(quirks='live')), not {reprlib.repr(mock)}")
    if mock is None:
        from .testing.environment import options_from_environment

        mock = Mock(**options_from_environment())
    allow_hosts = checked_hosts("allow_hosts", allow_hosts)
    has_page = control and page
    pages = ["/docs", "/redoc", *(["/_mock"] if has_page else [])]
    endpoint = ObservedEndpoint(mock, [*OPERATIONS, *_document_router().operations], pages)
    planes = [control_plane.ControlPlane(mock, allow_hosts, page=page)] if control else []
    doors = [FrontDoor()] if has_page else []
    app = App(endpoint, *planes, Reference(), *doors)
    app.state.mock = mock
    SERVED[id(mock)] = mock
    mock.know_operations(frozenset(operation.name for operation in endpoint.operations), OPERATIONS)
    return app


class App(Starlette):
    """All routes. A request that calls an operation skips Starlette's middleware and router, if nothing needs them."""

    def __init__(self, endpoint: ObservedEndpoint, *others: BaseRoute) -> None:
        super().__init__(
            routes=[endpoint, *others, FallbackRoute(endpoint)], exception_handlers={Exception: _server_error}
        )
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header_of(scope, b"origin") if scope["type"] == "http" else None
        mock = self._endpoint.mock
        # The control plane refuses all origins but its own and those that the user named.
        if origin is not None and (
            not control_plane.is_control_path(path_of(scope)) or origin.decode("latin-1") in mock.cors
        ):
            rules = cors.Cors(origin, mock.cors, mock.store.profile)
            preflight = rules.preflight(scope)
            if preflight is not None:
                await preflight(scope, receive, send)
                return
            send = rules.sending(send)
        found = fast_path.operation_before_middleware(self, self._endpoint, scope)
        if found is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"] = self  # as Starlette does
            await self._endpoint.answer(found, scope, receive, send)

    def immediate(self, scope: Scope) -> Callable[[bytes], Immediate] | None:
        """What answers the request with this scope, once its body is complete. None if it has to go through ASGI."""
        if header_of(scope, b"origin") is not None:
            return None
        found = fast_path.operation_before_middleware(self, self._endpoint, scope)
        return None if found is None else self._endpoint.immediate(found, scope)


def _document_router() -> Router:
    router = Router()

    @cache
    def document(version: str, authenticated: bool) -> dict[str, Any]:
        from .api.openapi import document_of  # This import takes as long as the rest of the startup.

        return document_of(OPERATIONS, version=version, authenticated=authenticated)

    @router.operation("HEAD", "/openapi.json", answers={200: "Anything"}, access=None)
    @router.operation("GET", "/openapi.json", answers={200: "Anything"}, access=None)
    def get_openapi(call: Call) -> Reply:
        return 200, document(call.mock.api_version, call.mock.keyring is not None)

    return router


async def _server_error(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": "An unexpected error occurred"}, 500)
