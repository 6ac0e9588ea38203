"""The coverage of the contract, in the control plane."""

from ..operation import Call, Reply, Router

router = Router("coverage")

_PATH = "/_mock/coverage"


@router.operation("GET", _PATH, answers={200: "Coverage"}, access=None)
def get_coverage(call: Call) -> Reply:
    """Get the coverage: the operations and responses that were used, as counts and as a printable table."""
    return 200, call.mock.coverage().as_json()


@router.operation("DELETE", _PATH, answers={204: None}, access=None)
def forget_coverage(call: Call) -> Reply:
    """Set all counts to zero. A reset keeps them."""
    call.mock.coverage.forget()
    return 204, None
