"""Worlds: the state that a fake server starts with and returns to, read from a JSON file or a mapping."""

import reprlib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..domain import membership, messages, peers, sessions, tokens, workspaces
from ..domain.clock import Clock, Ids, timestamp
from ..domain.errors import BadRequest
from ..domain.messages import MessageDraft
from ..domain.records import Membership, Row, Workspace
from ..domain.schedule import Target
from ..domain.store import Store
from ..formats.json_text import InvalidJson, parse, restated
from ..wire.configuration import stored
from . import holdings, lineage, world_work
from .holdings import time_of
from .wording import one_line

if TYPE_CHECKING:
    from ..wire.world import World, WorldMessage, WorldPeer, WorldSession, WorldWorkspace
    from .options import WorldSource


class WorldError(ValueError):
    """A world that cannot be loaded; each of `complaints` names the file and the place in it."""

    def __init__(self, *complaints: str) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


def read(source: "WorldSource") -> "World":
    """The world in a JSON file or a mapping.

    Raises WorldError for a file that cannot be read and for every offence in what it holds, one a line, each with its
    place (`workspaces.demo.sessions[2].id: ...`).
    """
    from ..wire.world import World  # Most servers start empty, and none of these models is built for them.

    if not isinstance(source, (str, Path, Mapping)):
        raise WorldError(f"a world is a mapping or the path of a JSON file, not {reprlib.repr(source)}")
    name = "world" if isinstance(source, Mapping) else str(source)
    document = _from_mapping(source) if isinstance(source, Mapping) else _from_file(Path(source))
    try:
        world = World.model_validate(document)
    except ValidationError as error:
        raise WorldError(*(f"{name}: {_place(found['loc'])}: {found['msg']}" for found in error.errors())) from None
    complaints = [f"{name}: {complaint}" for complaint in _contradictions(world)]
    if complaints:
        raise WorldError(*complaints)
    return world


class StartingWorld:
    """A world that is loaded again and again; empty for None.

    Ids and times that it leaves out are made when it is first loaded, so that each reset leads to the very same state.
    With a seed they are made by ids and a clock of its own: so those of requests do not depend on the world, and no id
    of a world comes again after a reset.
    """

    def __init__(self, source: "WorldSource | None", seed: int | str | None = None) -> None:
        self.source = source
        self._world = None if source is None else read(source)
        self._ids = Ids(None if seed is None else f"world of {seed}")
        self._clock = None if seed is None else Clock(seeded=True)
        self._is_filled = False

    def load(self, store: Store) -> None:
        """Put the world into an empty store; unless it is saved, the oldest session of a workspace first."""
        if self._world is None:
            return
        if not self._is_filled:
            clock = store.clock if self._clock is None or store.clock.is_frozen else self._clock
            for world in self._world.workspaces.values():
                _fill(world, lambda: datetime.fromisoformat(timestamp(clock.now())), self._ids)
            self._is_filled = True
        for workspace_id in self._world.workspaces:
            _load_workspace(store, self._world, workspace_id)
        _queue(store, self._world, self._world.workspaces)

    def load_workspace(self, store: Store, workspace_id: str) -> None:
        """Put one workspace of a world that was loaded before in place of the present one; it may lack it."""
        number = None
        for present in store.named(workspace_id):
            number = present.number
            store.drop_workspace(present)
        store.purges.take(Target(None, workspace_id))
        store.backlog.take(Target(None, workspace_id))
        if self._world is not None and workspace_id in self._world.workspaces:
            _load_workspace(store, self._world, workspace_id, number)
            _queue(store, self._world, [workspace_id])


def _from_mapping(source: Mapping[str, Any]) -> Any:
    """What the mapping is as JSON: a world is the same whether it comes from a file or not."""
    try:
        return restated(source)
    except ValueError as error:
        raise WorldError(f"world: {error}") from None


def _from_file(path: Path) -> Any:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise WorldError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # The path has a NUL in it, or what no file system can write.
        raise WorldError(f"{str(path)!r}: {error}") from None
    try:
        return parse(text)
    except InvalidJson as error:
        raise WorldError(f"{path}: no JSON at offset {error.place}: {error.reason}") from None


