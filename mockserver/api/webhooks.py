"""Operations on webhook endpoints, to which the server sends events."""

from ..domain import access, webhooks
from .operation import Call, Reply, Router

router = Router("webhooks")

_PATH = "/v3/workspaces/{workspace_id}/webhooks"


@router.operation(
    "POST",
    _PATH,
    answers={200: "WebhookEndpoint", 404: "Problem", 409: "Problem"},
    body="webhooks.WebhookEndpointCreate",
    body_description="Webhook endpoint parameters",
    access=access.of_webhooks,
)
def get_or_create_webhook_endpoint(call: Call) -> Reply:
    """Get the webhook endpoint of a URL, or create it."""
    access.check_webhooks(call.scope, call.path["workspace_id"])
    row, is_new = webhooks.get_or_create(call.store, call.path["workspace_id"], call.storable(call.body.url))
    return call.status_of_get_or_create(is_new), row


@router.operation(
    "GET", _PATH, answers={200: "Page[WebhookEndpoint]"}, query="pages.PageQuery", access=access.of_webhooks
)
def list_webhook_endpoints(call: Call) -> Reply:
    """List the webhook endpoints of a workspace, oldest first, in pages."""
    access.check_webhooks(call.scope, call.path["workspace_id"])
    return 200, webhooks.list_(call.store, call.path["workspace_id"], *call.forward_page())


@router.operation("DELETE", _PATH + "/{endpoint_id}", answers={204: None, 404: "Problem"}, access=access.of_webhooks)
def delete_webhook_endpoint(call: Call) -> Reply:
    """Delete a webhook endpoint."""
    access.check_webhooks(call.scope, call.path["workspace_id"])
    webhooks.delete(call.store, call.path["workspace_id"], call.path["endpoint_id"])
    return 204, None


@router.operation("GET", _PATH + "/test", answers={200: "Anything"}, access=access.of_webhooks)
def test_emit(call: Call) -> Reply:
    """Send a test event to every webhook endpoint of the workspace."""
    access.check_webhooks(call.scope, call.path["workspace_id"], "Unable to publish test webhook")
    call.mock.publish("test.event", call.path["workspace_id"], {"workspace_id": call.path["workspace_id"]})
    return 200, None
