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
        answer = client.call(method, _W + path, body)
        assert (answer.status == 422) is is_refused
        if is_refused:
            [entry] = answer.json["detail"]
            limit = "DERIVER.MAX_CUSTOM_INSTRUCTIONS_TOKENS (2000 tokens)"
            assert entry["msg"] == f"Value error, custom_instructions exceeds {limit}"


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


_NUL = {"id": "p", "metadata": {"a": "x\0"}}


@pytest.mark.parametrize(("version", "status"), [("3.0.3", 200), ("3.0.4", 422)])
def test_metadata_has_limits(start: Start, version: str, status: int) -> None:
    client = start(api_version=version, world=_WORLD).client
    deep: dict[str, Any] = {}
    for _ in range(6):
        deep = {"d": deep}
    for metadata in (deep, {str(number): 0 for number in range(101)}):
        answer = client.call("POST", f"{_W}/peers", {"id": "p", "metadata": metadata})
        assert answer.status == status
        assert status == 422 or answer.json["metadata"] == metadata


@pytest.mark.parametrize(("version", "fails"), [("3.0.3", True), ("3.0.4", False)])
def test_live_fails_on_nul_where_it_stores_or_searches_text(start: Start, version: str, fails: bool) -> None:
    live = start(api_version=version, world=_WORLD, quirks="live").client
    live.call("POST", f"{_W}/peers", {"id": "q"})
    pair = {"observer_id": "q", "observed_id": "q"}
    for method, path, body in (
        ("POST", "/peers", _NUL),
        ("POST", "/sessions/s/messages", {"messages": [{"content": "\0", "peer_id": "q"}]}),
        ("PUT", "/peers/q/card", {"peer_card": ["\0"]}),
        ("POST", "/conclusions", {"conclusions": [{"content": "a\0", **pair}]}),
        ("POST", "/search", {"query": "\0"}),
    ):
        assert (live.call(method, _W + path, body).status == 500) is fails, path
    for path, body in (
        ("/peers/q/chat", {"query": "a\0"}),
        ("/peers/q/representation", {"search_query": "\0"}),
        ("/conclusions/query", {"query": "\0", "filters": pair}),
    ):
        assert live.call("POST", _W + path, body).status == 200, path
    assert start(api_version=version).client.call("POST", f"{_W}/peers", _NUL).json["metadata"] == {"a": "x"}


@pytest.mark.parametrize(("version", "status"), [("3.0.3", 200), ("3.0.4", 422)])
def test_filters_have_a_limit_of_depth(start: Start, version: str, status: int) -> None:
    client = start(api_version=version, world=_WORLD).client
    filters: dict[str, Any] = {"id": "s"}
    for _ in range(6):
        filters = {"AND": [filters]}
    answer = client.call("POST", f"{_W}/sessions/list", {"filters": filters})
    assert answer.status == status
    assert status == 422 or [row["id"] for row in answer.json["items"]] == ["s"]


@pytest.mark.parametrize(("version", "fails"), [("3.0.3", True), ("3.0.4", False)])
def test_live_fails_on_uploads_that_it_does_not_check(start: Start, version: str, fails: bool) -> None:
    live, default = (start(api_version=version, world=_WORLD, quirks=quirks).client for quirks in ("live", "none"))
    for type_, content, status in (
        ("application/json", b" ", 201),
        ("application/json", b"{", 422),
        ("application/json", b'"\xff"', 422),
        ("text/plain", b"a\0b", 201),
    ):
        assert _upload(live, type_, content) == (500 if fails else status)
        assert _upload(default, type_, content) == status
    assert _upload(live, "application/json", b"[1]") == 201


def _upload(client: DirectClient, type_: str, content: bytes) -> int:
    parts = (
        b'--b\r\ncontent-disposition: form-data; name="peer_id"\r\n\r\nq\r\n',
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n',
        b"content-type: %b\r\n\r\n%b\r\n--b--\r\n" % (type_.encode(), content),
    )
    headers = {"content-type": "multipart/form-data; boundary=b"}
    return client.send("POST", f"{_W}/sessions/s/messages/upload", [b"".join(parts)], headers=headers).status


