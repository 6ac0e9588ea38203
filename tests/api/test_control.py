"""The control plane answers loopback and what was allowed, and no page that a developer happens to visit."""

import pytest

from mockserver import Mock, create_app
from support.direct_client import DirectClient
from support.started_mock import Start

_W = "/v3/workspaces/w"


def _client(*allow_hosts: str) -> DirectClient:
    return DirectClient(create_app(Mock(), allow_hosts=allow_hosts))


def test_reset_goes_back_to_the_starting_world(start: Start) -> None:
    client = start(world={"workspaces": {"w": {"sessions": [{"id": "first"}]}}}).client
    client.call("POST", f"{_W}/sessions", {"id": "second"})
    assert client.call("POST", "/_mock/reset").json == {"reset": True}
    assert [item["id"] for item in client.call("POST", f"{_W}/sessions/list").json["items"]] == ["first"]


def test_purge_says_how_much_it_purged() -> None:
    client = _client()
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    client.call("DELETE", f"{_W}/sessions/s")
    assert [client.call("POST", "/_mock/purge").json for _ in range(2)] == [{"purged": 1}, {"purged": 0}]


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:8000", "127.0.0.1:8000", "127.8.9.10", "[::1]:8000", "honcho:8000", "10.0.0.5"]
)
def test_loopback_and_allowed_hosts_are_answered(host: str) -> None:
    client = _client("honcho", "10.0.0.5")
    assert client.send("POST", "/_mock/purge", headers={"host": host}).status == 200
    origin = f"http://{host}"
    assert client.send("POST", "/_mock/purge", headers={"host": host, "origin": origin}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "192.168.0.9:8000",
        "10.0.0.1",
        "",
        "[",
        "a b",
        "x@localhost",
        "localhost/x",
        "localhost:x",
        "localhost, localhost",
    ],
)
def test_a_foreign_host_is_refused_with_a_reason(host: str) -> None:
    answer = _client("honcho").send("POST", "/_mock/reset", headers={"host": host})
    assert answer.status == 403
    assert (
        answer.json["detail"]
        == f"The control plane does not accept requests for the host {host!r}; --allow-host NAME allows it"
    )


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://localhost.evil.example:8000",
        "file://",
        "file://localhost",
        "chrome-extension://localhost",
        "http://localhost:5173",
        "http://127.0.0.1",
        "http://localhost:8000",
        "https://api.honcho.dev",
        "*",
    ],
)
def test_a_foreign_page_is_refused_with_a_reason(origin: str) -> None:
    client = _client()
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    answer = client.send("POST", "/_mock/reset", headers={"origin": origin})
    assert answer.status == 403
    told = f"The control plane does not accept requests from the origin {origin!r}; --cors ORIGIN allows it"
    assert answer.json["detail"] == told
    assert "access-control-allow-origin" not in answer.headers
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 1


def test_a_page_of_an_origin_that_was_named_is_answered() -> None:
    named = "http://localhost:5173"
    client = DirectClient(create_app(Mock(cors=[named, "*"])))
    preflight = {"origin": named, "access-control-request-method": "POST"}
    for headers, method in ((preflight, "OPTIONS"), ({"origin": named}, "POST")):
        answer = client.send(method, "/_mock/reset", headers=headers)
        assert answer.status in (200, 204)
        assert answer.headers["access-control-allow-origin"] == named
    assert client.send("POST", "/_mock/reset", headers={"origin": "http://localhost:5174"}).status == 403
    asked = {"origin": "http://localhost:5174", "access-control-request-method": "POST"}
    assert client.send("OPTIONS", "/_mock/reset", headers=asked).status == 403


def test_nothing_under_the_control_plane_escapes_its_guard() -> None:
    for path in ("/_mock/", "/_mock/reset", "/_mock/nothing", "/_mock/reset/"):
        assert _client().send("POST", path, headers={"host": "evil.example"}).status == 403


def test_within_it_unknown_paths_and_methods_are_told() -> None:
    assert _client().call("POST", "/_mock/nothing").status == 404
    answer = _client().call("GET", "/_mock/reset")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_the_api_itself_does_not_ask_where_a_request_comes_from() -> None:
    headers = {"host": "evil.example", "origin": "https://evil.example"}
    assert _client().send("POST", f"{_W}/sessions/list", headers=headers).status == 200
