"""The model of the request that adds a webhook endpoint."""

from .fields import Model, WebhookUrl


class WebhookEndpointCreate(Model):
    url: WebhookUrl
