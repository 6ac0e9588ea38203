"""What single pages show: their commands, settings, outputs and exit codes. All other blocks: test_docs_blocks.py."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from mockserver.asgi import OPERATIONS
from mockserver.cli import _parser
from support.pages import ROOT, blocks, text_of

_TEXT = text_of("docs/contract-testing.md")
_SHELL = "".join(block.text for block in blocks("docs/contract-testing.md", "sh"))
_OURS = re.findall(r"^honcho-mockserver (.*)", _SHELL, re.MULTILINE)
_THEIRS = re.findall(r"^schemathesis run (.*)", _SHELL, re.MULTILINE)
_FLAGS = re.findall(r"\| `(--[^`]+)` \|$", _TEXT, re.MULTILINE)
[_SETTINGS] = [block.text for block in blocks("docs/contract-testing.md", "toml")]
_PATHS = {operation.path for operation in OPERATIONS}


def test_every_command_about_contracts_is_tried_here() -> None:
    lines = [line for line in _SHELL.splitlines() if not line.startswith(" ")]
    known = ("honcho-mockserver ", "schemathesis run ", "TOKEN=$(curl ", "python -m pip install ")
    assert [line for line in lines if not line.startswith(known)] == []


@pytest.mark.parametrize("command", _OURS)
def test_our_commands_are_understood(command: str) -> None:
    assert _parser().parse_args(shlex.split(command)).command in ("serve", "contract")


@pytest.mark.parametrize("arguments", [*_THEIRS, *_FLAGS])
def test_the_commands_of_schemathesis_are_understood(arguments: str) -> None:
    cli = pytest.importorskip("schemathesis.cli", reason="schemathesis needs pytest 8.4, newer than the lowest")
    import click

    run = cli.schemathesis.get_command(None, "run")
    given, *_ = run.make_parser(click.Context(run)).parse_args(shlex.split(arguments))
    assert set(given.get("exclude_path", ())) <= _PATHS
    named = [given.get(key) for key in ("included_check_names", "excluded_check_names")]
    assert {name for names in named if names for name in names} <= {"all", *_checks()}


def test_the_settings_of_schemathesis_are_about_operations_and_checks_that_there_are() -> None:
    config = pytest.importorskip("schemathesis.config", reason="schemathesis needs pytest 8.4, newer than the lowest")
    config.SchemathesisConfig.from_str(_SETTINGS)
    for operation in tomllib.loads(_SETTINGS)["operations"]:
        pattern = operation.get("include-path-regex") or re.escape(operation["include-path"]) + "$"
        assert any(re.search(pattern, path) for path in _PATHS), pattern
        assert operation["checks"].keys() <= _checks()


def _checks() -> set[str]:
    from schemathesis.checks import CHECKS, load_all_checks

    load_all_checks()
    return set(CHECKS.get_all_names())


def test_a_flag_leaves_out_what_a_part_of_the_settings_does() -> None:
    checks = [set(operation["checks"]) for operation in tomllib.loads(_SETTINGS)["operations"]]
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \| `--exclude", _TEXT, re.MULTILINE)
    assert set(rows) == set().union(*checks)


@pytest.mark.process  # mypy takes seconds.
def test_mypy_accepts_what_the_page_about_python_annotates(tmp_path: Path) -> None:
    """Also with the strictest settings."""
    api = pytest.importorskip("mypy.api", reason="mypy is in the extra dev")
    files = []
    for number, block in enumerate(block for block in blocks("docs/python.md", "python") if ") -> " in block.text):
        files.append(str(tmp_path / f"block{number}.py"))
        Path(files[-1]).write_text(block.text, encoding="utf-8")
    assert len(files) > 2
    out, err, code = api.run(
        ["--strict", "--follow-imports=silent", "--config-file=", f"--cache-dir={ROOT}/.mypy_cache", *files]
    )
    assert (code, err) == (0, ""), out


_SERVING = "".join(block.text for block in blocks("docs/serving.md", "sh"))


@pytest.mark.process
@pytest.mark.parametrize("command", [line for line in _SERVING.splitlines() if "uvicorn " in line])
def test_the_commands_for_uvicorn_serve(command: str) -> None:
    variables, (program, *arguments) = _split(command)
    assert program == "uvicorn"
    command_line = [sys.executable, "-m", program, *(argument.replace("8000", "0") for argument in arguments)]
    with subprocess.Popen(
        command_line, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        url = next(found[0] for line in process.stderr if (found := re.search(r"http://127.0.0.1:\d+", line)))
        made = httpx.post(f"{url}/v3/workspaces/demo/sessions", json={"id": "s"})
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert made.status_code == (201 if variables else 200)


@pytest.mark.process
def test_the_shell_of_the_page_about_languages_runs(tmp_path: Path) -> None:
    """With the commands on the PATH, in one shell, in order."""
    program = tmp_path / "honcho-mockserver"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m mockserver "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = "set -e\n" + "echo\n".join(block.text for block in blocks("docs/languages.md", "sh"))
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stderr
    assert '"is_active": true' in done.stdout.replace('":true', '": true')
    assert "This error was injected by a fault" in done.stdout


def _split(command: str) -> tuple[dict[str, str], list[str]]:
    """The variables before a command, and its words."""
    words = shlex.split(command)
    variables = dict(word.split("=", 1) for word in takewhile(lambda word: "=" in word, words))
    return variables, words[len(variables) :]


def test_the_setting_on_the_page_about_pytest_is_one() -> None:
    [settings] = [tomllib.loads(block.text) for block in blocks("docs/pytest.md", "toml")]
    assert settings == {"tool": {"pytest": {"ini_options": {"honcho_env_autouse": True}}}}


def test_the_report_is_shown_as_it_looks(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx, pytest

        @pytest.mark.honcho(
            frozen_at="2026-03-01T12:00:00Z",
            world={"workspaces": {"w": {"sessions": [{"id": f"s{number}"} for number in range(120)]}}},
        )
        def test_it(honcho_server):
            sessions = f"{honcho_server.url}/v3/workspaces/w/sessions"
            httpx.post(sessions, json={"id": "not an id"})
            for _ in range(41):
                httpx.post(f"{sessions}/list")
            assert False
        """
    )
    output = pytester.runpytest_inprocess().stdout.str()
    [report] = blocks("docs/pytest.md", "text")
    head, *lines = (_without_chance(line) for line in report.text.splitlines())
    shown = [_without_chance(line) for line in output.splitlines()]
    start = shown.index(head)
    assert shown[start + 1 : start + 1 + len(lines)] == lines


