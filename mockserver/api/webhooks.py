"""The operation that lists webhooks. None can be registered here yet, so that there are none."""

from ..domain import access, paging
from ..wire import bodies
from .operation import Call, Reply, Room

room = Room("webhooks")


@room.operation(
    "GET",
    "/v3/workspaces/{workspace_id}/webhooks",
    answers={200: "Page[WebhookEndpoint]"},
    query=bodies.Page,
    access=access.any_token,
)
def list_webhook_endpoints(call: Call) -> Reply:
    """List the webhook endpoints of a workspace, page by page."""
    access.check_webhooks(call.scope, call.path["workspace_id"])
    return 200, paging.of_rows([], call.query.page, call.query.size, reverse=False, matches=None)
