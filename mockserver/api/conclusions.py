"""Operations on conclusions."""

from ..domain import conclusions
from ..domain.conclusions import ConclusionDraft
from .operation import Call, Reply, Router

router = Router("conclusions")

_PATH = "/v3/workspaces/{workspace_id}/conclusions"


@router.operation(
    "POST",
    _PATH,
    answers={201: "list[Conclusion]", 404: "Problem"},
    body="knowledge.ConclusionBatchCreate",
    body_description="The conclusions to store",
)
def create_conclusions(call: Call) -> Reply:
    """Store 1 to 100 conclusions, all or none. Their peers and sessions must exist."""
    drafts = [
        ConclusionDraft(draft.content, draft.observer_id, draft.observed_id, draft.session_id)
        for draft in call.body.observations
    ]
    return 201, conclusions.create(call.store, call.path["workspace_id"], drafts)


@router.operation(
    "POST",
    _PATH + "/list",
    answers={200: "Page[Conclusion]"},
    query="pages.MessagePage",
    body="knowledge.ConclusionGet",
    body_required=False,
    body_title="Options",
    body_description="Filtering options for the conclusions list",
)
def list_conclusions(call: Call) -> Reply:
    """List the conclusions of a workspace, newest first, in pages and with optional filters."""
    workspace_id = call.path["workspace_id"]
    from ..domain.filters import tables

    matches = tables.conclusion_filter(workspace_id, call.filters(), call.store.profile)
    return 200, conclusions.list_(call.store, workspace_id, *call.page(), matches)


@router.operation(
    "POST",
    _PATH + "/query",
    answers={200: "list[Conclusion]"},
    body="knowledge.ConclusionQuery",
    body_description="The query, and the pair of peers in the filters",
    takes_nul=True,
)
def query_conclusions(call: Call) -> Reply:
    """Find the conclusions of one peer about another that are most similar to a text, most similar first.

    The filters must name the observer and the observed peer. Words decide the similarity: no model runs here.
    """
    workspace_id, wanted = call.path["workspace_id"], call.body
    from ..domain.filters import tables

    matches = tables.conclusion_filter(workspace_id, wanted.filters, call.store.profile)
    found = conclusions.query(
        call.store, workspace_id, wanted.query, wanted.filters, matches, wanted.top_k, wanted.distance
    )
    return 200, found


@router.operation("DELETE", _PATH + "/{conclusion_id}", answers={204: None, 404: "Problem"})
def delete_conclusion(call: Call) -> Reply:
    """Delete a conclusion."""
    conclusions.delete(call.store, call.path["workspace_id"], call.path["conclusion_id"])
    return 204, None
