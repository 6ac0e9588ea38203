"""What the page shows of a mock: windows of its state, as JSON."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from ..domain.clock import moment, timestamp
from ..domain.jobs import Purge
from ..domain.records import Peer, Session, Workspace
from ..domain.store import Store
from . import lineage
from .mock import Mock

Json = dict[str, Any]

# Of what is not windowed, so many are shown.
_SHOWN = 200


class Window(NamedTuple):
    """Which part of a state is looked at.

    `workspace` and `session` are ids; what is not there, or None, is the newest. `find` is a part of the ids of
    sessions, whatever the case. `sessions` and `messages` are where the window begins and how many it has; messages
    from None are the last.
    """

    workspace: str | None = None
    session: str | None = None
    find: str = ""
    sessions: tuple[int, int] = (0, 50)
    messages: tuple[int | None, int] = (None, 50)


def view(mock: Mock, window: Window) -> Json:
    """All that the page shows of the state through a window; what is due by the clock is done before."""
    mock.run_due()
    store = mock.store
    workspace = store.workspaces.get(window.workspace or "") or (store.directory[-1] if store.directory else None)
    purges = {job.number: job for job in store.purges.jobs}
    return {
        **_server(mock),
        "workspaces": _workspaces(store, purges),
        "workspace": None if workspace is None else _workspace(workspace, window, purges),
    }


def _server(mock: Mock) -> Json:
    clock, jobs = mock.clock, mock.store.purges.jobs
    return {
        "now": timestamp(clock.peek()),
        "frozen": clock.is_frozen,
        "authenticated": mock.keyring is not None,
        "next_purge": _due(jobs[0]) if jobs else None,
        "faults": [fault.as_json() for fault in mock.faults],
        "play": None if mock.play is None else mock.play.as_json(),
    }


def _workspaces(store: Store, purges: dict[int, Purge]) -> Json:
    newest = islice(reversed(store.directory), _SHOWN)
    listed = [{"id": one.row["id"], "sessions": len(one.active), **_wait(one.number, purges)} for one in newest]
    return {"total": len(store.directory), "items": listed}


def _workspace(workspace: Workspace, window: Window, purges: dict[int, Purge]) -> Json:
    found = _sessions(workspace, window, purges)
    chosen = workspace.sessions.get(window.session or "")
    if chosen is None and workspace.sessions:
        chosen = next(session for _, session in lineage.tree(workspace))
    return {
        **_row(workspace),
        **_wait(workspace.number, purges),
        "active": len(workspace.active),
        "peers": _peers(workspace),
        "sessions": found,
        "session": None if chosen is None else _session(workspace, chosen, window, purges),
    }


def _row(record: Workspace | Peer | Session) -> Json:
    names = ("id", "created_at", "metadata", "configuration")
    return {name: record.row[name] for name in names}


def _peers(workspace: Workspace) -> Json:
    listed = [{**_row(peer), "sessions": len(peer.sessions)} for peer in islice(workspace.roster, _SHOWN)]
    return {"total": len(workspace.roster), "items": listed}


def _sessions(workspace: Workspace, window: Window, purges: dict[int, Purge]) -> Json:
    """The window of the sessions, as a tree; of those that are found by a part of their ids, a list."""
    start, size = window.sessions
    rows: Iterable[tuple[int, Session]] = lineage.tree(workspace)
    total = len(workspace.sessions)
    if window.find:
        part = window.find.lower()
        found = [(0, session) for _, session in rows if part in session.row["id"].lower()]
        rows, total = found, len(found)
    items = [_listed(workspace, session, depth, purges) for depth, session in islice(rows, start, start + size)]
    return {"total": total, "from": start, "items": items}


def _listed(workspace: Workspace, session: Session, depth: int, purges: dict[int, Purge]) -> Json:
    return {
        "id": session.row["id"],
        "depth": depth,
        "is_active": session.row["is_active"],
        "messages": len(session.messages),
        "members": sum(member.present for member in session.members.values()),
        "cloned_from": _origin(workspace, session),
        **_wait(session.number, purges),
    }


def _session(workspace: Workspace, session: Session, window: Window, purges: dict[int, Purge]) -> Json:
    start, size = window.messages
    total = len(session.messages)
    first = max(0, total - size) if start is None else min(start, total)
    members = [{"id": peer_id, **member._asdict()} for peer_id, member in islice(session.members.items(), _SHOWN)]
    return {
        **_row(session),
        "is_active": session.row["is_active"],
        **_wait(session.number, purges),
        "cloned_from": _origin(workspace, session),
        "clones": _clones(workspace, session),
        "members": {"total": len(session.members), "items": members},
        "messages": {"total": total, "from": first, "items": session.messages[first : first + size]},
    }


def _clones(workspace: Workspace, session: Session) -> list[Json]:
    """The clones of a session, the oldest first, and how many of its messages each took."""
    made = (one for one in workspace.sessions.values() if one.origin and lineage.original(workspace, one) is session)
    return [
        {"id": one.row["id"], "is_active": one.row["is_active"], "messages": _count(session, one)}
        for one in islice(made, _SHOWN)
    ]


def _origin(workspace: Workspace, session: Session) -> Json | None:
    """What a session was cloned from; `messages` is how many of them it took, None where that is gone."""
    origin = session.origin
    if origin is None:
        return None
    found = lineage.original(workspace, session)
    count = None if found is None else _count(found, session)
    return {"session": origin.session_id, "message_id": origin.message_id, "messages": count}


def _count(original: Session, clone: Session) -> int | None:
    """How many messages a clone took; None for all that there were then."""
    cutoff = None if clone.origin is None else clone.origin.message_id
    place = None if cutoff is None else original.messages.place(cutoff)
    return None if place is None else place + 1


def _wait(number: int, purges: dict[int, Purge]) -> Json:
    """The purge that waits for a session or workspace, if it was deleted: `due` is None where it is not by itself."""
    job = purges.get(number)
    return {"purge": None if job is None else {"due": _due(job), "tries": job.tries}}


def _due(job: Purge) -> str | None:
    return None if moment(job.due) is None else timestamp(int(job.due))
