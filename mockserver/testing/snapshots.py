"""Snapshots: states of a mock that it can go back to, in any order and any number of times."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..domain.clock import ClockState
from ..domain.history import Version
from ..domain.records import Workspace
from ..domain.schedule import Job, Target
from ..domain.store import Store
from ..garbage import collection_paused
from .registry import UnknownName, checked_name


class Snapshot:
    """The state of a mock at one moment, or only of the `workspace` if that is not None. `Mock.snapshot` creates it.

    It shares rows with the present state. So it only costs memory for the rows that change while the snapshot exists.
    """

    __slots__ = ("clock", "ids", "moment", "name", "owner", "purges", "versions", "work", "workspace")

    def __init__(
        self,
        name: str | None,
        workspace: str | None,
        owner: object,
        versions: tuple[tuple[Workspace, Version], ...],
        purges: tuple[Job, ...],
        work: tuple[Job, ...],
        moment: int,
        clock: ClockState,
        ids: tuple[Any, ...] | None,
    ) -> None:
        self.name = name
        self.workspace = workspace
        self.owner = owner
        self.versions = versions
        self.purges = purges
        self.work = work
        self.moment = moment
        self.clock = clock
        self.ids = ids

    def __repr__(self) -> str:
        return f"Snapshot(name={self.name!r}, workspace={self.workspace!r})"


class Snapshots:
    """Takes the snapshots of one mock, and keeps the named ones. Two workspaces may use the same name."""

    def __init__(self) -> None:
        self._named: dict[tuple[str | None, str], Snapshot] = {}
        self._owner = object()  # Represents the mock, because a reference cycle would keep both alive longer.

    def named(self, workspace_id: str | None = None) -> list[Snapshot]:
        """The named snapshots, all or those of a workspace, oldest first."""
        return [snapshot for snapshot in self._named.values() if workspace_id in (None, snapshot.workspace)]

    def take(self, store: Store, name: str | None, workspace_id: str | None) -> Snapshot:
        """Take a snapshot of the store, or of one workspace, which may be missing. Replaces an older one of this name.

        Raises ValueError for an invalid name.
        """
        if name is not None:
            checked_name(name)
        target = Target.named(None, workspace_id)
        workspaces = store.directory if workspace_id is None else store.named(workspace_id)
        snapshot = Snapshot(
            name,
            workspace_id,
            self._owner,
            tuple((workspace, workspace.history.version()) for workspace in workspaces),
            tuple(store.purges.waiting(target)),
            tuple(store.backlog.waiting(target)),
            store.clock.peek(),
            store.clock.state(),
            store.ids.state() if workspace_id is None else None,
        )
        if name is not None:
            self._named.pop((workspace_id, name), None)
            self._named[workspace_id, name] = snapshot
        return snapshot

    def find(self, snapshot: Snapshot | str, workspace_id: str | None = None) -> Snapshot:
        """The snapshot itself, or the one of this name. A snapshot of everything comes before those of workspaces.

        Raises UnknownName for an unknown name, ValueError for a name that several workspaces have, and for a snapshot
        of another mock.
        """
        if isinstance(snapshot, Snapshot):
            if snapshot.owner is not self._owner:
                raise ValueError(f"{snapshot!r} belongs to another mock")
            return snapshot
        if not isinstance(snapshot, str):
            raise ValueError(f"expected a snapshot or its name: {snapshot!r}")
        found = [known for known in self.named(workspace_id) if known.name == snapshot]
        of_everything = [known for known in found if known.workspace is None]
        if len(found) == 1 or of_everything:
            return (of_everything or found)[0]
        if found:
            ids = ", ".join(repr(known.workspace) for known in found)
            raise ValueError(f"several workspaces have a snapshot {snapshot!r}: {ids}; pass workspace")
        names = ", ".join(repr(known.name) for known in self.named(workspace_id)) or "none"
        raise UnknownName(f"there is no snapshot {snapshot!r}; known: {names}")

    def remove(self, name: str, workspace_id: str | None) -> None:
        """Remove the snapshot of this name. Raises as `find` does."""
        found = self.find(name, workspace_id)
        del self._named[found.workspace, str(found.name)]

    def reset(self, settings: Mapping[str, Any]) -> None:  # noqa: ARG002 - every part of the mock has this method
        """Remove all named snapshots."""
        self._named.clear()

    def forget(self, workspace: str) -> None:
        """Remove the named snapshots of this workspace. Snapshots of everything stay."""
        for snapshot in self.named(workspace):
            del self._named[snapshot.workspace, str(snapshot.name)]


def put_back(store: Store, snapshot: Snapshot) -> None:
    """Restore the state of a snapshot. A snapshot of one workspace changes only that workspace.

    A snapshot of everything also restores the generator of seeded ids, and the clock if it is frozen or seeded. A clock
    in real time gets the offset that it had. Purges and work keep the remaining delay that they had when the snapshot
    was taken.
    """
    for workspace, version in snapshot.versions:
        workspace.history.go_to(version)
    workspaces = [workspace for workspace, _ in snapshot.versions]
    if snapshot.workspace is None:
        store.clock.put_back(snapshot.clock)
        store.ids.put_back(snapshot.ids)
        store.put_workspaces(workspaces)
    else:
        for present in store.named(snapshot.workspace):
            store.drop_workspace(present)
        for workspace in workspaces:
            store.put_workspace(workspace)
    later = store.clock.peek() - snapshot.moment
    target = Target(None, snapshot.workspace)
    store.purges.put_back(snapshot.purges, target, later)
    store.backlog.put_back(snapshot.work, target, later)


def world_of(store: Store, snapshot: Snapshot | None = None, workspace_id: str | None = None) -> dict[str, Any]:
    """A snapshot as a world, or the present state if it is None. With an id, only that workspace."""
    from .worlds import save  # Imported here because few runs need it.

    with collection_paused(), _state(store, snapshot, workspace_id) as (workspaces, purges):
        return save.document(workspaces, purges)


@contextmanager
def _state(
    store: Store, snapshot: Snapshot | None, workspace_id: str | None
) -> Iterator[tuple[list[Workspace], list[Job]]]:
    """The workspaces and the waiting purges of a snapshot, or of the present state. With an id, only that workspace.

    Inside the `with` block, the workspaces are in the state of the snapshot.
    """
    target = Target(None, workspace_id)
    if snapshot is None:
        workspaces = store.directory if workspace_id is None else store.named(workspace_id)
        yield list(workspaces), store.purges.waiting(target)
        return
    old = [(each, version) for each, version in snapshot.versions if workspace_id in (None, each.row["id"])]
    present = [(workspace, workspace.history.version()) for workspace, _ in old]
    for workspace, version in old:
        workspace.history.go_to(version)
    try:
        yield [workspace for workspace, _ in old], [job for job in snapshot.purges if target.covers(job)]
    finally:
        for workspace, version in present:
            workspace.history.go_to(version)


def difference(store: Store, before: Snapshot | None, after: Snapshot | None) -> list[str]:
    """What changed between two states, in sentences. None is the present state. If one covers only a workspace, only
    that workspace is compared.

    Raises ValueError if they cover two different workspaces.
    """
    from .diff import differences  # Imported here because few runs need it.
    from .worlds.comparable import Comparable, contents

    covered = {state.workspace for state in (before, after) if state is not None and state.workspace is not None}
    if len(covered) > 1:
        raise ValueError(f"these snapshots are of two workspaces: {', '.join(map(repr, sorted(covered)))}")
    workspace_id = next(iter(covered), None)
    with collection_paused():
        seen = []
        for state in (before, after):
            with _state(store, state, workspace_id) as (workspaces, _):
                seen.append(contents(workspaces))
        description = Comparable(*seen)
        worlds = []
        for state in (before, after):
            with _state(store, state, workspace_id) as (workspaces, purges):
                worlds.append(description.world(workspaces, purges))
        return differences(*worlds)
