"""What Mock does in Python, other languages do under /_mock/: the same methods, and errors that say what is wrong."""

import threading
from typing import Any

import httpx
import jsonschema_rs
import pytest

from mockserver import Mock, MockServer, create_app
from mockserver.testing.fault_kinds import KINDS
from mockserver.testing.faults import RULE_ARGUMENTS
from mockserver.testing.options import OPTIONS
from support.direct_client import Answer, DirectClient
from support.discarded_deliveries import discard_deliveries
from support.started_mock import Start
from support.webhook_receiver import WebhookReceiver

_S = "/v3/workspaces/w/sessions"


def _ids(client: DirectClient) -> list[str]:
    return [item["id"] for item in client.call("POST", f"{_S}/list").json["items"]]


def test_a_reset_takes_the_options_of_a_mock(start: Start) -> None:
    mock, client = start()
    world = {"workspaces": {"w": {"sessions": [{"id": "first"}]}}}
    body = {"world": world, "quirks": "live", "purge_after": 5, "frozen_at": "2026-03-01T12:00:00Z", "seed": 1}
    body |= {"work_after": 7, "webhook_secret": "mine"}
    assert client.call("POST", "/_mock/reset", body).status == 200
    assert _ids(client) == ["first"]
    assert (mock.store.backlog.after, mock.webhook_secret) == (7, "mine")
    assert (mock.quirks.created_status, mock.store.purges.after, mock.clock.is_frozen) == (True, 5, True)
    client.call("POST", "/_mock/reset")
    assert (_ids(client), mock.quirks.created_status, mock.clock.is_frozen) == ([], False, False)


def test_the_coverage_is_that_of_the_mock_until_it_is_begun_anew(start: Start) -> None:
    mock, client = start()
    client.call("POST", _S, {"id": "s"})
    client.call("POST", "/_mock/reset")
    answer = client.call("GET", "/_mock/coverage")
    assert (answer.status, answer.json) == (200, mock.coverage().as_json())
    assert answer.json["covered"] == {"operations": 1, "answers": 1}
    assert client.call("DELETE", "/_mock/coverage").status == 204
    assert client.call("GET", "/_mock/coverage").json["covered"] == {"operations": 0, "answers": 0}


def test_a_reset_of_one_workspace_leaves_the_others(start: Start) -> None:
    _, client = start()
    for workspace in ("w", "v"):
        client.call("POST", f"/v3/workspaces/{workspace}/sessions", {"id": "s"})
    assert client.call("POST", "/_mock/reset", {"workspace": "w"}).status == 200
    assert client.call("POST", "/v3/workspaces/list").json["total"] == 1
    answer = client.call("POST", "/_mock/reset", {"workspace": "v", "quirks": "live"})
    assert (answer.status, answer.json["detail"]) == (422, "the reset of one workspace takes no other option: quirks")


def test_the_journal_is_read_filtered_and_forgotten(start: Start) -> None:
    _, client = start()
    client.call("POST", _S, {"id": "s"})
    client.call("POST", "/v3/workspaces/v/sessions", {"id": "s"})
    client.call("DELETE", f"{_S}/nobody")
    whole = client.call("GET", "/_mock/requests").json
    assert ([one["number"] for one in whole["requests"]], whole["dropped"]) == ([1, 2, 3], 0)
    found = client.call("GET", "/_mock/requests", session="s", workspace="v", status=200).json["requests"]
    assert [(one["number"], one["body"]) for one in found] == [(2, {"id": "s"})]
    assert client.call("GET", "/_mock/requests", sesion="s").status == 422
    assert client.call("DELETE", "/_mock/requests", workspace="w").status == 204
    assert [one["number"] for one in client.call("GET", "/_mock/requests").json["requests"]] == [2]


