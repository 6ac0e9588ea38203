"""Operations on workspaces."""

from typing import TYPE_CHECKING

from ..domain import access, workspaces
from ..wire.plain import given
from .operation import Call, Reply, Router

if TYPE_CHECKING:
    from ..wire.searches import MessageSearchOptions
    from ..wire.workspaces import WorkspaceCreate, WorkspaceUpdate

router = Router("workspaces")


@router.operation(
    "POST",
    "/v3/workspaces",
    answers={200: "Workspace"},
    id_in_body="workspace_id",
    body="workspaces.WorkspaceCreate",
    body_description="Workspace creation parameters",
    access=access.any_token,
)
def get_or_create_workspace(call: Call) -> Reply:
    """Get a workspace by its id, or create it. An existing workspace does not change."""
    body: WorkspaceCreate = call.body
    access.check_workspace(call.scope, body.name)
    wanted = None if body.name in call.store.workspaces else call.storable(given(body.configuration))
    row, is_new = workspaces.get_or_create(call.store, body.name, body.metadata, wanted or {})
    return call.status_of_get_or_create(is_new), row


@router.operation(
    "POST",
    "/v3/workspaces/list",
    answers={200: "Page[Workspace]"},
    query="pages.ReversiblePage",
    body="workspaces.WorkspaceGet",
    body_required=False,
    body_title="Options",
    body_description="Filtering and pagination options for the workspaces list",
    access=access.admin_only,
)
def get_all_workspaces(call: Call) -> Reply:
    """List all workspaces, oldest first, in pages and with optional filters."""
    matches = call.matches("workspace")
    return 200, workspaces.list_(call.store, *call.page(), matches)


@router.operation(
    "PUT",
    "/v3/workspaces/{workspace_id}",
    answers={200: "Workspace"},
    body="workspaces.WorkspaceUpdate",
    body_description="Updated workspace parameters",
    new_ids=("workspace_id",),
)
def update_workspace(call: Call) -> Reply:
    """Replace the metadata of a workspace and merge its configuration by top-level keys. Creates a missing one."""
    body: WorkspaceUpdate = call.body
    configuration = call.storable(given(body.configuration))
    return 200, call.written(workspaces.update(call.store, call.path["workspace_id"], body.metadata, configuration))


@router.operation("DELETE", "/v3/workspaces/{workspace_id}", answers={202: "Anything", 404: "Problem", 409: "Problem"})
def delete_workspace(call: Call) -> Reply:
    """Delete a workspace without active sessions. The server accepts at once and deletes later."""
    workspaces.delete(call.store, call.path["workspace_id"])
    return 202, {"message": "Workspace deletion accepted"}


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/search",
    answers={200: "list[Message]"},
    body="searches.WorkspaceSearchOptions",
    body_description="Message search parameters",
)
def search_workspace(call: Call) -> Reply:
    """Search the messages of a workspace, best matches first, with optional filters."""
    from ..domain.search.find import search  # Few clients search.

    body: MessageSearchOptions = call.body
    return 200, search(call.store, body.query, body.limit, body.filters, **call.path)
