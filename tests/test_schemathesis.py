"""schemathesis drives the operations: the published four with its command line, and in sequences all of them.

`deep/test_stock_schemathesis.py` drives all of them with the command line, at length, and
`deep/test_documents_of_versions.py` those that other versions describe in another way.
"""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import settings

from mockserver import Mock, MockServer
from support.direct_client import DirectClient
from support.examples import examples

pytest.importorskip("schemathesis", reason="schemathesis needs pytest 8.4, newer than the lowest")
from click.testing import CliRunner
from schemathesis.cli import schemathesis as command_line

from support.schemathesis_runs import (
    CONTRACT,
    SERVED,
    SETTINGS,
    Json,
    Run,
    schema_of,
)

pytestmark = pytest.mark.usefixtures("pdf_read_in_process")

_W = "/v3/workspaces/w"
_SUMMARY_FIELDS = ("messages_per_short_summary", "messages_per_long_summary")


def test_the_command_line_finds_no_failure(server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("contract.json").write_text(json.dumps(CONTRACT.document), encoding="utf-8")
    # The phase of coverage takes longer than all others; the deep run has it.
    brief = ["--phases", "examples,fuzzing,stateful", "--max-examples", "5", "--seed", "777"]
    run = CliRunner().invoke(command_line, ["run", "contract.json", "--url", server.url, "--checks", "all", *brief])
    assert (run.exit_code, "5 selected / 5 total" in run.output) == (0, True), run.output


@pytest.mark.parametrize("run", [SERVED, CONTRACT], ids=lambda run: run.name)
def test_in_sequences_of_calls(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    mock: Mock = run.app.state.mock

    class Machine(schema_of(run).as_state_machine()):  # type: ignore[misc]  # made at run time
        def setup(self) -> None:
            mock.reset()
            mock.clock.freeze(datetime(2026, 1, 1, tzinfo=UTC))

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            sequences.validate(case, response, recorder=self.recorder)

    sequences = replace(run, name=f"{run.name}, in sequences", cases=Counter())
    Machine.run(settings=settings(SETTINGS, max_examples=examples(15, brief=2), stateful_step_count=10))
    with capsys.disabled():
        print(f"\n{sequences.report()}")  # noqa: T201 - figures of the run
    assert sequences.cases.total() > 0


def test_reads_below_a_deleted_session_answer_until_the_purge(client: httpx.Client, server: MockServer) -> None:
    said = client.post(f"{_W}/sessions/s/messages", json={"messages": [{"content": "hi", "peer_id": "bob"}]}).json()
    client.delete(f"{_W}/sessions/s")

    def totals() -> list[int]:
        read = [client.post(f"{_W}/sessions/s/messages/list"), client.get(f"{_W}/sessions/s/peers")]
        return [answer.json()["total"] for answer in read]

    client.delete(_W)
    single = [f"{_W}/sessions/s/messages/{said[0]['id']}", f"{_W}/peers/bob/card"]
    assert (totals(), [client.get(path).status_code for path in single]) == ([1, 1], [200, 200])
    server.mock.purge()
    assert (totals(), [client.get(path).status_code for path in single]) == ([0, 0], [404, 404])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sessions/list", {"filters": {"bogus": 1}}),
        ("/sessions", {"id": "s", "peers": {"bad id": {}}}),
        ("/sessions", {"id": "s", "metadata": {"1": {"2": {"3": {"4": {"5": {}}}}}}}),
        ("/sessions", {"id": "s", "configuration": {"summary": dict.fromkeys(_SUMMARY_FIELDS, 30)}}),
        ("/sessions/s/messages", {"messages": [{"content": "<|endoftext|>", "peer_id": "bob"}]}),
        (
            "/sessions/s/messages",
            {"messages": [{"content": "", "peer_id": "bob", "created_at": "0001-01-01T00:00:00+01:00"}]},
        ),
    ],
)
def test_rules_that_the_schema_cannot_say_are_kept(client: httpx.Client, path: str, body: Json) -> None:
    assert client.post(_W + path, json=body).status_code == 422
    assert client.post(f"{_W}/sessions/list").json()["total"] == 0


@pytest.mark.parametrize(
    ("method", "detail"), [("POST", "Session not found"), ("PUT", "Failed to set peers for session")]
)
def test_a_session_is_404_to_peers_under_malformed_ids(client: httpx.Client, method: str, detail: str) -> None:
    client.post(f"{_W}/sessions", json={"id": "s"})
    answer = client.request(method, f"{_W}/sessions/s/peers", json={"bad id": {}})
    assert (answer.status_code, answer.json()) == (404, {"detail": detail})
    assert client.post(f"{_W}/peers/list").json()["total"] == 0


def test_a_conclusion_names_peers_and_sessions_that_are_there(client: httpx.Client) -> None:
    client.post(f"{_W}/peers", json={"id": "bob"})
    told = {"content": "x", "observer_id": "bob", "observed_id": "bob"}
    answers = [
        client.post(f"{_W}/conclusions", json={"conclusions": [{**told, **more}]})
        for more in ({}, {"session_id": "none"}, {"observed_id": "none"})
    ]
    assert [answer.status_code for answer in answers] == [201, 404, 404]


def test_a_question_names_peers_and_sessions_that_are_there(client: httpx.Client) -> None:
    answers = [
        client.post(f"{_W}/peers/bob/chat", json={"query": "x", **more})
        for more in ({}, {"session_id": "none"}, {"target": "none"})
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 404]


def test_a_form_with_more_fields_is_valid(client: httpx.Client) -> None:
    form = {"peer_id": "bob", "then": "{}"}
    answer = client.post(f"{_W}/sessions/s/messages/upload", data=form, files={"file": ("file", b"Hi", "text/plain")})
    assert (answer.status_code, [one["content"] for one in answer.json()]) == (201, ["Hi"])


def test_a_key_is_for_something() -> None:
    direct = DirectClient(SERVED.app)
    for query, status in (("", 422), ("peer_id=", 422), ("peer_id=bob", 200), ("peer_id=&session_id=s", 200)):
        assert direct.send("POST", "/v3/keys", query=query).status == status
