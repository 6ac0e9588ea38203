"""Bugs of clients: each is a few calls, and the text of the recorded requests names the cause."""

import gzip
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from mockserver import Mock, create_app
from support.direct_client import DirectClient

_W = "/v3/workspaces/w"
_S = f"{_W}/sessions/s"
_JSON = {"content-type": "application/json"}
_START: dict[str, Any] = {
    "workspaces": {
        "w": {
            "peers": [{"id": "alice"}, {"id": "bob"}],
            "sessions": [
                {"id": "s", "metadata": {"topic": "travel", "year": 2026}, "peers": {"alice": {}}},
                {"id": "t", "metadata": {"year": 2025}},
            ],
        }
    }
}
Call = tuple[Any, ...]


class Bug(NamedTuple):
    """Calls with the method, path, body and query, and a phrase that the text of the requests has."""

    name: str
    calls: list[Call]
    cause: str
    prepare: Callable[[Mock], object] | None = None


def _post(path: str, body: Any = None, **query: object) -> Call:
    return "POST", path, body, query


def _list(filters: Any, path: str = f"{_W}/sessions/list") -> list[Call]:
    return [_post(path, {"filters": filters})]


_SAY = _post(f"{_S}/messages", {"messages": [{"content": "hi", "peer_id": "alice"}]})
_DELETE: Call = ("DELETE", _S, None, {})
_KNOW = _post(f"{_W}/conclusions", {"conclusions": [{"content": "tea", "observer_id": "alice", "observed_id": "bob"}]})
_SWAPPED = {"observer_id": "bob", "observed_id": "alice"}
_CARD: Call = ("PUT", f"{_W}/peers/alice/card", {"peer_card": ["tall"]}, {"target": "bob"})