@pytest.mark.parametrize("kind", ["requests", "deliveries"])
def test_a_log_is_read_in_pieces(kind: str, start: Start) -> None:
    """Whatever the limit, `next` leads through all that match, once each."""
    mock, client = start(journal_entries=6)
    discard_deliveries(mock)
    client.call("POST", "/v3/workspaces", {"id": "w"})
    client.call("POST", "/v3/workspaces/w/webhooks", {"url": "http://127.0.0.1:9/hook"})
    for _ in range(7):
        client.call("GET", "/v3/workspaces/w/webhooks/test")
    for limit in (1, 2, 4, 6, 100):
        seen, pieces = list[int](), 0
        following: int | None = 0
        while following is not None:
            piece = client.call("GET", f"/_mock/{kind}", workspace="w", after=following, limit=limit).json
            assert (piece["total"], len(piece[kind]) <= limit) == (6, True)
            seen += [entry["number"] for entry in piece[kind]]
            pieces, following = pieces + 1, piece["next"]
        log = mock.requests if kind == "requests" else mock.deliveries
        assert (seen, piece["dropped"]) == ([entry.number for entry in log], log.dropped)
        assert pieces == -(-6 // limit)
    nothing = client.call("GET", f"/_mock/{kind}", after=3, limit=0).json
    assert (nothing[kind], nothing["next"]) == ([], 3)


def test_calls_are_asserted_and_a_miss_is_explained(start: Start) -> None:
    _, client = start()
    client.call("POST", _S, {"id": "s", "metadata": {"k": 1}})
    client.call("POST", f"{_S}/s/clone")

    def check(**body: Any) -> Answer:
        return client.call("POST", "/_mock/requests/assert", body)

    assert [one["number"] for one in check(like={"session": "s"}, times=2).json["requests"]] == [1, 2]
    assert check(like={"operation": "delete_session"}, times=0).status == 200
    assert check(order=[{"session": "s"}, {"operation": "clone_session"}]).status == 200
    missed = check(like={"session": "s", "body": {"metadata": {"k": 2}}})
    assert missed.status == 409
    assert "      body.metadata.k: expected 2, was 1" in missed.json["detail"]
    assert check(like={"operation": "clone"}).json == {"detail": "no operation 'clone'; did you mean 'clone_session'?"}


def test_an_assertion_may_wait_without_holding_up_others() -> None:
    with MockServer() as server, httpx.Client(base_url=server.url) as client:
        answers: list[tuple[int, list[int]]] = []

        def wait(asked: dict[str, Any]) -> None:
            answer = httpx.post(f"{server.url}/_mock/requests/assert?wait=30", json=asked, timeout=60)
            answers.append((answer.status_code, [one["number"] for one in answer.json()["requests"]]))

        like = {"operation": "delete_session"}
        waiting = [threading.Thread(target=wait, args=[{"like": like, name: 1}]) for name in ("times", "at_least")]
        for thread in waiting:
            thread.start()
        while len(server.mock.requests._waiting) < 2:
            assert client.get("/health").status_code == 200
        server.mock.reset()
        client.delete(f"{_S}/s")
        for thread in waiting:
            thread.join(60)
        assert answers == [(200, [1]), (200, [1])]
        assert client.post("/_mock/requests/assert?wait=0.01", json={"times": 7}).status_code == 409
        assert client.post("/_mock/requests/assert?wait=61", json={}).status_code == 422
        assert client.post("/_mock/requests/assert", json={"at_least": 2}).status_code == 409
        assert client.post("/_mock/requests/assert", json={"order": [], "like": {}}).status_code == 422


def test_who_leaves_while_waiting_is_forgotten() -> None:
    with MockServer() as server, httpx.Client(base_url=server.url) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/_mock/requests/assert?wait=60", json={"times": 7}, timeout=0.05)
        while server.mock.requests._waiting:
            client.get("/health")


@pytest.mark.parametrize(
    ("method", "path", "query", "complaint"),
    [
        ("POST", "/reset", {"workspace": "w"}, "unknown query parameter 'workspace'; it belongs in the body"),
        ("POST", "/purge", {"workspce": "w"}, "unknown query parameter 'workspce'; there are none"),
        (
            "DELETE",
            "/requests",
            {"operation": "get_peers"},
            "unknown query parameter 'operation'; there are workspace",
        ),
        ("DELETE", "/faults", {"workspce": "w"}, "unknown query parameter 'workspce'; did you mean 'workspace'?"),
        (
            "POST",
            "/purges/hold",
            {"workspace": "w"},
            "unknown query parameter 'workspace'; it belongs in the body",
        ),
    ],
)
def test_a_parameter_that_nobody_reads_is_refused_and_nothing_is_done(
    start: Start, method: str, path: str, query: dict[str, str], complaint: str
) -> None:
    mock, client = start(purge_after=0)
    client.call("POST", _S, {"id": "s"})
    mock.faults.error(path="/nowhere")
    before = mock.world(), len(mock.requests), len(mock.faults)
    answer = client.call(method, f"/_mock{path}", **query)
    assert (answer.status, answer.json["detail"]) == (422, complaint)
    assert (mock.world(), len(mock.requests), len(mock.faults)) == before


def test_a_reset_of_no_workspace_is_refused(start: Start) -> None:
    mock, client = start()
    client.call("POST", _S, {"id": "s"})
    for workspace in (None, "", 5):
        assert client.call("POST", "/_mock/reset", {"workspace": workspace}).status == 422
        if workspace is not None:
            with pytest.raises(ValueError, match="workspace must be an id or None"):
                mock.reset(workspace=workspace)  # type: ignore[arg-type]  # one of them is no text
    assert _ids(client) == ["s"]


def test_clients_keep_apart_by_workspace(start: Start) -> None:
    mock, client = start()
    for workspace in ("w", "v"):
        client.call("POST", f"/v3/workspaces/{workspace}/sessions", {"id": "s"})
        client.call("POST", "/_mock/snapshots", {"name": "before", "workspace": workspace})
        client.call("POST", "/_mock/faults", {"fault": "error", "workspace": workspace, "path": "/nowhere"})
        client.call("POST", "/_mock/scripts", {"operation": "chat", "answers": ["x"], "workspace": workspace})
        client.call("POST", f"/v3/workspaces/{workspace}/sessions", {"id": "t"})
    of_w = {"workspace": "w"}
    for path in ("/faults", "/scripts", "/snapshots"):
        assert len(client.call("GET", f"/_mock{path}", workspace="w").json) == 1
    assert list(client.call("GET", "/_mock/world", workspace="w").json["workspaces"]) == ["w"]
    client.call("POST", "/_mock/snapshots", {"name": "after", "workspace": "w"})
    client.call("POST", "/_mock/snapshots/before/restore", of_w)
    assert _ids(client) == ["s"]
    assert client.call("GET", "/_mock/diff", before="before").status == 422
    assert len(client.call("GET", "/_mock/diff", before="after").json) == 1
    assert client.call("DELETE", "/_mock/snapshots/before", workspace="w").status == 204
    for path in ("/requests", "/faults", "/scripts"):
        assert client.call("DELETE", f"/_mock{path}", workspace="w").status == 204
    assert {one.workspace for one in mock.requests} == {"v"}
    assert [fault.pattern.criteria["workspace"] for fault in mock.faults] == ["v"]
    assert [script.pattern.criteria["workspace"] for script in mock.scripts] == ["v"]
    client.call("POST", "/_mock/purges/hold", of_w)
    client.call("POST", "/_mock/reset", {"workspace": "v"})
    assert [one["name"] for one in client.call("GET", "/_mock/snapshots").json] == ["after"]


def test_a_difference_is_told_between_any_two(start: Start) -> None:
    _, client = start()
    for name in ("one", "two", "three"):
        client.call("POST", "/_mock/snapshots", {"name": name})
        client.call("POST", _S, {"id": name})
    told = client.call("GET", "/_mock/diff", before="two", after="three").json
    assert len(told) == 1
    assert "'two'" in told[0]


def test_a_clock_is_not_put_where_nothing_could_be_answered(start: Start) -> None:
    _, client = start()
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"):
        assert client.call("POST", "/_mock/clock/freeze", {"at": at}).status == 422
        assert client.call("POST", "/_mock/reset", {"frozen_at": at}).status == 422
    assert client.call("POST", "/v3/workspaces", {"id": "w"}).status == 200
    assert client.call("GET", "/_mock/requests").status == 200


def test_the_root_of_the_plane_says_that_the_page_is_off() -> None:
    client = DirectClient(create_app(Mock(), page=False))
    for path in ("/_mock", "/_mock/"):
        assert client.call("GET", path).status == 404
        assert client.call("GET", path, x="1").json["detail"] == "the page is off: page=False, or --no-page"


def test_a_body_that_nobody_reads_is_refused(start: Start) -> None:
    mock, client = start()
    mock.clock.freeze()
    assert client.call("POST", "/_mock/clock/resume", {"at": "now"}).json == {"detail": "resume_clock takes no body"}
    assert mock.clock.is_frozen
    assert client.call("POST", "/_mock/clock/resume", {}).status == 200


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "soon"])
def test_tokens_are_made_for_times_that_there_are(start: Start, year: str) -> None:
    client = start(auth_secret="secret").client
    assert client.call("POST", "/_mock/token", {"workspace": "w", "expires_at": year}).status == 422
    answer = client.call("POST", "/_mock/token", {"workspace": "w", "expires_at": "2030-01-01T00:00:00Z"})
    token = {"authorization": f"Bearer {answer.json['key']}"}
    listed = client.send("POST", "/v3/workspaces/w/sessions/list", headers=token)
    assert (answer.status, listed.status) == (201, 200)
    assert client.call("POST", "/_mock/token").status == 422
    assert "authentication is off" in start().client.call("POST", "/_mock/token").json["detail"]


