"""create_app: the ASGI app put together; nothing else knows all the parts."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from .api import (
    conclusions,
    contexts,
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
from .api import control as control_plane
from .api.observed import FallbackRoute, ObservedEndpoint
from .api.operation import Call, Operation, Reply, Router
from .api.page import Reference
from .api.routing import path_of
from .testing.mock import Mock

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


def create_app(
    mock: Mock | None = None, *, allow_hosts: Iterable[str] = (), control: bool = True, page: bool = True
) -> Starlette:
    """The ASGI app over `mock`, or over a new one with the defaults; `app.state.mock` is that mock.

    `allow_hosts` are the names beside loopback under which `/_mock/` answers; without `control` nothing is there, and
    without `page` no page.
    """
    mock = Mock() if mock is None else mock
    served = [operation for router in ROUTERS for operation in router.operations]
    endpoint = ObservedEndpoint(mock, [*served, *_document_router(served).operations])
    planes = [control_plane.ControlPlane(mock, allow_hosts, page=page)] if control else []
    app = _App(endpoint, *planes, Reference())
    app.state.mock = mock
    mock.know_operations(frozenset(operation.name for operation in endpoint.operations), served)
    return app


class _App(Starlette):
    """All that is served; what is at the path of an operation is answered before Starlette's middleware.

    That turns errors into answers, and costs as much as a third of a request. It is gone through where a fault may
    make an error, and where somebody has added more middleware, or put a route before the operations.
    """

    def __init__(self, endpoint: ObservedEndpoint, *others: BaseRoute) -> None:
        super().__init__(
            routes=[endpoint, *others, FallbackRoute(endpoint)], exception_handlers={Exception: _server_error}
        )
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoint
        is_as_made = not self.user_middleware and self.routes[0] is endpoint
        if is_as_made and scope["type"] == "http" and not endpoint.mock.faults.entries:
            found = endpoint.table.find(scope["method"], path_of(scope))
            if found is not None:
                scope["app"] = self
                await endpoint.answer(found, scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def _document_router(served: list[Operation]) -> Router:
    router = Router()

    @cache
    def document(authenticated: bool) -> dict[str, Any]:
        from .api.openapi import document_of  # Costs as much as the rest of the start, and few ask for it.

        return document_of(served, authenticated=authenticated)

    @router.operation("GET", "/openapi.json", answers={200: "Anything"}, access=None)
    def get_openapi(call: Call) -> Reply:
        return 200, document(call.mock.keyring is not None)

    return router


async def _server_error(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": "An unexpected error occurred"}, 500)
