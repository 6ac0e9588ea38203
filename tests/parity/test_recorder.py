"""What a proxy records agrees with the server, and holds no credentials."""

import json
import stat
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, MockServer, create_app
from mockserver.parity.check import Check
from mockserver.parity.client import Client
from mockserver.parity.matching import ReceivedAnswer
from mockserver.parity.proxy import Proxy
from mockserver.parity.recorder import Recorder
from mockserver.parity.recordings import matching
from mockserver.parity.sent import SentRequest
from support.direct_client import DirectClient
from support.random_steps import StepRunner, first_steps, steps
from support.raw_server import raw_server
from support.running_app import running

_W = "/v3/workspaces/w"


class _RecordingClient(DirectClient):
    """Records the requests that it sends."""

    def __init__(self, mock: Mock, recorder: Recorder) -> None:
        super().__init__(create_app(mock))
        self._recorder = recorder

    def send(self, method: str, path: str, chunks: Any = (b"",), *, query: str = "", **more: Any) -> Any:
        answer = super().send(method, path, chunks, query=query, **more)
        headers = list((more.get("headers") or {}).items())
        request = SentRequest(method, f"{path}?{query}" if query else path, headers, b"".join(chunks))
        self._recorder.record(request, ReceivedAnswer(answer.status, answer.headers, answer.body))
        return answer


def _differences(server: MockServer, *files: Path) -> list[str]:
    with Client(server.url) as client:
        check = Check(client)
        outcomes = [outcome for scenario in matching([], files) for outcome in check.play(scenario)]
    skipped = [outcome.skipped for outcome in outcomes if outcome.skipped is not None]
    return [
        f"{difference} of {outcome.step['request']}" for outcome in outcomes for difference in outcome.differences
    ] + skipped


# Steps that no client can take, or that change the time.
_OTHER_WAYS = ("purge", "fail", "freeze", "advance", "resume", "work", "begin", "summarize")


@given(st.lists(steps.filter(lambda step: step[0] not in _OTHER_WAYS), max_size=12))
def test_a_recording_of_a_random_walk_agrees_with_the_same_server(
    tmp_path_factory: pytest.TempPathFactory, running_live_server: MockServer, walk: list[tuple[Any, ...]]
) -> None:
    file = tmp_path_factory.mktemp("recorded") / "walk.jsonl"
    runner = StepRunner(Mock(quirks="live", purge_after=None, work_after=None))
    with Recorder(file, "a random walk") as recorder:
        runner.client = _RecordingClient(runner.mock, recorder)
        for step in [*(step for step in first_steps if step[0] not in _OTHER_WAYS), *walk]:
            runner.run([step])
    running_live_server.mock.reset()
    assert _differences(running_live_server, file) == []


@pytest.fixture
def recorded(server: MockServer, tmp_path: Path) -> Iterator[tuple[httpx.Client, Path]]:
    """A client of a proxy that records, and the file."""
    file = tmp_path / "recording.jsonl"
    with Recorder(file, "a test") as recorder:
        proxy = Proxy(lambda: Client(server.url), recorder.record)
        with running(proxy) as url, httpx.Client(base_url=url) as client:
            yield client, file
        proxy.close()


def _steps(file: Path) -> Any:
    [line] = file.read_text(encoding="utf-8").splitlines()
    return json.loads(line)["steps"]


def test_a_proxy_gives_the_answer_of_the_server(recorded: tuple[httpx.Client, Path], client: httpx.Client) -> None:
    through, file = recorded
    session = through.post(f"{_W}/sessions", json={"id": "s"}, params={"a": "b c"})
    direct = client.post(f"{_W}/sessions", json={"id": "s"})
    assert (session.json(), session.headers["content-type"]) == (direct.json(), direct.headers["content-type"])
    assert through.get("/nowhere").status_code == 404
    assert through.head("/health").headers == client.head("/health").headers
    assert [(step["request"]["path"], step["response"]["status"]) for step in _steps(file)] == [
        (f"{_W}/sessions", 200),
        ("/nowhere", 404),
        ("/health", 405),
    ]


