"""Diagnosis: whatever is refused, one line says why, from the state behind it."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, create_app
from mockserver.api.control import endpoint as control_endpoint
from mockserver.asgi import OPERATIONS
from mockserver.domain import errors
from mockserver.domain.errors import ExpiredToken
from mockserver.domain.store import Store
from mockserver.formats.keyring import Keyring
from mockserver.testing.diagnosis.causes import Cause, InvalidRequest, UnknownPath, UnreadableForm, WrongMethod
from mockserver.testing.diagnosis.sentences import LIMIT, sentence
from mockserver.testing.text import value
from support import strategies
from support.direct_client import Answer, DirectClient

_OPERATIONS = [*OPERATIONS, *control_endpoint.OPERATIONS]
_PATHS = [(operation.method, operation.path) for operation in _OPERATIONS]
_W = "/v3/workspaces/w"
_RULE = "is not an id: an id is 1 to 512 characters of a-z, A-Z, 0-9, _ and -"
_PROFILES = pytest.mark.parametrize("quirks", ["none", "live"])


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = "application/json"
    content: bytes = b""
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: str | None = None


class _Fake:
    """A mock server, and the diagnosis of each of its answers."""

    def __init__(self, quirks: str = "none", **options: Any) -> None:
        self.mock = Mock(quirks=quirks, **options)
        self.answer = Answer(0, {}, b"")
        self._client = DirectClient(create_app(self.mock))

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> str | None:
        text = b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, text, {"content-type": "application/json"}, query)

    def send(
        self, method: str, path: str, text: bytes, headers: dict[str, str], query: Mapping[str, Any] | None = None
    ) -> str | None:
        self.answer = self._client.send(method, path, [text], query=urlencode(query or {}), headers=headers)
        return self.mock.requests[-1].diagnosis


def _with(*sessions: str, quirks: str = "none") -> _Fake:
    """A fake whose workspace `w` has these sessions, each with the peer bob."""
    fake = _Fake(quirks)
    for session in sessions:
        fake.ask("POST", f"{_W}/sessions", {"id": session, "peers": {"bob": {}}})
    return fake


# What is there needs no sentence.


@_PROFILES
def test_a_success_and_a_list_of_what_is_there_need_no_sentence(quirks: str) -> None:
    fake = _with("s", quirks=quirks)
    assert fake.ask("POST", f"{_W}/sessions", {"id": "t"}) is None
    assert fake.ask("POST", f"{_W}/sessions/s/messages/list") is None
    assert fake.ask("POST", f"{_W}/sessions/list", {"filters": {"id": "none"}}) is None
    assert fake.ask("GET", f"{_W}/webhooks") is None
    assert fake.ask("POST", f"{_W}/sessions/list", page=1) is None
    assert fake.ask("DELETE", f"{_W}/sessions/s") is None
    assert fake.ask("POST", f"{_W}/sessions/s/messages/list") is None


# Sessions and workspaces.

_ON_A_SESSION: list[tuple[str, str, Any]] = [
    ("DELETE", "", None),
    ("PUT", "", {}),
    ("POST", "/clone", None),
    ("POST", "/messages", {"messages": [{"content": "x", "peer_id": "bob"}]}),
    ("POST", "/peers", {"bob": {}}),
    ("PUT", "/peers", {"bob": {}}),
    ("DELETE", "/peers", ["bob"]),
    ("PUT", "/peers/bob/config", {}),
]


@_PROFILES
@pytest.mark.parametrize(("method", "path", "body"), _ON_A_SESSION)
def test_whatever_is_asked_of_a_deleted_session_is_told_by_whom_it_was_deleted(
    quirks: str, method: str, path: str, body: Any
) -> None:
    fake = _with("s", quirks=quirks)
    fake.ask("DELETE", f"{_W}/sessions/s")
    said = "session 's' was deleted by request #2 and awaits its purge"
    assert fake.ask(method, f"{_W}/sessions/s{path}", body) == said
    assert fake.ask("POST", f"{_W}/sessions", {"id": "s"}) == said


def test_a_session_that_a_world_has_deleted_was_deleted_by_no_request() -> None:
    fake = _Fake(world={"workspaces": {"w": {"sessions": [{"id": "s", "is_active": False}]}}})
    assert fake.ask("DELETE", f"{_W}/sessions/s") == "session 's' was deleted and awaits its purge"


@_PROFILES
def test_what_was_purged_is_told_by_whom_it_was_deleted(quirks: str) -> None:
    fake = _with("s", quirks=quirks)
    fake.ask("DELETE", f"{_W}/sessions/s")
    fake.mock.purge()
    for method, path in (("DELETE", ""), ("POST", "/clone"), ("GET", "/messages/m"), ("GET", "/peers/bob/config")):
        said = "session 's' was deleted by request #2 and is purged"
        assert fake.ask(method, f"{_W}/sessions/s{path}") == said
    fake.ask("DELETE", _W)
    fake.mock.purge()
    for method, path in (("DELETE", ""), ("DELETE", "/sessions/s"), ("POST", "/sessions/list")):
        assert fake.ask(method, _W + path) == "workspace 'w' was deleted by request #7 and is purged"


def test_a_session_of_another_workspace_is_found_there_unless_it_is_deleted_there() -> None:
    fake = _with("s")
    fake.ask("POST", "/v3/workspaces/b/sessions", {"id": "t"})
    assert fake.ask("POST", f"{_W}/sessions/t/clone") == "session 't' exists in workspace 'b', not in 'w'"
    fake.ask("DELETE", "/v3/workspaces/b/sessions/t")
    assert fake.ask("POST", f"{_W}/sessions/t/clone") == "workspace 'w' has no session 't'; it has 's'"


@pytest.mark.parametrize(
    ("there", "wanted", "hint"),
    [
        ([], "s", "it has none"),
        (["s-1"], "s1", "did you mean 's-1'?"),
        (["Lesson"], "lesson", "did you mean 'Lesson'?"),
        (["greetings", "other"], "greting", "did you mean 'greetings'?"),
        (["s1"], "s2", "it has 's1'"),
        (["x", "y", "z"], "s", "it has 'x', 'y', 'z'"),
        (["x", "y", "z", "u", "v"], "s", "it has 'x', 'y' and 3 more"),
    ],
)
def test_for_a_session_that_never_was_the_nearest_or_the_first_are_told(
    there: list[str], wanted: str, hint: str
) -> None:
    fake = _with(*there)
    fake.ask("POST", "/v3/workspaces", {"id": "w"})
    said = f"workspace 'w' has no session '{wanted}'; {hint}"
    assert fake.ask("DELETE", f"{_W}/sessions/{wanted}") == said
    assert fake.ask("PUT", f"{_W}/sessions/{wanted}/peers", {}) == said
    assert fake.ask("GET", f"{_W}/sessions/{wanted}/peers") == said
    assert fake.ask("POST", f"{_W}/sessions/{wanted}/messages/list") == said


@pytest.mark.parametrize(
    ("there", "hint"),
    [([], "there are none"), (["W"], "did you mean 'W'?"), (["a"], "there is 'a'"), (["a", "b"], "there are 'a', 'b'")],
)
def test_for_a_workspace_that_never_was_the_nearest_or_the_first_are_told(there: list[str], hint: str) -> None:
    fake = _Fake()
    for workspace in there:
        fake.ask("POST", "/v3/workspaces", {"id": workspace})
    lists = [
        ("POST", "/sessions/list"),
        ("POST", "/peers/list"),
        ("POST", "/peers/bob/sessions"),
        ("GET", "/sessions/s/peers"),
        ("POST", "/sessions/s/messages/list"),
        ("GET", "/webhooks"),
    ]
    for method, path in [("DELETE", ""), ("POST", "/sessions/s/clone"), *lists]:
        assert fake.ask(method, _W + path) == f"there is no workspace 'w'; {hint}"


# Messages and peers.


@_PROFILES
def test_a_message_is_found_wherever_it_is(quirks: str) -> None:
    fake = _Fake(
        quirks,
        world={
            "workspaces": {
                "w": {"sessions": [{"id": "s"}, {"id": "t", "messages": [_message("near")]}]},
                "b": {"sessions": [{"id": "s-of-b", "messages": [_message("far")]}]},
            }
        },
    )
    told = {
        "near": "message 'near' belongs to session 't'",
        "far": "message 'far' belongs to session 's-of-b' of workspace 'b'",
        "none": "there is no message 'none' in session 's' or elsewhere",
    }
    for message, said in told.items():
        assert fake.ask("GET", f"{_W}/sessions/s/messages/{message}") == said
        assert fake.ask("PUT", f"{_W}/sessions/s/messages/{message}", {"metadata": {}}) == said
        assert fake.ask("POST", f"{_W}/sessions/s/clone", message_id=message) == said


def _message(message_id: str) -> dict[str, str]:
    return {"id": message_id, "peer_id": "bob", "content": "x"}


def test_a_peer_that_is_not_there_is_looked_for_near_elsewhere_and_in_the_workspace() -> None:
    fake = _with("s")
    fake.ask("POST", f"{_W}/sessions", {"id": "t", "peers": {"alice": {}}})
    fake.ask("POST", "/v3/workspaces/b/peers", {"id": "carol"})
    config = f"{_W}/sessions/s/peers/%s/config"
    told = {
        "bobb": "workspace 'w' has no peer 'bobb'; did you mean 'bob'?",
        "carol": "peer 'carol' exists in workspace 'b', not in 'w'",
        "dave": "workspace 'w' has no peer 'dave'; it has 'bob', 'alice'",
    }
    for peer, said in told.items():
        assert fake.ask("GET", config % peer) == said
        assert fake.ask("PUT", config % peer, {}) == said
        assert fake.ask("POST", f"{_W}/peers/{peer}/sessions") == said
    assert fake.ask("GET", config % "alice") == "peer 'alice' is in workspace 'w' but was never in session 's'"
    assert fake.ask("POST", f"{_W}/peers/alice/sessions") is None


# Pages.


def test_a_page_beyond_the_last_is_told_with_the_total() -> None:
    fake = _with(*(f"s{number}" for number in range(3)))
    assert fake.ask("POST", f"{_W}/sessions/list", page=9, size=2) == "page 9 of 2 (3 sessions)"
    assert fake.ask("POST", f"{_W}/peers/list", page=2) == "page 2 of 1 (1 peer)"
    assert fake.ask("POST", f"{_W}/sessions/s0/messages/list", page=2) == "page 2 of 0 (0 messages)"
    assert fake.ask("POST", "/v3/workspaces/list", page=3) == "page 3 of 1 (1 workspace)"


# Paths and methods.

_SESSIONS = "/v3/workspaces/{workspace_id}/sessions"
_SESSION = _SESSIONS + "/{session_id}"


def test_no_operation_at_a_path_is_told_with_the_path() -> None:
    fake = _Fake()
    assert fake.ask("POST", "/v3/session") == f"no operation at /v3/session; did you mean {_SESSIONS}?"
    assert fake.ask("GET", "/foo") == "no operation at /foo; the paths of this API begin with /v3/"
    doubled = "the path begins with /v3 twice: the client adds /v3 itself, so its base URL must end before it"
    assert fake.ask("POST", "/v3/v3/workspaces/w/sessions") == doubled


def test_a_method_that_a_path_has_not_is_told_with_those_that_it_has() -> None:
    fake = _Fake()
    assert fake.ask("DELETE", f"{_W}/sessions") == f"DELETE is not a method of {_SESSIONS}; it accepts POST"
    assert (fake.ask("GET", f"{_W}/conclusions/c") or "").endswith("it accepts DELETE")
    instead = "POST /v3/workspaces/{workspace_id}/sessions with its id gets it"
    assert (
        fake.ask("GET", f"{_W}/sessions/s") == f"GET is not a method of {_SESSION}; it accepts DELETE, PUT; {instead}"
    )
    assert fake.ask("GET", f"{_W}/sessions/list") == f"GET is not a method of {_SESSIONS}/list; it accepts POST"
    assert fake.ask("POST", "/v3/keys") == "keys are made only while authentication is on: auth_secret turns it on"


# What cannot be processed.


@_PROFILES
@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/sessions", {"id": "a b"}, f"body.id: 'a b' {_RULE}"),
        ("POST", "/sessions", {"id": ""}, f"body.id: '' {_RULE}"),
        ("POST", "/sessions", {"id": "x" * 600}, "body.id: 'xxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxx' "),
        ("POST", "/sessions", {"id": "s", "peers": {"ok": {}, "b/b": {}}}, f"body.peers: 'b/b' {_RULE}"),
        ("PUT", "/peers/a.b", {}, f"path.peer_id: 'a.b' {_RULE}"),
        ("POST", "/sessions/a.b/messages", {"messages": [_message("m")]}, f"path.session_id: 'a.b' {_RULE}"),
        ("PUT", " w", {}, f"path.workspace_id: 'w w' {_RULE}"),
        ("PUT", "/sessions/a.b", {}, f"'a.b' {_RULE}"),
        ("PUT", "/sessions/a  b", {}, f"'a  b' {_RULE}"),
        ("POST", "/sessions/a.b/peers", {}, f"'a.b' {_RULE}"),
        ("POST", "/sessions/s/peers", {"b b": {}}, f"'b b' {_RULE}"),
        ("PUT", "/sessions/s/peers", {"b b": {}}, f"'b b' {_RULE}"),
        ("POST", "/sessions", None, "there is no body; a JSON body is needed"),
        ("POST", "/sessions", {}, "body.id: Field required (input an empty object)"),
        ("POST", "/sessions", {"key": "s"}, "body.id: Field required (input an object with 'key')"),
        (
            "POST",
            "/sessions",
            ["s"],
            "body: Input should be a valid dictionary or object to extract fields from (input a list of 1)",
        ),
        ("POST", "/sessions", {"id": None}, "body.id: Input should be a valid string (input null)"),
        (
            "POST",
            "/sessions/s/messages",
            {"messages": [{"content": 7, "peer_id": "bob"}, {"content": "x"}, {}]},
            "body.messages[0].content: Input should be a valid string (input 7) (and 3 more)",
        ),
        (
            "POST",
            "/sessions/s/messages",
            {"messages": [_message("m")] * 250},
            "body.messages: 250 messages came at once; send them in batches of 100",
        ),
        (
            "POST",
            "/sessions/s/messages",
            {"messages": [{"content": "x" * 30_000, "peer_id": "bob"}]},
            "body.messages[0].content: String should have at most 25000 characters (input 'xxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxx' of 30000 characters)",
        ),
        (
            "POST",
            "/sessions/list",
            {"filters": {"colour": 1}},
            (
                "body.filters: Column 'colour' is not allowed to be filtered on or does not exist on Session; "
                "there are id, workspace_id, is_active, metadata, created_at"
            ),
        ),
        (
            "POST",
            "/sessions/s/messages/list",
            {"filters": {"id": 1}},
            (
                "body.filters: Column 'id' is not allowed to be filtered on or does not exist on Message; "
                "there are workspace_id, session_id, peer_id, token_count, metadata, created_at"
            ),
        ),
        (
            "POST",
            "/peers/list",
            {"filters": {"metadata": {"n": {"gte": 1, "colour": 2}}}},
            (
                "body.filters: Unsupported comparison operator: colour; "
                "there are contains, gt, gte, icontains, in, lt, lte, ne"
            ),
        ),
        (
            "POST",
            "/sessions/list",
            {"filters": {"AND": {}}},
            "body.filters: AND operator must contain a list, got dict",
        ),
        (
            "POST",
            "/sessions/list",
            {"filters": []},
            "body.filters: Input should be a valid dictionary (input an empty list)",
        ),
        (
            "POST",
            "/sessions",
            {"id": "s", "metadata": {"a": {"b": {"c": {"d": {"e": {}}}}}}},
            "body.metadata: Metadata nesting exceeds maximum depth of 5 (input an object with 'a')",
        ),
    ],
)
def test_a_422_says_where_and_what_in_either_profile(quirks: str, method: str, path: str, body: Any, said: str) -> None:
    fake = _with("s", quirks=quirks)
    told = fake.ask(method, _W + path, body)
    assert told is not None
    assert told.startswith(said)


@pytest.mark.parametrize(
    ("path", "filters", "hint"),
    [
        ("/sessions/list", {"and": [{"id": "s"}]}, "did you mean 'AND'?"),
        ("/sessions/list", {"Or": []}, "did you mean 'OR'?"),
        ("/sessions/list", {"AND": [{"$not": []}]}, "did you mean 'NOT'?"),
        ("/sessions/list", {"session_id": "s"}, "did you mean 'id'?"),
        ("/sessions/list", {"isActive": True}, "did you mean 'is_active'?"),
        ("/sessions/list", {"createdAt": "x"}, "did you mean 'created_at'?"),
        ("/sessions/list", {"metadata.topic": "x"}, 'did you mean {"metadata": {"topic": ...}}?'),
        ("/sessions/list", {"metadata__a": "x"}, 'did you mean {"metadata": {"a": ...}}?'),
        ("/sessions/list", {"topic": "x"}, "there are id, workspace_id, is_active, metadata, created_at"),
        ("/peers/list", {"peer_id": "x"}, "did you mean 'id'?"),
        ("/sessions/s/messages/list", {"sender": "x"}, "did you mean 'peer_id'?"),
        ("/sessions/s/messages/list", {"id": "x"}, "there are workspace_id, session_id, peer_id"),
        ("/sessions/list", {"id": {"$in": ["s"]}}, "'$in' is no operator: did you mean 'in'?"),
        ("/sessions/list", {"id": {"eq": "s"}}, "'eq' is no operator: a plain value means equality"),
        ("/sessions/list", {"metadata": {"n": {"gte": 1, "equals": 2}}}, "a plain value means equality"),
        ("/sessions/list", {"id": {"like": "s"}}, "'like' is no operator: did you mean 'contains'?"),
        ("/sessions/list", {"created_at": {"after": "2020-01-01"}}, "'after' is no operator: did you mean 'gt'?"),
        ("/sessions/list", {"created_at": {"gte": "2020-01-01", "before": "x"}}, "did you mean 'lt'?"),
        ("/sessions/list", {"id": {"colour": "s"}}, "Expected text, got dict"),
    ],
)
def test_a_name_in_a_filter_that_does_not_exist_is_answered_with_what_was_meant(
    path: str, filters: Any, hint: str
) -> None:
    fake = _with("s")
    told = fake.ask("POST", _W + path, {"filters": filters})
    assert told is not None
    assert told.endswith(hint) or (hint.startswith("there are") and f"; {hint}" in told)
    assert fake.answer.status == 422


@_PROFILES
def test_a_query_that_is_refused_is_told_with_its_value(quirks: str) -> None:
    fake = _with("s", quirks=quirks)
    said = "query.page: Input should be greater than or equal to 1 (input '0'); the first page is 1 (and 1 more)"
    assert fake.ask("POST", f"{_W}/sessions/list", page=0, size=1000) == said


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"content-type": "\xe9"}, "its content type is '\xe9', not application/json"),
        ({"content-type": "text/plain"}, "its content type is 'text/plain', not application/json"),
        ({}, "it has no content type, so not application/json"),
    ],
)
def test_a_body_of_another_content_type_is_told_by_that(headers: dict[str, str], said: str) -> None:
    fake = _with("s")
    for method, path, text in (
        ("POST", "/sessions", b'{"id": "s"}'),
        ("POST", "/sessions/s/peers", b"{}"),
        ("DELETE", "/sessions/s/peers", b"[]"),
    ):
        assert fake.send(method, _W + path, text, headers) == f"the body was taken as text: {said}"


def test_json_by_another_of_its_names_was_not_taken_as_text() -> None:
    told = _Fake().send("POST", f"{_W}/sessions", b"7", {"content-type": "application/json; charset=utf-8"})
    assert told is not None
    assert told.endswith("(input 7)")


def test_a_content_type_of_any_characters_is_told() -> None:
    cause = InvalidRequest([{"type": "dict_type", "loc": ["body"], "msg": "?", "input": ""}], takes_form=False)
    request = _Request("POST", "/", content_type="\u20ac")
    told = sentence(request, 422, None, cause, Mock().store, _AnyPast(), _PATHS)
    assert told == "the body was taken as text: its content type is '\u20ac', not application/json"


def test_a_body_that_does_not_parse_is_told_with_the_place() -> None:
    told = _Fake().send("POST", f"{_W}/sessions", b'{"id": "x"', {"content-type": "application/json"})
    assert told == "the body is not JSON at offset 10: Expecting ',' delimiter"


# What is refused for the state it would lead to.


@_PROFILES
def test_active_sessions_that_keep_a_workspace_are_told(quirks: str) -> None:
    fake = _with("s1", quirks=quirks)
    assert fake.ask("DELETE", _W) == "workspace 'w' has 1 active session: 's1'; delete it first"
    fake.ask("POST", f"{_W}/sessions", {"id": "s2"})
    assert fake.ask("DELETE", _W) == "workspace 'w' has 2 active sessions: 's1', 's2'; delete them first"
    for number in range(3, 7):
        fake.ask("POST", f"{_W}/sessions", {"id": f"s{number}"})
    assert fake.ask("DELETE", _W) == "workspace 'w' has 6 active sessions: 's1', 's2' and 4 more; delete them first"


def _observing(*names: str) -> dict[str, dict[str, bool]]:
    return {name: {"observe_others": True} for name in names}


def _told_of(*observers: str) -> str:
    names = ", ".join(f"'{name}'" for name in observers)
    return f"session 's' would have {len(observers)} peers with observe_others, 10 is the limit: {names}"


@_PROFILES
def test_too_many_observers_are_told_by_name_in_whatever_way_they_come(quirks: str) -> None:
    fake = _with("s", quirks=quirks)
    peers = f"{_W}/sessions/s/peers"
    ten = [f"p{number}" for number in range(10)]
    eleven = {**_observing(*ten), "p10": {"observe_others": "yes" if quirks == "live" else True}}
    assert fake.ask("POST", f"{_W}/sessions", {"id": "s", "peers": eleven}) == _told_of(*eleven)
    assert fake.ask("PUT", peers, eleven) == _told_of(*eleven)
    assert fake.ask("PUT", peers, {**_observing(*ten), "quiet": {}, "no": {"observe_others": False}}) is None
    assert fake.ask("POST", peers, {"p0": {}, "late": {"observe_others": True}}) == _told_of(*ten, "late")
    assert fake.ask("PUT", f"{peers}/quiet/config", {"observe_others": True}) == _told_of(*ten, "quiet")
    assert fake.ask("PUT", peers, {**eleven, "other": {}}) == _told_of(*eleven)


def test_who_has_left_observes_nobody() -> None:
    fake = _with()
    ten = [f"p{number}" for number in range(10)]
    fake.ask("POST", f"{_W}/sessions", {"id": "s", "peers": _observing(*ten)})
    fake.ask("DELETE", f"{_W}/sessions/s/peers", ["p0"])
    assert fake.ask("POST", f"{_W}/sessions/s/peers", _observing("a", "b")) == _told_of(*ten[1:], "a", "b")
    others = [f"q{number}" for number in range(11)]
    assert fake.ask("PUT", f"{_W}/sessions/s/peers", _observing(*others)) == _told_of(*others)


def test_a_clone_that_clashes_is_told_with_the_workspaces() -> None:
    world = {name: {"sessions": [{"id": "s", "messages": [_message(f"m-{name}")]}]} for name in ("w", "b")}
    fake = _Fake("live", world={"workspaces": world})
    said = "session 's' is in the workspaces 'w', 'b', and the quirk clone_crosses_workspaces mixes them"
    assert fake.ask("POST", f"{_W}/sessions/s/clone") == said


def test_a_refusal_that_needs_no_more_words_keeps_the_detail_of_the_answer() -> None:
    fake = _Fake()
    headers = {"content-type": "application/json"}
    assert fake.send("POST", f"{_W}/sessions", b"x" * 10_485_761, headers) == "The body is larger than 10485760 bytes"
    for status in (400, 404, 405, 409, 418, 422, 500):
        known = f"the answer is {status}"
        request = _Request("POST", "/nowhere")
        assert sentence(request, status, ["?"], None, fake.mock.store, _AnyPast(), _PATHS) == known


# Access.


def _guarded(quirks: str = "none") -> _Fake:
    fake = _Fake(quirks, auth_secret="a secret")
    fake.mock.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    return fake


def _sent(fake: _Fake, authorization: str | None, path: str = f"{_W}/sessions/list", body: Any = None) -> str | None:
    headers = {"content-type": "application/json"}
    if authorization is not None:
        headers["authorization"] = authorization
    return fake.send("POST", path, b"" if body is None else json.dumps(body).encode(), headers)


def test_what_is_wrong_with_a_token_is_told() -> None:
    fake = _guarded()
    token = fake.mock.token(workspace="w")
    unreadable = "the token cannot be read, or is not signed with the secret of this server"
    assert _sent(fake, None) == "there is no Authorization header; send 'Bearer' and a token"
    assert _sent(fake, "Basic YTpi") == "the Authorization header has the scheme 'Basic', not 'Bearer'"
    assert _sent(fake, "Bearer ") == "the Authorization header has no token after 'Bearer'"
    assert _sent(fake, "Bearer nonsense") == unreadable
    assert _sent(fake, "bearer nonsense") == unreadable
    assert _sent(fake, f"Bearer {Keyring('other').sign_claims({'w': 'w'})}") == unreadable
    assert fake.mock.keyring is not None
    odd = fake.mock.keyring.sign_claims({"w": "w", "aud": "other"})
    assert _sent(fake, f"Bearer {odd}") == "the token is signed with the secret, but a claim in it is invalid"
    number = fake.mock.keyring.sign_claims({"w": 7})
    assert _sent(fake, f"Bearer {number}") == (
        "the token is of workspace 7; the request needs workspace 'w', or an admin"
    )
    assert _sent(fake, f"Bearer {token}") is not None  # There is no workspace yet.
    _sent(fake, f"Bearer {token}", f"{_W}/sessions", {"id": "s"})
    assert _sent(fake, f"Bearer {token}") is None


def test_an_expired_token_is_told_by_the_clock_of_the_fake() -> None:
    fake = _guarded()
    token = fake.mock.token(workspace="w", expires_at=datetime(2030, 1, 1, 1, tzinfo=UTC))
    assert fake.mock.keyring is not None
    seconds = fake.mock.keyring.sign_claims({"w": "w", "exp": datetime(2030, 1, 1, 1, tzinfo=UTC).timestamp()})
    fake.mock.clock.advance(timedelta(hours=2).total_seconds())
    now = "it is 2030-01-01T02:00:00Z now"
    assert _sent(fake, f"Bearer {token}") == f"the token expired at '2030-01-01T01:00:00Z'; {now}"
    assert _sent(fake, f"Bearer {seconds}") == f"the token expired at 2030-01-01T01:00:00Z; {now}"


@pytest.mark.parametrize("expiry", [10**400, float("inf"), float("nan"), [1], 10**30])
def test_an_expiry_that_is_no_time_is_told_as_it_is(expiry: Any) -> None:
    told = sentence(_Request("POST", "/"), 401, None, ExpiredToken(expiry), Mock().store, _AnyPast(), _PATHS)
    assert told is not None
    assert told.startswith(f"the token expired at {value(expiry)}; it is ")


def test_in_the_live_profile_any_expiry_is_what_is_wrong() -> None:
    fake = _guarded("live")
    token = fake.mock.token(workspace="w", expires_at=datetime(2031, 1, 1, tzinfo=UTC))
    said = "the token has an expiry ('exp'), and the quirk expiry_invalidates refuses all such tokens"
    assert _sent(fake, f"Bearer {token}") == said


@_PROFILES
@pytest.mark.parametrize(
    ("scope", "path", "body", "said"),
    [
        (
            {"workspace": "a", "session": "s"},
            "/v3/workspaces/b/sessions/list",
            None,
            "of session 's' of workspace 'a'; the request needs workspace 'b', or an admin",
        ),
        (
            {"session": "s"},
            "/v3/workspaces/b/sessions/list",
            None,
            "of session 's'; the request needs workspace 'b', or an admin",
        ),
        ({"workspace": "a"}, "/v3/workspaces/list", None, "of workspace 'a'; the request needs an admin"),
        (
            {"workspace": "a"},
            "/v3/workspaces",
            {"id": "b"},
            "of workspace 'a'; the request needs workspace 'b', or an admin",
        ),
        (
            {"workspace": "a"},
            "/v3/workspaces/b/sessions",
            {"id": "s"},
            "of workspace 'a'; the request needs workspace 'b', or an admin",
        ),
        (
            {"workspace": "a", "session": "s"},
            "/v3/workspaces/b/sessions",
            {"id": "t"},
            "of session 's' of workspace 'a'; the request needs workspace 'b', or an admin",
        ),
        (
            {"session": "s"},
            "/v3/workspaces/b/sessions",
            {"id": "t"},
            "of session 's'; the request needs session 't', a token without a session, or an admin",
        ),
        (
            {"workspace": "b", "peer": "p"},
            "/v3/workspaces/b/peers",
            {"id": "q"},
            "of peer 'p' of workspace 'b'; the request needs peer 'q', a token without a peer, or an admin",
        ),
    ],
)
def test_how_far_a_token_reaches_is_told_beside_what_is_needed(
    quirks: str, scope: dict[str, Any], path: str, body: Any, said: str
) -> None:
    fake = _guarded(quirks)
    assert _sent(fake, f"Bearer {fake.mock.token(**scope)}", path, body) == f"the token is {said}"


# Laws.

_ANYTHING = st.recursive(
    strategies.scalars | st.text(max_size=80) | st.integers(10**4_000, 10**5_000) | st.just(float("nan")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_NAMES = st.sampled_from(["w", "W", "s", "s-1", "gone", "bob", "m", "list", "a b", ""]) | st.text(max_size=100)
_LONG = st.sampled_from(["\ud800", "\n", "\u202e", "é", "x", "/"]).map(lambda character: character * 60_000)
_KEYS = st.sampled_from(["id", "name", "peers", "peer_names", "messages", "filters", "observe_others", "bob", "a b"])
_BODIES = _ANYTHING | st.dictionaries(_KEYS, _ANYTHING | st.dictionaries(_KEYS, _ANYTHING, max_size=12), max_size=3)
_WORLD = {
    "workspaces": {
        "w": {
            "peers": [{"id": "carol"}],
            "sessions": [{"id": "s", "messages": [_message("m")]}, {"id": "gone", "is_active": False}],
        },
        "other": {"sessions": [{"id": "s-1"}]},
    }
}


def _any_of(*named: str) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(named), _NAMES | _LONG, max_size=len(named))


_REQUESTS = st.builds(
    _Request,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]) | _NAMES | _LONG,
    path=_NAMES
    | _LONG
    | st.lists(_NAMES | st.sampled_from(["v3", "workspaces", "sessions"]), max_size=12).map(
        lambda parts: "/" + "/".join(parts)
    ),
    parameters=_any_of("workspace_id", "session_id", "peer_id", "message_id", "conclusion_id", "endpoint_id"),
    content_type=st.none() | st.just("application/json") | _NAMES | _LONG,
    content=st.one_of(
        st.binary(max_size=20),
        st.fixed_dictionaries({}, optional={"filters": strategies.json}).map(lambda body: json.dumps(body).encode()),
    ),
)
_DETAILS = st.sampled_from(
    [
        *("Not Found", "JWT expired", "Invalid JWT", "No access token provided", "Resource requires admin privileges"),
        *("1 validation error for PeerCreate\nname", "Column 'x' does not exist on Session", "y" * 60_000),
    ]
)
_ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "loc": st.sampled_from([["body"], ("body", "messages"), ["body", "filters"], ["body", "id"], []]) | _ANYTHING,
        "type": st.sampled_from(["missing", "too_long", "json_invalid", "value_error", "string_too_long"]) | _ANYTHING,
        "msg": _DETAILS | _ANYTHING,
        "input": _BODIES | _LONG,
        "ctx": _ANYTHING | st.fixed_dictionaries({"error": _ANYTHING}),
    },
)
_IDS = _NAMES | _LONG
_PLACES = st.lists(st.sampled_from(["body", "path", "id"]) | st.integers(), max_size=3).map(tuple)
_SCOPES = st.fixed_dictionaries({kind: st.none() | _IDS for kind in ("peer", "session", "workspace")})
_CAUSES: st.SearchStrategy[Cause | None] = st.one_of(
    st.none(),
    st.builds(errors.MissingWorkspace, _IDS),
    st.builds(errors.MissingSession, _IDS, _IDS, is_deleted=st.booleans()),
    st.builds(errors.MissingPeer, _IDS, _IDS),
    st.builds(errors.MissingMember, _IDS, _IDS, _IDS),
    st.builds(errors.MissingMessage, _IDS, _IDS, _IDS, _DETAILS),
    st.builds(errors.MissingConclusion, _IDS, _IDS),
    st.builds(errors.MissingWebhook, _IDS, _IDS),
    st.builds(errors.MalformedIdNotFound, _IDS),
    st.builds(errors.MissingToken, st.none() | _IDS),
    st.builds(errors.IncompleteToken, _SCOPES),
    st.builds(ExpiredToken, _ANYTHING),
    st.builds(
        errors.NarrowToken,
        _DETAILS,
        _SCOPES,
        st.none()
        | st.fixed_dictionaries({"workspace": _IDS}, optional={"peer": _IDS, "session": _IDS, "member": _IDS}),
        st.sampled_from([None, "narrow_tokens", "chat_in_own_sessions"]),
    ),
    st.builds(errors.TooManyObservers, _IDS, st.lists(_IDS, max_size=12)),
    st.builds(errors.InnerFailure, st.text()),
    st.builds(errors.InnerFailure, st.text(), st.builds(errors.InvalidFilter, st.text())),
    st.builds(errors.ClashingClone, _IDS, st.lists(_IDS, max_size=3)),
    st.builds(errors.UnsupportedFile, st.none() | _IDS),
    st.builds(errors.UnknownColumn, _DETAILS, st.lists(_NAMES, max_size=3)),
    st.builds(errors.UnknownOperator, _IDS, st.lists(_NAMES, max_size=3)),
    st.builds(errors.InvalidId, st.just("peer"), _PLACES, _IDS),
    st.builds(errors.Unprocessable, _DETAILS, _PLACES, _ANYTHING),
    st.builds(InvalidRequest, st.lists(_ENTRIES, min_size=1, max_size=3), st.booleans()),
    st.builds(UnreadableForm, _IDS, st.booleans()),
    st.builds(WrongMethod, st.just(("GET",))),
    st.just(UnknownPath()),
)
_PAGES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"items": st.just([])}, optional={name: _ANYTHING | st.integers() for name in ("page", "pages", "total")}
)
_PAYLOADS = (
    _ANYTHING | _PAGES | st.fixed_dictionaries({"detail": _DETAILS | _ANYTHING | st.lists(_ENTRIES | _ANYTHING)})
)
_STATUSES = st.sampled_from([200, 201, 204, 307, 400, 401, 403, 404, 405, 409, 413, 422, 500])


class _AnyPast:
    def deletion(self, workspace_id: str, session_id: str | None) -> int | None:
        return None if len(session_id or workspace_id) % 2 else 12


def _state(store: Store) -> Any:
    return [
        (
            workspace.row,
            {peer_id: peer.row for peer_id, peer in workspace.peers.items()},
            {
                session_id: (session.row, dict(session.members), list(session.messages))
                for session_id, session in workspace.sessions.items()
            },
        )
        for workspace in store.directory
    ]


@given(_REQUESTS, _STATUSES, _PAYLOADS, _CAUSES, st.integers(0, 400))
def test_whatever_comes_in_there_is_one_printable_line_within_the_limit_and_nothing_changes(
    request: _Request, status: int, payload: Any, cause: Cause | None, limit: int
) -> None:
    mock = Mock(world=_WORLD)
    before = copy.deepcopy(_state(mock.store))
    said = sentence(request, status, payload, cause, mock.store, _AnyPast(), _PATHS, limit)
    assert _state(mock.store) == before
    assert said is None or (len(said) <= limit and said.isprintable())
    assert status < 400 or said is not None


_TEXTS_OF_PATHS = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(
    st.sampled_from(OPERATIONS),
    st.lists(st.sampled_from(["w", "s", "gone", "bob", "carol"]) | _TEXTS_OF_PATHS, min_size=4, max_size=4),
    st.none()
    | strategies.json
    | st.dictionaries(_KEYS, st.sampled_from(["gone", "s", "a b"]) | strategies.objects, max_size=3),
    st.sampled_from(["none", "live"]),
)
def test_a_refusal_of_the_app_for_its_state_is_told_in_more_than_its_own_words(
    operation: Any, names: list[str], body: Any, quirks: str
) -> None:
    fake = _Fake(quirks, world=_WORLD)
    ids = dict(zip(("workspace_id", "session_id", "peer_id", "message_id"), names, strict=True))
    ids |= {"conclusion_id": names[3], "endpoint_id": names[3]}
    told = fake.ask(operation.method, operation.path.format(**ids), body)
    assert told is None or len(told) <= LIMIT
    assert (told is not None) >= (fake.answer.status >= 400)
    if fake.answer.status in (400, 404, 405, 409):
        assert told != fake.answer.json["detail"]