def test_requests_are_listed_from_a_number_on_and_one_by_itself(start: Start) -> None:
    _, client = start()
    for _ in range(4):
        client.call("GET", "/health")
    listed = client.call("GET", "/_mock/requests", after=1, limit=2, operation="health_check").json["requests"]
    assert [one["number"] for one in listed] == [2, 3]
    assert client.call("GET", "/_mock/requests/3").json == listed[1]
    for number in ("5", "x", "03"):
        answer = client.call("GET", f"/_mock/requests/{number}")
        assert (answer.status, answer.json["detail"]) == (404, f"the log has no request {number}")


def test_faults_are_set_listed_and_taken_away(start: Start) -> None:
    _, client = start()
    rule = {"fault": "error", "status": 429, "headers": {"Retry-After": "3"}, "operation": "get_sessions", "times": 1}
    made = client.call("POST", "/_mock/faults", rule)
    assert (made.status, made.json["name"]) == (201, "error-1")
    answer = client.call("POST", f"{_S}/list")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    client.call("POST", "/_mock/faults", {"fault": "quota", "limit": 0, "per": 60, "name": "stop", "workspace": "w"})
    assert [(one["name"], one["fired"]) for one in client.call("GET", "/_mock/faults").json] == [
        ("error-1", 1),
        ("stop", 0),
    ]
    assert client.call("GET", "/_mock/faults/stop").json["requests"] == "workspace=w"
    assert client.call("DELETE", "/_mock/faults/stop").status == 204
    assert client.call("DELETE", "/_mock/faults/stop").json == {"detail": "there is no fault 'stop'; there are error-1"}
    assert client.call("DELETE", "/_mock/faults").status == 204
    assert client.call("GET", "/_mock/faults").json == []


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({"fault": "explode"}, "Input should be 'error', 'delay'"),
        ({"fault": "error", "colour": 1}, "Extra inputs are not permitted"),
        ({"fault": "delay"}, "delay needs 'seconds'"),
        ({"fault": "delay", "seconds": 1, "limit": 5}, "delay takes no 'limit'"),
        ({"fault": "error", "every": 0}, "every must be an integer of at least 1: 0"),
    ],
)
def test_a_wrong_fault_is_told(start: Start, rule: dict[str, Any], complaint: str) -> None:
    _, client = start()
    answer = client.call("POST", "/_mock/faults", rule)
    assert answer.status == 422
    assert complaint in str(answer.json["detail"])
    assert client.call("GET", "/_mock/faults").json == []


