"""The changes that came before 3.0.7, and the refusal of private webhooks: each on both sides of its first version."""

from typing import Any

import pytest

from support.direct_client import DirectClient
from support.started_mock import Start

_W = "/v3/workspaces/w"
_WORLD: dict[str, Any] = {"workspaces": {"w": {"sessions": [{"id": "s"}]}}}
_LONG = "a" * 101
_CAME = "ids of more than 100 characters came with 3.0.7, and this server is 3.0.6"


@pytest.mark.parametrize(("version", "limit"), [("3.0.6", 100), ("3.0.7", 512), ("3.0.12", 512)])
def test_ids_have_a_limit(start: Start, version: str, limit: int) -> None:
    client = start(api_version=version, world=_WORLD, quirks="sentence_422").client
    assert client.call("POST", f"{_W}/peers", {"id": "p" * limit}).status == 200
    refused = client.call("POST", f"{_W}/peers", {"id": "p" * (limit + 1)})
    assert refused.status == 422
    assert refused.json["detail"][0]["msg"] == f"String should have at most {limit} characters"
    inner = client.call("POST", f"{_W}/sessions", {"id": "t", "peers": {"p" * (limit + 1): {}}})
    assert inner.json["detail"].startswith(
        f"1 validation error for PeerCreate\nname\n  String should have at most {limit} characters [type=string_too_long"
    )
    document = client.call("GET", "/openapi.json").json
    path = document["paths"]["/v3/workspaces/{workspace_id}/peers/{peer_id}"]["put"]["parameters"][1]["schema"]
    assert (
        path["maxLength"] == document["components"]["schemas"]["PeerCreate"]["properties"]["id"]["maxLength"] == limit
    )


def test_a_refusal_of_a_long_id_names_the_version_that_takes_it(start: Start) -> None:
    client = start(api_version="3.0.6", world=_WORLD).client
    for method, path, body in (
        ("POST", "/peers", {"id": _LONG}),
        ("PUT", f"/peers/{_LONG}", {}),
        ("PUT", f"/sessions/{_LONG}", {}),
        ("POST", "/sessions", {"id": "t", "peers": {_LONG: {}}}),
    ):
        answer = client.call(method, _W + path, body)
        assert answer.status in (404, 422)
        assert _CAME in answer.headers["x-mock-diagnosis"]
    shorter = client.call("POST", f"{_W}/peers", {"id": "a b"}).headers["x-mock-diagnosis"]
    assert "1 to 100 characters" in shorter
    assert "3.0" not in shorter


def test_live_fails_where_it_does_not_check_a_long_id(start: Start) -> None:
    live = start(api_version="3.0.6", world=_WORLD, quirks="live").client
    for method, path, body, status in (
        ("PUT", f"/v3/workspaces/{_LONG}", {}, 500),
        ("PUT", f"{_W}/peers/{_LONG}", {}, 500),
        ("POST", f"{_W}/sessions/s/messages", {"messages": [{"content": "c", "peer_id": _LONG}]}, 500),
        ("GET", f"{_W}/peers/{_LONG}/card", None, 500),
        ("POST", f"{_W}/sessions/s/peers", {_LONG: {}}, 404),
        ("PUT", f"{_W}/sessions/s/peers", {_LONG: {}}, 404),
    ):
        assert live.call(method, path, body).status == status, path
    assert live.call("PUT", f"{_W}/sessions/s/peers", {_LONG: {}}).json["detail"] == "Failed to set peers for session"
    assert live.call("GET", f"{_W}/sessions/s/peers").json["items"] == []


@pytest.mark.parametrize(("version", "reverses"), [("3.0.6", False), ("3.0.7", True)])
@pytest.mark.parametrize("path", ["", "/w/peers", "/w/sessions", "/w/peers/p0/sessions"])
def test_lists_can_be_reversed(start: Start, version: str, reverses: bool, path: str) -> None:
    client = start(api_version=version).client
    for number in range(3):
        client.call("POST", "/v3/workspaces", {"id": f"{'w' * (number + 1)}"})
        client.call("POST", f"{_W}/peers", {"id": f"p{number}"})
        client.call("POST", f"{_W}/sessions", {"id": f"s{number}", "peers": {"p0": {}}})
    url = f"/v3/workspaces{path}" + ("" if path.endswith("p0/sessions") else "/list")
    forward, backward = (client.call("POST", url, reverse=value).json["items"] for value in (False, True))
    assert len(forward) == 3
    assert (backward == forward[::-1]) is reverses
    assert (backward == forward) is not reverses
    assert client.call("POST", url, reverse="maybe").status == (422 if reverses else 200)
    bad = client.call("POST", url, reverse="maybe", page=0).json["detail"]
    assert [entry["loc"][1] for entry in bad] == (["page", "reverse"] if reverses else ["page"])


