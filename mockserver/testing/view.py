"""What the page shows of a mock: a part of its state, as JSON."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from ..domain.clock import moment, timestamp
from ..domain.records import Membership, Peer, Row, Session, Workspace
from ..domain.schedule import Job
from ..domain.store import Store
from .clone_tree import CloneTree, original_of
from .mock import Mock
from .text import cut

Json = dict[str, Any]
# The waiting purge of each deleted session or workspace by its number, and whether the purge is held.
Waiting = Mapping[int, tuple[Job, bool]]

# How many entries the lists without a window show.
_SHOWN = 200
_WORKSPACES_SHOWN = 1000
# How many values of metadata or configuration are shown, and how many characters of each.
_VALUES_SHOWN = 500
_TEXT_SHOWN = 2000
# How many characters of the metadata of a session the list shows.
_GLANCE = 60


class ViewWindow(NamedTuple):
    """Which part of the state to show.

    Attributes:
        workspace: An id, or None for the newest.
        session: An id, or None for the newest.
        find: List only sessions whose id contains this text (case-insensitive).
        sessions: The place of the first listed session, and how many to list.
        messages: The same for messages. If the place is None, the last messages are shown.
    """

    workspace: str | None = None
    session: str | None = None
    find: str = ""
    sessions: tuple[int, int] = (0, 50)
    messages: tuple[int | None, int] = (None, 50)


def view(mock: Mock, window: ViewWindow) -> Json:
    """What the page shows, after due purges and work are done."""
    mock.run_due()
    store = mock.store
    newest = store.directory[-1] if store.directory else None
    workspace = newest if window.workspace is None else store.workspaces.get(window.workspace)
    purges = {job.number: (job, store.purges.is_held(job)) for job in store.purges.jobs}
    return {
        **_server(mock),
        "workspaces": _workspaces(store, purges),
        "workspace": None if workspace is None else _workspace(workspace, window, purges),
    }


def _server(mock: Mock) -> Json:
    clock, jobs = mock.clock, mock.store.purges.jobs
    return {
        "api_version": mock.api_version,
        "now": timestamp(clock.peek()),
        "frozen": clock.is_frozen,
        "authenticated": mock.keyring is not None,
        "next_purge": next((_due(job) for job in jobs if not mock.store.purges.is_held(job)), None),
        "faults": [fault.as_json() for fault in mock.faults],
        "play": None if mock.play is None else mock.play.as_json(),
    }


def _workspaces(store: Store, purges: Waiting) -> Json:
    newest = islice(reversed(store.directory), _WORKSPACES_SHOWN)
    listed = [{"id": one.row["id"], "sessions": len(one.active), **_wait(one.number, purges)} for one in newest]
    return {"total": len(store.directory), "items": listed}


def _workspace(workspace: Workspace, window: ViewWindow, purges: Waiting) -> Json:
    tree = CloneTree(workspace)
    newest = next(iter(tree), (0, None))[1] if window.session is None else None
    chosen = newest if window.session is None else workspace.sessions.get(window.session)
    return {
        **_row(workspace),
        **_wait(workspace.number, purges),
        "active": len(workspace.active),
        "peers": _peers(workspace),
        "sessions": _sessions(workspace, tree, window, purges),
        "session": None if chosen is None else _session(workspace, tree, chosen, window, purges),
    }


def _row(record: Workspace | Peer | Session) -> Json:
    row = record.row
    known = {"id": row["id"], "created_at": row["created_at"]}
    return known | {name: _bounded(row[name]) for name in ("metadata", "configuration")}


def _message(row: Row) -> Json:
    return {**row, "metadata": _bounded(row["metadata"])} if row["metadata"] else row


def _bounded(value: Any, left: list[int] | None = None) -> Any:
    """JSON in which large parts are replaced by their size, so that the page stays fast.

    `left` has one entry: how many more values may be shown. It is a list because the calls for the parts share it.
    """
    left = [_VALUES_SHOWN] if left is None else left
    left[0] -= 1
    if isinstance(value, str):
        return value if len(value) <= _TEXT_SHOWN else f"{value[:_TEXT_SHOWN]}… ({len(value)} characters)"
    if not isinstance(value, (dict, list)):
        return value
    if len(value) > max(left[0], 0):
        return f"… ({len(value)} values)"
    if isinstance(value, dict):
        return {_bounded(key): _bounded(entry, left) for key, entry in value.items()}
    return [_bounded(entry, left) for entry in value]


def _peers(workspace: Workspace) -> Json:
    listed = [{**_row(peer), "sessions": len(peer.sessions)} for peer in islice(workspace.roster, _SHOWN)]
    return {"total": len(workspace.roster), "items": listed}


def _sessions(workspace: Workspace, tree: CloneTree, window: ViewWindow, purges: Waiting) -> Json:
    """The listed sessions, as a tree. A search gives a flat list."""
    start, size = window.sessions
    rows: Iterable[tuple[int, Session]] = tree
    total = len(workspace.sessions)
    if window.find:
        part = window.find.lower()
        found = [(0, session) for _, session in rows if part in session.row["id"].lower()]
        rows, total = found, len(found)
    first = min(start, total)
    items = [_listed(workspace, session, depth, purges) for depth, session in islice(rows, first, first + size)]
    return {"total": total, "from": first, "items": items}


def _listed(workspace: Workspace, session: Session, depth: int, purges: Waiting) -> Json:
    return {
        "id": session.row["id"],
        "depth": depth,
        "is_active": session.row["is_active"],
        "messages": len(session.messages),
        "about": _about(session.row["metadata"]),
        "members": sum(member.present for member in session.members.values()),
        "cloned_from": _origin(workspace, session),
        **_wait(session.number, purges),
    }


def _session(workspace: Workspace, tree: CloneTree, session: Session, window: ViewWindow, purges: Waiting) -> Json:
    start, size = window.messages
    total = len(session.messages)
    first = max(0, total - size) if start is None else min(start, total)
    members = [_member(peer_id, member) for peer_id, member in islice(session.members.items(), _SHOWN)]
    return {
        **_row(session),
        "is_active": session.row["is_active"],
        **_wait(session.number, purges),
        "cloned_from": _origin(workspace, session),
        "clones": _clones(tree, session),
        "members": {"total": len(session.members), "items": members},
        "messages": {
            "total": total,
            "from": first,
            "items": list(map(_message, session.messages[first : first + size])),
        },
    }


def _member(peer_id: str, member: Membership) -> Json:
    return {
        "id": peer_id,
        "observe_me": member.observe_me,
        "observe_others": member.observe_others,
        "present": member.present,
    }


def _clones(tree: CloneTree, session: Session) -> list[Json]:
    """The clones of a session, oldest first, with how many messages each copied."""
    return [
        {"id": one.row["id"], "is_active": one.row["is_active"], "messages": one.origin.copied}
        for one in tree.clones.get(session.number, ())[:_SHOWN]
        if one.origin is not None
    ]


def _origin(workspace: Workspace, session: Session) -> Json | None:
    """What a session was cloned from: `is_whole` if all messages were copied, `is_there` unless it was purged."""
    origin = session.origin
    if origin is None:
        return None
    is_there = original_of(workspace, session) is not None
    is_whole = origin.message_id is None
    return {"session": origin.session_id, "messages": origin.copied, "is_whole": is_whole, "is_there": is_there}


def _about(metadata: Json) -> str:
    """The first entry of metadata with a scalar value, shortened."""
    for name, value in metadata.items():
        if not isinstance(value, (dict, list)):
            return cut(f"{name}: {value}", _GLANCE)
    return ""


def _wait(number: int, purges: Waiting) -> Json:
    """The waiting purge of a deleted session or workspace. `due` is None if no time triggers it."""
    job, is_held = purges.get(number, (None, False))
    return {"purge": None if job is None else {"due": _due(job), "tries": job.tries, "held": is_held}}


def _due(job: Job) -> str | None:
    return None if moment(job.due) is None else timestamp(int(job.due))
