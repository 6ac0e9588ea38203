"""The background work of a mock, done when a test likes: purges of what was deleted, summaries, and the queue."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from ..domain import contexts, purges, queue
from ..domain.errors import NotFound
from ..domain.jobs import Target
from ..domain.purges import Pending
from ..domain.queue import Queue
from ..domain.records import Workspace
from ..domain.store import Store
from ..wire.fields import without_nul
from .deliveries import Deliveries
from .effects import storable
from .hosting import Hosting
from .names import UnknownName
from .numbers import whole

T = TypeVar("T")


class BackgroundWork:
    """What Mock can do of the work that a server does by itself."""

    store: Store
    hosting: Hosting
    deliveries: Deliveries

    def purge(self, session: str | None = None, *, workspace: str | None = None) -> int:
        """Carry out the purges that wait, due or not, held or not; how many succeeded.

        With a session: its own, in any workspace or in the given one. With a workspace alone: its own and those of
        its sessions. Raises ValueError for ids that are no text.
        """
        target = Target.named(session, workspace)
        return self.hosting.between_requests(lambda: purges.run(self.store, target))

    def pending(self, workspace: str | None = None) -> list[Pending]:
        """The purges that wait, all or those of a workspace and its sessions, in the order in which they run."""
        target = Target.named(None, workspace)
        return self._seen(lambda: purges.pending(self.store, target))

    def hold_purges(self, *, workspace: str | None = None) -> None:
        """From now on purges, all or those of a workspace, run only when they are asked for, not by themselves.

        Until `release_purges`, or a reset.
        """
        target = Target.named(None, workspace)
        self.hosting.between_requests(lambda: self.store.purges.hold(target.workspace_id))

    def release_purges(self, *, workspace: str | None = None) -> None:
        """Let purges run by themselves again, all or those of a workspace; what is due does at the next request."""
        target = Target.named(None, workspace)
        self.hosting.between_requests(lambda: self.store.purges.release(target.workspace_id))

    def fail_purges(self, times: int, session: str | None = None, *, workspace: str | None = None) -> None:
        """Let the next `times` tries fail, of any purge or of those that are named as for `purge`, until a reset.

        A purge that failed waits again, as long as the first time. Raises ValueError unless `times` is 1 or more.
        """
        target = Target.named(session, workspace)
        self.hosting.between_requests(lambda: self.store.purges.fail(times, target))

    def summarize(
        self,
        session: str,
        content: str,
        *,
        workspace: str | None = None,
        kind: Literal["short", "long"] = "short",
        up_to: str | None = None,
    ) -> dict[str, Any]:
        """Give a session a summary in place of its former one of this kind, as a model would; the summary.

        It covers the messages up to the one of the id `up_to`, or all that are there. Raises UnknownName where there
        is no such session or message, ValueError where several workspaces have the session and none is named, and
        for another kind.
        """
        if kind not in ("short", "long") or not isinstance(content, str):
            raise ValueError(f"a summary is a text, short or long: {content!r}, {kind!r}")
        content = without_nul(storable("a summary", content))

        def put() -> dict[str, Any]:
            home = _home_of(self.store, session, workspace)
            try:
                return dict(contexts.summarize(self.store, home, session, kind, content, up_to))
            except NotFound as error:
                raise UnknownName(error.detail) from None

        return self._seen(put)

    def work(self, session: str | None = None, *, workspace: str | None = None, units: int | None = None) -> int:
        """Complete the units of the queue that are pending or in progress, all or so many; how many.

        With a session: its own, in any workspace or in the given one. With a workspace alone: all of it, its dreams
        too. Those in progress come first in each queue, the oldest workspace and session before the others, dreams
        last. Whose queue is emptied, their webhooks are told. Raises ValueError for ids that are no text, and unless
        `units` is 0 or more.
        """
        target, limit = Target.named(session, workspace), None if units is None else whole("units", units)

        def work() -> int:
            count, emptied = queue.complete(self.store, target, limit)
            self._tell(emptied)
            return count

        return self.hosting.between_requests(work)

    def begin_work(self, session: str | None = None, *, workspace: str | None = None, units: int | None = None) -> int:
        """Mark pending units as in progress, those that `work` would complete, or so many of them; how many."""
        target, limit = Target.named(session, workspace), None if units is None else whole("units", units)
        return self.hosting.between_requests(lambda: queue.begin(self.store, target, limit))

    def publish(self, event: str, workspace_id: str, data: Mapping[str, Any]) -> None:
        """Send an event to the webhooks of a workspace."""
        for workspace in self.store.named(workspace_id):
            self.deliveries.publish(event, data, list(workspace.holdings.webhooks.values()))

    def run_due(self) -> None:
        """Carry out the purges and the work that are due by the clock. Every request begins with it, if any wait."""
        if self.store.purges.jobs:
            purges.run_due(self.store)
        waiting = self.store.backlog.jobs
        if waiting and waiting[0].due <= self.store.clock.peek():
            self._tell(queue.complete_due(self.store))

    def _tell(self, emptied: Iterable[Queue]) -> None:
        """Tell the webhooks of each queue that was emptied."""
        for one in emptied:
            data = one._asdict() | {"queue_type": "representation" if one.observer is None else "dream"}
            del data["units"]
            self.publish("queue.empty", one.workspace_id, data)

    def _seen(self, look: Callable[[], T]) -> T:
        """What the state looks like to the next request: purges and work that are due come first."""

        def work() -> T:
            self.run_due()
            return look()

        return self.hosting.between_requests(work)


def _home_of(store: Store, session_id: str, workspace_id: str | None) -> Workspace:
    """The one workspace that has a session of this id. Raises UnknownName for none, ValueError for several."""
    homes = [one for one in store.directory if session_id in one.sessions and workspace_id in (None, one.row["id"])]
    if not homes:
        where = "" if workspace_id is None else f" in the workspace {workspace_id!r}"
        raise UnknownName(f"there is no session {session_id!r}{where}")
    if len(homes) > 1:
        ids = ", ".join(repr(one.row["id"]) for one in homes)
        raise ValueError(f"there is a session {session_id!r} in the workspaces {ids}: say which")
    return homes[0]
