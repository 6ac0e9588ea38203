"""The background work of a mock, done when a test likes: purges of what was deleted, and summaries."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from ..domain import contexts, purges
from ..domain.errors import NotFound
from ..domain.jobs import Target
from ..domain.purges import Pending
from ..domain.records import Workspace
from ..domain.store import Store
from .hosting import Hosting
from .names import UnknownName

T = TypeVar("T")


class BackgroundWork:
    """What Mock can do of the work that a server does by itself."""

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

        def put() -> dict[str, Any]:
            home = _home_of(self.store, session, workspace)
            try:
                return dict(contexts.summarize(self.store, home, session, kind, content, up_to))
            except NotFound as error:
                raise UnknownName(error.detail) from None

        return self._seen(put)

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