BUGS = [
    # Ignored input.
    Bug(
        "filter for filters",
        [_post(f"{_W}/sessions/list", {"filter": {}})],
        "ignored: body.filter; did you mean 'filters'?",
    ),
    Bug("limit of a list", [_post(f"{_W}/sessions/list", {}, limit=2)], "ignored: query.limit; did you mean 'size'?"),
    Bug(
        "offset of a list",
        [_post(f"{_W}/peers/list", {}, offset=50)],
        "ignored: query.offset; pages are chosen by 'page' and 'size'",
    ),
    Bug(
        "reverse in the body",
        [_post(f"{_W}/sessions/list", {"reverse": True})],
        "ignored: body.reverse; it belongs in the query",
    ),
    Bug("page in the body", [_post(f"{_S}/messages/list", {"page": 2})], "ignored: body.page; it belongs in the query"),
    Bug(
        "filters in the query",
        [_post(f"{_W}/peers/list", {}, filters="x")],
        "ignored: query.filters; it belongs in the body",
    ),
    Bug(
        "metadata of a list",
        [_post(f"{_W}/sessions/list", {"metadata": {"a": 1}})],
        "ignored: body.metadata; it belongs in body.filters",
    ),
    Bug(
        "misspelt setting",
        [_post(f"{_W}/sessions", {"id": "n", "configuration": {"reasoning": {"enable": False}}})],
        "ignored: body.configuration.reasoning.enable; did you mean 'enabled'?",
    ),
    Bug(
        "camel case of a peer",
        [_post(f"{_W}/sessions", {"id": "n", "peers": {"a": {"observeMe": True}}})],
        "ignored: body.peers.a.observeMe; did you mean 'observe_me'?",
    ),
    Bug(
        "peer_names",
        [_post(f"{_W}/sessions", {"id": "n", "peer_names": {"a": {}}})],
        "ignored: body.peer_names; did you mean 'peers'?",
    ),
    Bug(
        "metadata beside messages",
        [_post(f"{_S}/messages", {"messages": [{"content": "a", "peer_id": "alice"}], "metadata": {}})],
        "ignored: body.metadata; it belongs in each entry of body.messages",
    ),
    Bug(
        "time of a message",
        [_post(f"{_S}/messages", {"messages": [{"content": "a", "peer_id": "alice", "createdAt": "2026-01-01"}]})],
        "ignored: body.messages[0].createdAt; did you mean 'created_at'?",
    ),
    Bug(
        "role of a message",
        [_post(f"{_S}/messages", {"messages": [{"content": "a", "peer_id": "alice", "role": "user"}]})],
        "ignored: body.messages[0].role",
    ),
    Bug(
        "camel case of a cut-off",
        [_SAY, _post(f"{_S}/clone", None, messageId="x")],
        "ignored: query.messageId; did you mean 'message_id'?",
    ),
    Bug(
        "cut-off in the body",
        [_SAY, _post(f"{_S}/clone", {"message_id": "x"})],
        "ignored: body.message_id; it belongs in the query",
    ),
    Bug(
        "peers of an update",
        [("PUT", _S, {"peers": {"bob": {}}}, {})],
        "ignored: body.peers; PUT …/peers sets them",
    ),
    Bug(
        "content of an update",
        [("PUT", f"{_S}/messages/m", {"content": "x"}, {})],
        "there is no message 'm' in session 's'",
    ),
    Bug(
        "field of a newer version",
        [_post(f"{_W}/peers/alice/chat", {"query": "?", "response_format": {"type": "object"}})],
        "ignored: body.response_format came with 3.0.12; this server is 3.0.7",
    ),
    # Filters.
    Bug(
        "operator with a dollar",
        _list({"metadata": {"year": {"$gt": 3}}}),
        "'$gt' is a key to contain, not an operator; did you mean 'gt'?",
    ),
    Bug(
        "misspelt key", _list({"metadata": {"topik": "travel"}}), "no session has metadata.topik; did you mean 'topic'?"
    ),
    Bug(
        "text for a number",
        _list({"metadata": {"year": "2026"}}),
        "metadata.year: you asked for texts, rows have numbers",
    ),
    Bug(
        "other case",
        _list({"metadata": {"topic": "Travel"}}),
        "no session has metadata.topic 'Travel'; did you mean 'travel'?",
    ),
    Bug(
        "time without a zone",
        _list({"created_at": {"gte": "2020-01-01T00:00:00"}}),
        "created_at.gte has no zone: 2020-01-01T00:00:00 is read as UTC",
    ),
    Bug(
        "ne and missing keys",
        _list({"metadata": {"topic": {"ne": "x"}}}),
        "1 row has no 'topic' in metadata: ne never matches it",
    ),
    Bug(
        "deleted sessions",
        [_DELETE, *_list({"is_active": False})],
        "lists leave out deleted sessions: 's' was deleted by request #1",
    ),
    Bug("time in the future", _list({"created_at": {"gte": "2999-01-01T00:00:00Z"}}), "is after the newest session"),
    Bug(
        "misspelt sender",
        [_SAY, *_list({"peer_id": "alcie"}, f"{_S}/messages/list")],
        "no message of session 's' has the peer_id 'alcie'; did you mean 'alice'?",
    ),
    Bug(
        "conditions that exclude each other",
        _list({"metadata": {"topic": "travel", "year": 2025}}),
        "each condition matches rows, but no session matches all of them",
    ),
    Bug(
        "conditions of two columns",
        _list({"AND": [{"id": "t"}, {"metadata": {"year": 2026}}]}),
        "each condition matches rows, but no session matches all of them",
    ),
    # Effects.
    Bug(
        "replaced metadata",
        [("PUT", _S, {"metadata": {"a": 1}}, {})],
        "metadata was replaced: 'topic', 'year' are gone",
    ),
    Bug(
        "merged configuration",
        [("PUT", _S, {"configuration": {"a": 1}}, {}), ("PUT", _S, {"configuration": {"b": 1}}, {})],
        "configuration was merged: 'a' stays",
    ),
    Bug(
        "removed no member",
        [("DELETE", f"{_S}/peers", ["bob"], {})],
        "'bob' was never in session 's'",
    ),
    Bug(
        "removed with messages",
        [_SAY, ("DELETE", f"{_S}/peers", ["alice"], {})],
        "'alice' left session 's'; 1 message stays",
    ),
    Bug(
        "peers of a deleted session",
        [_DELETE, _post(f"{_W}/peers/list", {})],
        "'alice' remains, though its sessions are deleted: peers belong to the workspace",
    ),
    Bug(
        "workspace exists",
        [_post("/v3/workspaces", {"id": "w", "metadata": {"a": 1}})],
        "workspace 'w' exists: its metadata did not change",
    ),
    Bug(
        "settings of a member",
        [_post(f"{_S}/peers", {"alice": {"observe_others": True}})],
        "'alice' is a member already: its observe_others did not change",
    ),
    # Repeats and faults.
    Bug(
        "retry after a lost answer",
        [_SAY, _SAY],
        "same request as #1, which was carried out",
        lambda mock: mock.faults.error(503, carry_out=True, times=1),
    ),
    Bug(
        "retry too early",
        [_SAY, _SAY],
        "which asked for 30 s",
        lambda mock: mock.faults.error(429, headers={"Retry-After": "30"}, times=1),
    ),
    Bug(
        "fault that carries out",
        [_SAY],
        "the API carried the request out (201), but the client got 503",
        lambda mock: mock.faults.error(503, carry_out=True),
    ),
    Bug(
        "fault that does not",
        [_SAY],
        "the fault kept the request from the API: nothing was changed",
        lambda mock: mock.faults.error(503),
    ),
    # Nothing there, no worker.
    Bug("summaries of nothing", [("GET", f"{_W}/sessions/x/summaries", None, {})], "workspace 'w' has no session 'x'"),
    Bug("context of nothing", [("GET", f"{_W}/sessions/x/context", None, {})], "workspace 'w' has no session 'x'"),
    Bug("representation of nothing", [_post(f"{_W}/peers/alcie/representation", {})], "did you mean 'alice'?"),
    Bug(
        "queue of nothing",
        [("GET", f"{_W}/queue/status", None, {"session_id": "x"})],
        "workspace 'w' has no session 'x'",
    ),
    Bug(
        "pending queue",
        [_SAY, ("GET", f"{_W}/queue/status", None, {})],
        "1 unit of work is pending; the fake works when asked: mock.work()",
    ),
    Bug("representation at once", [_SAY, _post(f"{_W}/peers/alice/representation", {})], "1 unit of work is pending"),
    Bug(
        "slash at the end",
        [("GET", f"{_S}/peers/", None, {})],
        "the path ends with a slash, and paths of the API have none: redirected to",
    ),
    # Refusals.
    Bug("wrong path", [_post(f"{_W}/session", {"id": "x"})], "did you mean /v3/workspaces/{workspace_id}/sessions?"),
    Bug("deleted session", [_DELETE, _SAY], "session 's' was deleted by request #1"),
    Bug("name for id", [_post(f"{_W}/sessions", {"name": "x"})], "you sent 'name'; did you mean 'id'?"),
    Bug(
        "camel case of an id", [_post(f"{_W}/sessions", {"sessionId": "x"})], "you sent 'sessionId'; did you mean 'id'?"
    ),
    Bug(
        "camel case of a sender",
        [_post(f"{_S}/messages", {"messages": [{"content": "a", "peerId": "alice"}]})],
        "you sent 'peerId'; did you mean 'peer_id'?",
    ),
    Bug(
        "role of a sender",
        [_post(f"{_S}/messages", {"messages": [{"content": "a", "role": "user"}]})],
        "you sent 'role'; did you mean 'peer_id'?",
    ),
    Bug("q of a search", [_post(f"{_W}/search", {"q": "hi"})], "you sent 'q'; did you mean 'query'?"),
    Bug(
        "message of a chat",
        [_post(f"{_W}/peers/alice/chat", {"message": "hi"})],
        "you sent 'message'; did you mean 'query'?",
    ),
    Bug(
        "observer of a conclusion",
        [_post(f"{_W}/conclusions", {"conclusions": [{"content": "x", "observer": "alice", "observed": "bob"}]})],
        "you sent 'observer'; did you mean 'observer_id'?",
    ),
    Bug(
        "one message alone",
        [_post(f"{_S}/messages", {"content": "a", "peer_id": "alice"})],
        'put it into {"messages": [...]}',
    ),
    Bug(
        "bare list of messages",
        [_post(f"{_S}/messages", [{"content": "a", "peer_id": "alice"}])],
        'put the list into {"messages": [...]}',
    ),
    Bug("body in a string", [_post(f"{_W}/sessions", '{"id": "x"}')], "JSON in a string: send the value itself"),
    Bug(
        "metadata in a string",
        [("PUT", _S, {"metadata": '{"a": 1}'}, {})],
        "JSON in a string: send the value itself",
    ),
    Bug(
        "filters in a string",
        [_post(f"{_W}/sessions/list", {"filters": '{"id": "s"}'})],
        "JSON in a string: send the value itself",
    ),
    Bug(
        "list of peers",
        [_post(f"{_W}/sessions", {"id": "n", "peers": ["alice"]})],
        'send an object, such as {"alice": {}}',
    ),
    Bug("list of members", [_post(f"{_S}/peers", ["alice"])], 'send an object, such as {"alice": {}}'),
    Bug("object of leavers", [("DELETE", f"{_S}/peers", {"peers": ["alice"]}, {})], "send the list alone"),
    Bug("page 0", [_post(f"{_W}/sessions/list", {}, page=0)], "the first page is 1"),
    Bug("large pages", [_post(f"{_W}/sessions/list", {}, size=500)], "read more pages: page=2"),
    Bug(
        "GET of a session",
        [("GET", _S, None, {})],
        "POST /v3/workspaces/{workspace_id}/sessions with its id gets it",
    ),
    Bug(
        "GET of a list", [("GET", f"{_W}/sessions", None, {})], "POST /v3/workspaces/{workspace_id}/sessions/list lists"
    ),
    Bug("API of another version", [_post("/v1/apps/a/users", {})], "the paths of this API begin with /v3/"),
    # Values that were never set, and others that say nothing.
    Bug(
        "session of an undefined id",
        [_post(f"{_W}/sessions/undefined/messages", _SAY[2])],
        "the session_id is 'undefined': is a variable of the client empty?",
    ),
    Bug(
        "session named None",
        [_post(f"{_W}/sessions", {"id": "None"})],
        "the id is 'None': is a variable of the client empty?",
    ),
    Bug(
        "null for empty metadata",
        [("PUT", _S, {"metadata": None}, {})],
        "null leaves metadata as it is; {} empties it",
    ),
    Bug(
        "end of a session",
        [("PUT", _S, {"is_active": False}, {})],
        "ignored: body.is_active; DELETE deletes the session",
    ),
    Bug(
        "workspace in the body",
        [_post(f"{_W}/sessions", {"id": "n", "workspace_id": "v"})],
        "ignored: body.workspace_id; the path names it",
    ),
    Bug(
        "card about another peer",
        [
            ("PUT", f"{_W}/peers/alice/card", {"peer_card": ["tall"]}, {}),
            ("GET", f"{_W}/peers/alice/card", None, {"target": "bob"}),
        ],
        "'alice' has no card about 'bob'; it has one about 'alice'",
    ),
    Bug(
        "context of few tokens",
        [_SAY, ("GET", f"{_S}/context", None, {"tokens": 0})],
        "tokens=0 leaves out all messages: the newest one takes 1",
    ),
    Bug(
        "context of a deleted session",
        [_SAY, _DELETE, ("GET", f"{_S}/context", None, {})],
        "session 's' was deleted by request #2 and awaits its purge",
    ),
    Bug(
        "filters of a search",
        [_SAY, _post(f"{_S}/search", {"query": "hi", "filters": {"peer_id": "bob"}})],
        "the query is in 1 message, but the filters leave it out",
    ),
    # The wrong direction.
    Bug(
        "representation the other way around",
        [_KNOW, _post(f"{_W}/peers/bob/representation", {"target": "alice"})],
        "'bob' has no conclusion about 'alice'; 'alice' has some about 'bob'",
    ),
    Bug(
        "representation without its target",
        [_KNOW, _post(f"{_W}/peers/alice/representation", {})],
        "'alice' has no conclusion about 'alice'; it has some about 'bob'",
    ),
    Bug(
        "representation of the observed peer",
        [_KNOW, _post(f"{_W}/peers/bob/representation", {})],
        "'bob' has no conclusion about 'bob'; 'alice' has some",
    ),
    Bug(
        "representation of another session",
        [_KNOW, _post(f"{_W}/peers/alice/representation", {"target": "bob", "session_id": "t"})],
        "'alice' has 1 conclusion about 'bob', but none of session 't'",
    ),
    Bug(
        "context of a peer the other way around",
        [_KNOW, ("GET", f"{_W}/peers/bob/context", None, {"target": "alice"})],
        "'bob' has no conclusion about 'alice'; 'alice' has some about 'bob'",
    ),
    Bug(
        "card the other way around",
        [_CARD, ("GET", f"{_W}/peers/bob/card", None, {"target": "alice"})],
        "'bob' has no card about 'alice'; 'alice' has one about 'bob'",
    ),
    Bug(
        "card of the observed peer",
        [_CARD, ("GET", f"{_W}/peers/bob/card", None, {})],
        "'bob' has no card about 'bob'; 'alice' has one",
    ),
    Bug(
        "queue of an observer of messages",
        [_SAY, ("GET", f"{_W}/queue/status", None, {"observer_id": "bob"})],
        "no unit of work has the observer_id of the query, but 1 unit is pending in the workspace; "
        "observer_id selects dreams, not messages",
    ),
    Bug(
        "queue of another session",
        [_SAY, ("GET", f"{_W}/queue/status", None, {"session_id": "t"})],
        "no unit of work has the session_id of the query, but 1 unit is pending in the workspace",
    ),
    # A target, or a session in the body, that does not exist.
    Bug(
        "representation of a misspelt target",
        [_post(f"{_W}/peers/alice/representation", {"target": "Bob"})],
        "workspace 'w' has no peer 'Bob'; did you mean 'bob'?",
    ),
    Bug(
        "representation of a misspelt session",
        [_post(f"{_W}/peers/alice/representation", {"session_id": "S"})],
        "workspace 'w' has no session 'S'; did you mean 's'?",
    ),
    Bug(
        "context of a misspelt target",
        [("GET", f"{_W}/peers/alice/context", None, {"target": "Bob"})],
        "workspace 'w' has no peer 'Bob'; did you mean 'bob'?",
    ),
    Bug(
        "card of a misspelt target",
        [("GET", f"{_W}/peers/alice/card", None, {"target": "Bob"})],
        "workspace 'w' has no peer 'Bob'; did you mean 'bob'?",
    ),
    # Filters.
    Bug(
        "conclusions searched the other way around",
        [
            _KNOW,
            _post(f"{_W}/conclusions/query", {"query": "tea", "filters": _SWAPPED}),
        ],
        "no conclusion has the observer_id 'bob'; there are 'alice'",
    ),
    Bug(
        "conclusions searched by swapped columns",
        [_KNOW, *_list({"observer": "bob"}, f"{_W}/conclusions/list")],
        "no conclusion has the observer_id 'bob'; there are 'alice'",
    ),
    Bug(
        "conclusions of no such pair",
        [
            _KNOW,
            _post(
                f"{_W}/conclusions/query",
                {"query": "tea", "filters": {"observer_id": "alice", "observed_id": "alice"}},
            ),
        ],
        "no conclusion has the observed_id 'alice'; there are 'bob'",
    ),
    Bug(
        "time before all rows",
        _list({"created_at": {"lte": "2020-01-01"}}),
        "created_at.lte 2020-01-01 is before the oldest session",
    ),
    Bug(
        "null for a missing key",
        _list({"metadata": {"topic": None}}),
        "metadata.topic: null matches only a null, and no row has one there",
    ),
    Bug(
        "search of another session",
        [_SAY, _post(f"{_W}/sessions/t/search", {"query": "hi"})],
        "this session has no such message; messages of session 's' have the query",
    ),
    Bug(
        "search of another peer",
        [_SAY, _post(f"{_W}/peers/bob/search", {"query": "hi"})],
        "this peer has no such message; messages of peer 'alice' have the query",
    ),
    Bug(
        "metadata merged inside",
        [("PUT", _S, {"metadata": {"a": {"b": 1, "c": 2}}}, {}), ("PUT", _S, {"metadata": {"a": {"b": 3}}}, {})],
        "metadata.a was replaced: 'c' is gone",
    ),
    Bug("list that is empty", _list({"id": {"in": []}}), "id.in is an empty list, which matches nothing"),
]


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_the_text_of_the_requests_names_the_cause(bug: Bug) -> None:
    mock = Mock(world=_START)
    client = DirectClient(create_app(mock))
    if bug.prepare is not None:
        bug.prepare(mock)
    for method, path, body, query in bug.calls:
        client.call(method, path, body, **query)
    assert bug.cause in str(mock.requests)


