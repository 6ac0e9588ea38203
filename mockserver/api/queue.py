"""Operations on the queue of background work."""

from typing import TYPE_CHECKING

from ..domain import work
from ..domain.records import Dream
from .operation import Call, Reply, Router

if TYPE_CHECKING:
    from ..wire.queue import DreamRequest, QueueQuery

router = Router("workspaces")


@router.operation(
    "GET", "/v3/workspaces/{workspace_id}/queue/status", answers={200: "QueueStatus"}, query="queue.QueueQuery"
)
def get_queue_status(call: Call) -> Reply:
    """Count the units of work in a workspace, in total and by session. Query parameters limit the count to a session, a
    sender or an observer.
    """
    query: QueueQuery = call.query
    selected = query.session_id, query.sender_id, query.observer_id
    return 200, work.status(call.store, call.path["workspace_id"], *selected)


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/schedule_dream",
    answers={204: None, 404: "Problem"},
    body="queue.DreamRequest",
    body_description="Dream scheduling parameters",
)
def schedule_dream(call: Call) -> Reply:
    """Schedule a dream of a peer about another, or about itself."""
    body: DreamRequest = call.body
    observed = body.observer if body.observed is None else body.observed
    dream = Dream(body.observer, observed, body.dream_type.value)
    work.schedule_dream(call.store, call.path["workspace_id"], dream)
    return 204, None