def test_what_a_fault_holds_is_released() -> None:
    with MockServer() as server, httpx.Client(base_url=server.url) as client:
        client.post("/_mock/faults", json={"fault": "hang", "name": "stuck", "path": "/health"})
        answers: list[int] = []
        held = threading.Thread(target=lambda: answers.append(httpx.get(f"{server.url}/health").status_code))
        held.start()
        server.mock.requests.wait_for(timeout=60, path="/health")
        assert client.post("/_mock/faults/stuck/release").json()["is_over"] is True
        held.join(60)
        assert answers == [200]
        assert client.post("/_mock/faults/none/release").status_code == 404


def test_scripts_are_set_listed_and_taken_away(start: Start) -> None:
    mock, client = start()
    made = client.call(
        "POST",
        "/_mock/scripts",
        {"operation": "chat", "answers": ["Blue.", {"content": "x"}], "peer": "al", "pause": 0.5},
    )
    assert (made.status, made.json["name"]) == (201, "chat-1")
    assert mock.scripts["chat-1"].answers == ("Blue.", {"content": "x"})
    assert client.call("GET", "/_mock/scripts").json == [made.json]
    assert made.json["pause"] == 0.5
    assert client.call("POST", "/_mock/scripts", {"operation": "chat", "answers": []}).status == 422
    assert client.call("DELETE", "/_mock/scripts/chat-1").status == 204
    assert client.call("DELETE", "/_mock/scripts/chat-1").status == 404


