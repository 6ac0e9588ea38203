"""Paths find their operation as on the real server, which tries its routes in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, create_app
from mockserver.api.operation import Operation
from mockserver.api.routing import RoutingTable
from mockserver.asgi import OPERATIONS
from support.direct_client import DirectClient

_W = "/v3/workspaces/w"


@pytest.fixture
def client() -> DirectClient:
    return DirectClient(create_app(Mock()))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.operation_id)
def test_every_operation_is_found_and_other_methods_of_its_path_are_405(
    client: DirectClient, operation: Operation
) -> None:
    path = operation.path.replace("{workspace_id}", "w").replace("{session_id}", "s")
    path = path.replace("{peer_id}", "p").replace("{message_id}", "m")
    methods = {other.method for other in OPERATIONS if other.path == operation.path}
    answer = client.call(operation.method, path)
    assert answer.json is None or answer.json.get("detail") not in ("Not Found", "Method Not Allowed")
    answer = client.call("TRACE", path)
    assert (answer.status, set(answer.headers["allow"].split(", "))) == (405, methods)


@pytest.mark.parametrize(
    "path",
    ["/", "/v3", "/v3/workspaces//sessions", f"{_W}/nothing", f"{_W}/sessions/s/peers/p", "/V3/workspaces", "//health"],
)
def test_what_is_not_there_is_404(client: DirectClient, path: str) -> None:
    answer = client.call("POST", path)
    assert (answer.status, answer.json) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("path", ["/health/", f"{_W}/sessions/", f"{_W}/sessions/list//"])
def test_a_trailing_slash_redirects(client: DirectClient, path: str) -> None:
    answer = client.call("POST", path)
    assert (answer.status, answer.headers["location"]) == (307, f"http://localhost{path.rstrip('/')}")


def test_the_name_list_is_a_session_to_the_methods_that_lists_lack(client: DirectClient) -> None:
    assert client.call("PUT", f"{_W}/sessions/list", {"metadata": {"k": 1}}).json["id"] == "list"
    assert client.call("POST", f"{_W}/sessions/list").json["total"] == 1
    assert client.call("DELETE", f"{_W}/sessions/list").status == 202
    assert client.call("GET", f"{_W}/sessions/list").headers["allow"] == "POST"
    assert client.call("PUT", "/v3/workspaces/list", {}).json["id"] == "list"
    assert client.call("PUT", f"{_W}/peers/list", {}).json["id"] == "list"
    assert client.call("GET", f"{_W}/sessions/s/messages/list").json == {"detail": "Message with ID list not found"}


def test_a_405_names_the_methods_of_the_path_itself(client: DirectClient) -> None:
    assert client.call("POST", f"{_W}/webhooks/test").headers["allow"] == "GET"
    assert client.call("DELETE", f"{_W}/webhooks/test").json["detail"].startswith("Webhook endpoint test not found")
    assert client.call("PATCH", f"{_W}/conclusions/list").headers["allow"] == "POST"


def test_messages_are_posted_to_the_path_with_a_slash_too(client: DirectClient) -> None:
    path, batch = f"{_W}/sessions/s/messages", {"messages": [{"content": "x", "peer_id": "bob"}]}
    assert [client.call("POST", path + slash, batch).status for slash in ("", "/", "//")] == [201, 201, 307]
    assert client.call("POST", f"{path}/list").json["total"] == 2
    assert client.call("POST", f"{path}/", {"messages": []}).status == 422
    refused = client.call("GET", f"{path}/")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")
    assert path + "/" not in client.call("GET", "/openapi.json").json["paths"]


def test_the_document_is_there_to_head_too(client: DirectClient) -> None:
    head, got = (client.call(method, "/openapi.json") for method in ("HEAD", "GET"))
    assert (head.status, head.body, head.headers) == (200, b"", got.headers)
    assert client.call("OPTIONS", "/openapi.json").headers["allow"] == "GET, HEAD"


def test_an_answer_to_head_has_no_body(client: DirectClient) -> None:
    for path, status in (("/health", 405), ("/", 404), ("/_mock/clock", 405)):
        answer = client.call("HEAD", path)
        assert (answer.status, answer.body) == (status, b"")


def test_an_id_is_taken_as_it_is_decoded(client: DirectClient) -> None:
    answer = client.call("DELETE", f"{_W}/sessions/a b%é")
    assert answer.json == {"detail": "Session a b%é not found in workspace w"}


def test_it_can_be_mounted_below_a_prefix() -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    client = DirectClient(Starlette(routes=[Mount("/fake", create_app(Mock()))]))
    assert client.call("POST", f"/fake{_W}/sessions", {"id": "s"}).json["id"] == "s"
    assert client.call("POST", "/fake/_mock/purge").status == 200


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.lists(st.sampled_from(["", "v3", "workspaces", "w", "list", "sessions", "peers", "messages", "s"]), max_size=7),
)
def test_the_straight_way_finds_what_the_search_of_all_ways_finds(method: str, segments: list[str]) -> None:
    table = RoutingTable(OPERATIONS)
    path = "/".join(["", *segments])
    ends = table._all_nodes(table._root, path.split("/"), 1)
    operations = [node.operations[method] for node in ends if method in node.operations]
    found = table.find(method, path)
    assert (found is None) == (not ends)
    assert (found.operation if found else None) is (operations[0] if operations else None)
