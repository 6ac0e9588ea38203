"""Mock: the owner of all state of a mock server, with the methods that control it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack

from ..domain import contexts, purges
from ..domain import work as queued_work
from ..domain.access import Scope
from ..domain.clock import Clock, Ids
from ..domain.errors import NotFound
from ..domain.nul import without_nul
from ..domain.purges import Pending
from ..domain.quirks import Quirks
from ..domain.records import Workspace
from ..domain.schedule import Target
from ..domain.store import Store
from ..domain.work import Queue
from ..garbage import collection_paused
from .arguments import Seed, integer, storable
from .coverage_counts import CoverageCounter, Documented
from .faults import Faults
from .hints import Hinting
from .notes.draft import Notes
from .observer import Observer, beyond_the_api
from .options import Options, Settings, changed, settings_of
from .registry import UnknownName
from .requests import RequestLog
from .scripts import Scripts
from .server_link import ServerLink
from .snapshots import Snapshot, Snapshots, difference, put_back, world_of
from .webhook_log import WebhookLog
from .worlds import WorldSource
from .worlds.load import StartingWorld

if TYPE_CHECKING:
    from ..formats.keyring import Keyring
    from .demo_state import DemoState

T = TypeVar("T")


_HINTS = {
    "fault": "use faults",
    **dict.fromkeys(("journal", "calls", "log"), "use requests"),
    **dict.fromkeys(("time", "now"), "use clock"),
    **dict.fromkeys(("url", "base_url"), "a mock has no URL; the MockServer that runs it has one"),
    **dict.fromkeys(("sessions", "workspaces", "peers", "state"), "use world()"),
    **dict.fromkeys(("clear", "forget"), "use reset()"),
}


class Mock(Hinting):
    """The state of one mock server. You get it as `MockServer.mock` or `app.state.mock`.

    Arguments: the options, by keyword. `mockserver.testing.options.Options` declares each with its type, default and
        meaning.

    Attributes:
        clock: The time that timestamps, purges and rate limits read. Freeze or advance it.
        requests: The request log, with assertions.
        deliveries: The log of webhook deliveries.
        faults: Rules that make requests fail.
        scripts: Answers for the operations that need a model.
        coverage: Counts which operations and answers of the contract were used.
        server_link: The link to the server that runs the mock.
        play: The demo script that is running, or None.
        observer: Sees the requests, to compare the answers with those of a real server, or None.

    You can call the methods from any thread: while a server runs the mock, they run between two requests.

    Raises WorldError for an invalid world, ValueError for an invalid value of another option, and ImportError if
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

    hints = _HINTS
    observer: Observer | None = None

    def __init__(self, **options: Unpack[Options]) -> None:
        self._settings = settings_of(**options)
        self.server_link = ServerLink()
        self.clock = Clock()
        self.requests = RequestLog(self.clock, self.server_link)
        self.deliveries = WebhookLog(self.clock, self.server_link)
        self.faults = Faults(self.clock, self.server_link)
        self.scripts = Scripts()
        self.notes = Notes()
        self.coverage = CoverageCounter(self.server_link)
        self.play: DemoState | None = None
        # Whether requests alone made the state from the starting world, so that it can be made again from the log.
        self._is_of_requests = True
        self._ids = Ids()
        self._snapshots = Snapshots()
        self.store: Store
        self.keyring: Keyring | None
        self._begin(self._settings)

    def __repr__(self) -> str:
        return f"<Mock: {self.described}>"

    @property
    def described(self) -> str:
        """The profile in a few words, such as "API 3.0.7, quirks none"."""
        return f"API {self.api_version}, quirks {self.quirks.text(self.api_version)}"

    @property
    def seed(self) -> Seed:
        """The current seed, or None."""
        seed: Seed = self._in_force["seed"]
        return seed

    @property
    def webhook_secret(self) -> str:
        """The secret that signs webhook deliveries."""
        secret: str = self._in_force["webhook_secret"]
        return secret

    @property
    def cors(self) -> frozenset[str]:
        """The origins that the option `cors` adds."""
        origins: frozenset[str] = self._in_force["cors"]
        return origins

    @property
    def quirks(self) -> Quirks:
        """The quirks that are on."""
        return self.store.profile.quirks()

    @property
    def api_version(self) -> str:
        """The version of the API that the mock behaves as, such as "3.0.7"."""
        return self.store.profile.api_version

    def know_operations(self, names: frozenset[str], documented: Sequence[Documented]) -> None:
        """Set the operations of the app that serves this mock.

        Arguments:
            names: All names, to detect typos in faults, scripts and assertions.
            documented: The operations of the served document, in its order, for the coverage report.
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
        """Create a token for a scope, which a client uses as its API key.

        Arguments:
            expires_at: When the token expires, by the clock of the mock. A naive datetime is in UTC.

        Raises ValueError if authentication is off, if the arguments name no scope, and for an id that is not a
        non-empty string, or an invalid time.
        """
        if self.keyring is None:
            raise ValueError("authentication is off, so there are no tokens: the option auth_secret turns it on")
        named = {"workspace": workspace, "peer": peer, "session": session}
        for argument, name in named.items():
            if name is not None and (not isinstance(name, str) or not name):
                raise ValueError(f"{argument} must be an id: {name!r}")
        if not admin and not any(named.values()):
            raise ValueError("a token needs a scope: pass workspace, peer, session or admin=True")
        if expires_at is not None and not isinstance(expires_at, datetime):
            raise ValueError(f"expires_at must be a datetime: {expires_at!r}")
        try:
            return self.keyring.sign(Scope(admin, workspace, peer, session), self.clock.now(), expires_at)
        except OverflowError:
            raise ValueError(f"expires_at is out of range in UTC: {expires_at!r}") from None

    # --- Reset, snapshots, forks, worlds ---

    def reset(self, *, workspace: str | None = None, **options: Unpack[Options]) -> None:
        """Go back to the starting world, reset the clock, and clear all logs, faults, scripts and
        snapshots.

        Arguments:
            workspace: Reset only what belongs to this workspace: its rows, purges, snapshots, requests and deliveries,
                and the faults and scripts that name it.
            options: Replace the options of the constructor until the next reset.

        Raises as the constructor does. The mock does not change then.
        """
        if workspace is None:
            settings = changed(self._settings, **options)
            self.server_link.between_requests(lambda: self._begin(settings))
            return
        if not isinstance(workspace, str) or not workspace:
            raise ValueError(f"workspace must be an id or None: {workspace!r}")
        if options:
            raise ValueError(f"the reset of one workspace takes no other option: {', '.join(options)}")
        self._changing(lambda: self._begin_workspace(workspace))

    def snapshot(self, name: str | None = None, *, workspace: str | None = None) -> Snapshot:
        """Take a snapshot of the state, or of one workspace, for `restore`. Its cost depends on what changes
        afterwards.

        Holds and failures of purges, deliveries, quirks and options are not part of it.

        Arguments:
            name: The mock keeps a named snapshot until the next reset, in place of an earlier one of this name.

        Raises ValueError for an invalid name.
        """
        return self.server_link.between_requests(lambda: self._snapshots.take(self.store, name, workspace))

    @beyond_the_api
    def restore(self, snapshot: Snapshot | str, *, workspace: str | None = None) -> None:
        """Go back to a snapshot, given as an object or by name. You can restore snapshots in any order, also after a
        reset.

        Purges and work keep the remaining delay that they had when the snapshot was taken. A snapshot of
        one workspace changes only that workspace. A snapshot of everything also restores the generator
        of seeded ids, and the clock if it is frozen or seeded. A clock in real time gets the offset that it had.

        Raises UnknownName for an unknown name, ValueError for a name that several workspaces have, and for a snapshot
        of another mock.
        """

        def go_back() -> None:
            found = self._snapshots.find(snapshot, workspace)
            put_back(self.store, found)
            self.requests.undo_deletions(found.workspace)

        self._changing(go_back)

    def snapshots(self, workspace: str | None = None) -> list[Snapshot]:
        """The named snapshots, all or those of a workspace."""
        return self.server_link.between_requests(lambda: self._snapshots.named(workspace))

    def forget_snapshot(self, name: str, *, workspace: str | None = None) -> None:
        """Delete the snapshot of this name (and workspace). Raises as `restore` does."""
        self.server_link.between_requests(lambda: self._snapshots.remove(name, workspace))

    def fork(self) -> "Mock":
        """Create another mock with the same options and an equal state. Its clock and ids continue in the same way.

        Changes of one do not affect the other. The fork has no snapshots and no server.
        """
        with collection_paused():
            return self.server_link.between_requests(self._forked)

    def as_it_began(self, quirks: Quirks) -> "Mock | None":
        """Create another mock in the state that this one had after its last reset, with other quirks. It makes the same
        ids, so the same requests at the same times get the same answers, but for what the quirks change.

        None if not only requests have changed the state since: a control method has, or purges or work may have come
        due. None also if the clock was frozen or resumed.
        """
        settings = self._in_force
        has_jobs = settings["purge_after"] is not None or settings["work_after"] is not None
        was_frozen = settings["frozen_at"] is not None
        if not self._is_of_requests or has_jobs or self.clock.is_frozen != was_frozen:
            return None
        twin = Mock()
        twin._begin(changed(settings, quirks=quirks))
        twin._ids.begin_as(self._ids)
        return twin

    def open_fork(self) -> str:
        """Start a server with an equal state, which runs until this mock is reset or its server ends. Returns the URL.

        Raises ValueError if no server runs this mock, and TooManyForks if `max_forks` servers of forks run, those of
        forks included, or the system has no resources for another one.
        """
        return self.server_link.open_fork(self.fork)

    def world(self, workspace: str | None = None) -> dict[str, Any]:
        """The state, or one workspace of it, as a world: a server that starts from it gives the same answers.

        A world does not contain the clock and ids, the due times of purges and work (they start to wait again), holds
        and failures of purges, and the order of messages of different sessions. This order matters only for messages
        with equal times in a search, and with the quirk `clone_crosses_workspaces`. A world with values nested more
        than 190 deep is refused by `load`.

        Raises UnknownName for an unknown workspace.
        """
        return self._seen(lambda: world_of(self.store, workspace_id=self._known(workspace)))

    def save(self, path: str | Path, *, workspace: str | None = None) -> None:
        """Write `world` to a JSON file, for the option `world` and for `load`. Raises OSError, and UnknownName as
        `world` does.
        """
        from .worlds import save  # Imported here because few runs need it.

        save.write(path, self.world(workspace))

    @beyond_the_api
    def load(self, source: WorldSource) -> None:
        """Replace the state with a world. Clock, ids, options and snapshots stay.

        Raises WorldError for an invalid world. The mock does not change then.
        """
        world = changed(self._in_force, world=source)["world"]
        self._changing(lambda: self._put_in_place(world))

    def diff(
        self, a: Snapshot | str | None, b: Snapshot | str | None = None, *, workspace: str | None = None
    ) -> list[str]:
        """What changed from `a` to `b`, one sentence for each change. Empty if nothing changed.

        Arguments:
            a, b: Snapshots, names of snapshots, or None for the present state. If one of them is of a workspace, only
                that workspace is compared.
            workspace: The workspace of a named snapshot, if several workspaces have one of this name.

        Raises as `restore` does, and ValueError for snapshots of two workspaces, and if both are None.
        """
        if a is None and b is None:
            raise ValueError("diff needs a snapshot, or its name: None is the present state, which equals itself")

        def found(snapshot: Snapshot | str | None) -> Snapshot | None:
            return None if snapshot is None else self._snapshots.find(snapshot, workspace)

        return self._seen(lambda: difference(self.store, found(a), found(b)))

    # --- Purges and the work of the queue ---

    @beyond_the_api
    def purge(self, session: str | None = None, *, workspace: str | None = None) -> int:
        """Run the waiting purges now, due or not, held or not. Returns how many succeeded.

        Arguments:
            session: Only the purges of this session id, in any workspace or in the given one.
            workspace: Without a session: the purges of this workspace and of its sessions.

        Raises ValueError if an id is not a string.
        """
        target = Target.named(session, workspace)
        return self._changing(lambda: purges.run(self.store, target))

    def pending(self, workspace: str | None = None) -> list[Pending]:
        """The purges that wait, all or those of a workspace and its sessions, in the order in which they run."""
        target = Target.named(None, workspace)
        return self._seen(lambda: purges.pending(self.store, target))

    def hold_purges(self, *, workspace: str | None = None) -> None:
        """Stop automatic purges, of all workspaces or of one, until `release_purges` or a reset."""
        target = Target.named(None, workspace)
        self._changing(lambda: self.store.purges.hold(target.workspace_id))

    def release_purges(self, *, workspace: str | None = None) -> None:
        """Undo `hold_purges`, for all purges or those of a workspace. Purges that are due run at the next request."""
        target = Target.named(None, workspace)
        self._changing(lambda: self.store.purges.release(target.workspace_id))

    def fail_purges(self, times: int, session: str | None = None, *, workspace: str | None = None) -> None:
        """Let the next `times` tries of purges fail, until a reset. `session` and `workspace` select as in `purge`.

        A failed purge waits again, as long as the first time. Raises ValueError unless `times` is at least 1.
        """
        target = Target.named(session, workspace)
        self._changing(lambda: self.store.purges.fail(times, target))

    @beyond_the_api
    def summarize(
        self,
        session: str,
        content: str,
        *,
        workspace: str | None = None,
        kind: Literal["short", "long"] = "short",
        up_to: str | None = None,
    ) -> dict[str, Any]:
        """Give a session a summary, as a model would, in place of the earlier one of this kind. Returns the summary.

        Arguments:
            up_to: The id of the last message that it covers. By default it covers all messages.

        Raises UnknownName for an unknown session or message, ValueError if several workspaces have the session and
        `workspace` is None, and for another kind.
        """
        if kind not in ("short", "long") or not isinstance(content, str):
            raise ValueError(f"a summary must be a string of kind 'short' or 'long': {content!r}, {kind!r}")
        content = without_nul(storable("a summary", content))

        def put() -> dict[str, Any]:
            home = _home_of(self.store, session, workspace)
            try:
                return dict(contexts.summarize(self.store, home, session, kind, content, up_to))
            except NotFound as error:
                raise UnknownName(error.detail) from None

        return self._changing(lambda: self._seen(put))

    @beyond_the_api
    def work(self, session: str | None = None, *, workspace: str | None = None, units: int | None = None) -> int:
        """Complete units of the queue that are pending or in progress. Returns how many.

        In each queue, units in progress come first. The oldest workspace and session come before the others, dreams
        last. When a queue becomes empty, the webhooks of its workspace get the event `queue.empty`.

        Arguments:
            session: Only the units of this session id, in any workspace or in the given one.
            workspace: Without a session: all units of this workspace, dreams included.
            units: How many at most. By default all.

        Raises ValueError if an id is not a string, or `units` is not an integer of at least 0.
        """
        target, limit = Target.named(session, workspace), None if units is None else integer("units", units)

        def work() -> int:
            count, emptied = queued_work.complete(self.store, target, limit)
            self._publish_empty(emptied)
            return count

        return self._changing(work)

    @beyond_the_api
    def begin_work(self, session: str | None = None, *, workspace: str | None = None, units: int | None = None) -> int:
        """Mark pending units as in progress, in the order of `work` and with its arguments. Returns how many."""
        target, limit = Target.named(session, workspace), None if units is None else integer("units", units)
        return self._changing(lambda: queued_work.begin(self.store, target, limit))

    def publish(self, event: str, workspace_id: str, data: Mapping[str, Any]) -> None:
        """Send an event to the webhooks of a workspace."""
        for workspace in self.store.named(workspace_id):
            self.deliveries.publish(event, data, list(workspace.extras.webhooks.values()))

    def run_due(self) -> None:
        """Run the purges and the work that are due by the clock. Every request calls this first if a job waits."""
        if self.store.purges.jobs:
            purges.run_due(self.store)
        if self.store.backlog.jobs:
            self._publish_empty(queued_work.complete_due(self.store))

    def _publish_empty(self, queues: Iterable[Queue]) -> None:
        """Send `queue.empty` for each of these queues to the webhooks of its workspace."""
        for emptied in queues:
            data = emptied._asdict() | {"queue_type": "representation" if emptied.observer is None else "dream"}
            del data["units"], data["dream_type"]  # The event has neither.
            self.publish("queue.empty", emptied.workspace_id, data)

    # --- Inside ---

    def _seen(self, look: Callable[[], T]) -> T:
        """Run the due purges and work, as a request does, and return the result of `look`."""

        def work() -> T:
            self.run_due()
            return look()

        return self.server_link.between_requests(work)

    def _changing(self, work: Callable[[], T]) -> T:
        """Change the state between two requests, so that the log of requests does not explain it any more."""
        self._is_of_requests = False
        return self.server_link.between_requests(work)

    def _known(self, workspace_id: str | None) -> str | None:
        if workspace_id is not None and workspace_id not in self.store.workspaces:
            raise UnknownName(f"there is no workspace {workspace_id!r}")
        return workspace_id

    def _put_in_place(self, world: StartingWorld) -> None:
        self.store.put_workspaces([])
        self.store.purges.take()
        self.store.backlog.take()
        world.load(self.store)
        self.requests.undo_deletions(None)
        if self.play is not None:
            self.play.restart()

    def _forked(self) -> "Mock":
        twin = Mock()
        twin._settings = self._settings
        twin.server_link.count_with(self.server_link)
        twin._begin(changed(self._in_force, world=None))
        twin._in_force = self._in_force
        twin.clock.put_back(self.clock.state())
        twin._ids = self._ids.copy()
        twin.store = self.store.fork(twin.clock, twin._ids)
        twin._is_of_requests = False
        return twin

    def _begin(self, settings: Settings) -> None:
        """Reset every part, and start with a new store that contains the world."""
        self._in_force = settings
        self._is_of_requests = True
        self.keyring = settings["auth_secret"]
        self.clock.reset(settings)
        self._ids.reset(settings)
        # The store is replaced before the other parts are reset, so that threads that wait for those parts find the new
        # state.
        store = Store(self.clock, self._ids, settings["profile"], settings["purge_after"], settings["work_after"])
        settings["world"].load(store)
        self.store = store
        for part in (*self._parts_with_workspaces, self.coverage, self.notes, self.server_link, self.play):
            if part is not None:
                part.reset(settings)
        if self.observer is not None:
            self.observer.began()

    def _begin_workspace(self, workspace: str) -> None:
        self._in_force["world"].load_workspace(self.store, workspace)
        self.store.purges.forget_rules(workspace)
        for part in self._parts_with_workspaces:
            part.forget(workspace)
        if self.observer is not None:
            self.observer.left("the reset of a workspace")

    @property
    def _parts_with_workspaces(self) -> tuple[RequestLog, WebhookLog, Faults, Scripts, Snapshots]:
        """The parts that have something for each workspace. `forget` removes it."""
        return self.requests, self.deliveries, self.faults, self.scripts, self._snapshots


def _home_of(store: Store, session_id: str, workspace_id: str | None) -> Workspace:
    """The only workspace that has a session of this id. Raises UnknownName for none, ValueError for several."""
    homes = [
        workspace
        for workspace in store.directory
        if session_id in workspace.sessions and workspace_id in (None, workspace.row["id"])
    ]
    if not homes:
        where = "" if workspace_id is None else f" in the workspace {workspace_id!r}"
        raise UnknownName(f"there is no session {session_id!r}{where}")
    if len(homes) > 1:
        ids = ", ".join(repr(workspace.row["id"]) for workspace in homes)
        raise ValueError(f"several workspaces have a session {session_id!r}: {ids}; pass workspace=")
    return homes[0]
