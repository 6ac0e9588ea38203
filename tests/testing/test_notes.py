"""Notes: each surprising success says why, and a correct client gets none."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock
from mockserver.domain.changes import VERSIONS
from mockserver.testing.notes.summary import differences_from_live, pages_not_requested
from support.direct_client import Answer, DirectClient
from support.started_mock import Start

_W = "/v3/workspaces/w"
_S = f"{_W}/sessions"
Call = tuple[str, str, Any]


class _Client:
    """Calls an app, and gives the notes of each call."""

    def __init__(self, mock: Mock, client: DirectClient) -> None:
        self.mock = mock
        self.client = client

    def __call__(self, method: str, path: str, body: Any = None, **query: object) -> Answer:
        return self.client.call(method, _path(path), body, **query)

    def notes(self, method: str, path: str, body: Any = None, **query: object) -> str:
        answer = self(method, path, body, **query)
        last = list(self.mock.requests)[-1]
        if answer.status < 400:
            assert unquote(answer.headers.get("x-mock-note", "")) == "; ".join(last.notes)
        return "\n".join([*last.notes, last.diagnosis or ""])


def _path(path: str) -> str:
    return path if path.startswith("/v3") else f"{_W}{path}"


@pytest.fixture
def call(start: Start) -> _Client:
    """A client of a server with a few sessions, messages and peers."""
    client = _Client(*start())
    client("POST", "/sessions", {"id": "s", "metadata": {"topic": "x", "year": 2026}, "peers": {"bob": {}}})
    client("POST", "/sessions", {"id": "t", "metadata": {"year": 2025}, "configuration": {"dream": {"enabled": True}}})
    client("POST", "/sessions/s/messages", {"messages": [{"content": "hi", "peer_id": "bob"}]})
    return client


_IGNORED: list[tuple[str, str, Any, dict[str, object], str]] = [
    ("POST", "/sessions/list", {"filter": {"id": "s"}}, {}, "ignored: body.filter; did you mean 'filters'?"),
    ("POST", "/sessions/list", {"metadata": {"topic": "x"}}, {}, "ignored: body.metadata; it belongs in body.filters"),
    ("POST", "/sessions/list", {"reverse": True}, {}, "ignored: body.reverse; it belongs in the query"),
    ("POST", "/sessions/list", {"size": 2}, {}, "ignored: body.size; it belongs in the query"),
    ("POST", "/sessions/list", {}, {"limit": 2}, "ignored: query.limit; did you mean 'size'?"),
    ("POST", "/sessions/list", {}, {"pageSize": 2}, "ignored: query.pageSize; did you mean 'size'?"),
    ("POST", "/sessions/list", {}, {"is_active": "true"}, "ignored: query.is_active; it belongs in body.filters"),
    ("POST", "/sessions/list", {}, {"filters": "{}"}, "ignored: query.filters; it belongs in the body"),
    (
        "POST",
        "/sessions",
        {"id": "s", "configuration": {"reasoning": {"enable": False}}},
        {},
        "ignored: body.configuration.reasoning.enable; did you mean 'enabled'?",
    ),
    (
        "POST",
        "/sessions",
        {"id": "s", "peers": {"a": {"observeMe": True}}},
        {},
        "ignored: body.peers.a.observeMe; did you mean 'observe_me'?",
    ),
    ("POST", "/sessions", {"id": "s", "peer_names": {"a": {}}}, {}, "ignored: body.peer_names; did you mean 'peers'?"),
    ("POST", "/sessions", {"id": "s", "meta_data": {}}, {}, "ignored: body.meta_data; did you mean 'metadata'?"),
    ("POST", "/sessions", {"id": "s", "summary": {}}, {}, "ignored: body.summary; it belongs in body.configuration"),
    ("POST", "/peers", {"id": "a", "name": "Alice"}, {}, "ignored: body.name"),
    ("PUT", "/sessions/s", {"peers": {"a": {}}}, {}, "ignored: body.peers; PUT …/peers sets them"),
    (
        "POST",
        "/sessions/s/messages",
        {"messages": [{"content": "a", "peer_id": "bob"}], "metadata": {"a": 1}},
        {},
        "ignored: body.metadata; it belongs in each entry of body.messages",
    ),
    (
        "POST",
        "/sessions/s/messages",
        {"messages": [{"content": "a", "peer_id": "bob", "createdAt": "2026-01-01T00:00:00Z"}]},
        {},
        "ignored: body.messages[0].createdAt; did you mean 'created_at'?",
    ),
    ("POST", "/sessions/s/clone", {"message_id": "x"}, {}, "ignored: body.message_id; it belongs in the query"),
    ("POST", "/sessions/s/clone", None, {"messageId": "x"}, "ignored: query.messageId; did you mean 'message_id'?"),
    ("POST", "/sessions/s/search", {"query": "hi", "top_k": 3}, {}, "ignored: body.top_k"),
    ("GET", "/sessions/s/context", None, {"token": 5}, "ignored: query.token; did you mean 'tokens'?"),
    (
        "POST",
        "/peers/bob/chat",
        {"query": "x", "response_format": {"type": "text"}},
        {},
        "ignored: body.response_format came with 3.0.12; this server is 3.0.7",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "query", "note"), _IGNORED)
def test_input_that_is_ignored_is_noted(
    call: _Client, method: str, path: str, body: Any, query: dict[str, object], note: str
) -> None:
    assert note in call.notes(method, path, body, **query)


_UNMATCHED: list[tuple[Any, str]] = [
    ({"metadata": {"year": {"$gt": 3}}}, "'$gt' is a key to contain, not an operator; did you mean 'gt'?"),
    ({"metadata": {"year": {"eq": 2026}}}, "'eq' is a key to contain, not an operator; a plain value means equality"),
    ({"metadata": {"year": {"gt3": 3}}}, "'gt3' is a key to contain, not an operator; did you mean 'gt'?"),
    ({"metadata": {"year": {"greater": 3}}}, "'greater' is a key to contain, not an operator; did you mean 'gt'?"),
    ({"metadata": {"topik": "x"}}, "no session has metadata.topik; did you mean 'topic'?"),
    ({"metadata": {"colour": "x"}}, "no session has metadata.colour; keys in use: 'topic', 'year'"),
    ({"metadata": {"year": "2026"}}, "metadata.year: you asked for texts, rows have numbers"),
    ({"AND": [{"metadata": {"year": "2026"}}]}, "metadata.year: you asked for texts, rows have numbers"),
    ({"metadata": {"topic": {"ne": "x"}}}, "1 row has no 'topic' in metadata: ne never matches it"),
    ({"is_active": False}, "lists leave out deleted sessions, and none is deleted"),
    ({"id": "S"}, "no session has the id 'S'; did you mean 's'?"),
    ({"id": {"in": ["x", "y"]}}, "no session has the id 'x'; there are 's', 't'"),
    ({"created_at": {"gte": "2999-01-01T00:00:00"}}, "created_at.gte has no zone: 2999-01-01T00:00:00 is read as UTC"),
]


@pytest.mark.parametrize(("filters", "note"), _UNMATCHED)
def test_a_filter_that_matches_nothing_is_noted(call: _Client, filters: Any, note: str) -> None:
    assert note in call.notes("POST", "/sessions/list", {"filters": filters})


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({"NOT": [{"metadata": {"colour": "x"}}], "id": {"contains": "zz"}}, {}),
        ({"metadata": {"colour": "*"}, "id": {"contains": "zz"}}, {}),
        ({"metadata": {"topic": "x"}}, {"page": 9}),
    ],
    ids=["negated", "wildcard", "page"],
)
def test_what_is_no_cause_of_an_empty_page_is_not_noted(call: _Client, filters: Any, query: dict[str, object]) -> None:
    call("POST", "/sessions/list", {"filters": filters}, **query)
    assert list(list(call.mock.requests)[-1].notes) == []


def test_lists_without_deleted_sessions_name_the_deletion(call: _Client) -> None:
    call("DELETE", "/sessions/t")
    note = "lists leave out deleted sessions: 't' was deleted by request #4"
    assert note in call.notes("POST", "/sessions/list", {"filters": {"is_active": False}})


@pytest.mark.parametrize("wanted", ["t", {"in": ["none", "t"]}])
def test_a_filter_for_the_id_of_a_deleted_session_names_the_deletion(call: _Client, wanted: Any) -> None:
    call("DELETE", "/sessions/t")
    note = "lists leave out deleted sessions: 't' was deleted by request #4"
    assert call.notes("POST", "/sessions/list", {"filters": {"id": wanted}}).splitlines() == [note]


@pytest.mark.parametrize(
    ("path", "filters", "note"),
    [
        ("/sessions/s/messages/list", {"session_id": "t"}, "this list has only rows with the session_id 's', not 't'"),
        ("/sessions/list", {"workspace_id": "v"}, "this list has only rows with the workspace_id 'w', not 'v'"),
        ("/conclusions/list", {"workspace_id": "v"}, "this list has only rows with the workspace_id 'w', not 'v'"),
        ("/sessions/s/messages/list", {"peer_id": "zoe"}, "no message of session 's' has the peer_id 'zoe'"),
        ("/sessions/s/messages/list", {"metadata": {"a": 1}}, "no message of session 's' has metadata.a"),
        ("/peers/bob/sessions", {"id": "t"}, "no session of peer 'bob' has the id 't'"),
        ("/conclusions/list", {"level": "deductive"}, "no conclusion has the level 'deductive'; there are 'explicit'"),
    ],
)
def test_a_note_on_a_filter_says_nothing_about_rows_outside_of_the_list(
    call: _Client, path: str, filters: Any, note: str
) -> None:
    call("POST", "/sessions/t/messages", {"messages": [{"content": "x", "peer_id": "zoe", "metadata": {"a": 1}}]})
    conclusion = {"content": "x", "observer_id": "bob", "observed_id": "bob"}
    assert call("POST", "/conclusions", {"conclusions": [conclusion]}).status < 300
    assert call.notes("POST", path, {"filters": filters}).startswith(note)


@pytest.mark.parametrize(
    ("method", "path", "body", "note"),
    [
        ("PUT", "/sessions/s", {"metadata": {"year": 1}}, "metadata was replaced: 'topic' is gone"),
        ("POST", "/sessions", {"id": "s", "metadata": {}}, "metadata was replaced: 'topic', 'year' are gone"),
        ("PUT", "/sessions/t", {"configuration": {"summary": {}}}, "configuration was merged: 'dream' stays"),
        ("DELETE", "/sessions/s/peers", ["bob"], "'bob' left session 's'; 1 message stays"),
        ("DELETE", "/sessions/s/peers", ["zoe"], "'zoe' was never in session 's'"),
        ("GET", "/sessions/none/context", None, "workspace 'w' has no session 'none'; it has 's', 't'"),
        ("GET", "/sessions/none/summaries", None, "workspace 'w' has no session 'none'; it has 's', 't'"),
        ("GET", "/queue/status?session_id=none", None, "workspace 'w' has no session 'none'; it has 's', 't'"),
        ("POST", "/peers/bob/representation", {}, "1 unit of work is pending; the fake works when asked: mock.work()"),
        ("GET", "/queue/status", None, "1 unit of work is pending; the fake works when asked: mock.work()"),
        (
            "POST",
            "/sessions/list/",
            {},
            f"the path ends with a slash, and paths of the API have none: redirected to http://localhost{_S}/list",
        ),
    ],
)
def test_an_effect_that_may_surprise_is_noted(call: _Client, method: str, path: str, body: Any, note: str) -> None:
    path, _, query = path.partition("?")
    assert note in call.notes(method, path, body, **dict([query.split("=")] if query else []))


def test_peers_that_remain_are_noted(call: _Client) -> None:
    call("DELETE", "/sessions/s")
    note = "'bob' remains, though its sessions are deleted: peers belong to the workspace"
    assert note in call.notes("POST", "/peers/list", {})
    assert call.notes("POST", "/peers/list", {}) == ""
    call("POST", "/sessions/t/messages", {"messages": [{"content": "hi", "peer_id": "zoe"}]})
    call("DELETE", "/sessions/t")
    assert call.notes("POST", "/peers/list", {}).splitlines() == [note.replace("bob", "zoe")]
    call.mock.reset(world=call.mock.world())
    assert "'bob', 'zoe' remain" in call.notes("POST", "/peers/list", {})


def test_messages_that_stay_are_noted_once_of_each_sender(call: _Client) -> None:
    batch = [{"content": "hi", "peer_id": peer} for peer in ("bob", "zoe", "zoe")]
    call("POST", "/sessions/s/messages", {"messages": batch})
    everyone = ["bob", "zoe", "bob"]
    first = call.notes("DELETE", "/sessions/s/peers", everyone)
    assert first.splitlines() == ["'bob', 'zoe' left session 's'; 4 messages stay"]
    assert call.notes("DELETE", "/sessions/s/peers", everyone) == ""


def test_an_internal_id_is_noted(call: _Client) -> None:
    [key] = call("GET", "/queue/status").json["sessions"]
    for method, path in (("GET", f"/sessions/{key}/context"), ("POST", f"/sessions/{key}/messages/list")):
        assert f"'{key}' is the internal id of 's'" in call.notes(method, path)


def test_an_answer_that_was_lost_and_its_repeat_are_noted(call: _Client) -> None:
    call.mock.faults.lose_answer(times=1)
    with pytest.raises(ConnectionResetError):
        call("POST", "/sessions", {"id": "u"})
    assert list(list(call.mock.requests)[-1].notes) == [
        "the API carried the request out (200), but the client got no answer"
    ]
    repeated = "same request as #4, which was carried out"
    assert repeated in call.notes("POST", "/sessions", {"id": "u"})
    assert call.notes("POST", "/sessions", {"id": "u"}) == ""


def test_a_retry_that_comes_too_early_is_noted(call: _Client) -> None:
    call.mock.faults.error(503, times=2, headers={"Retry-After": "3"})
    assert "the answer asked to retry after 3 s" in call.notes("POST", "/peers", {"id": "a"})
    call.mock.clock.advance(1)
    call("POST", "/peers", {"id": "a"})
    call.mock.clock.advance(1)
    assert "s after #5, which asked for 3 s" in call.notes("POST", "/peers", {"id": "a"})
    call.mock.clock.advance(5)
    assert call.notes("POST", "/peers", {"id": "a"}) == ""


def test_a_field_of_a_newer_version_is_noted_once(call: _Client) -> None:
    question = {"query": "x", "response_format": {"type": "text"}}
    assert "came with 3.0.12" in call.notes("POST", "/peers/bob/chat", question)
    assert call.notes("POST", "/peers/bob/chat", question) == ""
    call.mock.reset()
    call("POST", "/peers", {"id": "bob"})
    assert "came with 3.0.12" in call.notes("POST", "/peers/bob/chat", question)


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "place"),
    [
        ("POST", "/sessions", {"id": "s", "scopes": ["a"]}, {}, "body.scopes"),
        ("POST", "/peers/bob/chat", {"query": "x", "scope": "a"}, {}, "body.scope"),
        ("GET", "/sessions/s/context", None, {"scope": "a"}, "query.scope"),
    ],
)
def test_a_field_that_no_version_has_but_newer_sdks_send_is_noted_once(
    call: _Client, method: str, path: str, body: Any, query: dict[str, object], place: str
) -> None:
    note = f"ignored: {place} is of an API newer than {VERSIONS[-1]}"
    assert note in call.notes(method, path, body, **query).splitlines()
    assert "ignored" not in call.notes(method, path, body, **query)


def test_pages_that_were_not_requested_are_named(call: _Client) -> None:
    for number in range(120):
        call("POST", "/sessions", {"id": f"n{number}"})
    call("POST", "/sessions/list", {}, page=1)
    [line] = pages_not_requested(call.mock.requests)
    assert line == "pages 2 and 3 were not requested: #124 get_sessions has 122 in 3 pages"
    for page in (2, 3):
        call("POST", "/sessions/list", {}, page=page)
    assert list(pages_not_requested(call.mock.requests)) == []


def test_the_quirks_that_would_have_changed_answers_are_counted(call: _Client) -> None:
    assert list(differences_from_live(call.mock.requests, call.mock.store.profile)) == [
        "default profile; the live server differs in created_status (2 answers)"
    ]
    call("POST", "/sessions", {"id": "u", "configuration": {"dream": {"enabled": "yes"}}})
    assert list(differences_from_live(call.mock.requests, call.mock.store.profile, {"lax_types": 3})) == [
        "default profile; the live server differs in created_status (2 answers), lax_types (1 answer)"
    ]
    call.mock.reset(quirks="live")
    call("POST", "/sessions", {"id": "s"})
    call("POST", "/sessions/list", {"filters": {"is_active": 1}})
    assert list(differences_from_live(call.mock.requests, call.mock.store.profile)) == []


def test_the_line_about_the_live_server_names_the_profile_as_it_is(call: _Client) -> None:
    for quirks, named in (
        ("inner_failures", "quirk inner_failures"),
        (["lax_types", "joins_again"], "quirks lax_types,joins_again"),
    ):
        call.mock.reset(quirks=quirks)
        call("POST", "/sessions", {"id": "s"})
        assert list(differences_from_live(call.mock.requests, call.mock.store.profile, {"field_names": 1})) == [
            f"{named}; the live server differs in created_status (1 answer), field_names (first in #1)"
        ]


_conditions = st.sampled_from(
    [
        {"id": "s"},
        {"id": "none"},
        {"metadata": {"topic": "x", "year": 2025}},
        {"metadata": {"year": {"gte": 2026}}},
        {"metadata": {"year": 2027}},
        {"NOT": [{"id": "s"}]},
        {"OR": [{"id": "t"}, {"id": "none"}]},
    ]
)


@given(st.lists(_conditions, min_size=1, max_size=3))
def test_conditions_that_match_only_alone_are_noted_and_no_others(start: Start, conditions: list[Any]) -> None:
    """The server itself says what each condition matches alone."""
    mock, client = start()
    for id_, metadata in (("s", {"topic": "x", "year": 2026}), ("t", {"year": 2025})):
        client.call("POST", _S, {"id": id_, "metadata": metadata})

    def matched(filters: Any) -> int:
        return int(client.call("POST", f"{_S}/list", {"filters": filters}).json["total"])

    parts = [
        {"metadata": {key: value}} if "metadata" in condition else condition
        for condition in conditions
        for key, value in (condition.get("metadata") or {"": None}).items()
    ]
    is_empty = matched({"AND": conditions}) == 0
    notes = list(mock.requests[-1].notes)
    expected = is_empty and len(parts) > 1 and all(map(matched, parts))
    assert ("each condition matches rows, but no session matches all of them" in notes) == expected


def test_of_many_or_large_conditions_none_is_tried_alone(call: _Client) -> None:
    many = [{"id": "s"}, {"id": "t"}, *[{"NOT": [{"id": f"{number}"}]} for number in range(9)]]
    assert call.notes("POST", "/sessions/list", {"filters": {"AND": many}}) == ""
    call("POST", "/sessions", {"id": "long", "metadata": {"n": [{"i": number, "j": 0} for number in range(2_000)]}})
    long = {"n": [{"i": number} for number in range(1_970, 2_000)]}
    large = {"metadata": long}
    assert call.notes("POST", "/sessions/list", {"filters": {"AND": [large, {"id": "t"}]}}) == ""


def test_notes_look_at_the_first_conditions_and_rows_only(call: _Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter may have ten thousand conditions, and each may be compared with a thousand rows."""
    compared: list[str] = []

    def nearest(wanted: str, known: Any) -> None:
        compared.append(wanted)

    monkeypatch.setattr("mockserver.testing.notes.filters.nearest_name", nearest)
    for conditions in (
        [{"metadata": {f"k{number}": 1}} for number in range(2_000)],
        [{"metadata": {f"k{number}": 1 for number in range(90)}} for _ in range(20)],
        [{"id": f"n{number}"} for number in range(2_000)],
        [{"metadata": {"topic": f"v{number}"}} for number in range(2_000)],
        [{"id": {"in": [f"n{number}" for number in range(2_000)]}}],
    ):
        compared.clear()
        assert call("POST", "/sessions/list", {"filters": {"AND": conditions}}).json["total"] == 0
        assert len(compared) <= 8
    call("POST", "/sessions/list", {"filters": {"AND": [{"metadata": {"topic": f"v{number}"}} for number in range(9)]}})
    assert len(compared) == 8


