"""Loads a world into a store."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, cast

from ...domain import conclusions, contexts, membership, messages, peers, sessions, tokens, workspaces
from ...domain.clock import Clock, Ids, microseconds_of, sortable, timestamp
from ...domain.conclusions import EXPLICIT, ConclusionDraft
from ...domain.records import Origin, Row, Session, Workspace
from ...domain.schedule import Target
from ...domain.store import Store
from ...domain.work import Queue, Units, is_open, put
from ...garbage import collection_paused
from ...wire.plain import stored
from .check import deleted_parts, members_of
from .read import read

if TYPE_CHECKING:
    from ...wire.worlds import World, WorldConclusion, WorldMessage, WorldPeer, WorldSession, WorldWorkspace
    from . import WorldSource

# The number of an original that was purged. Real sessions have numbers from 1.
_PURGED = 0


class StartingWorld:
    """A world that is loaded at the start and at each reset. Without a source it is empty. It keeps to the limits of a
    version of the API.

    The first load creates the ids and times that the world does not have, so every reset gives the same state. With a
    seed, separate ids and a separate clock create them. So the ids of later requests do not depend on the world, and
    do not collide with its ids after a reset.

    Raises WorldError as `read` does.
    """

    def __init__(self, source: "WorldSource | None", seed: int | str | None, version: str) -> None:
        self.source = source
        with collection_paused():
            self._world = None if source is None else read(source, version)
        self._ids = Ids(None if seed is None else f"world of {seed}")
        self._clock = None if seed is None else Clock(seeded=True)
        self._is_filled = False

    def load(self, store: Store) -> None:
        """Put the world into an empty store."""
        if self._world is not None:
            with collection_paused():
                self._load(store, self._world)

    def _load(self, store: Store, world: "World") -> None:
        if not self._is_filled:
            clock = store.clock if self._clock is None or store.clock.is_frozen else self._clock
            for workspace in world.workspaces.values():
                _fill(workspace, lambda: timestamp(clock.now()), self._ids)
            self._is_filled = True
        for workspace_id in world.workspaces:
            _load_workspace(store, world, workspace_id)
        _schedule_purges(store, world, world.workspaces)

    def load_workspace(self, store: Store, workspace_id: str) -> None:
        """Replace a workspace with its state in the world, or remove it if the world lacks it. Call `load` before.

        The workspace keeps its place in the order of workspaces.
        """
        number = None
        for present in store.named(workspace_id):
            number = present.number
            store.drop_workspace(present)
        store.purges.take(Target(None, workspace_id))
        store.backlog.take(Target(None, workspace_id))
        if self._world is not None and workspace_id in self._world.workspaces:
            _load_workspace(store, self._world, workspace_id, number)
            _schedule_purges(store, self._world, [workspace_id])


def _fill(workspace: "WorldWorkspace", now: Callable[[], str], ids: Ids) -> None:
    """Create the missing ids and times. A second call changes nothing.

    The order of these lines is part of the result: with a seed, each id and time depends on those created before.
    """
    workspace.created_at = workspace.created_at or now()
    for peer in workspace.peers:
        peer.created_at = peer.created_at or now()
    for session in workspace.sessions:
        session.id = session.id or ids.new()
        session.created_at = session.created_at or now()
        for message in session.messages:
            _fill_message(message, now, ids)
    for session in workspace.sessions:
        _fill_summaries(session, now)
    for conclusion in workspace.conclusions:
        conclusion.id = conclusion.id or ids.new()
        conclusion.created_at = conclusion.created_at or now()
    for webhook in workspace.webhooks:
        webhook.id = webhook.id or ids.new()
        webhook.created_at = webhook.created_at or now()


def _fill_message(message: "WorldMessage", now: Callable[[], str], ids: Ids) -> None:
    """Complete a message. It sets only what is missing, because setting a field of a model is slow."""
    if message.id is None:
        message.id = ids.new()
    if message.created_at is None:
        message.created_at = now()
    if message.token_count is None:
        message.token_count = tokens.count(message.content)


def _fill_summaries(session: "WorldSession", now: Callable[[], str]) -> None:
    """Complete the summaries. One without a `message_id` covers all messages."""
    for summary in session.summaries.values():
        summary.created_at = summary.created_at or now()
        if summary.message_id is None:
            summary.message_id = str(session.messages[-1].id) if session.messages else ""
        if summary.token_count is None:
            summary.token_count = tokens.count(summary.content)


def _load_workspace(store: Store, world: "World", workspace_id: str, number: int | None = None) -> None:
    """Add a workspace. The lists of a saved world are already in order; in other worlds the oldest part comes first."""
    source = world.workspaces[workspace_id]
    configuration = stored(source.configuration) or {}
    row = workspaces.new_row(workspace_id, source.metadata, configuration, str(source.created_at))
    workspace = store.add_workspace(row, number)
    for peer in source.peers if world.saved else sorted(source.peers, key=_age):
        row = peers.new_row(workspace_id, peer.id, str(peer.created_at))
        store.add_peer(workspace, {**row, "metadata": peer.metadata, "configuration": peer.configuration})
    for session in source.sessions if world.saved else sorted(source.sessions, key=_age):
        _load_session(store, workspace, session)
    _load_origins(workspace, source)
    listed = source.conclusions if world.saved else sorted(source.conclusions, key=_age)
    _load_conclusions(store, workspace, listed)
    _load_cards_and_summaries(store, workspace, source)
    _load_work(store, workspace, source)
    _load_webhooks(store, workspace, source)


def _load_session(store: Store, workspace: Workspace, source: "WorldSession") -> None:
    row = sessions.new_row(workspace.row["id"], str(source.id), str(source.created_at))
    session = store.add_session(workspace, workspaces.updated(row, source.metadata, stored(source.configuration)))
    created_at = microseconds_of(row["created_at"])
    membership.put(store, workspace, session, members_of(source), created_at)
    for peer_id in source.peers:
        peers.ensure(store, workspace, peer_id, created_at)
    store.add_messages(session, [_message(message, row) for message in source.messages])
    if not source.is_active:
        store.deactivate(workspace, session)


def _message(source: "WorldMessage", session: Row) -> Row:
    """The row of a message that is complete: see `_fill_message`."""
    id_, created_at, count = cast("str", source.id), cast("str", source.created_at), cast("int", source.token_count)
    return messages.new_row(session, id_, source.content, source.peer_id, source.metadata, created_at, count)


def _load_origins(workspace: Workspace, source: "WorldWorkspace") -> None:
    """Link clones to their originals, once all sessions are loaded."""
    for described in source.sessions:
        origin = described.cloned_from
        if origin is not None:
            original = None if origin.purged else workspace.sessions[origin.session]
            copied = _copied(original, origin.message_id) if origin.messages is None else origin.messages
            number = _PURGED if original is None else original.number
            clone = workspace.sessions[str(described.id)]
            clone.origin = Origin(number, origin.session, origin.message_id, copied)


def _copied(original: Session | None, cutoff: str | None) -> int:
    """How many messages a clone copied, if the world does not have the number: up to the cut-off message, or all."""
    if original is None:
        return 0
    place = None if cutoff is None else original.messages.place(cutoff)
    return len(original.messages) if place is None else place + 1


def _load_conclusions(store: Store, workspace: Workspace, listed: Collection["WorldConclusion"]) -> None:
    """Add the conclusions in this order, and the peers in them that the world does not list."""
    created_at = microseconds_of(workspace.row["created_at"])
    for conclusion in listed:
        for peer_id in (conclusion.observer_id, conclusion.observed_id):
            peers.ensure(store, workspace, peer_id, created_at)
        draft = ConclusionDraft(
            conclusion.content, conclusion.observer_id, conclusion.observed_id, conclusion.session_id
        )
        level, moment = conclusion.level or EXPLICIT, str(conclusion.created_at)
        store.put_conclusion(workspace, conclusions.new_row(store, str(conclusion.id), draft, moment, level))


def _load_cards_and_summaries(store: Store, workspace: Workspace, source: "WorldWorkspace") -> None:
    for peer in source.peers:
        for observed_id, card in peer.cards.items():
            store.put_card(workspace, peer.id, observed_id, card)
    for session in source.sessions:
        if session.summaries:
            store.put_summaries(workspace, str(session.id), _summaries(session))


def _summaries(session: "WorldSession") -> dict[str, Row]:
    return {
        kind: contexts.new_summary(
            kind, summary.content, str(summary.message_id), str(summary.created_at), summary.token_count or 0
        )
        for kind, summary in session.summaries.items()
    }


def _load_work(store: Store, workspace: Workspace, source: "WorldWorkspace") -> None:
    """Add the queues, once their sessions are loaded. Open work starts to wait now."""
    workspace_id, now = workspace.row["id"], store.clock.peek()
    for described in source.work:
        units = Units(described.pending, described.in_progress, described.completed)
        queue = Queue(
            workspace_id, described.session, described.observer, described.observed, described.dream_type, units
        )
        put(store, queue)
        if is_open(queue):
            number = workspace.number if queue.session_id is None else workspace.sessions[queue.session_id].number
            store.backlog.add(now, number, workspace_id, queue.session_id)


def _load_webhooks(store: Store, workspace: Workspace, source: "WorldWorkspace") -> None:
    for webhook in source.webhooks:
        row = {
            "id": webhook.id,
            "workspace_id": workspace.row["id"],
            "url": webhook.url,
            "created_at": webhook.created_at,
        }
        store.put_webhook(workspace, row)


def _schedule_purges(store: Store, world: "World", workspace_ids: Collection[str]) -> None:
    """Schedule the purges of all inactive parts of these workspaces: first those in `purges`, in their order."""
    jobs = [(purge.workspace, purge.session, purge.tries) for purge in world.purges]
    listed = {(workspace_id, session_id) for workspace_id, session_id, _ in jobs}
    jobs += [(*part, 0) for part in deleted_parts(world, workspace_ids) if part not in listed]
    for workspace_id, session_id, tries in jobs:
        if workspace_id in workspace_ids:
            workspace = store.workspaces[workspace_id]
            record = workspace if session_id is None else workspace.sessions[session_id]
            store.purges.add(store.clock.peek(), record.number, workspace_id, session_id, tries)


def _age(part: "WorldPeer | WorldSession | WorldConclusion") -> str:
    """A key for sorting. `_fill` set all times before, so None does not occur."""
    return sortable(str(part.created_at))
