"""Whatever comes in, the answer is clear, the state is as it was, and the server lives on."""

import json
import math
import socket
import tracemalloc
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, MockServer, create_app
from mockserver.api.endpoint import BODY_LIMIT, DRAIN_LIMIT, TooLarge, body_of
from support import strategies
from support.direct_client import DirectClient
from support.server_address import address_of
from support.started_mock import Start

_W = "/v3/workspaces/w"
_JSON = {"content-type": "application/json"}


@pytest.fixture
def direct(start: Start) -> DirectClient:
    return start().client


def _sessions(direct: DirectClient) -> int:
    return int(direct.call("POST", f"{_W}/sessions/list").json["total"])


_UNPARSABLE: list[tuple[bytes, str, int]] = [
    (b"{bad", "Expecting property name enclosed in double quotes", 1),
    (b"{} x", "Extra data", 3),
    (b'{"id": NaN}', "Expected value", 7),
    (b'{"id":\n -Infinity}', "Invalid number", 8),
    (b'{"id": "s", "metadata": {"n": 1e400}}', "Number out of range", 0),
    (b'{"id": "s", "metadata": {"n": [-1e999]}}', "Number out of range", 0),
    (b'{"id": "s", "metadata": {"n": ' + b"9" * 5_000 + b"}}", "Number out of range", 4331),
    (b'{"id": "s", "metadata": {"n": "\\ud83d"}}', "Unexpected end of hex escape", 37),
    (b'{"id": "\xff"}', "Invalid utf-8: invalid start byte", 8),
    (b'{"id": "s", "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "Recursion limit exceeded", 217),
    (b'{"id": "s", "x": ' + b"[" * 500 + b"]" * 500 + b"}", "Recursion limit exceeded", 217),
    (b'{"id": "tab\t"}', "Invalid control character at", 11),
]


@pytest.mark.parametrize(("body", "reason", "place"), _UNPARSABLE, ids=lambda value: str(value)[:20])
def test_a_body_that_is_no_storable_json_is_refused_at_its_place(
    direct: DirectClient, body: bytes, reason: str, place: int
) -> None:
    answer = direct.send("POST", f"{_W}/sessions", [body], headers=_JSON)
    [entry] = answer.json["detail"]
    assert answer.status == 422
    assert (entry["type"], entry["loc"][0], entry["msg"]) == ("json_invalid", "body", "JSON decode error")
    assert (entry["ctx"]["error"], abs(entry["loc"][1] - place) <= 1) == (reason, True)
    assert _sessions(direct) == 0


@pytest.mark.parametrize(
    "body", ['{"id": "s"}'.encode(encoding) for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32-le")]
)
def test_json_in_another_unicode_encoding_is_read(direct: DirectClient, body: bytes) -> None:
    assert direct.send("POST", f"{_W}/sessions", [body], headers=_JSON).json["id"] == "s"


def test_json_in_utf_16_is_held_to_the_same_limits(direct: DirectClient) -> None:
    body = '{"id": "s", "metadata": {"n": NaN}}'.encode("utf-16")
    assert direct.send("POST", f"{_W}/sessions", [body], headers=_JSON).status == 422


_UNSTORABLE = ["NaN", "Infinity", "-Infinity", "1e400", "[[-1e999]]", r'"\ud83d"', r'{"a\udc00": 1}', r'"\ude00\ud83d"']


@pytest.mark.parametrize("value", _UNSTORABLE)
def test_a_value_that_cannot_be_stored_does_no_harm_in_a_key_that_is_not_read(direct: DirectClient, value: str) -> None:
    body = f'{{"id": "s", "metadata": {{"n": 1}}, "unread": {value}}}'
    for content in (body.encode(), body.encode("utf-16")):
        answer = direct.send("POST", f"{_W}/sessions", [content], headers=_JSON)
        assert (answer.status, answer.json["metadata"]) == (200, {"n": 1})
    both = f'{{"id": "bad id", "unread": {value}}}'
    entries = direct.send("POST", f"{_W}/sessions", [both.encode()], headers=_JSON).json["detail"]
    assert [entry["type"] for entry in entries] == ["string_pattern_mismatch"]


@pytest.mark.parametrize("value", _UNSTORABLE)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sessions", '{"id": "s", "metadata": {"n": %s}}'),
        ("sessions", '{"id": %s}'),
        ("sessions", '{"id": "s", "peers": {"bob": {"observe_me": %s}}}'),
        ("sessions/list", '{"filters": {"metadata": {"n": %s}}}'),
        ("sessions/s/messages", '{"messages": [{"content": %s, "peer_id": "bob"}]}'),
        ("sessions/s/messages", '{"messages": [{"content": "x", "peer_id": %s}]}'),
        ("search", '{"query": %s}'),
        ("sessions", r'{"id": "s", "peers": {"a\ud83d": {}}, "unread": %s}'),
    ],
)
def test_a_value_that_cannot_be_stored_fails_inside_the_live_server_wherever_it_is_read(
    start: Start, path: str, body: str, value: str
) -> None:
    for quirks, status in (("none", 422), ("inner_failures", 500)):
        mock, client = start(quirks=quirks)
        answer = client.send("POST", f"{_W}/{path}", [body.replace("%s", value).encode()], headers=_JSON)
        assert answer.status == status
        assert not mock.store.workspaces
        if status == 500:
            told = "neither NaN, nor infinities, nor lone surrogates; the body has one: "
            assert told in answer.headers["x-mock-diagnosis"] or "does not check" in answer.headers["x-mock-diagnosis"]