def test_operators_compare_numbers_with_texts_so_no_note_names_the_types(call: _Client) -> None:
    for operands in ({"gte": "3000"}, {"in": ["3000"]}):
        assert call.notes("POST", "/sessions/list", {"filters": {"metadata": {"year": operands}}}) == ""
    one = call("POST", "/sessions/list", {"filters": {"metadata": {"year": {"in": ["2026"]}}}})
    assert one.json["total"] == 1


def test_conditions_match_nothing_where_there_are_no_rows(call: _Client) -> None:
    filters = {"OR": [], "session_id": "*"}
    assert call.notes("POST", "/sessions/t/messages/list", {"filters": filters}) == ""


@pytest.mark.parametrize("settings", [{"observe_me": True}, {"observe_others": False}])
def test_joining_again_with_the_settings_in_force_is_not_noted(call: _Client, settings: dict[str, bool]) -> None:
    opposite = {name: not value for name, value in settings.items()}
    assert call.notes("POST", "/sessions/s/peers", {"bob": settings}) == ""
    assert "did not change" in call.notes("POST", "/sessions/s/peers", {"bob": opposite})


def test_joining_again_as_observed_is_noted_if_the_peer_is_not_observed(call: _Client) -> None:
    call("PUT", "/peers/bob", {"configuration": {"observe_me": False}})
    assert "observe_me did not change" in call.notes("POST", "/sessions/s/peers", {"bob": {"observe_me": True}})
    assert call.notes("POST", "/sessions/s/peers", {"bob": {"observe_me": False}}) == ""


