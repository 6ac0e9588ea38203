"""Operations on sessions: create, list, update, delete, clone and search."""

from typing import TYPE_CHECKING

from ..domain import access, clones, sessions
from ..wire.plain import given, settings_by_peer
from . import links
from .operation import Call, Reply, Router

if TYPE_CHECKING:
    from ..wire.searches import MessageSearchOptions
    from ..wire.sessions import SessionCreate, SessionUpdate

router = Router("sessions")


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/sessions",
    answers={200: "Session", 400: "Problem", 404: "Problem"},
    id_in_body="session_id",
    body="sessions.SessionCreate",
    body_description="Session creation parameters",
    new_ids=("workspace_id",),
    access=access.any_token,
    links=links.OF_A_SESSION,
)
def get_or_create_session(call: Call) -> Reply:
    """Get a Session by ID or create a new Session with the given ID.

    If Session ID is provided as a parameter, it verifies the Session is in the Workspace.
    Otherwise, it uses the session_id from the JWT for verification.
    """
    body: SessionCreate = call.body
    access.check_session(call.scope, call.path["workspace_id"], body.name)
    configuration = call.storable(given(body.configuration))
    joining = None if body.peer_names is None else settings_by_peer(body.peer_names)
    session, is_new = sessions.get_or_create(
        call.store, call.path["workspace_id"], body.name, body.metadata, configuration, joining
    )
    return call.status_of_get_or_create(is_new), call.written(session.row)


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/sessions/list",
    answers={200: "Page[Session]"},
    query="pages.ReversiblePage",
    body="sessions.SessionGet",
    body_required=False,
    body_title="Options",
    body_description="Filtering and pagination options for the sessions list",
    links=links.OF_SESSIONS,
)
def get_sessions(call: Call) -> Reply:
    """Get all Sessions for a Workspace, paginated with optional filters."""
    matches = call.matches("session")
    return 200, sessions.list_(call.store, call.path["workspace_id"], *call.page(), matches)


@router.operation(
    "PUT",
    "/v3/workspaces/{workspace_id}/sessions/{session_id}",
    answers={200: "Session", 404: "Problem"},
    body="sessions.SessionUpdate",
    body_description="Updated session parameters",
)
def update_session(call: Call) -> Reply:
    """Replace the metadata of a session and merge its configuration by top-level keys. Creates a missing session."""
    body: SessionUpdate = call.body
    configuration = call.storable(given(body.configuration))
    row = sessions.update(call.store, call.path["workspace_id"], call.path["session_id"], body.metadata, configuration)
    return 200, call.written(row)


@router.operation(
    "DELETE",
    "/v3/workspaces/{workspace_id}/sessions/{session_id}",
    answers={202: "Anything", 404: "Problem"},
)
def delete_session(call: Call) -> Reply:
    """Delete a Session and all associated messages.

    The Session is marked as inactive immediately and returns 202 Accepted. The actual
    deletion of all related data happens asynchronously via the queue with retry support.

    This action cannot be undone.
    """
    sessions.delete(call.store, call.path["workspace_id"], call.path["session_id"])
    return 202, {"message": "Session deleted successfully"}


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/sessions/{session_id}/clone",
    answers={201: "Session", 404: "Problem"},
    query="sessions.CloneQuery",
    links=links.OF_A_SESSION,
)
def clone_session(call: Call) -> Reply:
    """Clone a Session, optionally up to a specific message ID."""
    row = clones.clone(call.store, call.path["workspace_id"], call.path["session_id"], call.query.message_id)
    return 201, row


@router.operation(
    "POST",
    "/v3/workspaces/{workspace_id}/sessions/{session_id}/search",
    answers={200: "list[Message]"},
    body="searches.SessionSearchOptions",
    body_description="Message search parameters",
    access=access.read_by_members,
)
def search_session(call: Call) -> Reply:
    """Search the messages of a session, best matches first, with optional filters."""
    from ..domain.search.find import search  # Few clients search.

    body: MessageSearchOptions = call.body
    return 200, search(call.store, body.query, body.limit, body.filters, **call.path)
