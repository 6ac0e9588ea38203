"""The health check."""

from .operation import Call, Reply, Router

router = Router()


@router.operation("GET", "/health", answers={200: "Anything"}, access=None, change="health")
def health_check(call: Call) -> Reply:
    """Check that the server runs."""
    return 200, {"status": "ok"}
