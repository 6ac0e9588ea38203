"""Diagnoses of requests about conclusions."""

from typing import Any

import pytest

from mockserver import Mock, create_app
from support.direct_client import DirectClient

_W = "/v3/workspaces/w"
_CONCLUSIONS = f"{_W}/conclusions"
_WORLD: dict[str, Any] = {
    "workspaces": {
        "w": {"peers": [{"id": "alice"}, {"id": "bob"}], "sessions": [{"id": "s"}, {"id": "gone", "is_active": False}]},
        "v": {"conclusions": [{"id": "c", "content": "x", "observer_id": "eve", "observed_id": "eve"}]},
    }
}


def _diagnosis(method: str, path: str, body: Any = None, **query: Any) -> str | None:
    mock = Mock(world=_WORLD)
    DirectClient(create_app(mock)).call(method, path, body, **query)
    return mock.requests[-1].diagnosis


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"observer_id": "alise"}, "workspace 'w' has no peer 'alise'; did you mean 'alice'?"),
        ({"observed_id": "eve"}, "peer 'eve' exists in workspace 'v', not in 'w'"),
        ({"session_id": "t"}, "workspace 'w' has no session 't'; it has 's'"),
        ({"session_id": "gone"}, "session 'gone' was deleted and awaits its purge"),
        ({"session_id": "t", "observer_id": "alise"}, "workspace 'w' has no session 't'; it has 's'"),
    ],
)
def test_a_conclusion_that_cannot_be_kept_says_who_is_not_there(named: dict[str, str], said: str) -> None:
    draft = {"content": "x", "observer_id": "alice", "observed_id": "bob"}
    assert _diagnosis("POST", _CONCLUSIONS, {"conclusions": [draft, {**draft, **named}]}) == said


def test_a_conclusion_that_is_not_there_is_told_with_where_it_is() -> None:
    assert _diagnosis("DELETE", f"{_CONCLUSIONS}/x") == "workspace 'w' has no conclusion 'x'; it has 0 others"
    assert _diagnosis("DELETE", f"{_CONCLUSIONS}/c") == "conclusion 'c' exists in workspace 'v', not in 'w'"
    assert _diagnosis("DELETE", "/v3/workspaces/u/conclusions/c") == "there is no workspace 'u'; there are 'w', 'v'"


def test_a_context_from_a_peer_who_is_not_there_says_who_is() -> None:
    said = "workspace 'w' has no peer 'alise'; did you mean 'alice'?"
    assert _diagnosis("GET", f"{_W}/sessions/none/context", peer_target="bob", peer_perspective="alise") == said
    assert _diagnosis("GET", f"{_W}/sessions/gone/context", peer_target="alise") == said
    assert _diagnosis("GET", f"{_W}/peers/alise/context") == said


def test_filters_and_pages_of_conclusions_are_told() -> None:
    said = _diagnosis("POST", f"{_CONCLUSIONS}/list", {"filters": {"peer_id": "bob"}})
    assert said == (
        "body.filters: Column 'peer_id' does not exist on Document; there are id, workspace_id, session_id, "
        "observer_id, observed_id, created_at, workspace_name, session_name, observer, observed, content, level, "
        "times_derived, sync_state, deleted_at, metadata, internal_metadata"
    )
    assert _diagnosis("POST", "/v3/workspaces/v/conclusions/list", page=3) == "page 3 of 1 (1 conclusion)"
