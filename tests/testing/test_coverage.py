"""Coverage of the contract: what was answered is counted, whatever the journal and the resets forget."""

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, MockServer, create_app
from mockserver.testing.coverage import Coverage, OperationCoverage
from mockserver.testing.coverage_counts import coverage_of, recorded
from mockserver.testing.registry import UnknownName
from support.direct_client import DirectClient
from support.started_mock import Start

_W = "/v3/workspaces/w"

# Requests by the operation that takes them (None: none does), and what a test does between them.
_REQUESTS: list[tuple[str | None, str, str, Any]] = [
    ("get_or_create_session", "POST", f"{_W}/sessions", {"id": "s"}),
    ("get_or_create_session", "POST", f"{_W}/sessions", {"id": "no id"}),
    ("get_sessions", "POST", f"{_W}/sessions/list", None),
    ("delete_session", "DELETE", f"{_W}/sessions/s", None),
    ("delete_workspace", "DELETE", _W, None),
    ("clone_session", "POST", f"{_W}/sessions/s/clone", None),
    (
        "create_messages_for_session",
        "POST",
        f"{_W}/sessions/s/messages",
        {"messages": [{"peer_id": "p", "content": "x"}]},
    ),
    ("health_check", "GET", "/health", None),
    (None, "GET", "/nowhere", None),
    (None, "PATCH", _W, None),
    (None, "GET", "/health/", None),
    ("get_openapi", "GET", "/openapi.json", None),
]
_DEEDS = ["reset", "reset w", "forget requests", "restore", "purge", "fork"]


def _came(coverage: Coverage) -> dict[tuple[str | None, int], int]:
    """How often each operation answered each status, of those that came."""
    own: dict[tuple[str | None, int], int] = {
        (one.operation, status): times for one in coverage.operations for status, times in one.answers.items() if times
    }
    return {**own, **({(None, 0): coverage.elsewhere} if coverage.elsewhere else {})}


def _do(mock: Mock, deed: str) -> None:
    if deed == "reset":
        mock.reset(quirks="live")
    elif deed == "reset w":
        mock.reset(workspace="w")
    elif deed == "forget requests":
        mock.requests.forget()
    elif deed == "restore":
        mock.restore(mock.snapshot())
    elif deed == "purge":
        mock.purge()
    else:
        DirectClient(create_app(mock.fork())).call("GET", "/health")


@given(
    st.sampled_from([0, 2, 1000]),
    st.lists(st.one_of(st.sampled_from(_REQUESTS), st.sampled_from(_DEEDS), st.just("forget")), max_size=30),
)
def test_counts_are_what_was_answered_since_the_last_forgetting(start: Start, entries: int, steps: list[Any]) -> None:
    mock, client = start(journal_entries=entries)
    answered: Counter[tuple[str | None, int]] = Counter()
    for step in steps:
        if step == "forget":
            mock.coverage.forget()
            answered.clear()
        elif isinstance(step, str):
            _do(mock, step)
        else:
            operation, method, path, body = step
            status = client.call(method, path, body).status
            if operation != "get_openapi":  # It is no part of the document.
                answered[operation, status if operation else 0] += 1
    assert _came(mock.coverage()) == answered


@pytest.mark.parametrize("secret", [None, "a secret of the tests"])
def test_declared_is_what_the_served_document_lists_in_its_order(start: Start, secret: str | None) -> None:
    mock, client = start(auth_secret=secret)
    paths: Mapping[str, Mapping[str, Any]] = client.call("GET", "/openapi.json").json["paths"]
    listed = [
        (path, method.upper(), sorted(map(int, described["responses"])), described.get("tags"))
        for path, item in paths.items()
        for method, described in item.items()
    ]
    told = [(one.path, one.method, list(one.declared), one.tag and [one.tag]) for one in mock.coverage().operations]
    assert sorted(told) == sorted(listed)
    assert list(dict.fromkeys(path for path, *_ in told)) == list(paths)


def test_a_401_is_declared_where_authentication_was_on_since_the_last_forgetting(start: Start) -> None:
    mock, client = start()

    def declared() -> bool:
        return 401 in mock.coverage()["delete_session"].declared

    assert not declared()
    mock.reset(auth_secret="a secret of the tests")
    assert client.call("DELETE", f"{_W}/sessions/s").status == 401
    mock.reset()
    assert declared()
    assert mock.coverage()["delete_session"].answers == {202: 0, 401: 1, 404: 0, 422: 0}
    mock.coverage.forget()
    assert not declared()
    mock.reset(auth_secret="a secret of the tests")
    mock.coverage.forget()
    assert declared()
    assert mock.fork().coverage().operations == ()


