"""Requests arrive as the client of the recordings sent them."""

from typing import Any

import pytest

from mockserver import MockServer
from mockserver.parity.client import Client, resolved


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/a/b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/./b/.", "/a/b"),
        ("/a/b/..", "/a"),
        ("/../../a", "/a"),
        ("/a//b/", "/a//b/"),
        ("/a/..b/%2E", "/a/..b/%2E"),
    ],
)
def test_paths_are_sent_without_dots(path: str, sent: str) -> None:
    assert resolved(path) == sent


@pytest.mark.parametrize(
    ("request_", "path", "query"),
    [
        ({"path": "/x", "query": {"a": 1, "b": True}}, "/x", {"a": "1", "b": "true"}),
        ({"path": "/x", "query": [["a", "1"], ["a", "2"], ["b", ""]]}, "/x", {"a": "2", "b": ""}),
        ({"path": "/x?a=b"}, "/x", {"a": "b"}),
        ({"path": "/x/é b"}, "/x/é b", {}),
        ({"path": "/x/y/../z"}, "/x/z", {}),
    ],
)
def test_a_request_arrives_as_it_was_recorded(
    server: MockServer, request_: dict[str, Any], path: str, query: dict[str, Any]
) -> None:
    with Client(server.url) as connection:
        connection.send({"method": "GET", **request_})
    [recorded] = server.mock.requests
    assert (recorded.path, recorded.query) == (path, query)


def test_a_file_without_a_name_is_a_field(server: MockServer) -> None:
    file = {"name": "", "type": "text/plain", "text": "x"}
    request = {"method": "POST", "path": "/v3/workspaces/w/sessions/s/messages/upload", "form": {"peer_id": "bob"}}
    with Client(server.url) as connection:
        answers = [connection.send({**request, "files": {"file": {**file, "name": name}}}) for name in ("", "a.txt")]
    assert [answer.status for answer in answers] == [422, 201]