def test_the_clock_stands_still_moves_and_runs_on(start: Start) -> None:
    mock, client = start()
    frozen = client.call("POST", "/_mock/clock/freeze", {"at": "2026-03-01T12:00:00+01:00"})
    assert frozen.json == {"now": "2026-03-01T11:00:00Z", "frozen": True}
    assert client.call("POST", "/_mock/clock/advance", {"seconds": 1.5}).json["now"] == "2026-03-01T11:00:01.500000Z"
    assert client.call("POST", "/v3/workspaces", {"id": "w"}).json["created_at"] == "2026-03-01T11:00:01.500000Z"
    assert client.call("POST", "/_mock/clock/resume").json["frozen"] is False
    assert client.call("POST", "/_mock/clock/freeze").json["frozen"] is True
    answer = client.call("POST", "/_mock/clock/advance", {"seconds": -1})
    assert (answer.status, answer.json["detail"]) == (
        422,
        "a clock cannot be advanced by -1.0 seconds, only forward and up to the year 9998",
    )
    assert mock.clock.is_frozen


def test_background_work_is_listed_held_stepped_and_made_to_fail(start: Start) -> None:
    _, client = start(purge_after=0, frozen_at="2026-03-01T12:00:00Z")
    client.call("POST", "/_mock/purges/hold")
    for id_ in ("s", "t"):
        client.call("POST", _S, {"id": id_})
        client.call("DELETE", f"{_S}/{id_}")
    due = "2026-03-01T12:00:00Z"
    waiting = [{"workspace": "w", "session": id_, "due": due, "tries": 0} for id_ in ("s", "t")]
    assert client.call("GET", "/_mock/purges").json == waiting
    assert client.call("GET", "/_mock/purges", workspace="v").json == []
    client.call("POST", "/_mock/purges/fail", {"times": 1, "session": "s"})
    assert client.call("POST", "/_mock/purge", {"session": "s"}).json == {"purged": 0}
    assert client.call("POST", "/_mock/purge", {"session": "t"}).json == {"purged": 1}
    assert [one["tries"] for one in client.call("GET", "/_mock/purges").json] == [1]
    client.call("POST", "/_mock/purges/release")
    assert client.call("POST", _S, {"id": "s"}).status == 200
    assert client.call("GET", "/_mock/purges").json == []
    assert client.call("POST", "/_mock/purges/fail", {"times": 0}).status == 422


def test_snapshots_are_taken_compared_restored_and_forgotten(start: Start) -> None:
    _, client = start()
    client.call("POST", _S, {"id": "s"})
    assert client.call("POST", "/_mock/snapshots", {"name": "before"}).status == 201
    client.call("POST", _S, {"id": "t"})
    changes = client.call("GET", "/_mock/diff", before="before").json
    assert len(changes) == 1
    assert "'t'" in changes[0]
    assert client.call("GET", "/_mock/snapshots").json == [{"name": "before", "workspace": None}]
    assert client.call("POST", "/_mock/snapshots/before/restore").status == 204
    assert _ids(client) == ["s"]
    assert client.call("DELETE", "/_mock/snapshots/before").status == 204
    for method, path in (("POST", "/before/restore"), ("DELETE", "/before")):
        assert client.call(method, f"/_mock/snapshots{path}").status == 404
    assert client.call("GET", "/_mock/diff", before="before").status == 404


def test_a_world_is_saved_and_put_in_place(start: Start) -> None:
    _, client = start()
    client.call("POST", f"{_S}/s/messages", {"messages": [{"content": "Hi", "peer_id": "al"}]})
    world = client.call("GET", "/_mock/world").json
    client.call("POST", "/_mock/reset")
    assert client.call("PUT", "/_mock/world", world).status == 204
    assert client.call("GET", "/_mock/world").json == world
    answer = client.call("PUT", "/_mock/world", {"workspaces": {"w": {"sessions": {}}}})
    assert answer.status == 422
    assert answer.json["detail"].startswith("world: workspaces.w.sessions: ")
    assert client.call("GET", "/_mock/world").json == world