def test_a_redirect_leads_to_the_proxy(recorded: tuple[httpx.Client, Path]) -> None:
    through, file = recorded
    answer = through.post(f"{_W}/sessions/", json={"id": "s"})
    assert answer.headers["location"] == f"{str(through.base_url).rstrip('/')}{_W}/sessions"
    assert _steps(file)[0]["response"]["headers"]["location"] == f"{_W}/sessions"


def test_a_stream_comes_in_pieces_and_is_recorded_by_its_shape(
    recorded: tuple[httpx.Client, Path], server: MockServer
) -> None:
    through, file = recorded
    through.post(f"{_W}/peers", json={"id": "bob"})
    server.mock.scripts.add("chat", ["Blue and green."])
    with through.stream("POST", f"{_W}/peers/bob/chat", json={"query": "x", "stream": True}) as answer:
        pieces = list(answer.iter_lines())
    assert len([piece for piece in pieces if piece]) > 1
    assert _steps(file)[-1]["response"]["text"] == "<sse>"


@pytest.mark.parametrize("content", [b"Hello", b"\xff\xfe\x00"], ids=["text", "bytes"])
def test_an_upload_is_recorded_so_that_it_can_be_repeated(
    recorded: tuple[httpx.Client, Path], server: MockServer, content: bytes
) -> None:
    through, file = recorded
    files = {"file": ("a.txt", content, "text/plain")}
    sent = through.post(f"{_W}/sessions/s/messages/upload", data={"peer_id": "bob"}, files=files)
    server.mock.reset()
    assert _differences(server, file) == []
    assert ("base64" in _steps(file)[0]["request"], sent.status_code) == (content != b"Hello", 201)


def test_generated_ids_and_times_become_placeholders(recorded: tuple[httpx.Client, Path]) -> None:
    through, file = recorded
    chosen = "a" * 21
    batch = {"messages": [{"content": "hi", "peer_id": chosen, "created_at": "2026-01-01T00:00:00Z"}]}
    [message] = through.post(f"{_W}/sessions/s/messages", json=batch).json()
    through.get(f"{_W}/sessions/s/messages/{message['id']}")
    through.post(f"{_W}/sessions/s/clone", params={"message_id": message["id"]})
    first, second, third = _steps(file)
    assert (
        first["response"]["json"][0] | {"id": "<id:1>", "peer_id": chosen, "created_at": "2026-01-01T00:00:00Z"}
        == (first["response"]["json"][0])
    )
    assert second["request"]["path"] == f"{_W}/sessions/s/messages/<id:1>"
    assert third["request"]["query"] == {"message_id": "<id:1>"}
    assert third["response"]["json"]["id"] == "<id:2>"


def test_invalid_json_is_recorded_with_its_type(recorded: tuple[httpx.Client, Path], server: MockServer) -> None:
    through, file = recorded
    through.post(f"{_W}/sessions", content=b"{bad", headers={"content-type": "application/json"})
    server.mock.reset()
    assert _differences(server, file) == []


_secrets = st.text("abcdefgh0123456789", min_size=8, max_size=30)


@given(_secrets, st.sampled_from(["Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization"]), st.booleans())
def test_no_credential_reaches_the_file(
    tmp_path_factory: pytest.TempPathFactory, secret: str, header: str, in_body: bool
) -> None:
    file = tmp_path_factory.mktemp("recorded") / "r.jsonl"
    body = json.dumps({"url": f"https://user:{secret}@host/", "token": secret if in_body else ""}).encode()
    headers = [(header.lower(), f"Bearer {secret}"), ("content-type", "application/json")]
    answer = ReceivedAnswer(200, {"content-type": "application/json"}, json.dumps({"seen": secret}).encode())
    with Recorder(file, "secrets") as recorder:
        recorder.record(SentRequest("POST", f"{_W}/webhooks?key={secret}", headers, body), answer)
    assert secret not in file.read_text()
    assert len(_steps(file)) == 1