def test_messages_can_be_reversed_in_every_version(start: Start) -> None:
    client = start(api_version="3.0.3", world=_WORLD).client
    assert client.call("POST", f"{_W}/sessions/s/messages/list", reverse="maybe").status == 422


@pytest.mark.parametrize(("version", "is_refused"), [("3.0.6", False), ("3.0.7", True)])
def test_instructions_have_a_limit(start: Start, version: str, is_refused: bool) -> None:
    client = start(api_version=version, world=_WORLD).client
    configuration = {"reasoning": {"custom_instructions": "apples " * 5000}}
    message = {"content": "c", "peer_id": "p", "configuration": configuration}
    for method, path, body in (
        ("PUT", "", {"configuration": configuration}),
        ("POST", "/sessions", {"id": "t", "configuration": configuration}),
        ("POST", "/sessions/s/messages", {"messages": [message]}),
    ):
        assert (client.call(method, _W + path, body).status == 422) is is_refused


def _register(client: DirectClient, url: str) -> int:
    return client.call("POST", f"{_W}/webhooks", {"url": url}).status


@pytest.mark.parametrize(("version", "status"), [("3.0.9", 200), ("3.0.10", 422), ("3.0.12", 422)])
@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.1", "127.0.0.1:8000", "169.254.169.254", "172.31.0.1", "192.168.1.1", "[::]", "224.0.0.1"),
        *("240.0.0.1", "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "user@10.0.0.1"),
    ],
)
def test_webhooks_are_not_sent_to_private_addresses(start: Start, version: str, status: int, host: str) -> None:
    assert _register(start(api_version=version, world=_WORLD).client, f"http://{host}/hook") == status


@pytest.mark.parametrize(
    "host", ["localhost:8000", "100.64.0.1", "2130706433", "8.8.8.8", "[2606:4700::1111]", "[::ffff:8.8.8.8]"]
)
def test_webhooks_are_sent_to_names_and_public_addresses(start: Start, host: str) -> None:
    assert _register(start(api_version="3.0.12", world=_WORLD).client, f"http://{host}/hook") == 200


def test_a_private_webhook_is_refused_at_its_url(start: Start) -> None:
    client = start(api_version="3.0.12", world=_WORLD).client
    refused = client.call("POST", f"{_W}/webhooks", {"url": "http://10.0.0.1/"}).json["detail"]
    message = "Value error, Private/internal IP addresses are not allowed"
    assert refused == [
        {
            "type": "value_error",
            "loc": ["body", "url"],
            "msg": message,
            "input": "http://10.0.0.1/",
            "ctx": {"error": {}},
        }
    ]
    # A world is a state, which a server may have from an earlier version.
    world = {"workspaces": {"w": {"webhooks": [{"url": "http://10.0.0.1/"}]}}}
    assert len(start(api_version="3.0.12", world=world).client.call("GET", f"{_W}/webhooks").json["items"]) == 1


@pytest.mark.parametrize(("version", "status"), [("3.0.5", 409), ("3.0.6", 200)])
def test_a_full_workspace_knows_its_webhooks(start: Start, version: str, status: int) -> None:
    client = start(api_version=version, world=_WORLD).client
    assert [_register(client, f"http://host/{number}") for number in range(11)] == [200] * 10 + [409]
    assert _register(client, "http://host/4") == status


def test_health_exists_from_3_0_6_on(start: Start) -> None:
    before, since = (start(api_version=version, auth_secret="s").client for version in ("3.0.5", "3.0.6"))
    for method, path, status in (("GET", "", 200), ("POST", "", 405), ("PUT", "", 405), ("GET", "/", 307)):
        missing = before.call(method, f"/health{path}")
        assert (missing.status, missing.json) == (404, {"detail": "Not Found"})
        assert since.call(method, f"/health{path}").status == status
    assert "/health" not in before.call("GET", "/openapi.json").json["paths"]
