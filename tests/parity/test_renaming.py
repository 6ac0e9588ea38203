"""A renamed scenario reads and changes only what has its prefix, and expects the answers of the recorded one."""

from typing import Any

import pytest

from mockserver.parity.recordings import Scenario
from mockserver.parity.renaming import Renaming

_W = "/v3/workspaces/w"


def _renamed(request: dict[str, Any], response: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The step after one that makes session s in workspace w."""
    first = {"request": {"method": "POST", "path": f"{_W}/sessions", "json": {"id": "s"}}, "response": {"status": 201}}
    step = {"request": {"method": "POST", **request}, "response": {"status": 200, **(response or {})}}
    renamed = Renaming(Scenario("x", "", [first, step], []), "55").scenario.steps[1]
    return renamed["request"], renamed["response"]


@pytest.mark.parametrize(
    ("body", "renamed"),
    [
        (None, {"filters": {"AND": [{"id": {"contains": "55"}}]}}),
        ({"filters": None}, {"filters": {"AND": [{"id": {"contains": "55"}}]}}),
        ({"filters": {"id": "w"}}, {"filters": {"id": "55w", "AND": [{"id": {"contains": "55"}}]}}),
        ({"filters": {"AND": [{}]}, "x": 1}, {"filters": {"AND": [{}, {"id": {"contains": "55"}}]}, "x": 1}),
    ],
)
def test_a_list_of_workspaces_is_limited_to_those_of_the_scenario(body: Any, renamed: Any) -> None:
    path = "/v3/workspaces/list"
    assert _renamed({"path": path, "json": body})[0]["json"] == renamed
    refused, _ = _renamed({"path": path, "json": {"filters": 5}}, {"status": 422})
    assert refused["json"] == {"filters": 5}


def test_a_list_of_workspaces_may_be_asked_for_as_text() -> None:
    request, _ = _renamed({"path": "/v3/workspaces/list", "text": '{"filters": {"id": "w"}}'})
    assert request["json"] == {"filters": {"id": "55w", "AND": [{"id": {"contains": "55"}}]}}
    assert "text" not in request


@pytest.mark.parametrize(
    ("request_", "renamed"),
    [
        ({"path": f"{_W}/sessions/s/clone"}, {"path": "/v3/workspaces/55w/sessions/55s/clone"}),
        ({"path": f"{_W}/sessions/s?x=1"}, {"path": "/v3/workspaces/55w/sessions/55s?x=1"}),
        ({"path": "/x", "query": {"session_id": "s", "tokens": 5}}, {"query": {"session_id": "55s", "tokens": 5}}),
        ({"path": "/x", "query": [["session_id", "s"], ["q", "s"]]}, {"query": [["session_id", "55s"], ["q", "s"]]}),
        ({"path": f"{_W}/peers/p/chat", "json": {"session_id": "s"}}, {"json": {"session_id": "55s"}}),
        ({"path": f"{_W}/peers", "json": {"id": "s"}}, {"json": {"id": "s"}}),
        (
            {"path": f"{_W}/sessions", "json": {"id": "s", "metadata": {"id": "s"}}},
            {"json": {"id": "55s", "metadata": {"id": "s"}}},
        ),
        ({"path": f"{_W}/sessions", "json": {"id": "s\n"}}, {"json": {"id": "s\n"}}),
        ({"path": f"{_W}/sessions", "json": [{"id": "s"}]}, {"json": [{"id": "s"}]}),
        (
            {"path": f"{_W}/sessions", "text": '{"id":"s","metadata":{"x":1E2}}'},
            {"text": '{"id":"55s","metadata":{"x":1E2}}'},
        ),
        (
            {"path": f"{_W}/sessions/list", "json": {"filters": {"id": {"in": {"s": 1}}}}},
            {"json": {"filters": {"id": {"in": {"55s": 1}}}}},
        ),
    ],
)
def test_sessions_are_renamed_where_they_are_named(request_: dict[str, Any], renamed: dict[str, Any]) -> None:
    request, _ = _renamed(request_)
    assert {name: request[name] for name in renamed} == renamed


def test_a_text_that_is_refused_is_told_as_it_was() -> None:
    request, _ = _renamed({"path": f"{_W}/sessions", "text": '{"id":"s"}'}, {"status": 422})
    assert request["text"] == '{"id":"s"}'


def test_answers_name_sessions_in_redirects_and_sentences() -> None:
    _, response = _renamed(
        {"path": f"{_W}/sessions/s/"},
        {
            "status": 307,
            "headers": {"location": f"{_W}/sessions/s?a=b"},
            "json": {"detail": "Invalid numeric value: s. Expected a number, got str"},
        },
    )
    assert response["headers"] == {"location": "/v3/workspaces/55w/sessions/55s?a=b"}
    assert response["json"]["detail"] == "Invalid numeric value: 55s. Expected a number, got str"


@pytest.mark.parametrize(("length", "limit", "kept"), [(98, 100, 98), (99, 100, 97), (100, 100, 98), (512, 512, 510)])
def test_an_id_that_would_become_too_long_keeps_its_length(length: int, limit: int, kept: int) -> None:
    step = {
        "request": {"method": "POST", "path": "/v3/workspaces", "json": {"id": "k" * length}},
        "response": {"status": 201, "json": {"id": "k" * length}},
    }
    [renamed] = Renaming(Scenario("x", "", [step], [], id_limit=limit), "55").scenario.steps
    assert renamed["request"]["json"] == renamed["response"]["json"] == {"id": "55" + "k" * kept}