@pytest.mark.parametrize("sender", ["", "bad id", "x" * 513])
def test_the_id_of_a_sender_is_checked_when_nothing_else_is_wrong(direct: DirectClient, sender: str) -> None:
    def places(*messages: object) -> list[list[object]]:
        answer = direct.call("POST", f"{_W}/sessions/s/messages", {"messages": messages})
        return [entry["loc"] for entry in answer.json["detail"]]

    malformed = {"peer_id": sender, "content": "x"}
    assert places(malformed, malformed) == [["body", "messages", place, "peer_id"] for place in (0, 1)]
    assert places(malformed, {"peer_id": "bob"}) == [["body", "messages", 1, "content"]]
    assert places({**malformed, "configuration": 1}) == [["body", "messages", 0, "configuration"]]
    assert places({**malformed, "content": "<|endoftext|>"}, malformed) == [["body", "messages", 0]]
    for other in ({"content": "<|endoftext|>"}, {"content": "<|endoftext|>", "peer_id": 5}):
        assert places(other) == [["body", "messages", 0, "peer_id"]]


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "text/json", "multipart/form-data", "application/", "é"]
)
def test_a_body_of_another_type_is_taken_as_text_and_refused(direct: DirectClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = direct.send("POST", f"{_W}/sessions", [b'{"id":"\xff"}'], headers=headers)
    [entry] = answer.json["detail"]
    assert (answer.status, entry["type"], entry["input"]) == (422, "model_attributes_type", '{"id":"\ufffd"}')


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x.y+json"]
)
def test_json_by_any_of_its_names_is_read(direct: DirectClient, content_type: str) -> None:
    answer = direct.send("POST", f"{_W}/sessions", [b'{"id":"s"}'], headers={"content-type": content_type})
    assert answer.status == 200


def test_a_key_that_comes_twice_has_its_last_value(direct: DirectClient) -> None:
    assert direct.send("POST", f"{_W}/sessions", [b'{"id":"a","id":"b"}'], headers=_JSON).json["id"] == "b"


@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
def test_where_a_body_is_optional_none_and_null_and_empty_mean_the_same(direct: DirectClient, body: bytes) -> None:
    assert direct.send("POST", f"{_W}/sessions/list", [body], headers=_JSON).status == 200


@pytest.mark.parametrize("body", [b"{bad", b"[1]", b"\xff"])
def test_an_operation_without_a_body_ignores_one(direct: DirectClient, body: bytes) -> None:
    direct.call("POST", f"{_W}/sessions", {"id": "s"})
    assert direct.send("POST", f"{_W}/sessions/s/clone", [body], headers=_JSON).status == 201


def test_a_refused_query_is_told_before_a_refused_body(direct: DirectClient) -> None:
    answer = direct.call("POST", f"{_W}/sessions/list", [], page=0, size="x", reverse="?")
    assert [entry["loc"] for entry in answer.json["detail"]] == [
        ["query", "page"],
        ["query", "size"],
        ["query", "reverse"],
        ["body"],
    ]


@pytest.mark.parametrize("query", ["page=%ff", "size=" + "9" * 5_000, "page=1e0", "%00=%00&page=%00", "page=1&page=x"])
def test_a_query_that_is_no_number_is_refused(direct: DirectClient, query: str) -> None:
    assert direct.send("POST", f"{_W}/sessions/list", query=query).status == 422


