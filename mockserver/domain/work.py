"""The rules of the queue: messages and dreams add units of work, which a worker completes.

Units are only counted. Messages have a queue for each session and sender. Dreams have a queue for each observer and
observed peer; it belongs to the workspace and not to a session.
"""

import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from .errors import InnerFailure, MissingWorkspace
from .purges import is_there
from .records import Dream, Row, Session, Workspace
from .schedule import Job, Target
from .store import Store


class QueuedMessage(Protocol):
    """A message: its sender, and whether its configuration turns reasoning on or off (None: neither)."""

    @property
    def peer_id(self) -> str: ...
    @property
    def reasoning(self) -> bool | None: ...


# The types of dreams. All versions have the first one.
OMNI = "omni"
CARD_REFRESH = "card_refresh"


class Units(NamedTuple):
    """Counts of units of work, by state."""

    pending: int = 0
    in_progress: int = 0
    completed: int = 0


class Queue(NamedTuple):
    """A queue and its units. With a session, the units are for the messages of a peer. With an observer, the units are
    for its dreams about a peer, all of one type.
    """

    workspace_id: str
    session_id: str | None
    observer: str | None
    observed: str
    dream_type: str | None
    units: Units


# Moves at most a number of units to the next state. Returns the new counts, and how many units were moved.
Step = Callable[[Units, int], tuple[Units, int]]


def add_units(
    store: Store, workspace: Workspace, session: Session, messages: Iterable[QueuedMessage], now: int
) -> None:
    """Add a unit for each message whose sender is observed, if reasoning is on.

    The configuration of the message decides whether reasoning is on, then that of the session, then that of the
    workspace (recorded in x-queue-after-messages and x-queue-observers). Every new message passes through here.
    """
    work, by_default, is_raised = workspace.extras.work, True, False
    if session.row["configuration"] or workspace.row["configuration"]:
        by_default = _reasons(session.row["configuration"], workspace.row["configuration"])
    session_id: str = session.row["id"]
    for message in messages:
        sender_id, reasoning = message.peer_id, message.reasoning
        if not (by_default if reasoning is None else reasoning):
            continue
        is_observed = session.members[sender_id].observe_me
        if is_observed is None:
            is_observed = workspace.peers[sender_id].row["configuration"].get("observe_me")
        if is_observed is not False:
            pending, in_progress, completed = work.get((session_id, sender_id), _NONE)
            store.put_work(workspace, session_id, sender_id, (pending + 1, in_progress, completed))
            is_raised = True
    if is_raised and store.backlog.after is not None:
        store.backlog.add(now, session.number, workspace.row["id"], session_id)


def schedule_dream(store: Store, workspace_id: str, dream: Dream) -> None:
    """Add a unit for a dream, unless the same one waits already (recorded in x2-dreams and x2-vr-dreams).

    Raises NotFound, or InnerFailure, for an unknown workspace.
    """
    workspace = store.workspaces.get(workspace_id)
    if workspace is None:
        if store.profile.inner_failures:
            raise InnerFailure("nothing checks that the workspace of a dream exists")
        raise MissingWorkspace(workspace_id)
    pending, in_progress, completed = workspace.extras.dreams.get(dream, _NONE)
    if pending or in_progress:
        return
    store.put_dreams(workspace, dream, (1, 0, completed))
    store.backlog.add(store.clock.now(), workspace.number, workspace_id, None)


def status(
    store: Store, workspace_id: str, session_id: str | None, sender_id: str | None, observer_id: str | None
) -> Row:
    """The counts of units, in total and by session. They are 0 for an unknown workspace or session (recorded).

    If both sender and observer are given, a unit counts if it matches either of them (recorded in
    x2-queue-combinations). An empty id means the same as None.

    Arguments:
        session_id: Only this session. The result has no `sessions` then.
        sender_id: The messages of this peer, and the dreams about it.
        observer_id: The dreams of this peer: messages have no observer.
    """
    total, sessions = _NONE, dict[str, Row]()
    for workspace in store.named(workspace_id):
        found: dict[str | None, Units] = {}
        for queue in queues_of_session(workspace, session_id) if session_id else queues_of(workspace):
            if _is_selected(queue, sender_id, observer_id):
                found[queue.session_id] = _sum(found.get(queue.session_id, _NONE), queue.units)
        for place, units in found.items():
            total = _sum(total, units)
            if place is not None and not session_id:
                key = internal_id(workspace.sessions[place].row)
                sessions[key] = {"session_id": key, **_counts(units)}
    return {**_counts(total), "sessions": sessions or None}


def begin(store: Store, target: Target, limit: int | None) -> int:
    """Mark pending units as in progress, at most `limit` or all that the target covers. Returns how many."""
    return _step_each(store, _covered(store, target), limit, _begun)[0]


def complete(store: Store, target: Target, limit: int | None) -> tuple[int, list[Queue]]:
    """Complete units, those in progress first, at most `limit` or all that the target covers.

    Returns how many, and the queues that became empty.
    """
    count, emptied = _step_each(store, _covered(store, target), limit, _completed)
    store.backlog.keep(lambda job: any(map(is_open, _queues_for(store, job))))
    return count, emptied


