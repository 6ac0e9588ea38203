"""Mock: the owner of all state of a fake server, with the methods that control it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ..domain.access import Scope
from ..domain.clock import Clock, Ids
from ..domain.forks import fork
from ..domain.jobs import Target
from ..domain.quirks import Quirks
from ..domain.store import Store
from .background import BackgroundWork
from .deliveries import Deliveries
from .faults import Faults
from .hosting import Hosting
from .journal import Journal
from .names import UnknownName
from .numbers import Seed
from .options import Options, Settings, WorldSource, changed, settings_of
from .play import Play
from .scripts import Scripts
from .snapshots import Snapshot, Snapshots, difference, put_back, world_of
from .tally import Documented, Tally
from .worlds import StartingWorld

if TYPE_CHECKING:
    from ..wire.keys import Keyring


class Mock(BackgroundWork):
    """The state of one fake server. `MockServer.mock` and `app.state.mock` hand it out.

    `quirks` is `"none"`, `"live"`, names separated by commas, or a Quirks. `world` is the state to start from: a path
    to a JSON file, or a mapping of the same form. `purge_after` is how many seconds after its deletion a session or
    workspace is purged, `work_after` how many seconds work waits (of a session: from its first unit that does); None:
    only when asked. `seed` makes ids and times repeat from run to run, on a clock of its own (see Clock). `frozen_at`
    stops the clock at a time. `auth_secret` turns authentication on: requests then need a token that is signed with it.
    `webhook_secret` signs what is sent to webhooks ("honcho-mockserver" where nothing is said). `journal_entries` and
    `journal_bytes` bound the journal (1,000 and 16 MiB), and alike what is kept of deliveries; 0 entries turn it off.

    `clock`, `requests` (the journal), `deliveries` (to webhooks), `faults`, `scripts` and `coverage` (of the contract)
    are its parts, `hosting` is what it knows of its server, `play` what a demo is playing. Its methods may be called
    from any thread: while a server runs it, they are carried out between two requests.

    Raises WorldError for a wrong world, ValueError for what makes no sense in any other option, ImportError where
    `auth_secret` is given and PyJWT is missing.

    >>> from mockserver import Mock
    >>> mock = Mock(world={"workspaces": {"w": {"sessions": [{"id": "s"}]}}}, seed=1)
    >>> before = mock.snapshot()
    >>> mock.load({"workspaces": {"w": {"sessions": [{"id": "s", "is_active": False}]}}})
    >>> mock.pending()
    [Pending(workspace='w', session='s', due=None, tries=0)]
    >>> mock.fail_purges(times=1)
    >>> mock.purge(), mock.purge(session="s")
    (0, 1)
    >>> mock.restore(before)
    >>> mock.diff(before)
    []
    >>> mock.fork().world() == mock.world()
    True
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._settings = settings_of(**options)
        self.hosting = Hosting()
        self.clock = Clock()
        self.requests = Journal(self.clock, self.hosting)
        self.deliveries = Deliveries(self.clock, self.hosting)
        self.faults = Faults(self.clock, self.hosting)
        self.scripts = Scripts()
        self.coverage = Tally(self.hosting)
        self.play: Play | None = None
        self._ids = Ids()
        self._snapshots = Snapshots()
        self.store: Store
        self.keyring: Keyring | None
        self._begin(self._settings)

    @property
    def seed(self) -> Seed:
        """The seed in force, or None."""
        seed: Seed = self._in_force["seed"]
        return seed

    @property
    def webhook_secret(self) -> str:
        """The secret under which deliveries are signed."""
        secret: str = self._in_force["webhook_secret"]
        return secret

    @property
    def quirks(self) -> Quirks:
        """The quirks that are on."""
        return self.store.quirks

    def reset(self, *, workspace: str | None = None, **options: Unpack[Options]) -> None:
        """Forget everything and go back to the starting world, with the clock at real time.

        With `workspace` only what belongs to it: its rows, its purges, its requests and deliveries, and the faults and
        scripts that name it. Other options replace those that the mock was made with, until the next reset. Raises as
        the constructor does, and then nothing was changed.
        """
        if workspace is None:
            settings = changed(self._settings, **options)
            self.hosting.between_requests(lambda: self._begin(settings))
            return
        if not isinstance(workspace, str) or not workspace:
            raise ValueError(f"workspace must be an id or None: {workspace!r}")
        if options:
            raise ValueError(f"the reset of one workspace has no other option: {', '.join(options)}")
        self.hosting.between_requests(lambda: self._begin_workspace(workspace))

    def know_operations(self, names: frozenset[str], documented: Sequence[Documented]) -> None:
        """Take note of the operations that the app over this mock has, so that slips of the pen are told.

        `documented` are those of the served document, in its order: of them the coverage is told.
        """
        self.requests.operations = self.faults.operations = names
        self.coverage.know(documented)

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
        try:
            return self.keyring.sign(Scope(admin, workspace, peer, session), self.clock.now(), expires_at)
        except OverflowError:
            raise ValueError(f"in UTC there is no such time: {expires_at!r}") from None

    def snapshot(self, name: str | None = None, *, workspace: str | None = None) -> Snapshot:
        """The present state, or that of one workspace, to go back to; it costs what is changed afterwards.

        A name has the mock remember it until the next reset; one of the same name is forgotten. What is to come of
        purges (held, failing), deliveries, quirks and options are no part of it. Raises ValueError for an empty name.
        """
        return self.hosting.between_requests(lambda: self._snapshots.take(self.store, name, workspace))

    def restore(self, snapshot: Snapshot | str, *, workspace: str | None = None) -> None:
        """Go back to a snapshot, or the one of this name (and workspace); any may follow any, also after a reset.

        The state is as it was; purges and work wait as long as they still had to. One of a workspace leaves all else
        alone. One of everything also turns back the ids of a seed, and the clock where it stood still or is seeded;
        a running clock has been advanced as far as then. Raises UnknownName for an unknown name, ValueError for one
        that several workspaces have, and for a snapshot of another mock.
        """

        def go_back() -> None:
            found = self._snapshots.find(snapshot, workspace)
            put_back(self.store, found)
            self.requests.turned_back(found.workspace)

        self.hosting.between_requests(go_back)

    def snapshots(self, workspace: str | None = None) -> list[Snapshot]:
        """The snapshots that have a name, all or those of a workspace."""
        return self.hosting.between_requests(lambda: self._snapshots.named(workspace))

    def forget_snapshot(self, name: str, *, workspace: str | None = None) -> None:
        """Forget the snapshot of this name (and workspace). Raises as `restore` does."""
        self.hosting.between_requests(lambda: self._snapshots.forget(name, workspace))

    def fork(self) -> "Mock":
        """Another mock with the same options in an equal state, whose clock and ids go on alike.

        What is done with one does not show in the other. It has none of the snapshots, and no server.
        """
        return self.hosting.between_requests(self._forked)

    def world(self, workspace: str | None = None) -> dict[str, Any]:
        """The state, or one workspace of it, as a world to start from: the same answers, and the same waits.

        It lacks what no world has: clock and ids, when purges and work are due (they wait anew), what holds or fails
        purges, and the order of messages between sessions, which only a search among messages of one time and the quirk
        `clone_crosses_workspaces` show. Values nested more than 190 deep make a world that is refused.
        Raises UnknownName for a workspace that is not there.
        """
        return self._seen(lambda: world_of(self.store, workspace_id=self._known(workspace)))

    def save(self, path: str | Path, *, workspace: str | None = None) -> None:
        """Write `world` to a file of JSON, for `world=` and `load`. Raises OSError, and UnknownName as `world` does."""
        from . import saving  # Few states are written down.

        saving.write(path, self.world(workspace))

    def load(self, source: WorldSource) -> None:
        """Put the state of a world in place of the present one; clock, ids, options and snapshots stay.

        Raises WorldError for a wrong world, and then nothing was changed.
        """
        world = changed(self._in_force, world=source)["world"]
        self.hosting.between_requests(lambda: self._put_in_place(world))

    def diff(
        self, a: Snapshot | str | None, b: Snapshot | str | None = None, *, workspace: str | None = None
    ) -> list[str]:
        """What changed from `a` to `b` (snapshots, names, or None for the present state), a sentence each.

        `workspace` is that of the snapshots, where several have the name. Where one is of a workspace, only that is
        compared. Empty where nothing changed. Raises as `restore`
        does, and ValueError for snapshots of two workspaces.
        """

        def found(one: Snapshot | str | None) -> Snapshot | None:
            return None if one is None else self._snapshots.find(one, workspace)

        return self._seen(lambda: difference(self.store, found(a), found(b)))

    def open_fork(self) -> str:
        """The URL of another server with an equal state, until this one is reset or ends.

        Raises ValueError where no server runs this mock.
        """
        return self.hosting.open_fork(self.fork())

    def _known(self, workspace_id: str | None) -> str | None:
        if workspace_id is not None and workspace_id not in self.store.workspaces:
            raise UnknownName(f"there is no workspace {workspace_id!r}")
        return workspace_id

    def _put_in_place(self, world: StartingWorld) -> None:
        self.store.put_workspaces([])
        self.store.purges.take(Target())
        self.store.backlog.forget(Target())
        world.load(self.store)
        self.requests.turned_back(None)
        if self.play is not None:
            self.play.begin_anew()

    def _forked(self) -> "Mock":
        twin = Mock()
        twin._settings = self._settings
        twin._begin(changed(self._in_force, world=None))
        twin._in_force = self._in_force
        twin.clock.put_back(self.clock.state())
        twin._ids = self._ids.copy()
        twin.store = fork(self.store, twin.clock, twin._ids)
        return twin

    def _begin(self, settings: Settings) -> None:
        """Put a new store with the world in it in place of the old one, in real time and with the first of the ids."""
        self._in_force = settings
        self.clock.restart(seeded=settings["seed"] is not None)
        if settings["frozen_at"] is not None:
            self.clock.freeze(settings["frozen_at"])
        self._ids.restart(settings["seed"])
        store = Store(self.clock, self._ids, settings["quirks"], settings["purge_after"], settings["work_after"])
        settings["world"].load(store)
        self.store = store
        self.keyring = settings["auth_secret"]
        self.coverage.asks_for_tokens(self.keyring is not None)
        entries, most_bytes = settings["journal_entries"], settings["journal_bytes"]
        self.requests.restart(entries, most_bytes)
        self.deliveries.restart(entries, most_bytes, settings["webhook_secret"])
        self.faults.restart(settings["seed"])
        self.scripts.forget()
        self._snapshots.forget_all()
        self.hosting.end_forks()
        if self.play is not None:
            self.play.begin_anew(is_forgotten=True)

    def _begin_workspace(self, workspace: str) -> None:
        self._in_force["world"].load_workspace(self.store, workspace)
        self.store.purges.forget_rules(workspace)
        self._snapshots.forget_all(workspace)
        self.requests.forget(workspace)
        self.requests.turned_back(workspace)
        self.deliveries.forget(workspace)
        self.faults.forget(workspace)
        self.scripts.forget(workspace)
