"""A visit to a server: what is created there has unique names, and is deleted at the end."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import count

from ..domain.changes import VERSIONS, Changes
from ..domain.clock import Ids
from .cleaning import delete_workspace
from .client import Client, NoAnswer
from .matching import ReceivedAnswer
from .recordings import Json


class Unfit(Exception):
    """The server cannot be visited. The message says why."""


class Visit:
    """A visit to the server of a client.

    - `prefix` is a string of random digits. The ids of all workspaces and sessions of the visit begin with it.
    - `created` are the workspaces of the visit that may be on the server.
    - `is_open`: the server needs no token.
    - `gone` is why the server stopped answering, or None.
    - `version` is the version of the API that the server names, or None.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.prefix = str(int.from_bytes(Ids().new().encode(), "big"))[-24:]
        self.created: dict[str, None] = {}
        self.is_open = True
        self.gone: str | None = None
        self.version: str | None = None
        self._runs = count(1)

    def new_prefix(self) -> str:
        """The prefix for another run of the visit."""
        return f"{self.prefix}{next(self._runs):06}"

    def look(self) -> None:
        """Examine the server without changing it. Raises NoAnswer, or Unfit if it is not usable."""
        health = self.client.call("GET", "/health")
        self.version = self.client.api_version()
        is_healthy = health.status == 200 and isinstance(health.document(), dict)
        if not (is_healthy or _lacks_health(self.version)):
            raise Unfit(f"is not a Honcho server: GET /health answered {_shown(health)}")
        listing = {"method": "POST", "path": "/v3/workspaces/list", "json": {"filters": {"id": self.prefix}}}
        listed = self.client.send(listing)
        if listed.status in (401, 403):
            raise Unfit(f"does not accept the key, which must be an admin key: {_shown(listed)}")
        page = listed.document()
        if listed.status != 200 or not isinstance(page, dict) or "items" not in page:
            raise Unfit(f"is not a Honcho server: POST /v3/workspaces/list answered {_shown(listed)}")
        self.is_open = self.client.send(listing, with_token=False).status == 200

    def send(self, request: Json, workspaces: Iterable[str], *, with_token: bool = True) -> ReceivedAnswer:
        """Send a request that may create these workspaces. Raises NoAnswer."""
        possibly_created = dict.fromkeys(workspaces)
        try:
            answer = self.client.send(request, with_token=with_token)
        except (NoAnswer, KeyboardInterrupt):  # The server may still have carried out the request.
            self.created |= possibly_created
            raise
        if answer.status < 300 or answer.status >= 500:  # A proxy answers 504 for a server that goes on.
            self.created |= possibly_created
        return answer

    def clean_up(self) -> None:
        """Delete the workspaces of the visit and their sessions. Those that cannot be deleted stay in `created`."""
        self.client.close()  # An interrupted visit leaves a request unfinished.
        with suppress(NoAnswer):
            for workspace_id in list(self.created):
                if delete_workspace(self.client, workspace_id):
                    del self.created[workspace_id]
        self.client.close()


def _lacks_health(version: str | None) -> bool:
    return version in VERSIONS and not Changes.flags_of(str(version))["health"]


def _shown(answer: ReceivedAnswer) -> str:
    text = " ".join(answer.body[:200].decode("utf-8", "replace").split())
    return f"{answer.status} {text}".rstrip()
