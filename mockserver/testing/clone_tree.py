"""The sessions of a workspace as trees, in which clones are below the session that they were cloned from."""

from collections.abc import Collection, Iterator

from ..domain.records import Session, Workspace


def original_of(workspace: Workspace, session: Session) -> Session | None:
    """The session that this one was cloned from. None if it is not a clone, or if the original was purged.

    A purge frees the id, so another session may have it now. The number is never reused, so compare the numbers.
    """
    if session.origin is None:
        return None
    found = workspace.sessions.get(session.origin.session_id)
    return found if found is not None and found.number == session.origin.number else None


class CloneTree:
    """The sessions of a workspace, to iterate over as trees. `clones` has the clones by the number of the original."""

    def __init__(self, workspace: Workspace) -> None:
        self.clones: dict[int, list[Session]] = {}
        self._roots: Collection[Session] = workspace.sessions.values()
        # Most workspaces have no clones. Then the sessions are not copied.
        if any(session.origin is not None for session in self._roots):
            self._roots = [session for session in self._roots if not self._has_original(workspace, session)]

    def _has_original(self, workspace: Workspace, session: Session) -> bool:
        original = original_of(workspace, session)
        if original is not None:
            self.clones.setdefault(original.number, []).append(session)
        return original is not None

    def __iter__(self) -> Iterator[tuple[int, Session]]:
        """All sessions with their depth: roots from the newest to the oldest, each followed by its clones, oldest
        first.
        """
        for root in reversed(list(self._roots)):
            branches = [(0, root)]
            while branches:
                depth, session = branches.pop()
                yield depth, session
                branches += [(depth + 1, clone) for clone in reversed(self.clones.get(session.number, ()))]
