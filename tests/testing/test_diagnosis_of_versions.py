"""Diagnoses name the version of the API that would answer differently."""

from typing import Any

import pytest

from support.started_mock import start_mock

Json = Any
_W = "/v3/workspaces/w"
_WORLD: Json = {"workspaces": {"w": {"peers": [{"id": "al"}], "sessions": [{"id": "s"}]}}}
_LONG = "a" * 101
_FULL: Json = {"workspaces": {"w": {"webhooks": [{"url": f"https://a.b/{number}"} for number in range(10)]}}}
_DREAM = {"observer": "al", "dream_type": "omni"}
# What is refused, or finds nothing, and what the diagnosis says about another version.
_CASES: list[tuple[str, str, str, Json, str]] = [
    ("3.0.5", "GET", "/health", None, "`GET /health` exists (since 3.0.6; this server is 3.0.5)"),
    ("3.0.5", "POST", "/health/", None, "`GET /health` exists (since 3.0.6; this server is 3.0.5)"),
    ("3.0.6", "POST", f"{_W}/peers", {"id": _LONG}, "ids of more than 100 characters came with 3.0.7, and this server"),
    (
        "3.0.11",
        "POST",
        f"{_W}/sessions/list",
        {"filters": {"is_active": [True]}},
        "a list as the value of a column in a filter means `in` (since 3.0.12; this server is 3.0.11)",
    ),
    (
        "3.0.7",
        "POST",
        f"{_W}/sessions/list",
        {"filters": {"AND": [{"OR": [{"id": ["s", "t"]}]}]}},
        "the filter on 'id' is a list, which equals no value; a list as the value of a column in a filter means `in`",
    ),
    (
        "3.0.12",
        "POST",
        f"{_W}/peers/al/chat",
        {"query": "x", "filters": {"a": 1}},
        "`filters` limits chat to sessions (since 3.0.12; this server is 3.0.12)",
    ),
    ("3.0.12", "POST", f"{_W}/peers/al/chat", {"query": "x", "filters": 5}, "`filters` limits chat to sessions (since"),
    (
        "3.0.12",
        "POST",
        f"{_W}/peers/al/chat",
        {"query": "x", "response_format": {}},
        "`response_format` makes chat answer with JSON that fits the schema (since 3.0.12; this server is 3.0.12)",
    ),
    (
        "3.0.12",
        "POST",
        f"{_W}/peers/al/representation",
        {"filters": {}},
        "`filters` limits a representation to sessions (since 3.0.12; this server is 3.0.12)",
    ),
    (
        "3.0.12",
        "POST",
        f"{_W}/schedule_dream",
        {**_DREAM, "rebuild": "zz"},
        "`rebuild` of a dream must be a boolean (since 3.0.12; this server is 3.0.12)",
    ),
    (
        "3.0.11",
        "POST",
        f"{_W}/schedule_dream",
        {"observer": "al", "dream_type": "card_refresh"},
        "'card_refresh' came with 3.0.12; this server is older, and expects 'omni'",
    ),
    (
        "3.0.10",
        "POST",
        f"{_W}/webhooks",
        {"url": "http://10.0.0.1/"},
        "a webhook URL with a private or internal IP address is refused (since 3.0.10; this server is 3.0.10)",
    ),
]


def _diagnosis(version: str, method: str, path: str, body: Json, **options: Any) -> str:
    mock, client = start_mock(**{"world": _WORLD, "api_version": version, **options})
    client.call(method, path, body)
    return mock.requests[-1].diagnosis or ""


@pytest.mark.parametrize(("version", "method", "path", "body", "said"), _CASES)
def test_a_diagnosis_names_the_version_that_answers_differently(
    version: str, method: str, path: str, body: Json, said: str
) -> None:
    assert said in _diagnosis(version, method, path, body)


@pytest.mark.parametrize(
    ("version", "path", "body"),
    [
        ("3.0.12", f"{_W}/sessions/list", {"filters": {"id": ["x"]}}),
        ("3.0.7", f"{_W}/sessions/list", {"filters": {"id": {"in": ["x"]}}}),
        ("3.0.7", f"{_W}/sessions/list", {"filters": {"metadata": {"a": ["x"]}, "OR": []}}),
        ("3.0.7", f"{_W}/sessions/list", {"filters": {"id": "x"}}),
        ("3.0.7", f"{_W}/peers/al/chat", {"query": 5, "filters": {"a": 1}}),
        ("3.0.12", f"{_W}/schedule_dream", {"observer": 5, "dream_type": "omni", "rebuild": "zz"}),
        ("3.0.12", f"{_W}/webhooks", {"url": "ftp://a"}),
    ],
)
def test_a_diagnosis_names_no_version_where_all_answer_alike(version: str, path: str, body: Json) -> None:
    assert "since" not in _diagnosis(version, "POST", path, body)


def test_a_path_of_another_version_is_not_suggested() -> None:
    assert "did you mean /health" not in _diagnosis("3.0.5", "GET", "/healt", None)
    assert _diagnosis("3.0.6", "GET", "/healt", None) == "no operation at /healt; did you mean /health?"


def test_a_known_webhook_of_a_full_workspace_is_no_conflict_in_later_versions() -> None:
    known, other = ({"url": f"https://a.b/{number}"} for number in (1, 11))
    said = _diagnosis("3.0.5", "POST", f"{_W}/webhooks", known, world=_FULL)
    assert "even if the workspace has ten endpoints (since 3.0.6; this server is 3.0.5)" in said
    assert "since" not in _diagnosis("3.0.5", "POST", f"{_W}/webhooks", other, world=_FULL)


@pytest.mark.parametrize("path", ["/peers", "/sessions/s/messages"])
def test_a_nul_that_fails_names_the_version_that_drops_it(path: str) -> None:
    message = {"content": "a\0", "peer_id": "al"}
    body = {"id": "al", "metadata": {"a": "\0"}} if path == "/peers" else {"messages": [message]}
    said = _diagnosis("3.0.3", "POST", _W + path, body, quirks="live")
    assert "; NUL characters are removed from metadata," in said
    assert "(since 3.0.4; this server is 3.0.3)" in said
