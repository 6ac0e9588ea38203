"""Authorization: the scope of a token, and the rules by which operations accept it.

The rules come from the recordings x-auth-scopes. A token for a workspace gives access to everything below the path of
the workspace. The peer or session in a token is checked only when a peer or session is fetched or created. There, and
for webhooks, a token without a workspace gives access to all workspaces.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import NarrowToken


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token gives access to: everything for an admin, else a workspace, a peer or a session.

    A claim can be a value that is not a string. Such an id gives access to nothing (recorded in x2-a2-odd-2).
    """

    admin: bool = False
    workspace: Any = None
    peer: Any = None
    session: Any = None


_UNAUTHORIZED = "Unauthorized access to resource"
EVERYTHING = Scope(admin=True)

# A rule takes the scope and the ids of the path. It raises Unauthorized if the scope does not include them.
Rule = Callable[[Scope, Mapping[str, str]], None]


def admin_only(scope: Scope, path: Mapping[str, str]) -> None:
    """Accepts only an admin."""
    if not scope.admin:
        raise _narrow("Resource requires admin privileges", scope, None)


def of_the_workspace(scope: Scope, path: Mapping[str, str]) -> None:
    """Accepts a token of the workspace in the path."""
    if not scope.admin and scope.workspace != path["workspace_id"]:
        raise _narrow("JWT not permissioned for this resource", scope, {"workspace": path["workspace_id"]})


def any_token(scope: Scope, path: Mapping[str, str]) -> None:
    """Accepts any token. The handler checks the scope, as it depends on the body."""


def check_workspace(scope: Scope, workspace_id: str) -> None:
    """Accept only a token of this workspace. Raises Unauthorized."""
    _check(scope, scope.workspace == workspace_id, workspace=workspace_id)


def check_peer(scope: Scope, workspace_id: str, peer_id: str) -> None:
    """Refuse a token for another workspace or another peer. Raises Unauthorized."""
    reached = scope.workspace in (None, workspace_id) and scope.peer in (None, peer_id)
    _check(scope, reached, workspace=workspace_id, peer=peer_id)


def check_session(scope: Scope, workspace_id: str, session_id: str) -> None:
    """Refuse a token for another workspace or another session. Raises Unauthorized."""
    reached = scope.workspace in (None, workspace_id) and scope.session in (None, session_id)
    _check(scope, reached, workspace=workspace_id, session=session_id)


def check_webhooks(scope: Scope, workspace_id: str, detail: str = _UNAUTHORIZED) -> None:
    """Refuse a token for another workspace. Raises Unauthorized."""
    _check(scope, scope.workspace in (None, workspace_id), detail, workspace=workspace_id)


def _check(scope: Scope, reached: bool, detail: str = _UNAUTHORIZED, **needed: str) -> None:
    if not (scope.admin or reached):
        raise _narrow(detail, scope, needed)


def _narrow(detail: str, scope: Scope, needed: dict[str, str] | None) -> NarrowToken:
    granted = {"peer": scope.peer, "session": scope.session, "workspace": scope.workspace}
    return NarrowToken(detail, granted, needed)
