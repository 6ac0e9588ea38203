"""The command `record`, and `check --recordings` with its file."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mockserver import MockServer

pytestmark = pytest.mark.process

_PROGRAM = [sys.executable, "-m", "mockserver"]
_W = "/v3/workspaces/w"


@contextmanager
def _recording(*arguments: str) -> Iterator[str]:
    """The URL of `record`. Ctrl-C ends it."""
    command = [*_PROGRAM, "record", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors.splitlines()[-1:]) == (0, [f"3 requests in {arguments[-1]}"])


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*_PROGRAM, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_a_recorded_file_can_be_checked(server: MockServer, tmp_path: Path) -> None:
    server.mock.reset(quirks="live")
    file = str(tmp_path / "r.jsonl")
    with _recording("--upstream", server.url, "--output", file) as url, httpx.Client(base_url=url) as client:
        client.post(f"{_W}/sessions", json={"id": "s"})
        client.post(f"{_W}/sessions/s/messages", json={"messages": [{"content": "hi", "peer_id": "bob"}]})
        client.post(f"{_W}/sessions/s/clone")
    checked = _run("check", server.url, "--recordings", file)
    assert (checked.returncode, checked.stdout) == (0, "3 of 3 steps agree, 0 differ, 0 skipped\n")
    server.mock.reset()
    checked = _run("check", server.url, "--recordings", str(tmp_path))
    assert "status" in checked.stdout
    assert checked.returncode == 1
    refused = _run("record", "--upstream", server.url, "--output", file)
    assert (refused.returncode, refused.stderr) == (
        2,
        f"honcho-mockserver record: error: {file} exists; --force overwrites it\n",
    )


def test_a_recording_stops_with_a_complete_file_when_its_standard_input_ends(
    server: MockServer, tmp_path: Path
) -> None:
    file = tmp_path / "r.jsonl"
    command = [*_PROGRAM, "record", "--port", "0", "--upstream", server.url, "--output", str(file)]
    with subprocess.Popen(
        [*command, "--exit-on-stdin-close"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert httpx.get(f"{process.stdout.readline().strip()}/health").status_code == 200
        _, errors = process.communicate(timeout=60)  # It closes standard input.
    assert (process.returncode, errors) == (0, f"1 request in {file}\n")
    assert len(json.loads(file.read_text(encoding="utf-8"))["steps"]) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--upstream", "localhost:8000"],
            "--upstream: not a URL that begins with http:// or https://: 'localhost:8000'",
        ),
        (["--upstream", "http://api.invalid"], "nothing was done; --yes continues without asking"),
        (
            ["--upstream", "http://127.0.0.1:1", "--output", "/none/r"],
            "cannot write /none/r: No such file or directory",
        ),
    ],
)
def test_a_recording_that_cannot_start_is_one_line(arguments: list[str], complaint: str) -> None:
    done = _run("record", *arguments)
    assert done.returncode == 2
    assert done.stderr.endswith(f"error: {complaint}\n")
    assert not Path("recording.jsonl").exists()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 1: not a recording: Expecting property name"),
        ("[]", "line 1: not a recording: it must be an object"),
        (json.dumps({"name": "n", "about": "", "steps": []}), "line 1: not a recording: 'time_order' is missing"),
        (
            json.dumps({"name": "n", "about": "", "steps": [{"request": {}}], "time_order": []}),
            "line 1: not a recording: step 0 has no request with a method and a path",
        ),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text(line)
    done = _run("check", "http://127.0.0.1:1", "--recordings", str(file))
    assert done.returncode == 2
    assert complaint in done.stderr
