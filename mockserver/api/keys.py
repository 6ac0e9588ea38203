"""The operation that creates keys, which are the tokens of clients."""

from typing import TYPE_CHECKING

from ..domain import access
from ..domain.errors import Disabled, KeyWithoutWorkspace, Unprocessable
from .operation import Call, Reply, Router

if TYPE_CHECKING:
    from ..wire.keys import KeyQuery

router = Router("keys")


@router.operation(
    "POST", "/v3/keys", answers={200: "Anything", 405: "Problem"}, query="keys.KeyQuery", access=access.admin_only
)
def create_key(call: Call) -> Reply:
    """Create a key for a workspace, a peer or a session. It needs authentication to be on."""
    query: KeyQuery = call.query
    if call.mock.keyring is None:
        raise Disabled
    needs_workspace = call.store.profile.keys_need_workspace
    _check_scope(query.model_dump(include={"workspace_id", "peer_id", "session_id"}), needs_workspace=needs_workspace)
    token = call.mock.token(
        workspace=query.workspace_id or None,
        peer=query.peer_id or None,
        session=query.session_id or None,
        expires_at=query.expires_at,
    )
    return 200, {"key": token}


def _check_scope(named: dict[str, str | None], *, needs_workspace: bool) -> None:
    """Check that the ids name a scope. Raises Unprocessable."""
    if not any(named.values()):
        raise Unprocessable("At least one of workspace_id, peer_id, or session_id must be provided", ("query",), named)
    if needs_workspace and not named["workspace_id"]:
        raise KeyWithoutWorkspace(named)
