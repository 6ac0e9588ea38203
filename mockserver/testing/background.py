"""The background work of a mock: the purges of what was deleted, carried out step by step if a test likes."""

from collections.abc import Callable
from typing import TypeVar

from ..domain import purges
from ..domain.jobs import Target
from ..domain.purges import Pending
from ..domain.store import Store
from .hosting import Hosting

T = TypeVar("T")


class BackgroundWork:
    """What Mock can do with the purges of its store."""

    store: Store
    hosting: Hosting

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

    def run_due_purges(self) -> None:
        """Carry out the purges that are due by the clock. Every request begins with it."""
        if self.store.purges.jobs:
            purges.run_due(self.store)

    def _seen(self, look: Callable[[], T]) -> T:
        """What the state looks like to the next request: purges that are due come first."""

        def work() -> T:
            self.run_due_purges()
            return look()

        return self.hosting.between_requests(work)
