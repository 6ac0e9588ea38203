"""Sentences about what does not exist: a workspace, a session, a peer, a message, a conclusion, a webhook."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from ...domain.ordered import Ordered
from ...domain.records import Peer, Session, Workspace
from ...domain.store import Store
from ..text import listed, quoted
from .suggestions import COMPARED_LIMIT, nearest_name

# How many sessions are searched for a message, and how many workspaces for a session or a peer.
SEARCHED_LIMIT = 10_000


class Request(Protocol):
    """A recorded request. The client chose its parts: they may be anything."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str:
        """The decoded path."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The ids in the path, such as `workspace_id`."""

    @property
    def content_type(self) -> str | None: ...
    @property
    def content(self) -> bytes:
        """The body."""

    @property
    def body(self) -> Any:
        """The body as a value: see `Exchange.body`."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by lower-case name. Credentials may be masked."""

    @property
    def authorization(self) -> str | None:
        """The header Authorization as it was sent, or None."""


class Past(Protocol):
    """What is known about earlier requests."""

    def deletion(self, workspace_id: str, session_id: str | None) -> int | None:
        """The number of the last request that deleted the session, or, if `session_id` is None, the workspace. None if
        unknown.
        """


class Case(NamedTuple):
    """What a diagnosis may look at. `paths` has the method and path template of each operation in any version of the
    API, and of each page, `changes` the change that brought a template which not all versions have.
    """

    request: Request
    store: Store
    past: Past
    paths: Sequence[tuple[str, str]]
    changes: Mapping[str, str] = MappingProxyType({})


def deleted_session(case: Case, workspace_id: str, session_id: str) -> str:
    """The sentence for a session that is deleted but not purged."""
    return f"{_deleted('session', workspace_id, session_id, case)} and awaits its purge"


def deleted_workspace(case: Case, workspace_id: str) -> str:
    """The sentence for a workspace that is deleted but not purged."""
    return f"{_deleted('workspace', workspace_id, None, case)} and awaits its purge"


def first_missing(case: Case, ids: Mapping[str, str]) -> str | None:
    """The sentence for the first thing that does not exist, from the workspace inwards. None if all exist.

    Arguments:
        ids: The ids by the names that they have in paths, such as `session_id`.
    """
    workspace_id = ids.get("workspace_id")
    if workspace_id is None:
        return None
    workspace = case.store.workspaces.get(workspace_id)
    if workspace is None:
        return _no_workspace(case, workspace_id)
    session_id = ids.get("session_id")
    session = None if session_id is None else workspace.sessions.get(session_id)
    if session_id is not None and session is None:
        return _no_session(case, workspace, session_id)
    return _missing_inside(case.store, workspace, session, ids)


def _missing_inside(store: Store, workspace: Workspace, session: Session | None, ids: Mapping[str, str]) -> str | None:
    conclusion_id, endpoint_id = ids.get("conclusion_id"), ids.get("endpoint_id")
    if conclusion_id is not None and conclusion_id not in workspace.extras.conclusions:
        return _no_conclusion(store, workspace, conclusion_id)
    if endpoint_id is not None and endpoint_id not in workspace.extras.webhooks:
        return _no_webhook(store, workspace, endpoint_id)
    peer_id, message_id = ids.get("peer_id"), ids.get("message_id")
    if peer_id is not None and (peer_id not in workspace.peers or (session and peer_id not in session.members)):
        return _no_peer(store, workspace, session, peer_id)
    if session is not None and message_id is not None and session.messages.place(message_id) is None:
        return _no_message(store, workspace, session, message_id)
    return None


def _no_conclusion(store: Store, workspace: Workspace, conclusion_id: str) -> str:
    for other in islice(store.directory, SEARCHED_LIMIT):
        if conclusion_id in other.extras.conclusions:
            return _in_another("conclusion", conclusion_id, other, workspace)
    count = len(workspace.extras.conclusions)
    return f"workspace {quoted(workspace.row['id'])} has no conclusion {quoted(conclusion_id)}; it has {count} others"


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
        return f"peer {quoted(peer_id)} is in workspace {here} but was never in session {quoted(session.row['id'])}"
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
    """What exists instead: the most similar name, or the first names."""
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