@pytest.mark.parametrize(("version", "shows"), [("3.0.3", True), ("3.0.4", False)])
def test_live_shows_deleted_conclusions_in_representations(start: Start, version: str, shows: bool) -> None:
    peers = {"id": "s", "peers": {"q": {}}}
    for quirks, is_shown in (("live", shows), ("none", False)):
        client = start(api_version=version, world={"workspaces": {"w": {"sessions": [peers]}}}, quirks=quirks).client
        made = []
        for text in ("old", "new"):
            draft = {"content": text, "observer_id": "q", "observed_id": "q", "session_id": "s"}
            made += client.call("POST", f"{_W}/conclusions", {"conclusions": [draft]}).json
        assert client.call("DELETE", f"{_W}/conclusions/{made[0]['id']}").status == 204
        assert [row["id"] for row in client.call("POST", f"{_W}/conclusions/list").json["items"]] == [made[1]["id"]]
        for wanted in ({}, {"include_most_frequent": True, "max_conclusions": 2}):
            told = client.call("POST", f"{_W}/peers/q/representation", wanted).json["representation"]
            assert ("old" in told) is is_shown
        near = {"search_query": "old", "search_top_k": 1, "max_conclusions": 1}
        assert "old" not in client.call("POST", f"{_W}/peers/q/representation", near).json["representation"]


@pytest.mark.parametrize(("version", "leaks"), [("3.0.5", True), ("3.0.6", False)])
def test_live_lists_the_members_of_namesake_sessions(start: Start, version: str, leaks: bool) -> None:
    world = {
        "workspaces": {
            "w": {"peers": [{"id": "eve"}], "sessions": [{"id": "s", "peers": {"bob": {}}}]},
            "v": {"sessions": [{"id": "s", "peers": {"eve": {}, "bob": {}, "zoe": {}}}]},
        }
    }
    for quirks, leaked in (("live", leaks), ("none", False)):
        client = start(api_version=version, world=world, quirks=quirks).client
        page = client.call("GET", f"{_W}/sessions/s/peers").json
        assert {row["id"] for row in page["items"]} == ({"bob", "eve"} if leaked else {"bob"})
        assert page["total"] == (3 if leaked else 1)
        assert {row["workspace_id"] for row in page["items"]} == {"w"}


@pytest.mark.parametrize(("version", "written"), [("3.0.5", "10000000000000000000000"), ("3.0.6", "1e22")])
def test_answers_have_floats_as_they_were_sent(start: Start, version: str, written: str) -> None:
    client = start(api_version=version).client
    body = b'{"id": "x", "metadata": {"n": 1e22, "m": 1.0}}'
    for method, path in (("POST", "/sessions"), ("PUT", ""), ("PUT", "/peers/p"), ("PUT", "/sessions/s")):
        answer = client.send(method, _W + path, [body], headers={"content-type": "application/json"})
        assert f'"n":{written},"m":1.0' in answer.body.decode().replace("e+", "e"), path
    echoed = client.send("POST", f"{_W}/peers", [body], headers={"content-type": "application/json"})
    assert '"n":1e22' in echoed.body.decode().replace("e+", "e")


@pytest.mark.parametrize("version", ["3.0.3", "3.0.7", "3.0.12"])
@pytest.mark.parametrize("quirks", ["live", "none"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v3/workspaces", {"id": "v", "configuration": {"a": "x\0"}}),
        ("PUT", _W, {"configuration": {"reasoning": {"custom_instructions": "x\0"}}}),
        ("POST", f"{_W}/peers", {"id": "p", "configuration": {"a": ["x\0"]}}),
        ("PUT", f"{_W}/peers/p", {"configuration": {"a\0": "x"}}),
        ("POST", f"{_W}/sessions", {"id": "t", "configuration": {"a": "x\0"}}),
        ("PUT", f"{_W}/sessions/s", {"configuration": {"a": "x\0"}}),
        ("POST", f"{_W}/webhooks", {"url": "http://host/x\0"}),
    ],
)
def test_live_drops_nul_from_no_configuration_and_no_url(
    start: Start, version: str, quirks: str, method: str, path: str, body: dict[str, Any]
) -> None:
    mock, client = start(api_version=version, quirks=quirks, world=_WORLD)
    before = mock.world()
    answer = client.call(method, path, body)
    if quirks == "live":
        assert (answer.status, answer.json) == (500, {"detail": "An unexpected error occurred"})
        assert mock.world() == before
    else:
        assert answer.status == 200
        assert b"\\u0000" not in answer.body


def test_a_private_address_with_nul_is_private(start: Start) -> None:
    assert _register(start(api_version="3.0.12", world=_WORLD).client, "http://10.0.0.1\0/") == 422
