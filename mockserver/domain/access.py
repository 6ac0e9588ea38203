"""Authorization: the scope of a token, and the rules by which operations accept it.

Before the change `narrow_tokens`, a token for a workspace gives access to everything below the path of the workspace.
The peer or session in a token is checked only when a peer or session is fetched or created. There, and for webhooks, a
token without a workspace gives access to all workspaces (recorded in x-auth-scopes).

With that change, the narrowest claim decides: a token for a session gives access to what names the session, and one for
a peer to what names the peer (recorded in x2-vr-scopes).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from . import sessions
from .errors import IncompleteToken, NarrowToken
from .store import Store


class Scope(NamedTuple):
    """What a token gives access to: everything for an admin, else a workspace, a peer or a session.

    A claim can be a value that is not a string. Such an id gives access to nothing (recorded in x2-a2-odd-2).
    """

    admin: bool = False
    workspace: Any = None
    peer: Any = None
    session: Any = None


_UNAUTHORIZED = "Unauthorized access to resource"
EVERYTHING = Scope(admin=True)

# A rule takes the scope, the ids of the path, and the store. It raises Unauthorized if the scope does not include them.
Rule = Callable[[Scope, Mapping[str, str], Store], None]


def complete(scope: Scope, store: Store) -> Scope:
    """The scope as the version of the API reads it. Raises Unauthorized if it lacks a workspace that it needs."""
    if store.profile.empty_claims:
        claims = {claim: getattr(scope, claim) or None for claim in ("workspace", "peer", "session")}
        scope = Scope(scope.admin, **claims)
    if store.profile.tokens_need_workspace and scope.workspace is None and (scope.peer, scope.session) != (None, None):
        raise IncompleteToken(_granted(scope))
    return scope


# Rules of operations.


def admin_only(scope: Scope, path: Mapping[str, str], store: Store) -> None:
    """Accepts only an admin."""
    if not scope.admin:
        raise NarrowToken("Resource requires admin privileges", _granted(scope), None)


def of_the_path(scope: Scope, path: Mapping[str, str], store: Store) -> None:
    """Accepts a token of the workspace in the path; with `narrow_tokens`, of what the path is about."""
    if not _includes(scope, path, store):
        raise _not_permissioned(scope, path["workspace_id"], _about(path))


def read_by_members(scope: Scope, path: Mapping[str, str], store: Store) -> None:
    """Accepts what `of_the_path` accepts. With `members_read_sessions`, also accepts a token for a peer that is in the
    session.
    """
    reads_as_member = store.profile.members_read_sessions and _is_for_member(scope, path, store)
    if not (reads_as_member or _includes(scope, path, store)):
        raise _not_permissioned(scope, path["workspace_id"], {**_about(path), "member": path["session_id"]})


def own_settings(scope: Scope, path: Mapping[str, str], store: Store) -> None:
    """Accepts what `read_by_members` accepts. With `own_session_settings`, refuses all tokens, even of an admin, that
    name another peer than the path.
    """
    if store.profile.own_session_settings and scope.peer not in (None, path["peer_id"]):
        needed = {"peer": path["peer_id"]}
        raise _not_permissioned(scope, path["workspace_id"], needed, "own_session_settings")
    read_by_members(scope, path, store)


def of_webhooks(scope: Scope, path: Mapping[str, str], store: Store) -> None:
    """With `scoped_webhooks`, accepts what `of_the_path` accepts. Else accepts any token: see `check_webhooks`."""
    if store.profile.scoped_webhooks and not _includes(scope, path, store):
        change = "scoped_webhooks" if scope.workspace is None else "narrow_tokens"
        raise _not_permissioned(scope, path["workspace_id"], _about(path), change)


def any_token(scope: Scope, path: Mapping[str, str], store: Store) -> None:
    """Accepts any token. The handler checks the scope, as it depends on the body."""


# Rules that handlers check, as they depend on the body, or come after the check of the body.


def check_workspace(scope: Scope, workspace_id: str) -> None:
    """Accept only a token of this workspace. Raises Unauthorized."""
    if not scope.admin and scope.workspace != workspace_id:
        raise _narrow(scope, workspace=workspace_id)


def check_peer(scope: Scope, workspace_id: str, peer_id: str) -> None:
    """Refuse a token for another workspace or another peer. Raises Unauthorized."""
    if not (scope.admin or (scope.workspace in (None, workspace_id) and scope.peer in (None, peer_id))):
        raise _narrow(scope, workspace=workspace_id, peer=peer_id)


def check_session(scope: Scope, workspace_id: str, session_id: str) -> None:
    """Refuse a token for another workspace or another session. Raises Unauthorized."""
    if not (scope.admin or (scope.workspace in (None, workspace_id) and scope.session in (None, session_id))):
        raise _narrow(scope, workspace=workspace_id, session=session_id)


def check_webhooks(scope: Scope, workspace_id: str, detail: str = _UNAUTHORIZED) -> None:
    """Refuse a token for another workspace. Raises Unauthorized."""
    if not (scope.admin or scope.workspace in (None, workspace_id)):
        raise _narrow(scope, detail, workspace=workspace_id)


def check_chat(scope: Scope, store: Store, workspace_id: str, session_ids: Iterable[str]) -> None:
    """With `chat_in_own_sessions`, refuse a token for a peer that is not in all of these sessions, even of an admin.

    Raises Unauthorized.
    """
    if not store.profile.chat_in_own_sessions or scope.peer is None:
        return
    for session_id in session_ids:
        if not _is_member(store, workspace_id, session_id, scope.peer):
            raise _not_permissioned(scope, workspace_id, {"member": session_id}, "chat_in_own_sessions")


# What a scope includes.


def _includes(scope: Scope, path: Mapping[str, str], store: Store) -> bool:
    """Whether the scope includes what the path is about. With `narrow_tokens`, the narrowest claim decides. Paths that
    name a session and a peer are about the session.
    """
    if scope.admin:
        return True
    if scope.workspace != path["workspace_id"]:
        return False
    if store.profile.narrow_tokens and scope.session is not None:
        return bool(scope.session == path.get("session_id"))
    if store.profile.narrow_tokens and scope.peer is not None:
        return bool(scope.peer == path.get("peer_id") and "session_id" not in path)
    return True


def _is_for_member(scope: Scope, path: Mapping[str, str], store: Store) -> bool:
    """Whether the scope is a peer that is in the session of the path."""
    is_for_peer = scope.workspace == path["workspace_id"] and scope.session is None
    return is_for_peer and _is_member(store, path["workspace_id"], path["session_id"], scope.peer)


def _is_member(store: Store, workspace_id: str, session_id: str, peer_id: Any) -> bool:
    """Whether the peer is now in the session, which may be deleted."""
    session = sessions.find(store, workspace_id, session_id)
    member = session.members.get(peer_id) if session is not None and isinstance(peer_id, str) else None
    return member is not None and member.present


# Refusals.


def _narrow(scope: Scope, detail: str = _UNAUTHORIZED, **needed: str) -> NarrowToken:
    return NarrowToken(detail, _granted(scope), needed)


def _not_permissioned(
    scope: Scope, workspace_id: str, needed: Mapping[str, str], change: str = "narrow_tokens"
) -> NarrowToken:
    """The refusal of a token that lacks the workspace, or else what is `needed` because of a change."""
    detail = "JWT not permissioned for this resource"
    lacks_workspace = not scope.admin and scope.workspace != workspace_id
    if lacks_workspace and change != "scoped_webhooks":
        return NarrowToken(detail, _granted(scope), {"workspace": workspace_id})
    return NarrowToken(detail, _granted(scope), {"workspace": workspace_id, **needed}, change)


def _granted(scope: Scope) -> dict[str, Any]:
    return {"peer": scope.peer, "session": scope.session, "workspace": scope.workspace}


def _about(path: Mapping[str, str]) -> dict[str, str]:
    """What a path is about: its session or else its peer, if it names one."""
    kind = "session" if "session_id" in path else "peer"
    return {kind: path[f"{kind}_id"]} if f"{kind}_id" in path else {}
