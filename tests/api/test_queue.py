"""The operations on the queue: what they take, and what they answer to what they do not take (x-queue-and-dreams)."""

from typing import Any

import pytest

from support.direct_client import DirectClient
from support.started_mock import Start

_W = "/v3/workspaces/w"


@pytest.fixture
def client(start: Start) -> DirectClient:
    client = start().client
    client.call("POST", "/v3/workspaces", {"id": "w"})
    return client


def test_a_status_has_the_fields_as_they_were_recorded(client: DirectClient) -> None:
    answer = client.call("GET", f"{_W}/queue/status")
    zeros = [(f"{name}_work_units", 0) for name in ("total", "completed", "in_progress", "pending")]
    assert (answer.status, list(answer.json.items())) == (200, [*zeros, ("sessions", None)])


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            {"observer": "bob", "dream_type": "nightmare"},
            [
                {
                    "type": "enum",
                    "loc": ["body", "dream_type"],
                    "msg": "Input should be 'omni'",
                    "input": "nightmare",
                    "ctx": {"expected": "'omni'"},
                }
            ],
        ),
        (
            {},
            [
                {"type": "missing", "loc": ["body", name], "msg": "Field required", "input": {}}
                for name in ("observer", "dream_type")
            ],
        ),
    ],
)
def test_a_dream_that_is_none_is_refused_and_raises_nothing(client: DirectClient, body: Any, told: Any) -> None:
    answer = client.call("POST", f"{_W}/schedule_dream", body)
    assert (answer.status, answer.json) == (422, {"detail": told})
    assert client.call("GET", f"{_W}/queue/status").json["total_work_units"] == 0


def test_a_dream_is_answered_without_a_word(client: DirectClient) -> None:
    answer = client.call("POST", f"{_W}/schedule_dream", {"observer": "bob", "dream_type": "omni"})
    assert (answer.status, answer.body) == (204, b"")
    missing = client.call("POST", "/v3/workspaces/v/schedule_dream", {"observer": "bob", "dream_type": "omni"})
    assert (missing.status, missing.json) == (404, {"detail": "Workspace v not found"})
    assert missing.headers["x-mock-diagnosis"] == "there is no workspace 'v'; there is 'w'"


def test_the_live_server_fails_on_a_dream_in_an_unknown_workspace(start: Start) -> None:
    client = start(quirks="inner_failures").client
    answer = client.call("POST", f"{_W}/schedule_dream", {"observer": "bob", "dream_type": "omni"})
    assert (answer.status, answer.json) == (500, {"detail": "An unexpected error occurred"})
