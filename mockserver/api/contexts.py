"""Operations on the context of a session, which a client passes to a model."""

from typing import TYPE_CHECKING

from ..domain import access, contexts
from ..domain.contexts import PeerView
from .operation import Call, Reply, Router

if TYPE_CHECKING:
    from ..wire.knowledge import SessionContextQuery

router = Router("sessions")

_PATH = "/v3/workspaces/{workspace_id}/sessions/{session_id}"


@router.operation(
    "GET",
    _PATH + "/context",
    answers={200: "SessionContext", 404: "Problem"},
    query="knowledge.SessionContextQuery",
    access=access.read_by_members,
)
def get_session_context(call: Call) -> Reply:
    """Get the context of a session, up to a maximum number of tokens.

    It has the newest messages, a summary of earlier ones if there is one, and, with a target, the knowledge about that
    peer.
    """
    wanted: SessionContextQuery = call.query
    session_id = call.path["session_id"]
    view = PeerView(wanted.peer_target, wanted.peer_perspective, wanted.choice(session_id))
    composed = contexts.of_session(
        call.store, call.path["workspace_id"], session_id, wanted.tokens, view, summarized=wanted.summary
    )
    return 200, call.scripted(composed)


@router.operation("GET", _PATH + "/summaries", answers={200: "SessionSummaries"}, access=access.read_by_members)
def get_session_summaries(call: Call) -> Reply:
    """Get the summaries of a session. They come from a test, a world or a script: no model writes them here."""
    session_id = call.path["session_id"]
    kept = contexts.summaries_of(call.store, call.path["workspace_id"], session_id)
    composed = {"id": session_id, **{f"{kind}_summary": summary for kind, summary in kept.items()}}
    return 200, call.scripted(composed)
