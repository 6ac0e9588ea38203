"""Finds out when a server has purged what was deleted."""

import json
import time
from collections.abc import Callable

from .client import Client
from .recordings import WORKSPACES, Json

_POLL_SECONDS = 0.1
_UNKNOWN = -1

Gone = Callable[[], bool]


class PurgeWatch:
    """Watches the deletions of one scenario. Only this object uses workspaces whose ids begin with `workspace_id`.

    The messages and members of a deleted session can be listed until its purge. But the session may have neither, or
    may exist again, and so may a deleted workspace. So after each deletion the watch creates and deletes another
    session, with a message, or another workspace: servers purge in the order of the deletions.
    """

    def __init__(self, client: Client, workspace_id: str) -> None:
        self._client = client
        self._workspace_id = workspace_id
        self._deletions = 0
        self._deleted: set[str] = set()  # ids; a request that contains such an id concerns the deleted session
        self._signs: list[Gone] = []  # signs of the purge that no step of the scenario can change
        self._rests: list[Gone] = []
        self._lag = 0.0

    def saw_deletion(self, path: str) -> None:
        """Record that the server has accepted a DELETE of this path."""
        segments = path.split("/")
        started = time.monotonic()
        if len(segments) == 4:
            workspace = self._delete_another_workspace()
            self._signs.append(lambda: not self._is_listed(workspace))
            self._rests.append(lambda: not self._is_listed(segments[3]))
        elif len(segments) == 6:
            session = self._delete_another_session()
            self._signs.append(lambda: not self._is_visible(session))
            self._rests.append(lambda: not self._is_visible(path))
        self._lag = time.monotonic() - started
        self._deleted.add(segments[-1])

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` until all deletions are purged. Returns whether they were purged; False without
        deletions.
        """
        came = bool(self._signs) and _comes(lambda: all(is_gone() for is_gone in self._signs + self._rests), seconds)
        if came:
            self._signs, self._rests, self._deleted = [], [], set()
        return came

    def came_early(self, request: Json) -> bool:
        """Whether the server has purged before the scenario waits for it, so that the answer to a request may differ.

        Such a difference says nothing about the server.
        """
        if not self._signs:
            return False
        # The server may have purged the session of the request, but not yet the one that was deleted after it.
        lists = request["path"].endswith("/list") or "/peers" in request["path"]
        concerns_it = lists or any(name in json.dumps(request) for name in self._deleted)
        grace = 2 * self._lag + _POLL_SECONDS if concerns_it else 0
        return _comes(lambda: any(is_gone() for is_gone in self._signs), grace)

    def _is_listed(self, workspace_id: str) -> bool:
        return self._total(f"{WORKSPACES}/list", {"filters": {"id": workspace_id}}) != 0

    def _is_visible(self, session: str) -> bool:
        return bool(self._total(f"{session}/messages/list") or self._total(f"{session}/peers", method="GET"))

    def _delete_another_workspace(self) -> str:
        self._deletions += 1
        workspace_id = f"{self._workspace_id}-{self._deletions}"
        self._client.call("POST", WORKSPACES, {"id": workspace_id})
        self._client.call("DELETE", f"{WORKSPACES}/{workspace_id}")
        return workspace_id

    def _delete_another_session(self) -> str:
        self._deletions += 1
        session = f"{WORKSPACES}/{self._workspace_id}/sessions/{self._workspace_id}-{self._deletions}"
        batch = {"messages": [{"content": "to be purged", "peer_id": "nobody"}]}
        self._client.call("POST", f"{session}/messages", batch)
        self._client.call("DELETE", session)
        return session

    def _total(self, path: str, body: Json = None, method: str = "POST") -> int:
        answer = self._client.call(method, path, body)
        page = answer.document() if answer.status == 200 else None
        total = page.get("total") if isinstance(page, dict) else None
        return total if isinstance(total, int) else _UNKNOWN


def _comes(is_there: Callable[[], bool], seconds: float) -> bool:
    """Poll until the condition is true, at most `seconds` and at least once. Returns whether it became true."""
    deadline = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
