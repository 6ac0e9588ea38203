"""What someone writes by hand at the least: one route of Starlette that remembers nothing."""

import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def create(request: Request) -> JSONResponse:
    body = json.loads(await request.body())
    return JSONResponse(
        {
            "id": body["id"],
            "is_active": True,
            "workspace_id": request.path_params["workspace"],
            "metadata": {},
            "configuration": {},
            "created_at": "2026-11-20T18:30:44.055363Z",
        }
    )


app = Starlette(routes=[Route("/v3/workspaces/{workspace}/sessions", create, methods=["POST"])])