def test_what_the_document_does_not_list_is_told_apart(start: Start) -> None:
    mock, client = start(quirks="created_status")
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    client.send("POST", f"{_W}/sessions", [b"x" * 11_000_000])
    found = mock.coverage()["get_or_create_session"]
    assert (found.declared, found.undeclared, found.never) == ((200, 400, 404, 422), (201, 413), (200, 400, 404, 422))
    assert found.is_covered
    assert mock.coverage().answers_covered == 0


_FAULTS: list[tuple[str, dict[str, Any], dict[int, int], dict[int | None, int]]] = [
    # fault, its arguments, what the API is said to have answered, what the fault is.
    ("error", {"status": 404}, {}, {404: 1}),
    ("error", {"status": 503, "carry_out": True}, {}, {503: 1}),
    ("quota", {"limit": 0, "per": 1}, {}, {429: 1}),
    ("delay", {"seconds": 0.001}, {200: 1}, {}),
    ("hang", {}, {200: 1}, {}),
    ("disconnect", {}, {}, {None: 1}),
    ("disconnect", {"at": "body"}, {}, {200: 1}),
    ("lose_answer", {}, {}, {None: 1}),
    ("truncate", {}, {}, {200: 1}),
    ("malform", {}, {}, {200: 1}),
    ("drop_field", {"field": "id"}, {}, {200: 1}),
    ("drop_field", {"field": "no such"}, {200: 1}, {}),
    ("wrong_type", {"field": "id"}, {}, {200: 1}),
]


@pytest.mark.parametrize(("fault", "arguments", "own", "by_faults"), _FAULTS, ids=lambda value: str(value)[:30])
def test_what_a_fault_gave_broke_or_lost_is_told_and_covers_nothing(
    server: MockServer, fault: str, arguments: dict[str, Any], own: dict[int, int], by_faults: dict[Any, int]
) -> None:
    """A late answer is the API's own."""
    server.mock.coverage.forget()
    rule = server.mock.faults.add(fault, **arguments, operation="get_or_create_session")

    def visit() -> None:
        with suppress(httpx.HTTPError):
            httpx.post(f"{server.url}{_W}/sessions", json={"id": "s"})

    client = threading.Thread(target=visit)
    client.start()
    server.mock.requests.wait_for("get_or_create_session", timeout=60)
    rule.release()
    client.join(60)
    found = server.mock.coverage()["get_or_create_session"]
    assert {status: times for status, times in found.answers.items() if times} == own
    assert (found.by_faults, found.is_covered) == (by_faults, bool(own))


def test_an_error_of_a_predicate_is_an_answer_that_is_not_declared(start: Start) -> None:
    mock, client = start()
    mock.faults.error(predicate=lambda _: 1 / 0, operation="health_check")
    with pytest.raises(ZeroDivisionError):
        client.call("GET", "/health")
    assert mock.coverage()["health_check"].answers == {200: 0, 500: 1}


_times = st.integers(0, 5)
_statuses = st.sampled_from([200, 404, 422, 503])
_OPERATIONS = ["one", "two", "three"]


@st.composite
def _coverages(draw: st.DrawFn) -> Coverage:
    def one(operation: str) -> OperationCoverage:
        declared = tuple(sorted(draw(st.sets(_statuses))))
        others = draw(st.sets(_statuses)) - set(declared)
        answers = {status: draw(_times) for status in declared} | {
            status: 1 + draw(_times) for status in sorted(others)
        }
        lost = draw(st.dictionaries(st.one_of(_statuses, st.none()), st.integers(1, 5)))
        by_faults = {status: lost[status] for status in sorted(lost, key=lambda status: status or 1000)}
        return OperationCoverage(
            operation, "GET", f"/{operation}/{{id}}", draw(st.just("tag")), declared, answers, by_faults
        )

    return Coverage(tuple(one(operation) for operation in _OPERATIONS if draw(st.booleans())), draw(_times))


def _same(one: Coverage, other: Coverage) -> bool:
    """Equal but for the order of operations that only one of two sides knew."""
    return (_by_name(one), one.elsewhere) == (_by_name(other), other.elsewhere)


def _by_name(coverage: Coverage) -> dict[str, OperationCoverage]:
    return {one.operation: one for one in coverage.operations}


