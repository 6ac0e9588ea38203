"""Snapshots: states of a mock that it can go back to, in any order and as often as one likes."""

from dataclasses import dataclass, field
from typing import Any

from ..domain.clock import ClockState
from ..domain.history import Version
from ..domain.records import Workspace
from ..domain.schedule import Job, Target
from ..domain.store import Store
from .registry import UnknownName, checked_name


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The state of a mock at one moment, or of the one `workspace`. `Mock.snapshot` makes it.

    It costs what is changed after it, for as long as somebody holds it.
    """

    name: str | None
    workspace: str | None
    owner: object = field(repr=False)
    versions: tuple[tuple[Workspace, Version], ...] = field(repr=False)
    purges: tuple[Job, ...] = field(repr=False)
    work: tuple[Job, ...] = field(repr=False)
    moment: int = field(repr=False)
    clock: ClockState = field(repr=False)
    ids: tuple[Any, ...] | None = field(repr=False)


class Snapshots:
    """Takes the snapshots of one mock, and remembers the named ones: each workspace has names of its own."""

    def __init__(self) -> None:
        self._named: dict[tuple[str | None, str], Snapshot] = {}
        self._owner = object()  # not the mock: it and its snapshots would hold each other

    def named(self, workspace_id: str | None = None) -> list[Snapshot]:
        """Those that have a name, all or those of a workspace, in the order in which they were taken."""
        return [one for one in self._named.values() if workspace_id in (None, one.workspace)]

    def take(self, store: Store, name: str | None, workspace_id: str | None) -> Snapshot:
        """The state of the store, or of one workspace, be it there or not. Raises ValueError for a name that is none.

        One of the same name is forgotten.
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

    def find(self, wanted: Snapshot | str, workspace_id: str | None = None) -> Snapshot:
        """The snapshot itself, or the one of this name; of a workspace, where it is named.

        Raises UnknownName for an unknown name, ValueError for one that several workspaces have, and for a snapshot of
        another mock.
        """
        if isinstance(wanted, Snapshot):
            if wanted.owner is not self._owner:
                raise ValueError(f"{wanted!r} is of another mock")
            return wanted
        if not isinstance(wanted, str):
            raise ValueError(f"a snapshot, or the name of one, is wanted: {wanted!r}")
        found = [one for one in self.named(workspace_id) if one.name == wanted]
        of_all = [one for one in found if one.workspace is None]
        if len(found) == 1 or of_all:
            return (of_all or found)[0]
        if found:
            homes = ", ".join(repr(one.workspace) for one in found)
            raise ValueError(f"there are snapshots {wanted!r} of the workspaces {homes}: say which")
        known = ", ".join(repr(one.name) for one in self.named(workspace_id)) or "none"
        raise UnknownName(f"there is no snapshot {wanted!r}; known: {known}")

    def forget(self, name: str, workspace_id: str | None) -> None:
        """Forget the snapshot of this name. Raises as `find` does."""
        found = self.find(name, workspace_id)
        del self._named[found.workspace, str(found.name)]

    def forget_all(self, workspace_id: str | None = None) -> None:
        """Forget the named snapshots, all or those that are just of this workspace."""
        for one in self.named(workspace_id):
            del self._named[one.workspace, str(one.name)]


def put_back(store: Store, snapshot: Snapshot) -> None:
    """Have the store in the state of the snapshot; where it is of one workspace, the others stay as they are.

    A snapshot of everything turns back the clock if it stands still or is seeded, else only how far it was moved, and
    the ids of a seed. Purges and work wait as long as they still had to.
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
    """The world of a snapshot, or of the present state for None; of one workspace if one is named."""
    from . import saving  # Few states are written down.

    if snapshot is None:
        workspaces = list(store.directory if workspace_id is None else store.named(workspace_id))
        return saving.document(workspaces, store.purges.waiting(Target(None, workspace_id)))
    target = Target(None, workspace_id)
    chosen = [(one, version) for one, version in snapshot.versions if workspace_id in (None, one.row["id"])]
    present = [(one, one.history.version()) for one, _ in chosen]
    for one, version in chosen:
        one.history.go_to(version)
    try:
        return saving.document([one for one, _ in chosen], [job for job in snapshot.purges if target.covers(job)])
    finally:
        for one, version in present:
            one.history.go_to(version)


def difference(store: Store, before: Snapshot | None, after: Snapshot | None) -> list[str]:
    """What changed between two states, as far as both cover; None is the present one.

    Raises ValueError where they cover two workspaces.
    """
    from .differences import differences  # Few are compared.

    covered = {one.workspace for one in (before, after) if one is not None and one.workspace is not None}
    if len(covered) > 1:
        raise ValueError(f"these snapshots are of two workspaces: {', '.join(map(repr, sorted(covered)))}")
    workspace_id = next(iter(covered), None)
    return differences(world_of(store, before, workspace_id), world_of(store, after, workspace_id))
