"""The operation that says that the server is there."""

from .operation import Call, Reply, Router

router = Router()


@router.operation("GET", "/health", answers={200: "Anything"}, access=None)
def health_check(call: Call) -> Reply:
    """Say that the server is up."""
    return 200, {"status": "ok"}
