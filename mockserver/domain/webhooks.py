"""The rules of webhook endpoints."""

from . import paging
from .clock import timestamp
from .errors import Conflict, NotFound
from .records import Row
from .store import Store

ENDPOINTS_LIMIT = 10


def get_or_create(store: Store, workspace_id: str, url: str) -> tuple[Row, bool]:
    """The endpoint of a URL, and whether it was created now.

    Raises NotFound for an unknown workspace (recorded), Conflict for more than ten endpoints.
    """
    workspace = store.workspaces.get(workspace_id)
    if workspace is None:
        raise NotFound(f"Workspace {workspace_id} not found")
    endpoints = workspace.extras.webhooks
    known = next((row for row in endpoints.values() if row["url"] == url), None)
    if known is not None:
        return known, False
    if len(endpoints) >= ENDPOINTS_LIMIT:  # The status is published, the message is not recorded.
        raise Conflict(f"Maximum number of webhook endpoints ({ENDPOINTS_LIMIT}) reached for this workspace")
    row = {
        "id": store.ids.new(),
        "workspace_id": workspace_id,
        "url": url,
        "created_at": timestamp(store.clock.now()),
    }
    store.put_webhook(workspace, row)
    return row, True


def list_(store: Store, workspace_id: str, page: int, size: int) -> Row:
    """A page of endpoints, oldest first. Empty for an unknown workspace."""
    workspace = store.workspaces.get(workspace_id)
    rows = list(workspace.extras.webhooks.values()) if workspace else []
    return paging.of_rows(rows, page, size, False, None)


def delete(store: Store, workspace_id: str, endpoint_id: str) -> None:
    """Delete an endpoint. Raises NotFound."""
    workspace = store.workspaces.get(workspace_id)
    if workspace is None or endpoint_id not in workspace.extras.webhooks:
        raise NotFound(f"Webhook endpoint {endpoint_id} not found for workspace {workspace_id}")
    store.drop_webhook(workspace, endpoint_id)
