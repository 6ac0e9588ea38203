"""What a world says of the work of a workspace and of its webhooks: written, held against the rest, and loaded."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..domain.clock import timestamp
from ..domain.records import Workspace
from ..domain.store import Store
from ..domain.work import Queue, Units, is_open, put, queues_of
from .holdings import time_of

if TYPE_CHECKING:
    from ..wire.world import WorldSession, WorldWorkspace


def queues(workspace: Workspace) -> list[dict[str, Any]]:
    """The queues that have units, in the order in which they are worked on."""
    return [
        {
            **({"session": queue.session_id} if queue.observer is None else {"observer": queue.observer}),
            "observed": queue.observed,
            **{name: count for name, count in queue.units._asdict().items() if count},
        }
        for queue in queues_of(workspace)
    ]


def webhooks(workspace: Workspace) -> list[dict[str, str]]:
    """The endpoints, oldest first."""
    rows = workspace.holdings.webhooks.values()
    return [{name: row[name] for name in ("id", "url", "created_at")} for row in rows]


def contradictions(at: str, workspace: "WorldWorkspace") -> Iterable[str]:
    """Work of messages whose sender the session does not know, queues and endpoints that are there twice."""
    members = {session.id: _members(session) for session in workspace.sessions}
    seen: set[object] = set()
    for place, queue in enumerate(workspace.work):
        if queue.session is not None and queue.observed not in members.get(queue.session, ()):
            yield f"{at}.work[{place}]: peer {queue.observed!r} never was in session {queue.session!r}"
        yield from _twice(f"{at}.work[{place}]", (queue.session, queue.observer, queue.observed), seen)
    for place, webhook in enumerate(workspace.webhooks):
        yield from _twice(f"{at}.webhooks[{place}].url", webhook.url, seen)
        if webhook.id is not None:
            yield from _twice(f"{at}.webhooks[{place}].id", ("id", webhook.id), seen)


def _members(session: "WorldSession") -> set[str]:
    """Who is or was in a session."""
    known = {*session.peers, *(message.peer_id for message in session.messages)}
    return {peer_id for peer_id in known if session.peers.get(peer_id, True) is not None}


def _twice(at: str, name: object, seen: set[object]) -> Iterable[str]:
    if name in seen:
        yield f"{at}: it is there twice"
    seen.add(name)


def load(store: Store, workspace: Workspace, world: "WorldWorkspace") -> None:
    """Put the queues and endpoints into a workspace whose sessions are there; work that is open waits from now."""
    workspace_id, now = workspace.row["id"], store.clock.peek()
    for found in world.work:
        units = Units(found.pending, found.in_progress, found.completed)
        queue = Queue(workspace_id, found.session, found.observer, found.observed, units)
        put(store, queue)
        if is_open(queue):
            number = workspace.number if found.session is None else workspace.sessions[found.session].number
            store.backlog.add(now, number, workspace_id, found.session)
    for webhook in world.webhooks:
        made = timestamp(time_of(webhook.created_at))
        row = {"id": webhook.id, "workspace_id": workspace_id, "url": webhook.url, "created_at": made}
        store.put_webhook(workspace, row)