def test_parts_of_credentials_do_not_reach_the_file(tmp_path: Path) -> None:
    keys = [
        ("authorization", "Bearer abcdefgh12"),
        ("x-api-key", "abcdefgh12.TAIL"),
        ("cookie", "a=short; b=cookievalue1"),
    ]
    seen = b"\xff abcdefgh12 cookievalue1"
    with Recorder(tmp_path / "r.jsonl", "keys") as recorder:
        recorder.record(
            SentRequest("POST", "/x/abcdefgh12.TAIL/cookievalue1", keys, seen), ReceivedAnswer(404, {}, b"")
        )
        recorder.record(SentRequest("GET", "/y?key=short", [], b""), ReceivedAnswer(404, {}, b""))
    [first, second] = _steps(tmp_path / "r.jsonl")
    assert first["request"]["path"] == "/x/masked/masked"
    assert b64decode(first["request"]["base64"]) == b"\xff masked masked"
    assert second["request"]["query"] == {"key": "masked"}


def test_workspaces_of_others_are_not_compared(tmp_path: Path) -> None:
    page = json.dumps({"items": [{"id": "w"}], "total": 3, "page": 1, "size": 1, "pages": 3}).encode()
    answer = ReceivedAnswer(200, {"content-type": "application/json"}, page)
    with Recorder(tmp_path / "r.jsonl", "lists") as recorder:
        recorder.record(SentRequest("GET", "/health", [], b""), ReceivedAnswer(404, {}, b""))
        recorder.record(SentRequest("GET", f"{_W}/peers", [], b""), ReceivedAnswer(404, {}, b""))
        recorder.record(SentRequest("POST", "/v3/workspaces/list", [], b""), answer)
    assert _steps(tmp_path / "r.jsonl")[-1]["response"]["json"] == "<any>"


def test_a_key_that_the_server_made_does_not_reach_the_file(tmp_path: Path) -> None:
    answer = ReceivedAnswer(200, {"content-type": "application/json"}, b'{"key": "made-by-the-server"}')
    with Recorder(tmp_path / "r.jsonl", "keys") as recorder:
        recorder.record(SentRequest("POST", "/v3/keys?workspace_id=w", [], b""), answer)
        recorder.record(SentRequest("GET", "/x?token=made-by-the-server", [], b""), ReceivedAnswer(404, {}, b""))
    assert "made-by-the-server" not in (tmp_path / "r.jsonl").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text("x")
    file.chmod(0o644)
    with pytest.raises(FileExistsError):
        Recorder(file, "a test")
    with Recorder(file, "a test", overwrite=True):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@given(st.lists(st.text(max_size=5), max_size=4))
def test_the_file_is_complete_after_each_step(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    file = tmp_path_factory.mktemp("recorded") / "r.jsonl"
    with Recorder(file, "a test") as recorder:
        assert _steps(file) == []
        for number, text in enumerate(texts, 1):
            body = json.dumps({"content": text}).encode()
            request = SentRequest("POST", f"{_W}/x", [("content-type", "application/json")], body)
            recorder.record(request, ReceivedAnswer(404, {}, b""))
            assert (len(_steps(file)), _steps(file)[-1]["request"]["json"]) == (number, {"content": text})


def test_a_server_that_does_not_answer_is_a_502_with_the_reason(tmp_path: Path) -> None:
    with Recorder(tmp_path / "r.jsonl", "a test") as recorder:
        with running(Proxy(lambda: Client("http://127.0.0.1:9"), recorder.record)) as url:
            answer = httpx.get(f"{url}/health")
        assert (answer.status_code, recorder.steps) == (502, 0)
    assert answer.json()["detail"].startswith("127.0.0.1 does not answer: ")


def test_an_answer_that_breaks_off_is_a_502(tmp_path: Path) -> None:
    broken = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"
    with Recorder(tmp_path / "r.jsonl", "a test") as recorder, raw_server(broken) as (server_url, _):
        with running(Proxy(lambda: Client(server_url), recorder.record)) as url:
            answer = httpx.post(f"{url}/health", json={})
        assert (answer.status_code, recorder.steps) == (502, 0)
