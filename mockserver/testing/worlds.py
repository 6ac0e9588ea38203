"""Worlds: the state that a fake server starts with and returns to, read from a JSON file or a mapping."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..domain import membership, tokens
from ..domain.clock import Ids, microseconds, timestamp
from ..domain.errors import BadRequest
from ..domain.store import Membership, Row, Store
from ..wire.configuration import stored
from ..wire.json_text import InvalidJson, parse

if TYPE_CHECKING:
    from ..wire.world import World, WorldMessage, WorldSession, WorldWorkspace

WorldSource = str | Path | Mapping[str, Any]


class WorldError(ValueError):
    """A world that cannot be loaded; each of `complaints` names the file and the place in it."""

    def __init__(self, *complaints: str) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


def read(source: WorldSource) -> "World":
    """The world in a JSON file or a mapping.

    Raises WorldError for a file that cannot be read and for every offence in what it holds, one a line, each with its
    place (`workspaces.demo.sessions[2].id: ...`).
    """
    from ..wire.world import World  # Most servers start empty, and none of these models is built for them.

    if not isinstance(source, (str, Path, Mapping)):
        raise WorldError(f"a world is a mapping or the path of a JSON file, not {source!r}")
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
    """

    def __init__(self, source: WorldSource | None, ids: Ids) -> None:
        self._workspaces = {} if source is None else read(source).workspaces
        self._ids = ids
        self._is_filled = False

    def load(self, store: Store) -> None:
        """Put the world into an empty store, the oldest session of a workspace first."""
        self._fill(store)
        for workspace_id, world in self._workspaces.items():
            workspace = store.add_workspace(
                {
                    "id": workspace_id,
                    "metadata": world.metadata,
                    "configuration": stored(world.configuration),
                    "created_at": _stamp(world.created_at),
                }
            )
            for peer in sorted(world.peers, key=lambda peer: _moment(peer.created_at)):
                row = {"id": peer.id, "workspace_id": workspace_id, "created_at": _stamp(peer.created_at)}
                store.add_peer(workspace, {**row, "metadata": peer.metadata, "configuration": peer.configuration})
            for session in sorted(world.sessions, key=lambda session: _moment(session.created_at)):
                _load_session(store, workspace_id, session)

    def _fill(self, store: Store) -> None:
        if not self._is_filled:
            for workspace in self._workspaces.values():
                _fill(workspace, lambda: datetime.fromisoformat(timestamp(store.clock.now())), self._ids)
            self._is_filled = True


def _from_mapping(source: Mapping[str, Any]) -> Any:
    """What the mapping is as JSON: a world is the same whether it comes from a file or not."""
    try:
        return parse(json.dumps(source, allow_nan=False).encode())
    except InvalidJson as error:
        raise WorldError(f"world: {error.reason}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise WorldError(f"world: {error}") from None


def _from_file(path: Path) -> Any:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise WorldError(f"{path}: {error.strerror or error}") from None
    except InvalidJson as error:
        raise WorldError(f"{path}: no JSON at offset {error.place}: {error.reason}") from None


def _place(location: Iterable[str | int]) -> str:
    """`("workspaces", "demo", "sessions", 2, "id")` as `workspaces.demo.sessions[2].id`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    one_line = "".join(character if character.isprintable() else repr(character)[1:-1] for character in path)
    return one_line.removeprefix(".") or "(top)"


def _contradictions(world: "World") -> Iterable[str]:
    """What each part by itself does not show: ids that come twice, more observers than a session may have."""
    messages: set[str] = set()
    for workspace_id, workspace in world.workspaces.items():
        at = f"workspaces.{workspace_id}"
        yield from _twice(f"{at}.peers", [peer.id for peer in workspace.peers], set())
        yield from _twice(f"{at}.sessions", [session.id for session in workspace.sessions], set())
        for place, session in enumerate(workspace.sessions):
            yield from _twice(f"{at}.sessions[{place}].messages", [one.id for one in session.messages], messages)
            try:
                membership.check_observers(session.id or "", _members(session))
            except BadRequest as error:
                yield f"{at}.sessions[{place}].peers: {error.detail}"


def _twice(at: str, ids: list[str | None], seen: set[str]) -> Iterable[str]:
    """Complaints about ids that were seen already; adds the others to `seen`."""
    for place, id_ in enumerate(ids):
        if id_ in seen:
            yield f"{at}[{place}].id: {id_!r} is there twice"
        elif id_ is not None:
            seen.add(id_)


def _fill(workspace: "WorldWorkspace", now: Callable[[], datetime], ids: Ids) -> None:
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


def _load_session(store: Store, workspace_id: str, world: "WorldSession") -> None:
    workspace = store.workspaces[workspace_id]
    row = {
        "id": world.id,
        "is_active": True,
        "workspace_id": workspace_id,
        "metadata": world.metadata,
        "configuration": stored(world.configuration),
        "created_at": _stamp(world.created_at),
    }
    session = store.add_session(workspace, row)
    made = _moment(world.created_at)
    membership.put(store, workspace, session, _members(world), made)
    for message in world.messages:
        store.add_message(session, _message_row(message, row))
    if not world.is_active:
        store.deactivate(workspace, session)
        store.purges.queue(store.clock.now(), session.number, workspace_id, world.id)


def _members(world: "WorldSession") -> dict[str, Membership]:
    """Who is in the session: those it names, and every sender."""
    members = dict.fromkeys((message.peer_id for message in world.messages), Membership())
    named = {id_: Membership(peer.observe_me, peer.observe_others, peer.present) for id_, peer in world.peers.items()}
    return members | named


def _message_row(message: "WorldMessage", session: Row) -> Row:
    return {
        "id": message.id,
        "content": message.content,
        "peer_id": message.peer_id,
        "session_id": session["id"],
        "metadata": message.metadata,
        "created_at": _stamp(message.created_at),
        "workspace_id": session["workspace_id"],
        "token_count": message.token_count,
    }


def _moment(moment: datetime | None) -> int:
    return microseconds(moment) if moment else 0


def _stamp(moment: datetime | None) -> str:
    return timestamp(_moment(moment))