@given(_coverages(), _coverages(), _coverages())
def test_adding_is_associative_and_does_not_mind_the_order(a: Coverage, b: Coverage, c: Coverage) -> None:
    assert (a + b) + c == a + (b + c)
    assert _same(a + b, b + a)
    assert a + Coverage() == a == Coverage() + a


@given(_coverages(), _coverages())
def test_a_sum_counts_what_both_count(a: Coverage, b: Coverage) -> None:
    assert _came(a + b) == Counter(_came(a)) + Counter(_came(b))
    assert (a + b).operations_covered >= max(a.operations_covered, b.operations_covered)
    assert 0 <= (a + b).percent <= 100


@given(_coverages())
def test_json_says_all_of_it(coverage: Coverage) -> None:
    document = coverage.as_json()
    assert Coverage.from_json(document) == coverage
    assert document["table"] == str(coverage)
    assert document["covered"] == {"operations": coverage.operations_covered, "answers": coverage.answers_covered}
    assert document["of"] == {"operations": len(coverage.operations), "answers": coverage.answers_declared}


@given(_coverages())
def test_the_table_has_a_line_for_each_operation_with_all_that_came(coverage: Coverage) -> None:
    lines = str(coverage).splitlines()
    for one in coverage.operations:
        [line] = [line for line in lines if f"  {one.operation} " in line]
        for came in (one.answers, one.by_faults):
            for status, times in came.items():
                assert not times or f"{status or 'no answer'} ×{times}" in line
    assert sum(line.startswith("  ") for line in lines) == len(coverage.operations)


@given(st.lists(st.lists(st.sampled_from(_REQUESTS[:-1]), max_size=6), max_size=4))
def test_what_is_recorded_is_the_sum_of_all_servers_also_of_those_that_are_gone(
    start: Start, visits: list[Any]
) -> None:
    with recorded() as counted:
        sums = Coverage()
        for requests in visits:
            mock, client = start()
            for _, method, path, body in requests:
                client.call(method, path, body)
            sums += mock.coverage()
            mock.coverage.forget()
            del mock, client
    start().client.call("GET", "/health")  # It is not recorded any more.
    assert coverage_of(counted) == sums


def test_an_operation_is_found_by_its_name_and_a_slip_of_the_pen_is_told(start: Start) -> None:
    coverage = start().mock.coverage()
    assert coverage["clone_session"].path == f"{_SESSIONS}/{{session_id}}/clone"
    with pytest.raises(UnknownName, match=r"no operation 'clone_sesion'; did you mean 'clone_session'\?"):
        coverage["clone_sesion"]


_SESSIONS = "/v3/workspaces/{workspace_id}/sessions"
_LINES = """
  POST    …                   get_or_create_session      200 ×12  404 ×1  (never: 400, 422)
  POST    …/list              get_sessions               200 ×1  (never: 422; by faults: 503 ×2)
  PUT     …/*                 update_session             -
  DELETE  …/*                 delete_session             202 ×1  (never: 404, 422)
  POST    …/*/clone           clone_session              -  (by faults: 429 ×1, no answer ×2)
"""


def test_the_table_is_one_to_read(start: Start) -> None:
    mock, client = start()
    mock.faults.error(503, operation="get_sessions", times=2)
    mock.faults.quota(0, 1, operation="clone_session", times=1)
    mock.faults.lose_answer(operation="clone_session")
    for number in range(12):
        client.call("POST", f"{_W}/sessions", {"id": f"s{number}"})
    client.call("DELETE", f"{_W}/sessions/s1")
    client.call("POST", f"{_W}/sessions", {"id": "s1"})
    client.call("POST", f"{_W}/sessions/s2/clone")
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            client.call("POST", f"{_W}/sessions/s2/clone")
    for _ in range(3):
        client.call("POST", f"{_W}/sessions/list")
    client.call("GET", "/nowhere")
    coverage = mock.coverage()
    table = str(coverage).splitlines()
    sessions = [one for one in coverage.operations if one.tag == "sessions"]
    first = table.index(f"sessions, 3 of {len(sessions)}, at {_SESSIONS}")
    assert [line for line in table[first : first + len(sessions) + 1] if line in _LINES] == _LINES.strip(
        "\n"
    ).splitlines()
    assert table[-2:] == [
        f"3 of {len(coverage.operations)} operations, 4 of {coverage.answers_declared} answers",
        "1 request matched no operation",
    ]
    assert max(map(len, table)) <= 100