def test_a_card_about_an_empty_target_is_not_the_card_about_the_peer(call: _Client) -> None:
    call("PUT", "/peers/bob/card", {"peer_card": ["tall"]})
    note = "'bob' has no card about ''; it has one about 'bob'"
    assert call.notes("GET", "/peers/bob/card", None, target="").splitlines() == [note]


def test_the_note_on_pending_work_counts_what_the_status_counts(call: _Client) -> None:
    call("POST", "/sessions/t/messages", {"messages": [{"content": "x", "peer_id": "zoe"}] * 2})
    assert call.notes("GET", "/queue/status", None, session_id="s").startswith("1 unit of work is pending")
    assert call.notes("GET", "/queue/status", None).startswith("3 units of work are pending")


def test_an_ignored_name_that_is_empty_or_has_spaces_is_quoted(call: _Client) -> None:
    query: dict[str, object] = {"": "x", "size ": 1}
    notes = call.notes("POST", "/sessions", {"id": "s", "": 1, "id ": "x"}, **query).splitlines()
    assert notes == ["ignored: body['']", "ignored: body['id ']; did you mean 'id'?", "ignored: query['']", *notes[3:]]
    assert notes[3:] == ["ignored: query['size ']"]


_BATCH = {"messages": [{"content": "hi", "peer_id": "bob", "metadata": {"a": {"b": 1}}}]}
# Each is what a correct client does, in one workspace.
_CORRECT: dict[str, list[Call]] = {
    "create": [("POST", "/v3/workspaces", {"id": "w"}), ("POST", "/sessions", {"id": "s"})],
    "get again": [("POST", "/sessions", {"id": "s", "metadata": {"a": 1}}), ("POST", "/sessions", {"id": "s"})],
    "own metadata": [("POST", "/sessions", {"id": "s", "metadata": {"filter": 1, "limit": {"x": [{"y": 1}]}}})],
    "own configuration": [("POST", "/sessions", {"id": "s", "configuration": {"mine": {"x": 1}}})],
    "configuration of a peer": [("POST", "/peers", {"id": "bob", "configuration": {"mine": 1}})],
    "members": [
        ("POST", "/sessions", {"id": "s", "peers": {"bob": {"observe_me": True}}}),
        ("POST", "/sessions/s/peers", {"al": {}}),
        ("PUT", "/sessions/s/peers", {"al": {"observe_others": False}}),
        ("GET", "/sessions/s/peers", None),
    ],
    "leave": [("POST", "/sessions/s/peers", {"al": {}}), ("DELETE", "/sessions/s/peers", ["al"])],
    "talk": [("POST", "/sessions/s/messages", _BATCH), ("POST", "/sessions/s/messages/list", {})],
    "read pages": [
        ("POST", "/sessions/s/messages", _BATCH),
        ("POST", "/sessions/list?page=1&size=10&reverse=true", {}),
    ],
    "list nothing": [("POST", "/v3/workspaces", {"id": "w"}), ("POST", "/sessions/list", {})],
    "filter": [
        ("POST", "/sessions", {"id": "s", "metadata": {"k": 1}}),
        ("POST", "/sessions/list", {"filters": {"metadata": {"k": 1}}}),
        ("POST", "/sessions/list", {"filters": {"metadata": {"k": 2}}}),
        ("POST", "/sessions/list", {"filters": {"created_at": {"gte": "2020-01-01T00:00:00Z"}}}),
        ("POST", "/sessions/list", {"filters": {"AND": [{"metadata": {"k": {"gte": 5}}}, {"is_active": True}]}}),
    ],
    "update": [
        ("POST", "/sessions", {"id": "s", "metadata": {"k": 1}}),
        ("PUT", "/sessions/s", {"metadata": {"k": 2, "l": 3}}),
        ("PUT", "/sessions/s", {"configuration": {"summary": {"enabled": True}}}),
    ],
    "update a message": [("POST", "/sessions/s/messages", _BATCH)],
    "clone": [("POST", "/sessions/s/messages", _BATCH), ("POST", "/sessions/s/clone", None)],
    "clone with an empty body": [("POST", "/sessions", {"id": "s"}), ("POST", "/sessions/s/clone", {})],
    "delete": [("POST", "/sessions", {"id": "s"}), ("DELETE", "/sessions/s", None), ("POST", "/sessions/list", {})],
    "search": [("POST", "/sessions/s/messages", _BATCH), ("POST", "/sessions/s/search", {"query": "hi", "limit": 3})],
    "context": [("POST", "/sessions/s/messages", _BATCH), ("GET", "/sessions/s/context?tokens=100", None)],
    "card": [
        ("POST", "/peers", {"id": "bob"}),
        ("PUT", "/peers/bob/card", {"peer_card": ["tall"]}),
        ("GET", "/peers/bob/card", None),
    ],
    "conclusions": [
        ("POST", "/peers", {"id": "bob"}),
        ("POST", "/conclusions", {"conclusions": [{"content": "x", "observer_id": "bob", "observed_id": "bob"}]}),
        ("POST", "/conclusions/list", {"filters": {"observer_id": "bob"}}),
    ],
    "chat": [("POST", "/peers", {"id": "bob"}), ("POST", "/peers/bob/chat", {"query": "x", "stream": False})],
    "idle queue": [("POST", "/v3/workspaces", {"id": "w"}), ("GET", "/queue/status", None)],
    "webhook": [("POST", "/v3/workspaces", {"id": "w"}), ("GET", "/webhooks", None)],
}


