"""What tokens give access to in the versions before and after 3.0.11, which narrowed them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.api.operation import Operation
from mockserver.asgi import ROUTERS
from mockserver.domain import access
from mockserver.domain.access import Scope
from mockserver.domain.changes import Changes
from mockserver.domain.errors import Unauthorized
from mockserver.domain.store import Store
from support.direct_client import Answer
from support.started_mock import Start, StartedMock, start_mock

_BEFORE, _AFTER = "3.0.10", "3.0.11"
_W = "/v3/workspaces/w"
_BOB = {"w": "w", "p": "bob"}
_IN_S = {"w": "w", "s": "s"}

_NAMES = st.none() | st.sampled_from(["w", "bob", "s", "other"])
_SCOPES = st.builds(Scope, st.booleans(), _NAMES, _NAMES, _NAMES)
_OPERATIONS = [operation for router in ROUTERS for operation in router.operations if operation.access is not None]


def _world(start: Start, version: str) -> StartedMock:
    """A server with authentication and peers in the sessions `s`, `t`, `left` and `gone`. In `t` is only `al`."""
    world = start(auth_secret="a secret", api_version=version)
    for session, peers in {"s": ["bob", "al"], "t": ["al"], "left": ["bob"], "gone": ["bob"]}.items():
        assert _sent(
            world, {"ad": True}, "POST", f"{_W}/sessions", {"id": session, "peers": {key: {} for key in peers}}
        )
    assert _sent(world, {"ad": True}, "DELETE", f"{_W}/sessions/left/peers", ["bob"]).status == 200
    assert _sent(world, {"ad": True}, "DELETE", f"{_W}/sessions/gone").status == 202
    return world


def _sent(
    world: StartedMock, claims: dict[str, Any], method: str, path: str, body: Any = None, query: str = ""
) -> Answer:
    assert world.mock.keyring is not None
    token = world.mock.keyring.sign_claims(claims)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    content = b"" if body is None else json.dumps(body).encode()
    return world.client.send(method, path, [content], query=query, headers=headers)


@pytest.mark.parametrize(
    ("change", "claims", "method", "path", "body", "before", "after"),
    [
        # A row without a change is the same in both versions.
        ("tokens_need_workspace", {"p": "bob"}, "POST", "/peers", {"id": "bob"}, 200, 401),
        ("tokens_need_workspace", {"s": "s"}, "POST", "/peers", {"id": "eve"}, 200, 401),
        ("tokens_need_workspace", {"p": "bob"}, "GET", "/webhooks", None, 200, 401),
        ("tokens_need_workspace", {"ad": True, "p": "bob"}, "GET", "/webhooks", None, 200, 401),
        ("tokens_need_workspace", {"p": "bob"}, "POST", "/peers", {"id": 5}, 422, 401),
        (None, {}, "POST", "/peers", {"id": "bob"}, 200, 200),
        ("narrow_tokens", _BOB, "PUT", "/peers/al", {}, 200, 401),
        ("narrow_tokens", _BOB, "POST", "/sessions/list", {}, 200, 401),
        ("narrow_tokens", _BOB, "PUT", "", {}, 200, 401),
        ("narrow_tokens", _BOB, "PUT", "/sessions/s", {}, 200, 401),
        ("narrow_tokens", _BOB, "PUT", "/sessions/s/peers/bob/config", {}, 204, 401),
        ("narrow_tokens", _BOB, "GET", "/webhooks", None, 200, 401),
        ("narrow_tokens", _IN_S, "PUT", "/sessions/t", {}, 200, 401),
        ("narrow_tokens", _IN_S, "PUT", "/peers/bob", {}, 200, 401),
        ("narrow_tokens", {**_IN_S, "p": "bob"}, "PUT", "/peers/bob", {}, 200, 401),
        (None, _BOB, "PUT", "/peers/bob", {}, 200, 200),
        (None, _BOB, "POST", "/sessions", {"id": "new"}, 200, 200),
        (None, _IN_S, "PUT", "/sessions/s", {}, 200, 200),
        (None, _IN_S, "GET", "/sessions/s/peers/al/config", None, 200, 200),
        (None, {"w": "other", "p": "bob"}, "PUT", "/peers/bob", {}, 401, 401),
        ("narrow_tokens", _BOB, "GET", "/sessions/t/context", None, 200, 401),
        ("narrow_tokens", _BOB, "GET", "/sessions/left/context", None, 200, 401),
        ("narrow_tokens", {**_IN_S, "p": "bob"}, "GET", "/sessions/gone/peers", None, 200, 401),
        ("narrow_tokens", _BOB, "POST", "/sessions/unknown/messages/list", {}, 200, 401),
        (None, _BOB, "GET", "/sessions/s/context", None, 200, 200),
        (None, _BOB, "GET", "/sessions/s/summaries", None, 200, 200),
        (None, _BOB, "GET", "/sessions/gone/peers", None, 200, 200),
        (None, _BOB, "POST", "/sessions/s/messages/list", {}, 200, 200),
        (None, _BOB, "POST", "/sessions/s/search", {"query": "x"}, 200, 200),
        (None, _BOB, "GET", "/sessions/s/messages/none", None, 404, 404),
        (None, _BOB, "GET", "/sessions/s/peers/bob/config", None, 200, 200),
        ("own_session_settings", _BOB, "GET", "/sessions/s/peers/al/config", None, 200, 401),
        ("own_session_settings", {**_IN_S, "p": "bob"}, "GET", "/sessions/s/peers/al/config", None, 200, 401),
        ("own_session_settings", {**_BOB, "ad": True}, "GET", "/sessions/s/peers/al/config", None, 200, 401),
        ("chat_in_own_sessions", _BOB, "POST", "/peers/bob/chat", {"query": "q", "session_id": "t"}, 200, 401),
        ("chat_in_own_sessions", _BOB, "POST", "/peers/bob/chat", {"query": "q", "session_id": "unknown"}, 404, 401),
        (None, _BOB, "POST", "/peers/bob/chat", {"query": "q", "session_id": "s"}, 200, 200),
        (None, _BOB, "POST", "/peers/bob/chat", {"query": "q", "session_id": ""}, 200, 200),
        (None, _BOB, "POST", "/peers/bob/chat", {"session_id": "t"}, 422, 422),
        (None, _BOB, "POST", "/peers/bob/representation", {"session_id": "t"}, 200, 200),
        ("scoped_webhooks", {}, "GET", "/webhooks", None, 200, 401),
        ("scoped_webhooks", {}, "POST", "/webhooks", {"url": 5}, 422, 401),
        (None, {"w": "other"}, "GET", "/webhooks/test", None, 401, 401),
        (None, {"w": ""}, "POST", "/peers", {"id": "bob"}, 401, 200),  # Here the later version accepts more.
        (None, {"w": "w", "p": ""}, "POST", "/peers", {"id": "bob"}, 401, 200),
        (None, {"w": "w", "s": ""}, "PUT", "/peers/bob", {}, 200, 200),
    ],
)
def test_a_token_is_narrower_from_3_0_11_on(
    start: Start,
    change: str | None,
    claims: dict[str, Any],
    method: str,
    path: str,
    body: Any,
    before: int,
    after: int,
) -> None:
    """And the diagnosis says so exactly where that is the cause of a refusal."""
    statuses = {_BEFORE: before, "3.0.7": before, _AFTER: after, "3.0.12": after}
    for version, status in statuses.items():
        answer = _sent(_world(start, version), claims, method, _W + path, body)
        assert answer.status == status, (version, answer.body)
        told = answer.headers.get("x-mock-diagnosis", "")
        addition = f"(since 3.0.11; this server is {version})"
        assert told.endswith(addition) == (change is not None and status == 401), told
        if change is not None and addition in told:
            rule = Changes.about(change).why.partition("; before")[0].rstrip(".")
            assert rule[1:] in told


@pytest.mark.parametrize(
    ("claims", "method", "path", "body", "said"),
    [
        (
            _BOB,
            "PUT",
            "/peers/al",
            {},
            (
                "the token is of peer 'bob' of workspace 'w'; the request needs peer 'al', all of workspace 'w', or an "
                "admin; a token for a peer or session gives access only to what names that peer or session (since 3.0.11; "
                "this server is 3.0.11)"
            ),
        ),
        (
            _BOB,
            "GET",
            "/sessions/t/context",
            None,
            (
                "the token is of peer 'bob' of workspace 'w'; the request needs session 't', a peer in session 't', all of "
                "workspace 'w', or an admin; a token for a peer or session gives access only to what names that peer or "
                "session (since 3.0.11; this server is 3.0.11)"
            ),
        ),
        (
            _BOB,
            "POST",
            "/peers/bob/chat",
            {"query": "q", "session_id": "t"},
            (
                "the token is of peer 'bob' of workspace 'w'; the request needs a peer in session 't', or a token without "
                "a peer; a token that names a peer may chat about a session only if the peer is a member (since 3.0.11; "
                "this server is 3.0.11)"
            ),
        ),
        (
            {"p": "bob"},
            "PUT",
            "/peers/bob",
            {},
            (
                "the token is of peer 'bob', but of no workspace; a token for a peer or session needs a workspace (since "
                "3.0.11; this server is 3.0.11)"
            ),
        ),
        (
            {},
            "GET",
            "/webhooks",
            None,
            (
                "the token is of no workspace; the request needs workspace 'w', or an admin; the operations on webhooks "
                "need a token for the workspace, as others do (since 3.0.11; this server is 3.0.11)"
            ),
        ),
    ],
)
def test_what_a_token_lacks_is_told_with_the_version(
    start: Start, claims: dict[str, Any], method: str, path: str, body: Any, said: str
) -> None:
    assert _sent(_world(start, _AFTER), claims, method, _W + path, body).headers["x-mock-diagnosis"] == said


@pytest.mark.parametrize("query", ["peer_id=bob", "session_id=s", "workspace_id=&peer_id=bob"])
def test_a_key_for_a_peer_or_session_needs_a_workspace_from_3_0_11_on(start: Start, query: str) -> None:
    keys = {
        version: _sent(_world(start, version), {"ad": True}, "POST", "/v3/keys", query=query)
        for version in (_BEFORE, _AFTER)
    }
    assert [key.status for key in keys.values()] == [200, 422]
    refused = keys[_AFTER]
    assert refused.json["detail"][0]["msg"] == "workspace_id is required when scoping a key to a peer or session"
    assert refused.headers["x-mock-diagnosis"].endswith("(since 3.0.11; this server is 3.0.11)")
    whole = _sent(_world(start, _AFTER), {"ad": True}, "POST", "/v3/keys", query="workspace_id=w&peer_id=bob")
    assert whole.status == 200


@given(_SCOPES, st.sampled_from(_OPERATIONS))
def test_what_3_0_11_accepts_earlier_versions_accept_too(scope: Scope, operation: Operation) -> None:
    named = {"workspace_id": "w", "session_id": "s", "peer_id": "bob"}
    path = {name: named.get(name, "x") for name, _ in operation.places}
    assert _is_accepted(scope, path, operation, _store(_BEFORE)) or not _is_accepted(
        scope, path, operation, _store(_AFTER)
    )


def _is_accepted(scope: Scope, path: Mapping[str, str], operation: Operation, store: Store) -> bool:
    assert operation.access is not None
    try:
        operation.access(access.complete(scope, store), path, store)
    except Unauthorized:
        return False
    return True


@cache
def _store(version: str) -> Store:
    return _world(start_mock, version).mock.store
