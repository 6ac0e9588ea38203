"""Who may do what: the scope of a token, and the rules by which operations take it.

Learnt from the recordings x-auth-scopes. What a path names is reached with a token of its workspace, whatever else the
token names: the peer or session of a token narrows only the get-or-create of peers or of sessions. There, and for
webhooks, a token that names no workspace reaches every one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .errors import Unauthorized


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token reaches: everything, or what it names. One that is not there is None."""

    admin: bool = False
    workspace: str | None = None
    peer: str | None = None
    session: str | None = None


EVERYTHING = Scope(admin=True)

# A rule takes the scope and the ids of the path; it raises Unauthorized where the one does not reach the other.
Rule = Callable[[Scope, Mapping[str, str]], None]


def admin_only(scope: Scope, path: Mapping[str, str]) -> None:
    """Only an admin."""
    if not scope.admin:
        raise Unauthorized("Resource requires admin privileges")


def of_the_workspace(scope: Scope, path: Mapping[str, str]) -> None:
    """A token of the workspace that the path names."""
    if not scope.admin and scope.workspace != path["workspace_id"]:
        raise Unauthorized("JWT not permissioned for this resource")


def any_token(scope: Scope, path: Mapping[str, str]) -> None:
    """Any token: the handler checks its scope, once it knows what the body asks for."""


def check_workspace(scope: Scope, workspace_id: str) -> None:
    """Only a token of just this workspace. Raises Unauthorized."""
    _check(scope, scope.workspace == workspace_id)


def check_peer(scope: Scope, workspace_id: str, peer_id: str) -> None:
    """A token that names no other workspace and no other peer. Raises Unauthorized."""
    _check(scope, scope.workspace in (None, workspace_id) and scope.peer in (None, peer_id))


def check_session(scope: Scope, workspace_id: str, session_id: str) -> None:
    """A token that names no other workspace and no other session. Raises Unauthorized."""
    _check(scope, scope.workspace in (None, workspace_id) and scope.session in (None, session_id))


def check_webhooks(scope: Scope, workspace_id: str) -> None:
    """A token that names no other workspace. Raises Unauthorized."""
    _check(scope, scope.workspace in (None, workspace_id))


def _check(scope: Scope, reached: bool) -> None:
    if not (scope.admin or reached):
        raise Unauthorized("Unauthorized access to resource")