@pytest.mark.parametrize("flow", _CORRECT.values(), ids=_CORRECT)
def test_a_correct_client_gets_no_note(start: Start, flow: list[Call]) -> None:
    mock, client = start()
    for method, target, body in flow:
        path, _, query = _path(target).partition("?")
        pairs = dict(pair.split("=") for pair in query.split("&") if pair)
        assert client.call(method, path, body, **pairs).status < 300
    assert [(exchange.line, exchange.notes) for exchange in mock.requests if exchange.notes] == []


def test_notes_can_be_turned_off(start: Start) -> None:
    mock, client = start(notes=False)
    answer = client.call("POST", f"{_S}/list", {"filter": 1})
    assert "x-mock-note" not in answer.headers
    assert list(mock.requests)[-1].notes == ()


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-01-01T00:00"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "metadata", "filters", "AND", "gt", "$gt", "k", "peers"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    _json,
    st.sampled_from([operation for operation, *_ in _IGNORED]),
    st.sampled_from(sorted({one[1] for one in _IGNORED})),
)
def test_notes_are_few_and_short_whatever_was_sent(
    start: Callable[..., Any], body: Any, method: str, path: str
) -> None:
    mock, client = start()
    client.call("POST", _S, {"id": "s", "metadata": {"k": 1}})
    answer = client.call(method, _path(path), body)
    notes = list(mock.requests)[-1].notes
    assert answer.status < 500
    assert len(notes) <= 5
    assert all(len(note) <= 300 and note.isprintable() for note in notes)


