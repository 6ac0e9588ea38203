"""Sentences about what is not there: a workspace, a session, a peer, a message, an operation."""

from collections.abc import Iterator
from itertools import chain, islice

from ...domain.ordered import Ordered
from ...domain.records import Peer, Session, Workspace
from ...domain.store import Store
from ..wording import listed, quoted, shortened
from .case import Case
from .suggestions import COMPARED_LIMIT, nearest_name, nearest_template
from .unprocessable import malformed_id, rule_of_ids

# How many sessions are searched for a message, and how many workspaces for a session or a peer.
SEARCHED_LIMIT = 10_000

_SEE_DELETED = frozenset(
    {
        *("get_messages", "get_message", "update_message", "get_session_peers", "get_peer_config"),
        *("get_session_context", "get_session_summaries", "search_session"),
    }
)
# It may lack the session, but not the peer who is to know something.
_NEEDS_NO_SESSION = "get_session_context"
_MAKE_SESSIONS = frozenset({"get_or_create_session", "update_session", "add_peers_to_session"})


def not_found(case: Case) -> str | None:
    """Why there is a 404."""
    return first_missing(case) if case.asked.operation is not None else _no_operation(case)


def _no_operation(case: Case) -> str:
    path = case.asked.path
    said = f"no operation at {shortened(path, 80)}"
    template = nearest_template(path, case.paths)
    return said if template is None else f"{said}; did you mean {template}?"


def first_missing(case: Case) -> str | None:
    """Down the path, the first of workspace, session, peer and message that is not there; None where all are."""
    workspace_id, session_id = case.id_of("workspace"), case.id_of("session")
    if workspace_id is None:
        return None
    workspace = case.store.workspaces.get(workspace_id)
    session = workspace.sessions.get(session_id) if workspace is not None and session_id is not None else None
    operation = case.asked.operation
    if session is not None and not session.row["is_active"] and operation not in _SEE_DELETED:
        return f"{_deleted('session', workspace_id, session_id, case)} and awaits its purge"
    if operation in _MAKE_SESSIONS:
        return _malformed(case)
    if workspace is None:
        return _no_workspace(case, workspace_id)
    if session_id is not None and session is None and operation != _NEEDS_NO_SESSION:
        return _no_session(case, workspace, session_id)
    return _missing_inside(case, workspace, session) or _malformed(case)


def _missing_inside(case: Case, workspace: Workspace, session: Session | None) -> str | None:
    """What else is asked for and is not there; None where all is, or nothing is asked for."""
    if case.asked.operation == _NEEDS_NO_SESSION:
        observer_id = case.asked.query.get("peer_perspective") or case.asked.query.get("peer_target")
        is_there = observer_id is None or observer_id in workspace.peers
        return None if is_there else _no_peer(case.store, workspace, None, str(observer_id))
    if case.asked.operation == "create_conclusions":
        return _missing_of_conclusions(case, workspace)
    if (said := _missing_holding(case, workspace)) is not None:
        return said
    peer_id = case.id_of("peer")
    if peer_id is not None and (peer_id not in workspace.peers or (session and peer_id not in session.members)):
        return _no_peer(case.store, workspace, session, peer_id)
    message_id = case.asked.parameters.get("message_id", case.asked.query.get("message_id"))
    if session is not None and message_id is not None and session.messages.place(message_id) is None:
        return _no_message(case.store, workspace, session, message_id)
    return None


def _missing_holding(case: Case, workspace: Workspace) -> str | None:
    """The conclusion or webhook of the path that is not there."""
    conclusion_id, endpoint_id = (case.asked.parameters.get(name) for name in ("conclusion_id", "endpoint_id"))
    if conclusion_id is not None and conclusion_id not in workspace.extras.conclusions:
        return _no_conclusion(case.store, workspace, conclusion_id)
    if endpoint_id is not None and endpoint_id not in workspace.extras.webhooks:
        return _no_webhook(case.store, workspace, endpoint_id)
    return None


def _missing_of_conclusions(case: Case, workspace: Workspace) -> str | None:
    """The session or peer that the body names and that is not there."""
    body = case.asked.body
    drafts = body.get("conclusions") if isinstance(body, dict) else None
    drafts = [draft for draft in drafts if isinstance(draft, dict)] if isinstance(drafts, list) else []
    for draft in drafts:
        session_id = draft.get("session_id")
        session = workspace.sessions.get(session_id) if isinstance(session_id, str) else None
        if session is not None and not session.row["is_active"]:
            return f"{_deleted('session', workspace.row['id'], session_id, case)} and awaits its purge"
        if session is None and isinstance(session_id, str):
            return _no_session(case, workspace, session_id)
    named = (draft.get(name) for draft in drafts for name in ("observer_id", "observed_id"))
    unknown = next((one for one in named if isinstance(one, str) and one not in workspace.peers), None)
    return None if unknown is None else _no_peer(case.store, workspace, None, unknown)


