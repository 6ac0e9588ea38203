"""The operations on webhook endpoints (x-webhooks-and-keys)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, WorldError
from support.direct_client import Answer, DirectClient
from support.started_mock import Start

_W = "/v3/workspaces/w"
_WORLD: dict[str, Any] = {"workspaces": {"w": {}}}


def _register(client: DirectClient, url: object) -> Answer:
    return client.call("POST", f"{_W}/webhooks", {"url": url})


def test_an_endpoint_is_made_once_for_a_url(start: Start) -> None:
    for quirks, made in (("none", 200), ("live", 201)):
        client = start(world=_WORLD, quirks=quirks).client
        first, again, other = (_register(client, f"http://host/{path}") for path in "aab")
        assert (first.status, again.status, other.status) == (made, 200, made)
        assert first.json == again.json
        assert list(first.json) == ["id", "workspace_id", "url", "created_at"]
        assert len({first.json["id"], other.json["id"]}) == 2
        assert client.call("GET", f"{_W}/webhooks").json["items"] == [first.json, other.json]


_NO_URL = "Value error, Invalid URL format"
_NO_SCHEME = "Value error, Only HTTP and HTTPS URLs are allowed"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("https://example.com/hook", None),
        ("HTTP://10.0.0.1/x", None),
        ("http://[::1]:8000/?a=b#c", None),
        ("http://user:key@host/é", None),
        ("http://x" + "y" * 2_040, None),
        ("ftp://x/y", _NO_SCHEME),
        ("ws://host", _NO_SCHEME),
        ("nope", _NO_URL),
        ("", _NO_URL),
        ("\0", _NO_URL),
        ("http:/host/path", _NO_URL),
        ("http://", _NO_URL),
        ("//host/path", _NO_URL),
        ("host:80/path", _NO_URL),
        ("http://[::1", "Value error, Invalid IPv6 URL"),
        ("http://x" + "y" * 2_041, "String should have at most 2048 characters"),
        (5, "Input should be a valid string"),
        (None, "Input should be a valid string"),
    ],
)
def test_an_endpoint_has_a_url_of_http_with_a_host(start: Start, url: object, complaint: str | None) -> None:
    client = start(world=_WORLD).client
    answer = _register(client, url)
    if complaint is None:
        assert (answer.status, answer.json["url"]) == (200, url)
        return
    [entry] = answer.json["detail"]
    assert (answer.status, entry["msg"], entry["loc"], entry["input"]) == (422, complaint, ["body", "url"], url)
    assert client.call("GET", f"{_W}/webhooks").json["total"] == 0


def test_what_is_told_of_a_url_has_the_form_that_was_recorded(start: Start) -> None:
    entry = {"type": "value_error", "loc": ["body", "url"], "msg": _NO_URL, "input": "nope", "ctx": {"error": {}}}
    assert _register(start(world=_WORLD).client, "nope").json == {"detail": [entry]}
    missing = start(world=_WORLD).client.call("POST", f"{_W}/webhooks", {}).json["detail"]
    assert missing == [{"type": "missing", "loc": ["body", "url"], "msg": "Field required", "input": {}}]


def test_nul_is_dropped_from_a_url(start: Start) -> None:
    client = start(world=_WORLD).client
    assert _register(client, "http://host/a\0b").json["url"] == "http://host/ab"
    assert _register(client, "http://host/ab").json == client.call("GET", f"{_W}/webhooks").json["items"][0]


@given(st.text(max_size=12).map(lambda text: f"http://{text}"))
def test_any_url_is_taken_or_refused(start: Start, url: str) -> None:
    assert _register(start(world=_WORLD).client, url).status in (200, 422)


@given(st.lists(st.sampled_from("abcd"), max_size=8), st.integers(1, 3), st.integers(1, 4))
def test_endpoints_are_listed_oldest_first_page_by_page(start: Start, paths: list[str], page: int, size: int) -> None:
    client = start(world=_WORLD).client
    made = {path: _register(client, f"http://host/{path}").json for path in paths}
    listed = client.call("GET", f"{_W}/webhooks", page=page, size=size).json
    assert listed["items"] == list(made.values())[(page - 1) * size : page * size]
    assert (listed["total"], listed["pages"]) == (len(made), -(-len(made) // size))


def test_an_endpoint_is_deleted_by_its_id_in_its_workspace(start: Start) -> None:
    client = start(world=_WORLD).client
    first, second = (_register(client, f"http://host/{path}").json for path in "ab")
    client.call("POST", "/v3/workspaces", {"id": "v"})
    elsewhere = client.call("DELETE", f"/v3/workspaces/v/webhooks/{first['id']}")
    assert elsewhere.json == {"detail": f"Webhook endpoint {first['id']} not found for workspace v"}
    assert elsewhere.headers["x-mock-diagnosis"] == f"webhook '{first['id']}' exists in workspace 'w', not in 'v'"
    assert client.call("DELETE", f"{_W}/webhooks/{first['id']}").status == 204
    again = client.call("DELETE", f"{_W}/webhooks/{first['id']}")
    assert (again.status, again.headers["x-mock-diagnosis"]) == (
        404,
        f"workspace 'w' has no webhook '{first['id']}'; it has '{second['id']}'",
    )
    assert client.call("GET", f"{_W}/webhooks").json["items"] == [second]
    client.call("DELETE", f"{_W}/webhooks/{second['id']}")
    assert client.call("DELETE", f"{_W}/webhooks/test").headers["x-mock-diagnosis"].endswith("it has none")


def test_a_workspace_that_is_not_there_has_no_endpoints_and_gets_none(start: Start) -> None:
    client = start(world=_WORLD).client
    answer = client.call("POST", "/v3/workspaces/v/webhooks", {"url": "http://host/"})
    assert (answer.status, answer.json) == (404, {"detail": "Workspace v not found"})
    assert client.call("GET", "/v3/workspaces/v/webhooks").json["total"] == 0
    assert client.call("DELETE", "/v3/workspaces/v/webhooks/x").status == 404
    assert client.call("GET", "/v3/workspaces/v/webhooks/test").status == 200
    assert client.call("POST", "/v3/workspaces/list").json["total"] == 1


def test_a_workspace_has_ten_endpoints_at_most(start: Start) -> None:
    client = start(world=_WORLD).client
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    made = [_register(client, f"http://host/{number}") for number in range(11)]
    assert [answer.status for answer in made] == [200] * 10 + [409]
    assert made[10].headers["x-mock-diagnosis"] == "workspace 'w' has 10 webhooks, 10 is the limit; delete one"
    assert _register(client, "http://host/3").json == made[3].json
    client.call("DELETE", f"{_W}/webhooks/{made[0].json['id']}")
    assert _register(client, "http://host/10").status == 200
    refused = client.call("DELETE", _W)
    assert (refused.status, refused.headers["x-mock-diagnosis"].count("session")) == (409, 1)


@pytest.mark.parametrize(
    ("webhooks", "complaint"),
    [
        ([{"url": "nope"}], "webhooks[0].url: Value error, Invalid URL format"),
        ([{"url": "http://a/"}, {"url": "http://a/"}], "webhooks[1].url: 'http://a/' is used twice"),
        ([{"id": "x", "url": "http://a/"}, {"id": "x", "url": "http://b/"}], "webhooks[1].id: 'x' is used twice"),
        ([{"url": f"http://a/{number}"} for number in range(11)], "webhooks: List should have at most 10 items"),
    ],
)
def test_a_world_has_no_endpoints_that_could_not_be_registered(webhooks: Any, complaint: str) -> None:
    with pytest.raises(WorldError) as wrong:
        Mock(world={"workspaces": {"w": {"webhooks": webhooks}}})
    assert complaint in str(wrong.value)


def test_endpoints_of_a_world_are_there_with_what_they_leave_out_made_once(start: Start) -> None:
    given_ = {"id": "mine", "url": "http://host/a", "created_at": "2024-01-01T02:00:00+02:00"}
    mock, client = start(world={"workspaces": {"w": {"webhooks": [given_, {"url": "http://host/b"}]}}})
    listed = client.call("GET", f"{_W}/webhooks").json["items"]
    assert listed[0] == {**given_, "workspace_id": "w", "created_at": "2024-01-01T00:00:00Z"}
    assert (len(listed[1]["id"]), listed[1]["url"]) == (21, "http://host/b")
    mock.reset()
    assert client.call("GET", f"{_W}/webhooks").json["items"] == listed
