"""The rules of webhook endpoints."""

from . import paging
from .clock import timestamp
from .errors import ENDPOINTS_LIMIT, MissingWebhook, MissingWorkspace, TooManyWebhooks
from .records import Row
from .store import Store


def get_or_create(store: Store, workspace_id: str, url: str) -> tuple[Row, bool]:
    """The endpoint of a URL, and whether it was created now.

    Raises NotFound for an unknown workspace (recorded), Conflict for more than ten endpoints: without the change
    `known_webhooks_first`, also if the workspace has the URL.
    """
    workspace = store.workspaces.get(workspace_id)
    if workspace is None:
        raise MissingWorkspace(workspace_id)
    endpoints = workspace.extras.webhooks
    known = next((row for row in endpoints.values() if row["url"] == url), None)
    is_full = len(endpoints) >= ENDPOINTS_LIMIT
    if known is not None and (store.profile.known_webhooks_first or not is_full):
        return known, False
    if is_full:
        raise TooManyWebhooks(workspace_id, None if known is None else "known_webhooks_first")
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
        raise MissingWebhook(workspace_id, endpoint_id)
    store.drop_webhook(workspace, endpoint_id)
