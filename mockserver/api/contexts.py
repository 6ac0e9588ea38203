"""Operations on the context of a session: what a model is to be told of it."""

from ..domain import contexts
from ..domain.contexts import View
from ..wire import knowledge
from .operation import Call, Reply, Router

router = Router("sessions")

_PATH = "/v3/workspaces/{workspace_id}/sessions/{session_id}"


@router.operation(
    "GET", _PATH + "/context", answers={200: "SessionContext", 404: "Problem"}, query=knowledge.SessionContextQuery
)
def get_session_context(call: Call) -> Reply:
    """What a model is to be told of a session, within a number of tokens.

    The newest messages, a summary of those before where there is one, and, with a target, what is known of that peer.
    """
    wanted: knowledge.SessionContextQuery = call.query
    session_id = call.path["session_id"]
    view = View(wanted.peer_target, wanted.peer_perspective, wanted.choice(session_id))
    composed = contexts.of_session(
        call.store, call.path["workspace_id"], session_id, wanted.tokens, view, summarized=wanted.summary
    )
    return 200, call.scripted(composed)


@router.operation("GET", _PATH + "/summaries", answers={200: "SessionSummaries"})
def get_session_summaries(call: Call) -> Reply:
    """The summaries of a session that a test or a world has put there, or a script says: none is written here."""
    session_id = call.path["session_id"]
    kept = contexts.summaries_of(call.store, call.path["workspace_id"], session_id)
    composed = {"id": session_id, **{f"{kind}_summary": summary for kind, summary in kept.items()}}
    return 200, call.scripted(composed)