def test_a_faulted_page_leaves_no_line_about_pages(call: _Client) -> None:
    call.mock.faults.wrong_type("pages")
    call("POST", "/sessions/list", {})
    assert list(pages_not_requested(call.mock.requests)) == []


def test_the_sessions_of_a_peer_are_only_that_peers(call: _Client) -> None:
    call("POST", "/sessions", {"id": "u", "metadata": {"colour": 1}, "peers": {"zoe": {}}})
    note = "no session of peer 'zoe' has metadata.topic; keys in use: 'colour'"
    assert note in call.notes("POST", "/peers/zoe/sessions", {"filters": {"metadata": {"topic": "x"}}})
    assert call.notes("POST", "/peers/zoe/sessions", {"filters": {"metadata": {"colour": {"ne": 2}}}}) == ""


@pytest.mark.parametrize("path", ["/search", "/sessions/s/search", "/peers/bob/search"])
def test_a_search_is_not_explained_by_its_filter(call: _Client, path: str) -> None:
    call("POST", path, {"query": "nothing", "filters": {"metadata": {"colour": 1}}})
    assert list(list(call.mock.requests)[-1].notes) == []


def test_a_repeated_read_is_not_noted(call: _Client) -> None:
    call.mock.faults.error(500, times=1, carry_out=True)
    call("POST", "/sessions/list", {})
    assert call.notes("POST", "/sessions/list", {}) == ""


