"""What the watch takes for a purge, and for none."""

import httpx

from mockserver import MockServer
from mockserver.parity.client import Client
from mockserver.parity.purging import PurgeWatch

_SESSIONS = "/v3/workspaces/w/sessions"
_ABOUT_IT = {"path": f"{_SESSIONS}/s"}


def test_a_purge_is_over_when_it_was_waited_for(server: MockServer, client: httpx.Client) -> None:
    """And what is made anew under the id, or deleted later, is another matter."""
    with Client(server.url) as connection:
        watch = PurgeWatch(connection, "1")
        assert not watch.wait(0), "nothing was deleted"
        client.post(_SESSIONS, json={"id": "s", "peers": {"bob": {}}})
        client.delete(f"{_SESSIONS}/s")
        watch.saw_deletion(f"{_SESSIONS}/s")
        assert not watch.wait(0)
        assert not watch.came_early(_ABOUT_IT)
        server.mock.purge()
        client.post(_SESSIONS, json={"id": "s"})
        assert watch.came_early(_ABOUT_IT)
        assert watch.wait(0)
        assert not watch.came_early(_ABOUT_IT)


def test_a_session_that_still_shows_is_not_purged_although_the_one_after_it_is(
    server: MockServer, client: httpx.Client
) -> None:
    client.post(_SESSIONS, json={"id": "s", "peers": {"bob": {}}})
    with Client(server.url) as connection:
        watch = PurgeWatch(connection, "1")
        watch.saw_deletion(f"{_SESSIONS}/s")
        server.mock.purge()
        assert not watch.wait(0)


def test_a_workspace_is_purged_when_it_is_no_longer_listed(server: MockServer, client: httpx.Client) -> None:
    client.post("/v3/workspaces", json={"id": "w"})
    with Client(server.url) as connection:
        watch = PurgeWatch(connection, "1")
        client.delete("/v3/workspaces/w")
        watch.saw_deletion("/v3/workspaces/w")
        assert not watch.wait(0)
        server.mock.purge()
        assert watch.wait(0)


def test_a_server_that_does_not_tell_has_not_purged(server: MockServer, client: httpx.Client) -> None:
    client.post("/v3/workspaces", json={"id": "w"})
    server.mock.reset(auth_secret="s")
    with Client(server.url) as connection:
        watch = PurgeWatch(connection, "1")
        watch.saw_deletion("/v3/workspaces/w")
        watch.saw_deletion(f"{_SESSIONS}/s")
        assert not watch.wait(0)
        assert not watch.came_early(_ABOUT_IT)
