"""Knows when the background work of a server has caught up with what was deleted."""

import time
from collections.abc import Callable

from .connection import Connection
from .recordings import Json

_POLL_SECONDS = 0.1
_UNTOLD = -1

Gone = Callable[[], bool]


class PurgeWatch:
    """Watches what one scenario deletes. `workspace_id` is a workspace of its own, for what has nothing to look at.

    A deleted session is there until its purge as far as its messages and members can still be listed. For one that has
    neither, another is deleted after it, which has a message: servers purge in the order of the deletions.
    """

    def __init__(self, connection: Connection, workspace_id: str) -> None:
        self._connection = connection
        self._workspace_id = workspace_id
        self._made = 0
        self._deleted: list[Gone] = []

    @property
    def workspaces(self) -> list[str]:
        """The workspaces that it has made: its own, or none."""
        return [self._workspace_id] if self._made else []

    def saw_deletion(self, path: str) -> None:
        """Note that a DELETE of this path was accepted."""
        segments = path.split("/")
        if len(segments) == 4:
            self._deleted.append(lambda: self._total("/v3/workspaces/list", {"filters": {"id": segments[3]}}) == 0)
        elif len(segments) == 6 and segments[4] == "sessions":
            session = path if self._is_visible(path) else self._delete_another()
            self._deleted.append(lambda: not self._is_visible(session))

    def wait(self, seconds: float) -> bool:
        """Wait until all that was deleted is purged, at most this long; whether it came."""
        deadline = time.monotonic() + seconds
        while not all(is_gone() for is_gone in self._deleted):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        self._deleted.clear()
        return True

    def came_early(self) -> bool:
        """Whether something that was deleted, and not waited for, is purged already."""
        return any(is_gone() for is_gone in self._deleted)

    def _is_visible(self, session: str) -> bool:
        return bool(self._total(f"{session}/messages/list") or self._total(f"{session}/peers", method="GET"))

    def _delete_another(self) -> str:
        self._made += 1
        session = f"/v3/workspaces/{self._workspace_id}/sessions/another-{self._made}"
        batch = {"messages": [{"content": "to be purged", "peer_id": "nobody"}]}
        self._connection.call("POST", f"{session}/messages", batch)
        self._connection.call("DELETE", session)
        return session

    def _total(self, path: str, body: Json = None, method: str = "POST") -> int:
        answer = self._connection.call(method, path, body)
        page = answer.json() if answer.status == 200 else None
        return int(page["total"]) if isinstance(page, dict) else _UNTOLD
