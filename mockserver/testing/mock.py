"""Mock: the owner of all that changes in a fake server, with the verbs that control it."""

from collections.abc import Callable
from copy import copy
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..domain import purges
from ..domain.access import Scope
from ..domain.clock import Clock, Ids
from ..domain.forks import fork
from ..domain.jobs import Target
from ..domain.purges import Pending
from ..domain.quirks import Quirks
from ..domain.store import Store
from . import saving
from .snapshots import Snapshot, Snapshots, difference, put_back, world_of
from .worlds import StartingWorld, WorldSource

if TYPE_CHECKING:
    from ..wire.keys import Keyring

T = TypeVar("T")

# Stands for an option that was not given, where None is a value.
_AS_MADE: Any = object()


class Mock:
    """The state of one fake server. `MockServer.mock` and `app.state.mock` hand it out.

    `quirks` is `"none"`, `"live"`, names separated by commas, or a Quirks. `world` is the state to start from: a path
    to a JSON file, or a mapping of the same form. `purge_after` is how many seconds after its deletion a session or
    workspace is purged; None: only when asked. `seed` makes ids and times repeat from run to run, on a clock
    of its own (see Clock). `auth_secret` turns authentication on: requests then need a token that is signed with it.

    Its methods may be called from any thread: while a server runs it, they are carried out between two requests.
    Raises WorldError for a wrong world, ValueError for an unknown quirk, a negative `purge_after` or a secret that
    cannot sign, ImportError where `auth_secret` is given and PyJWT is missing.
    """

    def __init__(
        self,
        *,
        quirks: str | Quirks = "none",
        world: WorldSource | None = None,
        purge_after: float | None = None,
        seed: int | str | None = None,
        auth_secret: str | None = None,
    ) -> None:
        self.clock = Clock(seeded=seed is not None)
        self._seed = seed
        self._ids = Ids(seed)
        self._quirks = Quirks.named(quirks)
        self._purge_after = _checked_wait(purge_after)
        self._world = self._starting_world(world)
        self._keyring = _keyring(auth_secret)
        self._snapshots = Snapshots()
        self._hand_over: Callable[[Callable[[], object]], object] | None = None
        self.store: Store
        self.keyring: Keyring | None
        self._begin(self._quirks, self._purge_after, self._world, self._keyring)

    @property
    def quirks(self) -> Quirks:
        """The quirks that are on."""
        return self.store.quirks

    def reset(
        self,
        *,
        quirks: str | Quirks = _AS_MADE,
        world: WorldSource | None = _AS_MADE,
        purge_after: float | None = _AS_MADE,
        auth_secret: str | None = _AS_MADE,
    ) -> None:
        """Forget everything and go back to the starting world, with the clock at real time.

        What is given replaces the option that the mock was made with, until the next reset. Raises as the
        constructor does, and then nothing was changed.
        """
        chosen = self._quirks if quirks is _AS_MADE else Quirks.named(quirks)
        wait = self._purge_after if purge_after is _AS_MADE else _checked_wait(purge_after)
        start = self._world if world is _AS_MADE else self._starting_world(world)
        keyring = self._keyring if auth_secret is _AS_MADE else _keyring(auth_secret)
        self._between_requests(lambda: self._begin(chosen, wait, start, keyring))

    def token(
        self,
        *,
        workspace: str | None = None,
        peer: str | None = None,
        session: str | None = None,
        admin: bool = False,
        expires_at: datetime | None = None,
    ) -> str:
        """A token for what is named: a client's API key. A naive `expires_at` is in UTC; the fake's clock counts.

        Raises ValueError while authentication is off, where nothing is named, and for names that are none.
        """
        if self.keyring is None:
            raise ValueError("authentication is off, so there are no tokens: auth_secret turns it on")
        named = {"workspace": workspace, "peer": peer, "session": session}
        for argument, name in named.items():
            if name is not None and (not isinstance(name, str) or not name):
                raise ValueError(f"{argument} must be an id: {name!r}")
        if not admin and not any(named.values()):
            raise ValueError("a token is for a workspace, a peer, a session or an admin")
        if expires_at is not None and not isinstance(expires_at, datetime):
            raise ValueError(f"expires_at must be a datetime: {expires_at!r}")
        return self.keyring.sign(Scope(admin, workspace, peer, session), self.clock.now(), expires_at)

    def purge(self, session: str | None = None, *, workspace: str | None = None) -> int:
        """Carry out the purges that wait, due or not, held or not; how many succeeded.

        With a session: its own, in any workspace or in the given one. With a workspace alone: its own and those of
        its sessions. Raises ValueError for ids that are no text.
        """
        target = Target.named(session, workspace)
        return self._between_requests(lambda: purges.run(self.store, target))

    def pending(self, workspace: str | None = None) -> list[Pending]:
        """The purges that wait, all or those of a workspace and its sessions, in the order in which they run."""
        target = Target.named(None, workspace)
        return self._between_requests(lambda: purges.pending(self.store, target))

    def hold_purges(self) -> None:
        """From now on purges run only when they are asked for, not by themselves, until `release_purges` or a reset."""
        self._between_requests(lambda: self.store.purges.hold(True))

    def release_purges(self) -> None:
        """Let purges run by themselves again; those that are due since do at the next request."""
        self._between_requests(lambda: self.store.purges.hold(False))

    def fail_purges(self, times: int, session: str | None = None, *, workspace: str | None = None) -> None:
        """Let the next `times` tries fail, of any purge or of those that are named as for `purge`, until a reset.

        A purge that failed waits again, as long as the first time. Raises ValueError unless `times` is 1 or more.
        """
        target = Target.named(session, workspace)
        self._between_requests(lambda: self.store.purges.fail(times, target))

    def snapshot(self, name: str | None = None, *, workspace: str | None = None) -> Snapshot:
        """The present state, or that of one workspace, to go back to; it costs what is changed afterwards.

        A name has the mock remember it until the next reset; one of the same name is forgotten. What is to come of
        purges (held, failing), quirks and options are no part of it. Raises ValueError for an empty name.
        """
        return self._between_requests(lambda: self._snapshots.take(self.store, name, workspace))

    def restore(self, snapshot: Snapshot | str) -> None:
        """Go back to a snapshot, or the one of this name; any may follow any, also after a reset.

        The state is as it was, and purges wait as long as they still had to. One of a workspace leaves all else
        alone. One of everything also turns back the ids of a seed, and the clock where it stood still or is seeded;
        a running clock has been advanced as far as then. Raises ValueError for an unknown name, and for a snapshot of
        another mock.
        """
        self._between_requests(lambda: put_back(self.store, self._snapshots.find(snapshot)))

    @property
    def snapshots(self) -> dict[str, Snapshot]:
        """The snapshots that have a name."""
        return self._between_requests(lambda: dict(self._snapshots.named))

    def forget(self, snapshot: str) -> None:
        """Forget the snapshot of this name. Raises ValueError where there is none."""
        self._between_requests(lambda: self._snapshots.forget(snapshot))

    def fork(self) -> "Mock":
        """Another mock with the same options in an equal state, whose clock and ids go on alike.

        What is done with one does not show in the other. It has none of the snapshots, and no server.
        """
        return self._between_requests(self._forked)

    def world(self, workspace: str | None = None) -> dict[str, Any]:
        """The state, or one workspace of it, as a world to start from: the same answers, and the same waits.

        It lacks what no world has: clock and ids, when purges are due (they wait anew from the loading), what holds
        or fails them, and the order of messages between sessions of one id in several workspaces, which only the quirk
        `clone_crosses_workspaces` shows. Values nested more than 190 deep make a world that is refused.
        Raises ValueError for a workspace that is not there.
        """
        return self._between_requests(lambda: world_of(self.store, workspace_id=self._known(workspace)))

    def save(self, path: str | Path, *, workspace: str | None = None) -> None:
        """Write `world` to a file of JSON, for `world=` and `load`. Raises OSError, and ValueError as `world` does."""
        saving.write(path, self.world(workspace))

    def load(self, source: WorldSource) -> None:
        """Put the state of a world in place of the present one; clock, ids, options and snapshots stay.

        Raises WorldError for a wrong world, and then nothing was changed.
        """
        world = self._starting_world(source)
        self._between_requests(lambda: self._put_in_place(world))

    def diff(self, a: Snapshot | str | None, b: Snapshot | str | None = None) -> list[str]:
        """What changed from `a` to `b` (snapshots, names, or None for the present state), a sentence each.

        Where one is of a workspace, only that is compared. Empty where nothing changed. Raises ValueError as
        `restore` does, and for snapshots of two workspaces.
        """

        def found(one: Snapshot | str | None) -> Snapshot | None:
            return None if one is None else self._snapshots.find(one)

        return self._between_requests(lambda: difference(self.store, found(a), found(b)))

    def run_due_purges(self) -> None:
        """Carry out the purges that are due by the clock. Every request begins with it."""
        if self.store.purges:
            purges.run_due(self.store)

    def attach(self, hand_over: Callable[[Callable[[], object]], object] | None) -> None:
        """From now on have `hand_over` call what must not come in the middle of a request; None: call it directly."""
        self._hand_over = hand_over

    def _between_requests(self, work: Callable[[], T]) -> T:
        if self._hand_over is None:
            return work()
        done: list[T] = []
        self._hand_over(lambda: done.append(work()))
        return done[0]

    def _known(self, workspace_id: str | None) -> str | None:
        if workspace_id is not None and workspace_id not in self.store.workspaces:
            raise ValueError(f"there is no workspace {workspace_id!r}")
        return workspace_id

    def _put_in_place(self, world: StartingWorld) -> None:
        self.store.put_workspaces([])
        self.store.purges.take(Target())
        world.load(self.store)

    def _reset_workspace(self, workspace_id: str) -> None:
        """Have one workspace as the starting world has it, or not at all; everything else stays."""
        self._start.load_workspace(self.store, workspace_id)

    def _forked(self) -> "Mock":
        clock, ids = self.clock.copy(), self._ids.copy()
        twin = copy(self)
        store = fork(self.store, clock, ids)
        vars(twin).update(clock=clock, _ids=ids, store=store, _snapshots=Snapshots(), _hand_over=None)
        return twin

    def _starting_world(self, source: WorldSource | None) -> StartingWorld:
        # Its ids come from a run of their own, so that none of it comes again after a reset.
        return StartingWorld(source, Ids(None if self._seed is None else f"world of {self._seed}"))

    def _begin(
        self, quirks: Quirks, purge_after: float | None, world: StartingWorld, keyring: "Keyring | None"
    ) -> None:
        """Put a new store with the world in it in place of the old one, in real time and with the first of the ids."""
        self._snapshots.named.clear()
        self.clock.restart()
        self._ids.restart()
        store = Store(self.clock, self._ids, quirks, purge_after)
        world.load(store)
        self._start = world
        self.store = store
        self.keyring = keyring


def _keyring(secret: str | None) -> "Keyring | None":
    if secret is None:
        return None
    from ..wire.keys import Keyring  # Most servers let anyone in.

    return Keyring(secret)


def _checked_wait(seconds: float | None) -> float | None:
    if seconds is not None and not (isinstance(seconds, (int, float)) and 0 <= seconds < float("inf")):
        raise ValueError(f"purge_after must be a number of seconds from 0 up, or None: {seconds!r}")
    return seconds
