"""The command `compare`: what it prints, how it ends, and what it refuses."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mockserver import MockServer
from mockserver.cli import main

_PAGE = Path(__file__).parent.parent / "docs" / "compare.md"
_PROGRAM = [sys.executable, "-m", "mockserver", "compare", "--port", "0", "--upstream"]


def _compared(*arguments: str, ending: signal.Signals = signal.SIGINT) -> tuple[int, list[str], list[str]]:
    """The exit code of a command that compared one request, and the lines of its output and of its errors."""
    process = subprocess.Popen([*_PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            version = httpx.get(f"{url}/openapi.json", timeout=60).json()["info"]["version"]
            assert httpx.post(f"{url}/v3/workspaces", json={"id": "w"}, timeout=60).is_success
            process.send_signal(ending)
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # Does nothing if it has ended. Otherwise, the end of the block would wait for it.
    return process.returncode, [version, *output.splitlines()], errors.splitlines()


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "ending", "code"),
    [
        (["--fail-on-difference"], signal.SIGTERM, 1),
        (["--fail-on-difference", "--quirks", "live"], signal.SIGHUP, 0),
    ],
)
def test_the_exit_code_tells_of_differences_if_it_is_to(
    server: MockServer, arguments: list[str], ending: signal.Signals, code: int
) -> None:
    server.mock.reset(quirks="live", api_version="3.0.12")
    done, output, _ = _compared(server.url, *arguments, ending=ending)
    counts = "1 of 2 answers agree, 0 differ, 1 not compared"
    if "live" not in arguments:
        counts = "0 of 2 answers agree, 1 differ, 1 not compared"
        [block] = re.findall(r"^```text\n(.*?)^```", _PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        shown = re.sub(r"in [\d.]+ ms", "in 0.3 ms", "\n".join(output))
        assert block in shown
        assert "1 of 1 groups of differences is a quirk: try `--quirks live`" in output
    assert (done, output[0], output[-1]) == (code, "3.0.12", counts)
    server.mock.purge()
    assert list(server.mock.store.workspaces) == []


@pytest.mark.process
def test_a_server_that_is_down_is_said_once_and_fails_the_run_if_it_is_to() -> None:
    done, output, errors = _compared("http://127.0.0.1:9", "--fail-on-difference")
    assert (done, output[-1]) == (1, "0 of 2 answers agree, 0 differ, 2 not compared")
    said = [line for line in errors if line.startswith("answers are no longer compared, because of the real server")]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["x"], "error: --upstream: not a URL that begins with http:// or https://: 'x'"),
        (["http://h.example"], "error: nothing was done; --yes continues without asking"),
        (["http://127.0.0.1:9", "--world", "/none"], "error: /none: No such file or directory"),
        (["{}/v3"], "error: --upstream: {}/v3 is not a Honcho server: GET /health answered 404 "),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    server: MockServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(SystemExit, match="2"):
        main(["compare", "--upstream", *(argument.format(server.url) for argument in arguments)])
    line = capsys.readouterr().err.splitlines()[-1].partition("compare: ")[2]
    assert line.startswith(complaint.format(server.url))


@pytest.mark.parametrize("command", ["compare", "record"])
def test_ctrl_c_at_the_question_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    class Input:
        def readline(self) -> str:
            raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", Input())
    with pytest.raises(SystemExit, match="130"):
        main([command, "--upstream", "http://h.example", "--port", "0"])
    assert capsys.readouterr().err.splitlines()[-1] == "Continue? [y/N] interrupted: nothing was done"