def _no_conclusion(store: Store, workspace: Workspace, conclusion_id: str) -> str:
    for other in islice(store.directory, SEARCHED_LIMIT):
        if conclusion_id in other.extras.conclusions:
            return _in_another("conclusion", conclusion_id, other, workspace)
    count = len(workspace.extras.conclusions)
    return f"workspace {quoted(workspace.row['id'])} has no conclusion {quoted(conclusion_id)}; it has {count} others"


def _malformed(case: Case) -> str | None:
    found = malformed_id(case)
    return None if found is None else rule_of_ids(found[1])


def _deleted(kind: str, workspace_id: str, session_id: str | None, case: Case) -> str:
    number = case.past.deletion(workspace_id, session_id)
    by = "" if number is None else f" by request #{number}"
    return f"{kind} {quoted(workspace_id if session_id is None else session_id)} was deleted{by}"


def _no_workspace(case: Case, workspace_id: str) -> str:
    if case.past.deletion(workspace_id, None) is not None:
        return f"{_deleted('workspace', workspace_id, None, case)} and is purged"
    hint = _hint(workspace_id, case.store.directory, "there is", "there are")
    return f"there is no workspace {quoted(workspace_id)}; {hint}"


def _no_session(case: Case, workspace: Workspace, session_id: str) -> str:
    workspace_id = workspace.row["id"]
    if case.past.deletion(workspace_id, session_id) is not None:
        return f"{_deleted('session', workspace_id, session_id, case)} and is purged"
    for other in islice(case.store.directory, SEARCHED_LIMIT):
        found = other.sessions.get(session_id)
        if found is not None and found.row["is_active"]:
            return _in_another("session", session_id, other, workspace)
    hint = _hint(session_id, workspace.active, "it has", "it has")
    return f"workspace {quoted(workspace_id)} has no session {quoted(session_id)}; {hint}"


def _no_webhook(store: Store, workspace: Workspace, endpoint_id: str) -> str:
    for other in islice(store.directory, SEARCHED_LIMIT):
        if endpoint_id in other.extras.webhooks:
            return _in_another("webhook", endpoint_id, other, workspace)
    known = list(workspace.extras.webhooks)
    there = listed(known, len(known)) if known else "none"
    return f"workspace {quoted(workspace.row['id'])} has no webhook {quoted(endpoint_id)}; it has {there}"


def _no_peer(store: Store, workspace: Workspace, session: Session | None, peer_id: str) -> str:
    here = quoted(workspace.row["id"])
    if session is not None and peer_id in workspace.peers:
        return f"peer {quoted(peer_id)} is in workspace {here} but never was in session {quoted(session.row['id'])}"
    for other in islice(store.directory, SEARCHED_LIMIT):
        if peer_id in other.peers:
            return _in_another("peer", peer_id, other, workspace)
    hint = _hint(peer_id, workspace.roster, "it has", "it has")
    return f"workspace {here} has no peer {quoted(peer_id)}; {hint}"


def _in_another(kind: str, name: str, other: Workspace, workspace: Workspace) -> str:
    there, here = quoted(other.row["id"]), quoted(workspace.row["id"])
    return f"{kind} {quoted(name)} exists in workspace {there}, not in {here}"


def _hint(
    wanted: str, known: Ordered[Workspace] | Ordered[Session] | Ordered[Peer], has_one: str, has_many: str
) -> str:
    """What else there is: the name that was most likely meant, or the first ones."""
    nearest = nearest_name(wanted, (record.row["id"] for record in known[-COMPARED_LIMIT:]))
    if nearest is not None:
        return f"did you mean {quoted(nearest)}?"
    if not known:
        return f"{has_many} none"
    names = [record.row["id"] for record in known[:3]]
    return f"{has_one if len(known) == 1 else has_many} {listed(names, len(known))}"


def _no_message(store: Store, workspace: Workspace, session: Session, message_id: str) -> str:
    message = quoted(message_id)
    searched = 0
    for other in islice(_sessions(store, workspace), SEARCHED_LIMIT):
        searched += 1
        if other.messages.place(message_id) is not None:
            home = other.row["workspace_id"]
            of = "" if home == workspace.row["id"] else f" of workspace {quoted(home)}"
            return f"message {message} belongs to session {quoted(other.row['id'])}{of}"
    is_all = max(searched, len(store.directory)) < SEARCHED_LIMIT
    elsewhere = "elsewhere" if is_all else f"in the {SEARCHED_LIMIT} sessions that were searched"
    return f"there is no message {message} in session {quoted(session.row['id'])} or {elsewhere}"


def _sessions(store: Store, first: Workspace) -> Iterator[Session]:
    """The sessions of all workspaces, those of `first` before the others."""
    others = (workspace for workspace in islice(store.directory, SEARCHED_LIMIT) if workspace is not first)
    return chain.from_iterable(workspace.sessions.values() for workspace in chain([first], others))
