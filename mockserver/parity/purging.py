"""Knows when the background work of a server has caught up with what was deleted."""

import json
import time
from collections.abc import Callable

from .client import Client
from .recordings import Json

_POLL_SECONDS = 0.1
_UNTOLD = -1

Gone = Callable[[], bool]


class PurgeWatch:
    """Watches what one scenario deletes. `workspace_id` is a workspace of its own.

    A deleted session is there until its purge as far as its messages and members can still be listed. It may have had
    none, or have been made again; so right after it another is deleted, which has a message: servers purge in the order
    of the deletions.
    """

    def __init__(self, client: Client, workspace_id: str) -> None:
        self._client = client
        self._workspace_id = workspace_id
        self._deletions = 0
        self._deleted: set[str] = set()  # ids, or parts of paths, that tell a request which it concerns
        self._signs: list[Gone] = []  # of the purge, that no step of the scenario has a part in
        self._rests: list[Gone] = []
        self._lag = 0.0

    def saw_deletion(self, path: str) -> None:
        """Note that a DELETE of this path was accepted."""
        segments = path.split("/")
        if len(segments) == 4:
            self._signs.append(lambda: self._total("/v3/workspaces/list", {"filters": {"id": segments[3]}}) == 0)
        elif len(segments) == 6:
            began = time.monotonic()
            another = self._delete_another()
            self._lag = time.monotonic() - began
            self._signs.append(lambda: not self._is_visible(another))
            self._rests.append(lambda: not self._is_visible(path))
        self._deleted.add(segments[-1])

    def wait(self, seconds: float) -> bool:
        """Wait until all that was deleted is purged, at most this long; whether it came. Nothing deleted, no purge."""
        came = bool(self._signs) and _comes(lambda: all(is_gone() for is_gone in self._signs + self._rests), seconds)
        if came:
            self._signs, self._rests, self._deleted = [], [], set()
        return came

    def came_early(self, request: Json) -> bool:
        """Whether what was deleted and not waited for is purged already, so that this request, or one before, met less.

        What the answers then differ in cannot be told from that.
        """
        if not self._signs:
            return False
        # The purge may just be on its way from the session that the request meets to the one deleted after it.
        lists = request["path"].endswith("/list") or "/peers" in request["path"]
        meets_it = lists or any(name in json.dumps(request) for name in self._deleted)
        grace = 2 * self._lag + _POLL_SECONDS if meets_it else 0
        return _comes(lambda: any(is_gone() for is_gone in self._signs), grace)

    def _is_visible(self, session: str) -> bool:
        return bool(self._total(f"{session}/messages/list") or self._total(f"{session}/peers", method="GET"))

    def _delete_another(self) -> str:
        self._deletions += 1
        session = f"/v3/workspaces/{self._workspace_id}/sessions/{self._workspace_id}-{self._deletions}"
        batch = {"messages": [{"content": "to be purged", "peer_id": "nobody"}]}
        self._client.call("POST", f"{session}/messages", batch)
        self._client.call("DELETE", session)
        return session

    def _total(self, path: str, body: Json = None, method: str = "POST") -> int:
        answer = self._client.call(method, path, body)
        page = answer.document() if answer.status == 200 else None
        total = page.get("total") if isinstance(page, dict) else None
        return total if isinstance(total, int) else _UNTOLD


def _comes(is_there: Callable[[], bool], seconds: float) -> bool:
    """Look until it is there, at most this long and at least once; whether it came."""
    deadline = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