@pytest.mark.parametrize(
    ("headers", "cause"),
    [
        ({"authorization": "{token}"}, "the Authorization header has no 'Bearer' before its token"),
        ({"authorization": "Bearer Bearer {token}"}, "the token begins with 'Bearer' again"),
        ({"authorization": 'Bearer "{token}"'}, "the token is in quotes"),
        ({"authorization": "Bearer None"}, "the token is 'None': is a variable of the client empty?"),
        (
            {"x-api-key": "{token}"},
            "there is no Authorization header; send 'Bearer' and a token (x-api-key is not read)",
        ),
    ],
)
def test_the_text_of_the_requests_says_what_is_wrong_with_a_token(headers: dict[str, str], cause: str) -> None:
    mock = Mock(world=_START, auth_secret="a secret")
    token = mock.token(workspace="w")
    sent = {name: value.replace("{token}", token) for name, value in headers.items()}
    DirectClient(create_app(mock)).send("POST", f"{_W}/sessions/list", [b"{}"], headers={**_JSON, **sent})
    assert cause in str(mock.requests)
    assert token not in str(mock.requests)


@pytest.mark.parametrize(
    ("body", "headers", "cause"),
    [
        (gzip.compress(b"{}"), {"content-encoding": "gzip"}, "the Content-Encoding 'gzip' is not read"),
        ('{"id": "é"}'.encode("latin-1"), {}, "send it in UTF-8"),
        (b"{'id': 'x'}", {}, "Expecting property name enclosed in double quotes"),
        (b'{"id": undefined}', {}, "the body is not JSON at offset 7"),
    ],
    ids=["compressed", "Latin-1", "single quotes", "undefined"],
)
def test_the_text_of_the_requests_says_why_bytes_are_no_json(body: bytes, headers: dict[str, str], cause: str) -> None:
    mock = Mock(world=_START)
    DirectClient(create_app(mock)).send("POST", f"{_W}/sessions", [body], headers={**_JSON, **headers})
    assert cause in str(mock.requests)


def test_a_file_under_another_name_is_answered_with_the_name() -> None:
    mock = Mock(world=_START)
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n'
    rest = b'--b\r\nContent-Disposition: form-data; name="peer_id"\r\n\r\nalice\r\n--b--\r\n'
    client = DirectClient(create_app(mock))
    client.send(
        "POST", f"{_S}/messages/upload", [head + rest], headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert "you sent 'files'; did you mean 'file'?" in str(mock.requests)
