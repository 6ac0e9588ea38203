"""Which session was cloned from which: in a state, from a world and into one."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..domain.records import Origin, Session, Workspace

if TYPE_CHECKING:
    from ..wire.world import WorldWorkspace


def original(workspace: Workspace, session: Session) -> Session | None:
    """The session that this one was cloned from, if it is one and the other is still there."""
    if session.origin is None:
        return None
    found = workspace.sessions.get(session.origin.session_id)
    return found if found is not None and found.number == session.origin.number else None


def tree(workspace: Workspace) -> Iterator[tuple[int, Session]]:
    """All sessions behind their depth, the newest first; but clones follow their original, the oldest of them first."""
    clones: dict[int, list[Session]] = {}
    branches: list[tuple[int, Session]] = []
    for session in workspace.sessions.values():
        found = None if session.origin is None else original(workspace, session)
        if found is None:
            branches.append((0, session))
        else:
            clones.setdefault(found.number, []).append(session)
    while branches:
        depth, session = branches.pop()
        yield depth, session
        branches += [(depth + 1, clone) for clone in reversed(clones.get(session.number, ()))]


def saved(workspace: Workspace, session: Session) -> dict[str, Any]:
    """What a world says of it; nothing where the original is gone, nor of a cut-off that is no message of it."""
    found = original(workspace, session)
    if found is None or session.origin is None:
        return {}
    cutoff = session.origin.message_id
    is_known = cutoff is not None and found.messages.place(cutoff) is not None
    return {"session": session.origin.session_id, **({"message_id": cutoff} if is_known else {})}


def load(workspace: Workspace, world: "WorldWorkspace") -> None:
    """Note what the sessions were cloned from, once all of the workspace are there."""
    for described in world.sessions:
        if described.cloned_from is not None:
            found = workspace.sessions[described.cloned_from.session]
            origin = Origin(found.number, described.cloned_from.session, described.cloned_from.message_id)
            workspace.sessions[str(described.id)].origin = origin


def contradictions(at: str, workspace: "WorldWorkspace") -> Iterable[str]:
    """What no session shows by itself: originals and messages that are not there, and circles of clones."""
    messages = {session.id: {message.id for message in session.messages} for session in workspace.sessions}
    origins = {session.id: session.cloned_from.session for session in workspace.sessions if session.cloned_from}
    for place, session in enumerate(workspace.sessions):
        origin = session.cloned_from
        if origin is None:
            continue
        there = f"{at}.sessions[{place}].cloned_from"
        if origin.session not in messages:
            yield f"{there}.session: there is no session {origin.session!r}"
        elif origin.message_id is not None and origin.message_id not in messages[origin.session]:
            yield f"{there}.message_id: there is no message {origin.message_id!r}"
        elif _leads_back(session.id, origins):
            yield f"{there}.session: {session.id!r} would be cloned from itself"


def _leads_back(session_id: str | None, origins: dict[str | None, str]) -> bool:
    """Whether somebody who goes from clone to original comes back to this session."""
    seen = {session_id}
    here = origins.get(session_id)
    while here is not None and here not in seen:
        seen.add(here)
        here = origins.get(here)
    return here == session_id