def complete_due(store: Store) -> list[Queue]:
    """Complete the units that are due by the clock. Returns the queues that became empty."""
    due = store.backlog.take_due(store.clock.peek())
    return _step_each(store, [queue for job in due for queue in _queues_for(store, job)], None, _completed)[1]


def queues_of(workspace: Workspace) -> list[Queue]:
    """All queues in the order of work: the oldest session first, dreams last."""
    places = sorted({place for place, _ in workspace.extras.work}, key=lambda place: workspace.sessions[place].number)
    return [queue for place in [*places, None] for queue in _queues_at(workspace, place)]


def queues_of_session(workspace: Workspace, session_id: str) -> list[Queue]:
    """The queues of a session, the oldest sender first. An empty list for an unknown session."""
    session, work = workspace.sessions.get(session_id), workspace.extras.work
    senders = [peer_id for peer_id in session.members if (session_id, peer_id) in work] if session else []
    senders.sort(key=lambda peer_id: workspace.peers[peer_id].number)
    return [
        Queue(workspace.row["id"], session_id, None, sender, None, Units(*work[session_id, sender]))
        for sender in senders
    ]


def is_open(queue: Queue) -> bool:
    """Whether a unit is not completed yet."""
    return queue.units.pending + queue.units.in_progress > 0


_NONE = Units()


def _queues_at(workspace: Workspace, session_id: str | None) -> list[Queue]:
    """The queues of a session. If `session_id` is None, the queues of dreams."""
    if session_id is not None:
        return queues_of_session(workspace, session_id)
    dreams = sorted(workspace.extras.dreams.items())
    return [Queue(workspace.row["id"], None, *dream, Units(*units)) for dream, units in dreams]


def _queues_for(store: Store, job: Job) -> list[Queue]:
    """The queues of a job. An empty list if its session or workspace no longer exists."""
    return _queues_at(store.workspaces[job.workspace_id], job.session_id) if is_there(store, job) else []


def _covered(store: Store, target: Target) -> list[Queue]:
    """The queues that a target covers, those of the oldest workspace first."""
    workspaces = store.directory if target.workspace_id is None else store.named(target.workspace_id)
    if target.session_id is None:
        return [queue for workspace in workspaces for queue in queues_of(workspace)]
    return [queue for workspace in workspaces for queue in queues_of_session(workspace, target.session_id)]


def _reasons(*configurations: Row) -> bool:
    """Whether reasoning is on by default: the first of these configurations that sets it decides."""
    for configuration in configurations:
        if "reasoning" in configuration:
            enabled: bool | None = configuration["reasoning"].get("enabled")
            if enabled is not None:
                return enabled
    return True


def _is_selected(queue: Queue, sender_id: str | None, observer_id: str | None) -> bool:
    if not sender_id and not observer_id:
        return True
    return bool(sender_id and queue.observed == sender_id) or bool(observer_id and queue.observer == observer_id)


def _sum(one: Units, other: Units) -> Units:
    return Units(one.pending + other.pending, one.in_progress + other.in_progress, one.completed + other.completed)


def _counts(units: Units) -> Row:
    return {
        "total_work_units": sum(units),
        "completed_work_units": units.completed,
        "in_progress_work_units": units.in_progress,
        "pending_work_units": units.pending,
    }


def internal_id(session: Row) -> str:
    """The internal id of a session, which is not its public id. It is the same in every run."""
    from base64 import urlsafe_b64encode  # Few runs need it.
    from hashlib import sha256

    text = f"{session['workspace_id']}/{session['id']}/{session['created_at']}"
    return urlsafe_b64encode(sha256(text.encode()).digest()[:16])[:21].decode()


def _begun(units: Units, most: int) -> tuple[Units, int]:
    count = min(units.pending, most)
    return Units(units.pending - count, units.in_progress + count, units.completed), count


def _completed(units: Units, most: int) -> tuple[Units, int]:
    begun = min(units.in_progress, most)
    count = begun + min(units.pending, most - begun)
    return Units(units.pending - (count - begun), units.in_progress - begun, units.completed + count), count


def _step_each(store: Store, queues: Iterable[Queue], limit: int | None, step: Step) -> tuple[int, list[Queue]]:
    """Apply a step to one queue after the other. Returns how many units moved, and the queues that became empty."""
    left, emptied = sys.maxsize if limit is None else limit, []
    total = 0
    for queue in queues:
        units, count = step(queue.units, left - total)
        if count:
            total += count
            stepped = queue._replace(units=units)
            put(store, stepped)
            if not is_open(stepped):
                emptied.append(stepped)
    return total, emptied


def put(store: Store, queue: Queue) -> None:
    """Store the units of a queue. The workspace must exist."""
    workspace = store.workspaces[queue.workspace_id]
    if queue.session_id is not None:
        store.put_work(workspace, queue.session_id, queue.observed, queue.units)
    else:
        dream = Dream(queue.observer or "", queue.observed, queue.dream_type or OMNI)
        store.put_dreams(workspace, dream, queue.units)