def test_a_known_query_needs_no_note(call: _Client) -> None:
    call("POST", "/sessions/list", {}, page=1, size=50)
    assert list(call.mock.requests)[-1].draft is None
    known = dict.fromkeys(("tokens", "search_top_k", "max_conclusions", "search_query", "limit_to_session"), "1")
    known |= {"limit_to_session": "false"}
    assert "ignored: query.bogus" in call.notes("GET", "/sessions/s/context", None, **known, bogus=1)


def test_a_zone_without_minutes_is_a_zone(call: _Client) -> None:
    filters = {"created_at": {"gte": "2020-01-01T00:00:00+00"}}
    assert call.notes("POST", "/sessions/list", {"filters": filters}) == ""


def test_existing_rows_are_not_counted_with_a_frozen_clock(start: Start) -> None:
    mock, client = start(frozen_at="2026-01-01T00:00:00Z")
    for _ in range(3):
        client.call("POST", _S, {"id": "s"})
    [line] = differences_from_live(mock.requests, mock.store.profile)
    assert line.endswith("created_status (1 answer)")


def test_an_empty_representation_says_what_it_waits_for_and_what_work_cannot_do(call: _Client) -> None:
    path = "/peers/bob/representation"
    model = "no model, so store conclusions (POST …/conclusions) or script the answer"
    assert call.notes("POST", path, {}).splitlines() == [
        f"1 unit of work is pending; the fake works when asked: mock.work(), or POST /_mock/work; it has {model}"
    ]
    call.mock.work()
    assert call.notes("POST", path, {}).splitlines() == [
        f"the work is done, and the representation is empty: the fake has {model}"
    ]
    assert call.notes("POST", "/peers/ghost/representation", {}).splitlines() == [
        "workspace 'w' has no peer 'ghost'; it has 'bob'"
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/peers/bob/representation", {"target": "ghost"}),
        ("GET", "/peers/bob/card?target=ghost", None),
        ("GET", "/queue/status?observer_id=bob&sender_id=ghost", None),
    ],
)
def test_each_peer_that_does_not_exist_is_named(call: _Client, method: str, path: str, body: Any) -> None:
    path, _, query = path.partition("?")
    parameters: dict[str, object] = {
        name: value for name, _, value in (part.partition("=") for part in query.split("&") if part)
    }
    assert "workspace 'w' has no peer 'ghost'; it has 'bob'" in call.notes(method, path, body, **parameters)


