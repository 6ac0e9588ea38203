"""Sentences about what is refused for what it asks: access, methods, observers, the end of a workspace."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from ...domain.clock import timestamp
from ...domain.membership import OBSERVERS_LIMIT
from ...domain.store import Store
from ...domain.webhooks import ENDPOINTS_LIMIT
from ...formats.forms import NO_BOUNDARY
from ..wording import listed, quoted, shortened, value
from .case import Case
from .suggestions import template_at

_NAMED_BY_TOKEN = {"p": "peer", "s": "session", "w": "workspace"}
_YES = frozenset({"true", "1", "on", "t", "y", "yes"})


def no_access(case: Case) -> str:
    """Why there is a 401."""
    scheme, token, detail = case.asked.scheme, case.asked.token, case.detail
    if token is None:
        return _no_token(scheme, detail)
    if detail == "JWT expired":
        return f"the token expired at {_moment(token.get('exp'))}; it is {timestamp(case.store.clock.peek())} now"
    if detail == "Invalid JWT":
        return _invalid(token, case.store)
    return f"the token is {_reach(token)}; this needs {_needed(case, token)}"


def _no_token(scheme: str | None, detail: Any) -> str:
    if scheme is None:
        return "there is no Authorization header; it takes 'Bearer' and a token"
    if scheme.lower() != "bearer":
        return f"the Authorization header is of the scheme {quoted(scheme)}, not 'Bearer'"
    if detail == "No access token provided":
        return "the Authorization header has no token after 'Bearer'"
    return "the token cannot be read, or is signed with another secret than this server's"


def _moment(claim: Any) -> str:
    """An `exp` as a time: it is ISO 8601, or seconds since 1970."""
    try:
        return timestamp(int(claim * 1_000_000)) if isinstance(claim, (int, float)) else value(claim)
    except (ValueError, OverflowError):
        return value(claim)


def _invalid(token: Mapping[str, Any], store: Store) -> str:
    if token.get("exp") is not None and store.quirks.expiry_invalidates:
        return "the token has an expiry ('exp'), and the quirk expiry_invalidates refuses all of those"
    return "the token is signed with the secret, but a claim in it is not as it should be"


def _reach(token: Mapping[str, Any]) -> str:
    named = {kind: value(token[claim]) for claim, kind in _NAMED_BY_TOKEN.items() if token.get(claim) is not None}
    return "of " + " of ".join(f"{kind} {name}" for kind, name in named.items()) if named else "of no workspace"


def _needed(case: Case, token: Mapping[str, Any]) -> str:
    if case.detail == "Resource requires admin privileges":
        return "an admin"
    workspace_id, operation = case.id_of("workspace"), case.asked.operation
    for kind, claim in (("session", "s"), ("peer", "p")):
        is_narrowed = operation == f"get_or_create_{kind}" and token.get("w") in (None, workspace_id)
        if is_narrowed and token.get(claim) is not None:
            return f"{kind} {quoted(case.id_of(kind) or '')}, a token of no {kind}, or an admin"
    return "an admin" if workspace_id is None else f"workspace {quoted(workspace_id)}, or an admin"


def wrong_method(case: Case) -> str | None:
    """Why there is a 405."""
    if case.asked.operation == "create_key":
        return "keys are made only while authentication is on: auth_secret turns it on"
    found = template_at(case.asked.path, case.paths)
    if found is None:
        return None
    template, methods = found
    return f"{shortened(case.asked.method)} is no method of {template}; it takes {', '.join(methods)}"


def conflict(case: Case) -> str | None:
    """Why there is a 409: which sessions keep a workspace from being deleted, or how many webhooks it has."""
    workspace = case.store.workspaces.get(case.id_of("workspace") or "")
    if workspace is not None and case.asked.operation == "get_or_create_webhook_endpoint":
        count = len(workspace.extras.webhooks)
        return (
            f"workspace {quoted(workspace.row['id'])} has {count} webhooks, {ENDPOINTS_LIMIT} are the limit; delete one"
        )
    if workspace is None or not workspace.active:
        return None
    count = len(workspace.active)
    names = listed([session.row["id"] for session in workspace.active[:3]], count)
    sessions, them = ("session", "it") if count == 1 else ("sessions", "them")
    return f"workspace {quoted(workspace.row['id'])} has {count} active {sessions}: {names}; delete {them} first"


def no_boundary_or_too_many_observers(case: Case) -> str | None:
    """Why there is a 400: a form without its boundary, or who all would observe the others."""
    if case.detail == NO_BOUNDARY:
        sent = quoted(case.asked.content_type or "")
        return f"the content type {sent} names no boundary: leave this header to the client, which makes one up"
    return _too_many_observers(case)


def _too_many_observers(case: Case) -> str | None:
    session_id = case.id_of("session")
    observers = _observers(case, session_id)
    if session_id is None or len(observers) <= OBSERVERS_LIMIT:
        return None
    who = listed(observers, len(observers), OBSERVERS_LIMIT + 5)
    return (
        f"session {quoted(session_id)} would have {len(observers)} peers with observe_others, "
        f"{OBSERVERS_LIMIT} are the limit: {who}"
    )


def _observers(case: Case, session_id: str | None) -> list[str]:
    """Who would observe the others in the session, if the request were carried out."""
    workspace = case.store.workspaces.get(case.id_of("workspace") or "")
    session = workspace.sessions.get(session_id or "") if workspace is not None else None
    members = session.members if session is not None and case.asked.operation != "set_session_peers" else {}
    present = {peer_id: member.observe_others for peer_id, member in members.items() if member.present}
    joining = {peer_id: _observes(settings) for peer_id, settings in case.joining().items() if isinstance(peer_id, str)}
    # Who is in a session keeps the settings of before, unless just these are what is set.
    after = {**present, **joining} if case.asked.operation == "set_peer_config" else {**present, **joining, **present}
    return [peer_id for peer_id, observes in after.items() if observes]


def _observes(settings: Any) -> bool:
    """Whether the settings say yes, in any of the ways that a body may say it."""
    said = settings.get("observe_others") if isinstance(settings, dict) else None
    return said.lower() in _YES if isinstance(said, str) else said in (True, 1)


def clashing_clone(case: Case) -> str | None:
    """Why there is a 500: with a quirk, a clone takes more than one session, and they clash."""
    session_id = case.id_of("session")
    if case.asked.operation != "clone_session" or session_id is None:
        return None
    homes = [
        workspace.row["id"] for workspace in islice(case.store.directory, 10_000) if session_id in workspace.sessions
    ]
    if len(homes) < 2:
        return None
    named = listed(homes, len(homes))
    return (
        f"session {quoted(session_id)} is in the workspaces {named}, and the quirk clone_crosses_workspaces mixes them"
    )


def unknown_file(case: Case) -> str | None:
    """Why there is a 415: which content types a file may have."""
    body = case.asked.body
    file = body.get("file") if isinstance(body, dict) else None
    if not isinstance(file, dict) or file.get("content_type") == "application/pdf":
        return None
    return (
        f"the file comes as {value(file.get('content_type'))}; "
        "text/plain (or any text), application/json and application/pdf are taken"
    )