def _without_chance(line: str) -> str:
    """The line without what differs from run to run: ports, times and the width of a title."""
    return re.sub(r"-{5,}|(?<=127\.0\.0\.1:)\d+|in [\d.]+ ms", "", line)


def test_notes_are_shown_as_they_look(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx, pytest

        def test_a_misspelt_name(honcho_server):
            sessions = f"{honcho_server.url}/v3/workspaces/w/sessions"
            for name in ("s1", "s2", "s2"):
                httpx.post(sessions, json={"id": name})
            httpx.post(f"{sessions}/list", json={"filter": {"metadata": {"topic": "math"}}})
            assert False

        @pytest.mark.honcho(world={"workspaces": {"w": {"sessions": [{"id": f"s{number}"} for number in range(114)]}}})
        def test_one_page_of_three(honcho_server):
            sessions = f"{honcho_server.url}/v3/workspaces/w/sessions"
            for number in range(5):
                httpx.post(sessions, json={"id": f"new{number}"})
            httpx.post(f"{sessions}/new0/clone")
            httpx.get(f"{honcho_server.url}/health")
            httpx.post(f"{sessions}/list")
            assert False
        """
    )
    shown = _without_chance(pytester.runpytest_inprocess().stdout.str())
    for block in blocks("docs/notes.md", "text"):
        assert _without_chance(block.text.rstrip("\n").removesuffix(", ...")) in shown


_SIGNALS = re.findall(
    r"^\| `(serve|demo|record|check|healthcheck)` \| (\d+) \| (\d+) \| (\d+) \|$",
    text_of("docs/command-line.md"),
    re.MULTILINE,
)


def test_the_table_of_signals_has_the_commands_that_signals_end() -> None:
    assert [command for command, *_ in _SIGNALS] == ["serve", "demo", "record", "check", "healthcheck"]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("row", _SIGNALS, ids=lambda row: row[0])
def test_a_signal_ends_a_command_with_the_exit_code_in_the_table(
    row: tuple[str, ...], name: str, tmp_path: Path
) -> None:
    command, *codes = row
    number = getattr(signal, name)
    # A process inherits ignored signals, such as from nohup or from a shell that runs the tests in the background.
    program = (
        "import signal, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL); signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from mockserver.cli import main; main(sys.argv[1:])"
    )
    with ExitStack() as connections, socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        more = ["--upstream", url, "--output", str(tmp_path / "r.jsonl")] if command == "record" else []
        is_client = command in ("check", "healthcheck")
        arguments = [url] if is_client else ["--port", "0", *more]
        with subprocess.Popen(
            [sys.executable, "-c", program, command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            if is_client:
                silent.settimeout(60)
                connections.enter_context(silent.accept()[0])  # It waits for an answer that does not come.
            else:
                process.stdout.readline()
            process.send_signal(number)
            ended = process.wait(timeout=60)
    assert (128 - ended if ended < 0 else ended) == int(codes[("SIGINT", "SIGTERM", "SIGHUP").index(name)])
