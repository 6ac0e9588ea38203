"""Did you mean: the nearest path and the nearest name."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.api.control import endpoint as control_endpoint
from mockserver.asgi import OPERATIONS
from mockserver.testing.diagnosis.suggestions import nearest_name, nearest_template, template_at
from support import strategies

_OPERATIONS = [*OPERATIONS, *control_endpoint.OPERATIONS]
_PATHS = [(operation.method, operation.path) for operation in _OPERATIONS]
_SESSIONS = "/v3/workspaces/{workspace_id}/sessions"
_SESSION = _SESSIONS + "/{session_id}"


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v3/session", _SESSIONS),
        ("/v3/sessions", _SESSIONS),
        ("/v3/sessions/s1", _SESSION),
        ("/v3/workspace/w/sessions", _SESSIONS),
        ("/v3/Workspaces/w/sessions", _SESSIONS),
        ("/workspaces/w/sessions", _SESSIONS),
        ("/v2/workspaces/w/sessions", _SESSIONS),
        ("/api/v3/workspaces/w/sessions", _SESSIONS),
        ("/v3/workspaces//sessions", _SESSIONS),
        ("/v3//workspaces", "/v3/workspaces"),
        ("/v3/workspaces/w/session/s1/clone", _SESSION + "/clone"),
        ("/v3/workspaces/w/sessions/clone/clone/clone", _SESSION + "/clone"),
        ("/v3/workspaces/w/sessions/s1/garbage", _SESSION),
        ("/v3/workspaces/w/sessions/s1/no/thing", _SESSION),
        ("/v3/workspaces/w/messages/m", _SESSION + "/messages/{message_id}"),
        ("/v3/peers/list", "/v3/workspaces/{workspace_id}/peers/list"),
        ("/workspaces", "/v3/workspaces"),
        ("/healthz", "/health"),
        ("/_mock/resett", "/_mock/reset"),
        ("/reset", "/_mock/reset"),
        ("/V3/WORKSPACES/w/SESSIONS", _SESSIONS),
        ("/a/b/c/workspaces", None),
        ("/foo", None),
        ("/v3/foo", None),
        ("/", None),
        ("", None),
        ("/v3", None),
        ("/favicon.ico", None),
        ("/" + "workspaces/" * 100, None),
        ("/v3/" + "sessions" * 100, None),
    ],
)
def test_the_nearest_path_is_told_and_none_where_all_are_far(path: str, meant: str | None) -> None:
    assert nearest_template(path, _PATHS) == meant


@pytest.mark.parametrize("operation", _OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_every_path_is_its_own_template_and_nearest_to_itself(operation: Any) -> None:
    assert nearest_template(operation.path, _PATHS) == operation.path
    assert template_at(operation.path, _PATHS) == operation.path


@given(st.text(min_size=1, max_size=30), st.lists(st.text(max_size=30), max_size=20))
def test_the_nearest_name_is_another_one_of_those_that_are_known(wanted: str, known: list[str]) -> None:
    nearest = nearest_name(wanted, known)
    assert nearest is None or (nearest in known and nearest != wanted)


@given(strategies.ids, st.lists(strategies.ids))
def test_case_and_punctuation_do_not_keep_a_name_from_being_nearest(name: str, others: list[str]) -> None:
    wanted = f"{name.swapcase()}."
    found = nearest_name(wanted, [*others, name])
    assert found is not None
    assert found.lower().replace("-", "").replace("_", "") == name.lower().replace("-", "").replace("_", "")


def test_names_that_differ_in_a_digit_are_other_names() -> None:
    assert nearest_name("session-1", ["session-2", "sesion-1"]) == "sesion-1"
    assert nearest_name("session-1", ["session-2", "session-11"]) is None


def test_a_very_long_name_has_no_nearest() -> None:
    assert nearest_name("x" * 513, ["x" * 512]) is None
    assert nearest_name("x", ["X" * 512]) is None