def test_of_a_parameter_that_comes_twice_the_last_counts(direct: DirectClient) -> None:
    assert direct.send("POST", f"{_W}/sessions/list", query="page=x&page=3&;&=&%").json["page"] == 3


@pytest.mark.parametrize(
    "filters",
    [
        {"id": {"gt": "9" * 5_000}},
        {"id": {"gt": "1e999999999999999999999"}},
        {"metadata": {"n": {"gt": "1e999999999"}}},
        {"metadata": {"n": {"gt": int("9" * 4_000)}}},
        {"metadata": {"n": {"gt": "nan"}}},
        {"metadata": {"n": {"in": [["x"], {"y": None}]}}},
        {"created_at": {"gte": "0001-01-01T00:00:00+23:59"}},
        {"created_at": {"lt": "9999-12-31T23:59:59-23:59"}},
        {"id": {"contains": "\0"}, "metadata": {"\0": "\0"}},
    ],
    ids=lambda filters: str(filters)[:30],
)
def test_extreme_values_in_filters_are_answered(direct: DirectClient, filters: Any) -> None:
    direct.call("POST", f"{_W}/sessions", {"id": "s", "metadata": {"n": "1e999999999"}})
    assert direct.call("POST", f"{_W}/sessions/list", {"filters": filters}).status in (200, 422)


@given(
    st.dictionaries(st.sampled_from(["id", "metadata", "created_at", "is_active", "AND", "OR", "NOT"]), strategies.json)
)
def test_no_filter_document_makes_the_server_fail(filters: Any) -> None:
    client = DirectClient(_APP)
    client.call("POST", f"{_W}/sessions", {"id": "s", "metadata": {"a": "x", "b": [1], "c": None}})
    assert client.call("POST", f"{_W}/sessions/list", {"filters": filters}).status in (200, 422)


_APP = create_app(Mock())


@given(st.integers(300, 312), st.integers(0, 299), st.integers(0, 3), st.sampled_from("eE"), st.sampled_from(["", "-"]))
def test_no_infinity_gets_in_however_it_is_written(size: int, exponent: int, part: int, e: str, sign: str) -> None:
    """Numbers of 300 to 312 digits, on both sides of the largest double, those digits shared with an exponent."""
    number = f"{sign}{'9' * (size - exponent)}{'.' + '9' * part if part else ''}{e}{exponent}"
    body = f'{{"id": "s", "metadata": {{"n": [{number}]}}}}'.encode()
    answer = DirectClient(_APP).send("POST", f"{_W}/sessions", [body], headers=_JSON)
    assert answer.status == (422 if math.isinf(float(number)) else 200)
    json.loads(answer.body, parse_constant=pytest.fail)


_bytes = st.one_of(st.binary(max_size=60), st.text('{}[]":,0123456789eE+-.\\utrnfalsi \n', max_size=60).map(str.encode))


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "X"]),
    st.lists(
        st.sampled_from(["v3", "workspaces", "w", "sessions", "s", "list", "peers", "messages", "clone", "", "..", "%"])
    ),
    st.lists(_bytes, min_size=1, max_size=3),
    st.binary(max_size=12),
    st.sampled_from(["application/json", "text/plain", "application/json;;=", "\x00"]),
)
def test_no_bytes_make_the_server_fail(
    method: str, path: list[str], chunks: list[bytes], query: bytes, kind: str
) -> None:
    client = DirectClient(_APP)
    url = "/" + "/".join(path)
    answer = client.send(method, url, chunks, query=query.decode("latin-1"), headers={"content-type": kind})
    assert 200 <= answer.status < 500


@given(strategies.json)
def test_any_json_to_any_operation_is_answered(body: Any) -> None:
    client = DirectClient(_APP)
    for method, path in [
        ("POST", "/sessions"),
        ("PUT", "/sessions/s"),
        ("POST", "/sessions/s/peers"),
        ("POST", "/peers"),
    ]:
        assert client.call(method, _W + path, body).status < 500


def test_what_is_nested_as_deep_as_it_may_be_comes_back(direct: DirectClient) -> None:
    deep: Any = 1
    for _ in range(190):
        deep = [deep]
    direct.call("POST", f"{_W}/sessions", {"id": "s", "metadata": {"deep": deep}})
    listed = direct.call("POST", f"{_W}/sessions/list").json
    assert listed["items"][0]["metadata"] == {"deep": deep}
    assert direct.call("POST", f"{_W}/sessions/list", {"filters": {"bogus": deep}}).status == 422