def test_a_fork_is_a_server_of_its_own_until_the_reset() -> None:
    with MockServer() as server, httpx.Client(base_url=server.url) as client:
        client.post(_S, json={"id": "s"})
        answer = client.post("/_mock/fork")
        assert answer.status_code == 201
        with httpx.Client(base_url=answer.json()["url"]) as other:
            other.post(_S, json={"id": "t"})
            assert [other.post(f"{_S}/list").json()["total"], client.post(f"{_S}/list").json()["total"]] == [2, 1]
            client.post("/_mock/reset")
            with pytest.raises(httpx.HTTPError):
                other.get("/health")


def test_forks_and_their_forks_are_limited_together() -> None:
    with MockServer(max_forks=3) as server:

        def fork(url: str) -> httpx.Response:
            return httpx.post(f"{url}/_mock/fork")

        first = fork(server.url).json()["url"]
        assert [fork(url).status_code for url in (first, server.url, first, server.url)] == [201, 201, 409, 409]
        assert fork(first).json() == {"detail": "3 forks run, which is the limit (max_forks); a reset ends them"}
        httpx.post(f"{first}/_mock/reset")
        assert [fork(server.url).status_code for _ in range(2)] == [201, 409]
        httpx.post(f"{server.url}/_mock/reset")
        assert fork(server.url).status_code == 201


def test_a_fork_that_cannot_start_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(24, "Too many open files")

    with MockServer() as server:
        with monkeypatch.context() as patch:
            patch.setattr("mockserver.server.listen", fail)
            answer = httpx.post(f"{server.url}/_mock/fork")
        assert answer.status_code == 409
        assert answer.json()["detail"].startswith("0 forks run, and another one cannot start: ")
        assert httpx.post(f"{server.url}/_mock/fork").status_code == 201


def test_an_app_without_a_server_cannot_be_forked_over_http(start: Start) -> None:
    _, client = start()
    answer = client.call("POST", "/_mock/fork")
    assert (answer.status, answer.json["detail"]) == (
        422,
        "no server runs this mock, so it cannot start another one: use Mock.fork()",
    )


def test_json_is_read_under_any_content_type(start: Start) -> None:
    _, client = start()
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.send("POST", "/_mock/snapshots", [b'{"name": "x"}'], headers=form).status == 201
    assert client.send("POST", "/_mock/snapshots", [b'{"name": "y"}'], headers={}).status == 201
    assert [one["name"] for one in client.call("GET", "/_mock/snapshots").json] == ["x", "y"]


def test_an_unknown_path_is_told_with_the_one_that_was_meant(start: Start) -> None:
    _, client = start()
    assert client.call("POST", "/_mock/resett").json == {
        "detail": "no operation at /_mock/resett; did you mean /_mock/reset?"
    }


def test_its_document_describes_every_operation_and_what_it_answers(start: Start) -> None:
    _, client = start()
    client.call("POST", _S, {"id": "s"})
    client.call("DELETE", f"{_S}/s")
    document = client.call("GET", "/_mock/openapi.json").json
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert ("POST", "/_mock/faults") in described
    assert len(described) > 25
    for path in (
        "/_mock/requests",
        "/_mock/faults",
        "/_mock/fault-kinds",
        "/_mock/scripts",
        "/_mock/clock",
        "/_mock/purges",
        "/_mock/snapshots",
    ):
        answer = client.call("GET", path)
        described_answer = document["paths"][path]["get"]["responses"][str(answer.status)]
        schema = described_answer["content"]["application/json"]["schema"]
        jsonschema_rs.validator_for({**schema, "components": document["components"]}).validate(answer.json)


def test_the_document_has_every_kind_of_fault_with_its_arguments_and_those_of_rules(start: Start) -> None:
    document = start().client.call("GET", "/_mock/openapi.json").json
    described = document["components"]["schemas"]["FaultRule"]["properties"]
    assert described["fault"]["enum"] == list(KINDS)
    for name, kind in KINDS.items():
        assert f"`{name}`: {kind.help}" in described["fault"]["description"]
        for argument in kind.arguments():
            assert name in described[argument.name]["description"]
            assert argument.declared.help in described[argument.name]["description"]
    for name, (declared, _) in RULE_ARGUMENTS.items():
        assert described[name]["description"] == declared.help


