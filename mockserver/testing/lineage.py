"""Which session was cloned from which: in a state, from a world and into one."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..domain.records import Origin, Session, Workspace

if TYPE_CHECKING:
    from ..wire.world import WorldWorkspace


# The number of no session.
_NOBODY = 0


def original(workspace: Workspace, session: Session) -> Session | None:
    """The session that this one was cloned from, if it is one and the other is still there."""
    if session.origin is None:
        return None
    found = workspace.sessions.get(session.origin.session_id)
    return found if found is not None and found.number == session.origin.number else None


class Forest:
    """The sessions of a workspace as trees: clones below what they were cloned from; `clones` are by its number."""

    def __init__(self, workspace: Workspace) -> None:
        self.clones: dict[int, list[Session]] = {}
        self._roots: Collection[Session] = workspace.sessions.values()
        if any(session.origin is not None for session in self._roots):
            self._roots = [session for session in self._roots if not self._stands_below(workspace, session)]

    def _stands_below(self, workspace: Workspace, session: Session) -> bool:
        found = original(workspace, session)
        if found is not None:
            self.clones.setdefault(found.number, []).append(session)
        return found is not None

    def __iter__(self) -> Iterator[tuple[int, Session]]:
        """All behind their depth, the newest first; but clones follow their original, the oldest of them first."""
        for root in reversed(list(self._roots)):
            branches = [(0, root)]
            while branches:
                depth, session = branches.pop()
                yield depth, session
                branches += [(depth + 1, clone) for clone in reversed(self.clones.get(session.number, ()))]


def saved(workspace: Workspace, session: Session) -> dict[str, Any]:
    """What a world says of it; not of a cut-off that is no message of an original which is there."""
    origin, found = session.origin, original(workspace, session)
    if origin is None:
        return {}
    is_known = found is None or (origin.message_id is not None and found.messages.place(origin.message_id) is not None)
    cutoff = {"message_id": origin.message_id} if is_known and origin.message_id is not None else {}
    gone = {"purged": True} if found is None else {}
    return {"session": origin.session_id, **cutoff, "messages": origin.copied, **gone}


def load(workspace: Workspace, world: "WorldWorkspace") -> None:
    """Note what the sessions were cloned from, once all of the workspace are there."""
    for described in world.sessions:
        origin = described.cloned_from
        if origin is not None:
            found = None if origin.purged else workspace.sessions[origin.session]
            count = _count(found, origin.message_id) if origin.messages is None else origin.messages
            number = _NOBODY if found is None else found.number
            clone = workspace.sessions[str(described.id)]
            clone.origin = Origin(number, origin.session, origin.message_id, count)


def _count(original: Session | None, cutoff: str | None) -> int:
    """How many messages a clone took of which nobody said it: up to the cut-off, or all that the original has."""
    if original is None:
        return 0
    place = None if cutoff is None else original.messages.place(cutoff)
    return len(original.messages) if place is None else place + 1


def contradictions(at: str, workspace: "WorldWorkspace") -> Iterable[str]:
    """What no session shows by itself: originals and messages that are not there, and circles of clones."""
    messages = {session.id: {message.id for message in session.messages} for session in workspace.sessions}
    origins = {
        session.id: session.cloned_from.session
        for session in workspace.sessions
        if session.cloned_from is not None and not session.cloned_from.purged
    }
    circular = _circular(origins)
    for place, session in enumerate(workspace.sessions):
        origin = session.cloned_from
        if origin is None or origin.purged:
            continue
        there = f"{at}.sessions[{place}].cloned_from"
        if origin.session not in messages:
            yield f"{there}.session: there is no session {origin.session!r}"
        elif origin.message_id is not None and origin.message_id not in messages[origin.session]:
            yield f"{there}.message_id: there is no message {origin.message_id!r}"
        elif session.id in circular:
            yield f"{there}.session: {session.id!r} would be cloned from itself"


def _circular(origins: Mapping[str | None, str]) -> set[str | None]:
    """The sessions from which the way from clone to original leads back to them; each is gone over once."""
    seen: dict[str | None, int] = {}
    circular: set[str | None] = set()
    for way, start in enumerate(origins):
        here: str | None = start
        path = []
        while here in origins and here not in seen:
            seen[here] = way
            path.append(here)
            here = origins[here]
        if here is not None and seen.get(here) == way:
            circular |= set(path[path.index(here) :])
    return circular