def _place(location: Iterable[str | int]) -> str:
    """`("workspaces", "demo", "sessions", 2, "id")` as `workspaces.demo.sessions[2].id`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return one_line(path).removeprefix(".") or "(top)"


def _contradictions(world: "World") -> Iterable[str]:
    """What each part by itself does not show: ids that come twice, more observers than a session may have."""
    seen: set[str] = set()
    for workspace_id, workspace in world.workspaces.items():
        at = f"workspaces.{workspace_id}"
        yield from _twice(f"{at}.peers", [peer.id for peer in workspace.peers], set())
        yield from _twice(f"{at}.sessions", [session.id for session in workspace.sessions], set())
        yield from _twice(f"{at}.conclusions", [one.id for one in workspace.conclusions], set())
        yield from holdings.contradictions(at, workspace)
        yield from lineage.contradictions(at, workspace)
        for place, session in enumerate(workspace.sessions):
            yield from _twice(
                f"{at}.sessions[{place}].messages", [one.id for one in session.messages], set() if world.saved else seen
            )
            try:
                membership.check_observers(session.id or "", {} if world.saved else _members(session))
            except BadRequest as error:
                yield f"{at}.sessions[{place}].peers: {error.detail}"
        yield from world_work.contradictions(at, workspace)
    deleted = set(_deleted(world, world.workspaces))
    for place, purge in enumerate(world.purges):
        if (purge.workspace, purge.session) not in deleted:
            yield f"purges[{place}]: nothing there is inactive"


def _twice(at: str, ids: list[str | None], seen: set[str]) -> Iterable[str]:
    """Complaints about ids that were seen already; adds the others to `seen`."""
    for place, id_ in enumerate(ids):
        if id_ in seen:
            yield f"{at}[{place}].id: {id_!r} is there twice"
        elif id_ is not None:
            seen.add(id_)


def _fill(workspace: "WorldWorkspace", now: Callable[[], datetime], ids: Ids) -> None:
    """Make the ids and times that are missing; once they are there, this changes nothing."""
    workspace.created_at = workspace.created_at or now()
    for peer in workspace.peers:
        peer.created_at = peer.created_at or now()
    for session in workspace.sessions:
        session.id = session.id or ids.new()
        session.created_at = session.created_at or now()
        for message in session.messages:
            message.id = message.id or ids.new()
            message.created_at = message.created_at or now()
            if message.token_count is None:
                message.token_count = tokens.count(message.content)
    holdings.fill(workspace, now, ids)
    for webhook in workspace.webhooks:
        webhook.id = webhook.id or ids.new()
        webhook.created_at = webhook.created_at or now()


def _load_workspace(store: Store, world: "World", workspace_id: str, number: int | None = None) -> None:
    described = world.workspaces[workspace_id]
    configuration = stored(described.configuration) or {}
    made = time_of(described.created_at)
    row = workspaces.new_row(workspace_id, described.metadata, configuration, made)
    workspace = store.add_workspace(row, number)
    for peer in described.peers if world.saved else sorted(described.peers, key=_age):
        row = peers.new_row(workspace_id, peer.id, time_of(peer.created_at))
        store.add_peer(workspace, {**row, "metadata": peer.metadata, "configuration": peer.configuration})
    for session in described.sessions if world.saved else sorted(described.sessions, key=_age):
        _load_session(store, workspace, session)
    lineage.load(workspace, described)
    holdings.load(store, workspace, described, made, in_order=world.saved)
    world_work.load(store, workspace, described)


def _load_session(store: Store, workspace: Workspace, world: "WorldSession") -> None:
    workspace_id, id_, made = workspace.row["id"], str(world.id), time_of(world.created_at)
    row = sessions.new_row(workspace_id, id_, made)
    session = store.add_session(workspace, workspaces.updated(row, world.metadata, stored(world.configuration)))
    membership.put(store, workspace, session, _members(world), made)
    for peer_id in world.peers:
        peers.ensure(store, workspace, peer_id, made)
    store.add_messages(session, [_message(message, row) for message in world.messages])
    if not world.is_active:
        store.deactivate(workspace, session)


def _message(world: "WorldMessage", session: Row) -> Row:
    made = time_of(world.created_at)
    draft = MessageDraft(world.content, world.peer_id, world.metadata, made, world.token_count or 0)
    return messages.new_row(str(world.id), draft, session, session["created_at"])


def _queue(store: Store, world: "World", workspace_ids: Collection[str]) -> None:
    """Have all that is deleted in these workspaces wait: what the world says in its order, then the others."""
    said = [(purge.workspace, purge.session, purge.tries) for purge in world.purges]
    known = {(workspace_id, session_id) for workspace_id, session_id, _ in said}
    said += [(*place, 0) for place in _deleted(world, workspace_ids) if place not in known]
    for workspace_id, session_id, tries in said:
        if workspace_id in workspace_ids:
            workspace = store.workspaces[workspace_id]
            record = workspace if session_id is None else workspace.sessions[session_id]
            store.purges.add(store.clock.peek(), record.number, workspace_id, session_id, tries)


def _deleted(world: "World", workspace_ids: Collection[str]) -> Iterable[tuple[str, str | None]]:
    """What is not active in these workspaces: the sessions, then the workspace itself as None."""
    for workspace_id in workspace_ids:
        workspace = world.workspaces[workspace_id]
        yield from ((workspace_id, session.id) for session in workspace.sessions if not session.is_active)
        if not workspace.is_active:
            yield workspace_id, None


def _members(world: "WorldSession") -> dict[str, Membership]:
    """Who is in the session: those it names, and every sender of whom it does not say null."""
    members = dict.fromkeys((message.peer_id for message in world.messages), Membership())
    for id_, peer in world.peers.items():
        if peer is None:
            members.pop(id_, None)
        else:
            members[id_] = Membership(peer.observe_me, peer.observe_others, peer.present)
    return members


def _age(part: "WorldPeer | WorldSession") -> int:
    return time_of(part.created_at)
