"""The official SDKs as witnesses: unmodified, as their users install them, against a running server."""