def test_the_kinds_of_faults_are_listed_with_arguments_that_add_them(start: Start) -> None:
    mock, client = start()
    listed = client.call("GET", "/_mock/fault-kinds").json
    for kind in listed:
        proposed = {one["name"]: one["proposed"] for one in kind["arguments"] if one["proposed"] is not None}
        assert client.call("POST", "/_mock/faults", {"fault": kind["name"], **proposed}).status == 201
    assert [fault.kind.name for fault in mock.faults] == list(KINDS)
    assert {one["name"]: one["choices"] for one in listed[3]["arguments"]} == {"at": ["start", "head", "body"]}


def test_a_reset_takes_each_option_with_its_help_and_default(start: Start) -> None:
    document = start().client.call("GET", "/_mock/openapi.json").json
    described = document["components"]["schemas"]["Reset"]["properties"]
    assert described.keys() - {"workspace"} == OPTIONS.keys()
    for name, option in OPTIONS.items():
        assert described[name]["description"] == option.help
        assert described[name].get("default") == option.default
    given = {name: option.default for name, option in OPTIONS.items() if option.default is not None}
    assert given == {
        "api_version": "3.0.7",
        "quirks": "none",
        "webhook_secret": "honcho-mockserver",
        "cors": [],
        "notes": True,
        "journal_entries": 1000,
        "journal_bytes": 16777216,
        "max_forks": 32,
    }


def _open_units(client: DirectClient) -> tuple[int, int]:
    status = client.call("GET", "/v3/workspaces/w/queue/status").json
    return status["pending_work_units"], status["in_progress_work_units"]


def test_work_is_begun_and_completed_all_or_so_much_or_where_it_is_named(start: Start) -> None:
    _, client = start()
    for session in ("s", "s", "t"):
        client.call("POST", f"{_S}/{session}/messages", {"messages": [{"content": "x", "peer_id": "bob"}]})
    assert client.call("POST", "/_mock/begin_work", {"units": 1}).json == {"begun": 1}
    assert _open_units(client) == (2, 1)
    assert client.call("POST", "/_mock/work", {"session": "t", "workspace": "w"}).json == {"completed": 1}
    assert client.call("POST", "/_mock/work", {"workspace": "v"}).json == {"completed": 0}
    assert client.call("POST", "/_mock/work").json == {"completed": 2}
    for wrong in ({"units": -1}, {"session": 5}, {"unit": 1}):
        assert client.call("POST", "/_mock/work", wrong).status == 422