@pytest.mark.deep
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/sessions/s/peers", [0] * 1_000_000),
        ("POST", "/sessions/s/peers", dict.fromkeys(map(str, range(300_000)), 0)),
        ("POST", "/sessions", {"id": "t", "peers": dict.fromkeys(map(str, range(300_000)), 0)}),
        ("POST", "/sessions/s/messages", {"messages": [0] * 1_000_000}),
    ],
    ids=["ids", "peers", "session", "messages"],
)
def test_a_million_offences_are_one(direct: DirectClient, method: str, path: str, body: Any) -> None:
    answer = direct.call(method, _W + path, body)
    assert (answer.status, len(answer.json["detail"]) <= 101) == (422, True)


def test_a_filter_that_would_compare_for_ever_is_refused(direct: DirectClient) -> None:
    stored = [{"a": number, "b": 0} for number in range(1_000)]
    direct.call("POST", f"{_W}/sessions", {"id": "s", "metadata": {"l": stored}})
    wanted = [{"a": number} for number in range(1_000)]
    answer = direct.call("POST", f"{_W}/sessions/list", {"filters": {"metadata": {"l": wanted}}})
    assert answer.json["detail"][0]["msg"] == "The filter takes more than 400000 comparisons"


_LONG = list(range(1_000))


@pytest.mark.deep
@pytest.mark.parametrize(
    ("metadata", "members"),
    [
        ({"k": _LONG}, [{"metadata": {"k": _LONG[::-1]}}] * 300),
        ({"k": "x" * 1_000_000}, [{"NOT": [{"metadata": {"k": {"contains": "y"}}}]}] * 30),
        ({"k": _LONG}, [{"NOT": [{"metadata": {"k": {"icontains": "y"}}}]}] * 300),
        ({}, [{"metadata": {f"key{number}": {"ne": 0} for number in range(600)}, "NOT": [{"id": "x"}]}] * 10),
        ({}, [{"NOT": [{"created_at": {"lt": "2024-01-01"}, "id": {"contains": "x"}}]}] * 3_000),
        ({"n": 10**4_000}, [{"NOT": [{"metadata": {"n": {"lt": 10**4_000}}}]}] * 300),
        ({}, [{"created_at": {"in": ["2024-01-01T00:00:00Z"] * 1_000}}] * 100),
    ],
    ids=["lists", "texts", "written", "keys", "columns", "integers", "times"],
)
def test_all_parts_of_a_filter_share_its_comparisons_on_all_rows(
    direct: DirectClient, metadata: Any, members: Any
) -> None:
    for number in range(70):
        direct.call("POST", f"{_W}/sessions", {"id": f"s{number}", "metadata": metadata if number == 0 else {}})
    answer = direct.call("POST", f"{_W}/sessions/list", {"filters": {"AND": members}})
    assert answer.status == 422
    assert answer.json["detail"][0]["msg"] == "The filter takes more than 400000 comparisons"


def test_a_long_list_of_alternatives_is_answered(direct: DirectClient) -> None:
    direct.call("POST", f"{_W}/sessions", {"id": "s"})
    wanted = [f"s{number}" for number in range(300_000)]
    assert direct.call("POST", f"{_W}/sessions/list", {"filters": {"id": {"in": wanted}}}).json["total"] == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_malformed_ids_in_a_path_make_nothing(direct: DirectClient, method: str) -> None:
    for path in ("sessions", "sessions/s", "sessions/s/peers", "sessions/s/messages", "peers", "peers/p"):
        bodies = [
            {"id": "s"},
            {"bob": {}},
            {"messages": [{"content": "x", "peer_id": "bob"}]},
            {"metadata": {}},
            ["bob"],
        ]
        for body in bodies:
            assert direct.call(method, f"/v3/workspaces/bad id/{path}", body).status in (404, 405, 422)
    assert direct.call("POST", "/v3/workspaces/list").json["total"] == 0


def test_a_batch_with_one_bad_message_stores_none(direct: DirectClient) -> None:
    batch = {"messages": [{"content": "ok", "peer_id": "bob"}, {"content": "ok", "peer_id": "bad id"}]}
    assert direct.call("POST", f"{_W}/sessions/s/messages", batch).status == 422
    assert direct.call("POST", "/v3/workspaces/list").json["total"] == 0


