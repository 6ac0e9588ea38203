"""What someone writes by hand usually: a stub of two operations with FastAPI and fastapi-pagination."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi_pagination import Page, add_pagination, paginate
from pydantic import BaseModel, Field

app = FastAPI()
kept: dict[tuple[str, str], "Session"] = {}


class SessionCreate(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=512, pattern="^[a-zA-Z0-9_-]+$")]
    metadata: dict[str, Any] | None = None


class Session(BaseModel):
    id: str
    is_active: bool
    workspace_id: str
    metadata: dict[str, Any] = {}
    configuration: dict[str, Any] = {}
    created_at: datetime


@app.post("/v3/workspaces/{workspace}/sessions")
async def create(workspace: str, body: SessionCreate) -> Session:
    session = Session(
        id=body.id,
        is_active=True,
        workspace_id=workspace,
        metadata=body.metadata or {},
        created_at=datetime.now(UTC),
    )
    return kept.setdefault((workspace, body.id), session)


@app.post("/v3/workspaces/{workspace}/sessions/list", response_model=Page[Session])
async def list_(workspace: str) -> Any:
    return paginate([session for (home, _), session in kept.items() if home == workspace])


add_pagination(app)