def test_a_filter_for_deleted_sessions_is_not_explained_by_the_active_ones(call: _Client) -> None:
    call("DELETE", "/sessions/s")
    notes = call.notes("POST", "/sessions/list", {"filters": {"metadata": {"topic": "x"}, "is_active": False}})
    assert notes.splitlines()[0].startswith("lists leave out deleted sessions: 's' was deleted by request #")
    assert "topic" not in notes


def test_metadata_that_is_emptied_has_no_note(call: _Client) -> None:
    assert call.notes("PUT", "/sessions/s", {"metadata": {}}) == ""


def test_a_deleted_workspace_that_is_asked_for_again_is_noted(call: _Client) -> None:
    for path in ("/sessions/s", "/sessions/t", ""):
        call("DELETE", path)
    number = list(call.mock.requests)[-1].number
    notes = call.notes("POST", "/v3/workspaces", {"id": "w", "metadata": {"a": 1}}).splitlines()
    assert notes[0] == f"workspace 'w' was deleted by request #{number} and awaits its purge"


def test_a_parameter_that_the_path_names_is_said_to_be_ignored(call: _Client) -> None:
    assert call.notes("POST", "/peers/bob/sessions", {}, peer_id="zoe").splitlines() == [
        "ignored: query.peer_id; the path names it"
    ]
    assert "did you mean 'summary'?" in call.notes("GET", "/sessions/s/context", None, include_summary="true")