def test_too_many_observers_change_nothing(direct: DirectClient) -> None:
    peers = {f"p{number}": {"observe_others": True} for number in range(11)}
    assert direct.call("POST", f"{_W}/sessions", {"id": "s", "peers": peers}).status == 400
    assert direct.call("POST", "/v3/workspaces/list").json["total"] == 0


def test_a_body_up_to_the_limit_is_read_and_beyond_it_is_refused(direct: DirectClient) -> None:
    def padded(length: int) -> bytes:
        return b'{"id":"s","pad":"' + b"x" * (length - 19) + b'"}'

    assert direct.send("POST", f"{_W}/sessions", [padded(BODY_LIMIT)], headers=_JSON).status == 200
    for chunks in ([padded(BODY_LIMIT + 1)], [b'{"id":"', b"x" * BODY_LIMIT, b'"}']):
        answer = direct.send("POST", f"{_W}/sessions", chunks, headers=_JSON)
        assert (answer.status, answer.headers["connection"]) == (413, "close")
        assert answer.json["detail"] == "The body is larger than 10485760 bytes"


def test_a_body_without_an_end_is_refused_after_a_while(direct: DirectClient) -> None:
    chunks = [b"x" * BODY_LIMIT] * (DRAIN_LIMIT // BODY_LIMIT + 5)
    assert direct.send("POST", f"{_W}/sessions", chunks, headers=_JSON).status == 413


def test_of_a_body_beyond_the_limit_no_more_than_the_limit_is_held() -> None:
    left = [DRAIN_LIMIT]

    async def receive() -> Any:
        left[0] -= 1_000_000
        return {"type": "http.request", "body": bytes(1_000_000), "more_body": left[0] > 0}

    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            body_of(receive).send(None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * BODY_LIMIT


def test_a_client_that_hangs_up_gets_no_answer_and_changes_nothing(direct: DirectClient) -> None:
    for chunks in ([], [b'{"id":'], [b'{"id":"s"}']):
        assert direct.send("POST", f"{_W}/sessions", chunks, headers=_JSON, disconnects=True).status == 0
    assert _sessions(direct) == 0


def _raw(server: MockServer, request: bytes) -> bytes:
    """What comes back for these bytes on a socket."""
    with socket.create_connection(address_of(server.url), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GARBAGE\r\n\r\n", b" 400 "),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", b" 40"),
        (b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b" 400 "),
        (b"POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b""),
        (b"GET /health HTTP/1.0\r\n\r\n", b" 200 "),
        (b"GET //v3// HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n", b" 404 "),
        (b"POST /v3/workspaces/w/sessions/ HTTP/1.1\r\nHost: [:\r\nConnection: close\r\n\r\n", b" 307 "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_raw_bytes_on_a_socket_do_not_end_the_server(server: MockServer, request_bytes: bytes, status: bytes) -> None:
    received = _raw(server, request_bytes)
    assert status in received.split(b"\r\n")[0]
    assert b" 500 " not in received.split(b"\r\n")[0]
    assert httpx.get(f"{server.url}/health").json() == {"status": "ok"}


def test_a_body_beyond_the_limit_is_answered_over_a_socket(server: MockServer) -> None:
    answer = httpx.post(f"{server.url}{_W}/sessions", content=b"x" * (BODY_LIMIT * 2), headers=_JSON)
    assert answer.status_code == 413
    assert httpx.get(f"{server.url}/health").json() == {"status": "ok"}


def test_clients_that_hang_up_in_the_middle_of_a_body_leave_the_server_alive(
    server: MockServer, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        with socket.create_connection(address_of(server.url)) as connection:
            connection.sendall(b"POST /v3/workspaces/w/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert httpx.get(f"{server.url}/health").status_code == 200
    assert httpx.post(f"{server.url}{_W}/sessions/list").json()["total"] == 0
    assert not caplog.records


def test_the_year_0_is_refused_whatever_pydantic_is_installed(client: httpx.Client) -> None:
    message = {"content": "x", "peer_id": "p", "created_at": "0000-01-01T00:00:00Z"}
    answer = client.post("/v3/workspaces/w/sessions/s/messages", json={"messages": [message]})
    assert answer.status_code == 422
    [entry] = answer.json()["detail"]
    assert (entry["type"], entry["loc"][-1]) == ("datetime_parsing", "created_at")
    assert entry["ctx"] == {"error": "year 0 is out of range"}