def test_deliveries_are_read_asserted_waited_for_and_forgotten() -> None:
    with MockServer() as server, WebhookReceiver().running() as receiver, httpx.Client(base_url=server.url) as client:
        workspace = "/v3/workspaces/w"
        client.post("/v3/workspaces", json={"id": "w"})
        client.post(f"{workspace}/webhooks", json={"url": receiver.url})
        answers: list[httpx.Response] = []
        like = {"event": "test.event", "workspace": "w", "status": 200, "body": {"data": {"workspace_id": "w"}}}

        def wait() -> None:
            asked = {"like": like, "at_least": 1}
            answers.append(httpx.post(f"{server.url}/_mock/deliveries/assert?wait=30", json=asked, timeout=60))

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not server.mock.deliveries._waiting:
            client.get("/health")
        client.get(f"{workspace}/webhooks/test")
        waiting.join(60)
        [found] = answers[0].json()["deliveries"]
        assert (found["url"], found["answer"], found["failure"]) == (receiver.url, {"taken": True}, None)
        listed = client.get("/_mock/deliveries", params={"event": "test.event", "url": receiver.url}).json()
        assert listed == {"deliveries": [found], "total": 1, "dropped": 0, "next": None}
        assert client.get("/_mock/deliveries?workspace=v").json()["deliveries"] == []
        assert client.get("/_mock/deliveries?session=s").status_code == 422
        document = client.get("/_mock/openapi.json").json()
        described = document["paths"]["/_mock/deliveries"]["get"]["responses"]["200"]["content"]["application/json"]
        schema = {**described["schema"], "components": document["components"]}
        jsonschema_rs.validator_for(schema).validate(listed)
        for asked, status in (({"times": 1}, 200), ({}, 200), ({"times": 2}, 409), ({"times": 1, "at_least": 1}, 422)):
            assert client.post("/_mock/deliveries/assert", json=asked).status_code == status
        missed = client.post("/_mock/deliveries/assert", json={"like": {"event": "queue.empty"}}).json()["detail"]
        assert "      event: expected queue.empty, was test.event" in missed
        assert client.delete("/_mock/deliveries?workspace=v").status_code == 204
        assert len(server.mock.deliveries) == 1
        assert client.delete("/_mock/deliveries").status_code == 204
        assert len(server.mock.deliveries) == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "hint"),
    [
        ("POST", "/_mock/reset", {"quirk": "live"}, "did you mean 'quirks'?"),
        ("POST", "/_mock/faults", {"fault": "error", "time": 2}, "did you mean 'times'?"),
        ("POST", "/_mock/requests/assert", {"like": {"sesion": "s"}}, "did you mean 'session'?"),
        ("POST", "/_mock/requests/assert", {"order": [{"sesion": "s"}]}, "did you mean 'session'?"),
        ("POST", "/_mock/deliveries/assert", {"like": {"evnt": "x"}}, "did you mean 'event'?"),
        ("PUT", "/_mock/world", {"workspaces": {"w": {"sesions": []}}}, "did you mean 'sessions'?"),
        ("POST", "/_mock/clock/freeze", {"colour": 1}, "there are at"),
        ("POST", "/_mock/clock/advance", {"second": 1}, "did you mean 'seconds'?"),
    ],
)
def test_an_unknown_name_in_a_body_gets_a_similar_one(
    start: Start, method: str, path: str, body: Any, hint: str
) -> None:
    _, client = start()
    answer = client.call(method, path, body)
    assert answer.status == 422
    assert f"Extra inputs are not permitted; {hint}" in str(answer.json).replace('\\"', '"').replace("\\'", "'")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_mock/reset", {"journal_entries": "5"}),
        ("/_mock/reset", {"purge_after": "1"}),
        ("/_mock/reset", {"purge_after": True}),
        ("/_mock/reset", {"frozen_at": 5}),
        ("/_mock/faults", {"fault": "error", "status": "503"}),
        ("/_mock/faults", {"fault": "error", "must_fire": "no"}),
        ("/_mock/faults", {"fault": "error", "must_fire": 1}),
        ("/_mock/faults", {"fault": "error", "carry_out": "true"}),
        ("/_mock/faults", {"fault": "delay", "seconds": "1"}),
        ("/_mock/requests/assert", {"times": "0"}),
        ("/_mock/requests/assert", {"at_most": 1.0}),
        ("/_mock/requests/assert", {"like": {"status": "404"}}),
        ("/_mock/requests/assert", {"order": []}),
        ("/_mock/deliveries/assert", {"times": "0"}),
        ("/_mock/clock/advance", {"seconds": "1"}),
        ("/_mock/clock/advance", {"seconds": True}),
        ("/_mock/clock/freeze", {"at": 1_700_000_000}),
        ("/_mock/work", {"units": "1"}),
        ("/_mock/purges/fail", {"times": "1"}),
        ("/_mock/token", {"admin": "yes"}),
    ],
)
def test_a_value_of_another_type_in_a_body_is_refused(start: Start, path: str, body: Any) -> None:
    mock, client = start(auth_secret="s")
    before = client.call("GET", "/_mock/clock").json["frozen"]
    assert client.call("POST", path, body).status == 422
    assert (client.call("GET", "/_mock/clock").json["frozen"], len(mock.faults)) == (before, 0)


def test_values_that_json_writes_as_text_are_taken(start: Start) -> None:
    mock, client = start(auth_secret="s")
    freeze = {"at": "2026-03-01T12:00:00Z"}
    assert client.call("POST", "/_mock/clock/freeze", freeze).json["now"] == freeze["at"]
    assert client.call("POST", "/_mock/token", {"admin": True, "expires_at": "2026-03-02T00:00:00"}).status == 201
    assert (
        client.call("POST", "/_mock/reset", {"frozen_at": freeze["at"], "quirks": ["live"], "cors": ["*"]}).status
        == 200
    )
    assert mock.quirks.created_status
    client.call("GET", "/nowhere")
    for status in ("404", "4xx"):
        assert len(client.call("GET", "/_mock/requests", status=status).json["requests"]) == 1
    assert client.call("GET", "/_mock/requests", status="5xx", operation="get_*").json["requests"] == []
    assert client.call("GET", "/_mock/requests", status="x").status == 422
    listed = {"like": {"operation": ["clone_session", "get_*"], "status": "2xx"}, "at_most": 0}
    assert client.call("POST", "/_mock/requests/assert", listed).status == 200
