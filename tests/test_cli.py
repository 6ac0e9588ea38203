"""The command line: the URL on the first line, one line for what is wrong, a clean end."""

import hmac
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from mockserver import MockServer
from mockserver.api.contract import contract_of
from mockserver.asgi import OPERATIONS
from mockserver.cli import _parser, main
from support.curl_command import run_curl
from support.raw_server import raw_server
from support.waiting import wait_until
from support.webhook_receiver import WebhookReceiver

_PROGRAM = [sys.executable, "-m", "mockserver"]


@contextmanager
def _running(*arguments: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    with subprocess.Popen(
        [*_PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=60)


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that cannot start, in this process: the line on stderr."""

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        out, err = capsys.readouterr()
        assert (end.value.code, out) == (2, "")
        [line] = err.splitlines()
        return str(line)

    return run


@pytest.mark.process
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_its_url_answers_and_ends_cleanly(ending: signal.Signals) -> None:
    with _running("serve", "--port", "0") as (url, process):
        assert httpx.post(f"{url}/v3/workspaces/w/sessions", json={"id": "s"}).status_code == 200
        process.send_signal(ending)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0 if ending is signal.SIGINT else -signal.SIGTERM, "")
    assert err == f"on uvicorn with uvloop and httptools\nthe page is at {url}/_mock/\n"


@pytest.mark.process
def test_serve_says_which_extras_would_make_it_quicker_and_exact() -> None:
    program = (
        "import sys; sys.modules['httptools'] = None\n"
        "from mockserver import cli; cli.is_tokenizer_installed = lambda: False\n"
        "cli.main(['serve', '--port', '0'])"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    assert lines == [
        "on uvicorn with uvloop and h11\n",
        'A faster server needs the extra fast: pip install "honcho-mockserver[fast]"\n',
        'An exact token_count needs the extra tokens: pip install "honcho-mockserver[tokens]"\n',
    ]


_ENDED_WITH_ITS_FIRST_WORD = """
import builtins, os, signal
say = builtins.print

def print_and_end(*words, **how):
    say(*words, **how)
    os.kill(os.getpid(), signal.SIGINT)

builtins.print = print_and_end
from mockserver.cli import main
main(["serve", "--port", "0"])
"""


@pytest.mark.process
def test_it_can_be_ended_as_soon_as_it_says_its_url() -> None:
    """The signal comes with the very line: whoever has read it may send one."""
    done = subprocess.run(
        [sys.executable, "-c", _ENDED_WITH_ITS_FIRST_WORD], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout[:7], done.returncode) == ("http://", 0)
    assert done.stderr.splitlines()[:1] in ([], ["on uvicorn with uvloop and httptools"])


@pytest.mark.process
def test_serve_takes_a_world_quirks_and_a_purge_time(tmp_path: Path) -> None:
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"workspaces": {"w": {"sessions": [{"id": "s"}]}}}), encoding="utf-8")
    with _running("serve", "--port", "0", "--world", str(world), "--quirks", "live", "--purge-after", "0") as (url, _):
        assert httpx.delete(f"{url}/v3/workspaces/w/sessions/s").status_code == 202
        assert httpx.post(f"{url}/v3/workspaces/w/sessions", json={"id": "s"}).status_code == 201


@pytest.mark.parametrize(
    ("arguments", "wait"),
    [
        (["serve"], 2.0),
        (["demo"], 12.0),
        (["serve", "--purge-after", "none"], None),
        (["demo", "--purge-after", "1.5"], 1.5),
    ],
)
def test_purges_and_work_wait_for_two_seconds_in_a_demo_for_twelve_or_as_is_said(
    arguments: list[str], wait: float | None
) -> None:
    assert _parser().parse_args(arguments).purge_after == wait
    of_work = [argument.replace("purge", "work") for argument in arguments]
    assert _parser().parse_args(of_work).work_after == wait


@pytest.mark.process
def test_work_is_done_by_itself_and_told_under_the_secret_that_is_given() -> None:
    """Whoever does not answer keeps the server from nothing, its end included."""
    with WebhookReceiver().running() as receiver, raw_server(hangs=True) as (slow, _):
        with _running("serve", "--port", "0", "--work-after", "0", "--webhook-secret", "mine") as (url, _):
            workspace = f"{url}/v3/workspaces/w"
            httpx.post(f"{url}/v3/workspaces", json={"id": "w"})
            for endpoint in (slow, receiver.url):
                httpx.post(f"{workspace}/webhooks", json={"url": endpoint})
            said = {"messages": [{"content": "x", "peer_id": "bob"}]}
            httpx.post(f"{workspace}/sessions/s/messages", json=said)
            assert httpx.get(f"{workspace}/queue/status").json()["completed_work_units"] == 1
            asked = {"like": {"url": receiver.url}, "at_least": 1}
            assert httpx.post(f"{url}/_mock/deliveries/assert?wait=30", json=asked, timeout=60).status_code == 200
        [received] = receiver.received
        signature = hmac.new(b"mine", received.body, "sha256").hexdigest()
        assert received.headers["x-honcho-signature"] == signature


@pytest.mark.process
def test_a_seed_and_the_bounds_of_the_journal_are_options() -> None:
    with _running("serve", "--port", "0", "--seed", "x", "--journal-entries", "2") as (url, _):
        made = [httpx.post(f"{url}/v3/workspaces", json={"id": id_}).json() for id_ in ("v", "w", "x")]
        assert all(row["created_at"].startswith("2026-01-01T00:00:00.") for row in made)
        journal = httpx.get(f"{url}/_mock/requests").json()
        assert ([entry["number"] for entry in journal["requests"]], journal["dropped"]) == ([2, 3], 1)


@pytest.mark.process
def test_a_purge_that_waits_until_asked_for_does() -> None:
    with _running("serve", "--port", "0", "--purge-after", "none") as (url, _):
        httpx.post(f"{url}/v3/workspaces/w/sessions", json={"id": "s"})
        httpx.delete(f"{url}/v3/workspaces/w/sessions/s")
        assert httpx.post(f"{url}/v3/workspaces/w/sessions", json={"id": "s"}).status_code == 404
        assert httpx.post(f"{url}/_mock/purge").json() == {"purged": 1}


@pytest.mark.process
def test_demo_serves_the_demo_world_and_prints_commands_that_work() -> None:
    with _running("demo", "--port", "0", "--paused") as (url, process):
        assert process.stdout is not None
        assert process.stdout.readline().startswith(
            f"A scripted conversation is paused; the page or POST {url}/_mock/play/resume starts it"
        )
        lines = iter(process.stdout.readline, "")
        commands = []
        for line in lines:
            if line.startswith("  curl"):
                commands.append(
                    line.strip() if not line.rstrip().endswith("\\") else line.rstrip(" \\\n") + next(lines)
                )
            if "Ctrl-C" in line:
                break
        listed = httpx.post(f"{url}/v3/workspaces/demo/sessions/list").json()
        assert [session["id"] for session in listed["items"]] == ["algebra", "spanish", "planning"]
        assert len(commands) == 7
        for command in commands:
            assert run_curl(command).is_success, command


@pytest.mark.process
def test_a_demo_plays_by_itself_unless_it_is_paused() -> None:
    with _running("demo", "--port", "0") as (url, _):
        asked = {"like": {"session": "supper", "status": 201}, "at_least": 1}
        assert httpx.post(f"{url}/_mock/requests/assert?wait=30", json=asked, timeout=60).status_code == 200
        assert httpx.get(f"{url}/_mock/play").json()["paused"] is False
    with _running("demo", "--port", "0", "--paused", "--auth-secret", "secret") as (url, _):
        assert httpx.get(f"{url}/_mock/requests").json()["requests"] == []
        httpx.post(f"{url}/_mock/play/resume")
        assert httpx.post(f"{url}/_mock/requests/assert?wait=30", json=asked, timeout=60).status_code == 200


@pytest.mark.process
def test_it_opens_the_page_in_the_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, asked = tmp_path / "browser", tmp_path / "asked"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {asked}.new && mv {asked}.new {asked}\n', encoding="utf-8")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with _running("serve", "--port", "0", "--host", "0.0.0.0", "--open") as (url, _):  # noqa: S104 - to all, for a moment
        wait_until(asked.exists)
    assert asked.read_text(encoding="utf-8") == url.replace("0.0.0.0", "127.0.0.1") + "/_mock/"  # noqa: S104


@pytest.mark.process
def test_where_there_is_no_browser_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with _running("serve", "--port", "0", "--open") as (_, process):
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(3)]
    assert told[2] == "cannot open the page: no browser found\n"


@pytest.mark.process
def test_page_and_control_plane_can_be_left_out() -> None:
    with _running("serve", "--port", "0", "--no-page") as (url, process):
        assert [httpx.get(f"{url}/_mock/{path}").status_code for path in ("", "clock")] == [404, 200]
    with _running("demo", "--port", "0", "--no-control") as (url, process):
        assert process.stdout is not None
        told = [process.stdout.readline()]
        while "Ctrl-C" not in told[-1]:
            told.append(process.stdout.readline())
        assert "/_mock/" not in "".join(told)
        assert [httpx.get(f"{url}/_mock/{path}").status_code for path in ("", "clock")] == [404, 404]


@pytest.mark.parametrize("option", ["--no-page", "--no-control"])
def test_without_the_page_there_is_nothing_to_open(option: str, refused: Callable[..., str]) -> None:
    line = refused("serve", "--port", "0", option, "--open")
    assert line.endswith("--open needs the page")


def test_without_the_control_plane_nothing_can_be_paused(refused: Callable[..., str]) -> None:
    assert "--paused needs the control plane" in refused("demo", "--port", "0", "--no-control", "--paused")


@pytest.mark.process
def test_the_version_is_told() -> None:
    done = subprocess.run([*_PROGRAM, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"honcho-mockserver {version('honcho-mockserver')}\n"


@pytest.mark.process
def test_an_access_log_goes_to_stderr() -> None:
    with _running("serve", "--port", "0", "--log-level", "info") as (url, process):
        httpx.get(f"{url}/health")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (out, "GET /health" in err) == ("", True)


@pytest.mark.process
def test_it_answers_while_all_is_logged() -> None:
    with _running("serve", "--port", "0", "--log-level", "trace") as (url, process):
        assert httpx.post(f"{url}/v3/workspaces/w/sessions", json={"id": "s"}).status_code == 200
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err


def test_a_taken_port_is_one_line(refused: Callable[..., str]) -> None:
    with MockServer() as server:
        port = server.url.rsplit(":", 1)[1]
        refusal = refused("serve", "--port", port)
        assert f"cannot listen on 127.0.0.1:{port}: " in refusal
        assert refusal.endswith("; use --port 0 to pick a free port")


def test_a_wrong_world_is_one_line_with_its_place(tmp_path: Path, refused: Callable[..., str]) -> None:
    world = tmp_path / "world.json"
    world.write_text(
        '{"workspaces": {"demo": {"sessions": [{}, {}, {"id": "bad id"}], "peers": [{}]}}}', encoding="utf-8"
    )
    line = refused("serve", "--world", str(world))
    assert f"error: {world}: workspaces.demo.peers[0].id: Field required (and 1 more)" in line
    world.write_text('{"workspaces": {"w": {"a\\nb": 1}}}', encoding="utf-8")
    assert (
        refused("serve", "--world", str(world))
        .partition("; there are conclusions, configuration, ")[0]
        .endswith("workspaces.w.a\\nb: Extra inputs are not permitted")
    )
    assert "missing.json: No such file" in refused("serve", "--world", str(tmp_path / "missing.json"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["serve", "--quirks", "lively"], "unknown quirk 'lively'; known: none, live, created_status"),
        (["serve", "--port", "70000"], "argument --port: not a port from 0 to 65535: '70000'"),
        (["serve", "--port", "x"], "argument --port: not a port from 0 to 65535: 'x'"),
        (["serve", "--purge-after", "-1"], "argument --purge-after: must be a number of seconds"),
        (["serve", "--purge-after", "soon"], "argument --purge-after: must be a number of seconds"),
        (["serve", "--journal-entries", "-1"], "argument --journal-entries: not an integer of at least 0: '-1'"),
        (["serve", "--journal-bytes", "1e3"], "argument --journal-bytes: not an integer of at least 0: '1e3'"),
        (["serve", "--host", "256.1.1.1"], "cannot listen on 256.1.1.1:8000: "),
        (["serve", "--port", "9" * 5000], "argument --port: not a port from 0 to 65535: "),
        (["serve", "--host", ""], "honcho-mockserver serve: error: the host must be a name or an address, not ''"),
        (["demo", "--allow-host", "http://x"], "--allow-host: the name must be a host name without scheme and port, "),
        (["serve", "--allow-host", "y:80"], "such as example.com: 'y:80'; did you mean 'y'?"),
        (
            ["serve", "--log-level", "loud"],
            "serve: error: argument --log-level: there is no 'loud'; there are critical, error, warning, info, debug",
        ),
        (["serve", "--log-level", "inof"], "there is no 'inof'; did you mean info?"),
        (
            ["sing"],
            "error: there is no 'sing'; there are serve, demo, compare, check, record, healthcheck, contract, versions",
        ),
        (["serv"], "error: there is no 'serv'; did you mean serve?"),
        (["serve", "--prot", "0"], "serve: error: unknown option --prot; did you mean --port?"),
        (
            ["serve", "--quirk=live", "--purge-aftr=2"],
            "serve: error: unknown option --purge-aftr; did you mean --purge-after?",
        ),
        (["check", "http://127.0.0.1:1", "--colour"], "check: error: unknown option --colour; --help lists all"),
        (["--verison"], "honcho-mockserver: error: unknown option --verison; did you mean --version?"),
        (["healthcheck", "localhost:8000"], "not a URL that begins with http:// or https://: 'localhost:8000'"),
        (["healthcheck", "--wait", "long"], "argument --wait: must be a number of seconds, at least 0: 'long'"),
        (["demo", "world.json"], "demo: error: unexpected argument: 'world.json'"),
    ],
)
def test_a_command_that_makes_no_sense_is_one_line(
    arguments: list[str], complaint: str, refused: Callable[..., str]
) -> None:
    assert complaint in refused(*arguments)


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The standard output of a command that ends well, in this process."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, err = capsys.readouterr()
    assert (end.value.code, err) == (0, "")
    return str(out)


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert _printed(capsys) == _printed(capsys, "--help")


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_the_examples_in_the_help_are_understood(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"^  honcho-mockserver (.*?)(?:   |$)", _printed(capsys, command, "--help"), re.MULTILINE)
    assert len(examples) > 1
    assert [_parser().read(example.split()).command for example in examples] == [command] * len(examples)


@pytest.mark.process
def test_serve_takes_options_from_the_environment_and_flags_override_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = tmp_path / "world.json"
    world.write_text(json.dumps({"workspaces": {"w": {"sessions": [{"id": "s"}]}}}), encoding="utf-8")
    monkeypatch.setenv("HONCHO_MOCK_WORLD", str(world))
    monkeypatch.setenv("HONCHO_MOCK_QUIRKS", "live")
    monkeypatch.setenv("HONCHO_MOCK_SEED", "1")
    monkeypatch.setenv("HONCHO_MOCK_FROZEN_AT", "2026-03-01T12:00:00Z")
    with _running("serve", "--port", "0", "--quirks", "none") as (url, _):
        sessions = f"{url}/v3/workspaces/w/sessions"
        assert httpx.post(f"{sessions}/list").json()["total"] == 1
        made = httpx.post(sessions, json={"id": "t"})
        assert (made.status_code, made.json()["created_at"]) == (200, "2026-03-01T12:00:00Z")


def test_a_wrong_variable_is_one_line_for_servers_only(
    refused: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HONCHO_MOCK_QUIRKS", "lively")
    assert "error: HONCHO_MOCK_QUIRKS: unknown quirk 'lively'" in refused("serve")
    assert "3.0.6" in _printed(capsys, "versions")


def _health(*arguments: str) -> object:
    """The exit code of a health check, in this process."""
    with pytest.raises(SystemExit) as end:
        main(["healthcheck", *arguments])
    return end.value.code


@pytest.mark.parametrize("version", ["3.0.3", "3.0.7", "latest"])
def test_a_server_that_answers_is_healthy(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    with MockServer(api_version=version) as server:
        assert _health(server.url) == 0
        assert tuple(capsys.readouterr()) == ("", "")
        server.mock.faults.error(503)
        assert _health(server.url, "--wait", "0.2") == 1
        assert tuple(capsys.readouterr()) == ("", f"{server.url} answers 503 to GET /health\n")
    assert _health(server.url) == 1
    assert capsys.readouterr().err.startswith(f"{server.url} does not answer: ")


def test_a_health_check_waits_for_a_server_that_is_about_to_answer() -> None:
    with MockServer() as server:
        server.mock.faults.error(503, times=2)
        assert _health(server.url, "--wait", "60") == 0
        server.mock.requests.assert_called(path="/health", times=3)


def test_contract_prints_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, is_on in ([], False), (["--auth"], True):
        with pytest.raises(SystemExit) as end:
            main(["contract", *arguments])
        out, err = capsys.readouterr()
        assert (end.value.code, err) == (0, "")
        assert json.loads(out) == contract_of(OPERATIONS, authenticated=is_on)


def test_contract_writes_the_document_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], refused: Callable[..., str]
) -> None:
    file = tmp_path / "contract.json"
    with pytest.raises(SystemExit) as end:
        main(["contract", "--output", str(file)])
    assert (end.value.code, *capsys.readouterr()) == (0, "", "")
    assert json.loads(file.read_text(encoding="utf-8")) == contract_of(OPERATIONS, authenticated=False)
    line = refused("contract", "--output", str(tmp_path))
    assert line == f"honcho-mockserver contract: error: cannot write {tmp_path}: Is a directory"


@pytest.mark.process
@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_serve_runs_with_closed_standard_streams(closed: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = f"exec {sys.executable} -m mockserver serve --port {port} {closed}"
    with subprocess.Popen(["/bin/sh", "-c", command], stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: process.poll() is not None or _answers(port))
            assert process.poll() is None
        finally:
            process.terminate()
            _, err = process.communicate(timeout=60)
    assert "Traceback" not in err


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.process
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["serve", "--port", "0"], ["versions"]])
def test_an_output_that_is_full_is_reported_in_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*_PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    message = f"honcho-mockserver {arguments[0]}: error: cannot write to standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, message)


@pytest.mark.process
def test_serve_stops_when_its_standard_input_ends() -> None:
    command = [*_PROGRAM, "serve", "--port", "0", "--exit-on-stdin-close"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        process.stdin.write("ignored\n")
        process.stdin.flush()
        assert httpx.get(f"{url}/health").status_code == 200
        process.stdin.close()
        assert process.wait(timeout=60) == 0
