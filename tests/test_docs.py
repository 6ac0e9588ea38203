"""The code blocks of the pages in `docs/` hold, and their tables are those of the code."""

import json
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
from typing import Any

import httpx
import pytest

import mockserver
from mockserver import MockServer
from mockserver.asgi import OPERATIONS
from mockserver.cli import _parser, main
from mockserver.domain.changes import VERSIONS
from mockserver.domain.profile import table_of_changes
from mockserver.testing.data import data_file
from mockserver.testing.environment import variable_of
from mockserver.testing.options import OPTIONS
from support.curl_command import run_curl
from support.served_documents import document

_ROOT = Path(__file__).parent.parent
_TEXT = (_ROOT / "docs" / "contract-testing.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", _TEXT, re.DOTALL | re.MULTILINE)
_SHELL = "".join(block for kind, block in _BLOCKS if kind == "sh")
_OURS = re.findall(r"^honcho-mockserver (.*)", _SHELL, re.MULTILINE)
_THEIRS = re.findall(r"^schemathesis run (.*)", _SHELL, re.MULTILINE)
_FLAGS = re.findall(r"\| `(--[^`]+)` \|$", _TEXT, re.MULTILINE)
[_SETTINGS] = [block for kind, block in _BLOCKS if kind == "toml"]
_PATHS = {operation.path for operation in OPERATIONS}


def test_every_block_is_of_a_kind_that_is_tried_here() -> None:
    assert {kind for kind, _ in _BLOCKS} == {"sh", "toml"}
    lines = [line for line in _SHELL.splitlines() if not line.startswith(" ")]
    known = ("honcho-mockserver ", "schemathesis run ", "TOKEN=$(curl ", "python -m pip install ")
    assert [line for line in lines if not line.startswith(known)] == []


@pytest.mark.parametrize("command", _OURS)
def test_our_commands_are_understood(command: str) -> None:
    assert _parser().parse_args(shlex.split(command)).command in ("serve", "contract")


@pytest.mark.parametrize("page", ["record"])
def test_the_commands_of_a_page_are_understood(page: str) -> None:
    text = (_ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    commands = re.findall(r"^honcho-mockserver (.*)", text, re.MULTILINE)
    assert commands
    for command in commands:
        assert _parser().parse_args(shlex.split(command)).command in command


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


def test_the_table_of_added_answers_is_that_of_the_code() -> None:
    published = json.loads(data_file("sessions-openapi.json").read_text(encoding="utf-8"))

    def added(contract: Any, path: str, method: str) -> set[str]:
        ours, theirs = (one["paths"][path][method]["responses"] for one in (contract, published))
        return set(ours.keys() - theirs.keys())

    rows = []
    for operation in OPERATIONS:
        path, method = operation.path, operation.method.lower()
        if method in published["paths"].get(path, {}):
            always = added(document("contract"), path, method)
            with_auth = added(document("contract with tokens"), path, method) - always
            cells = [f"`{operation.name}`", ", ".join(sorted(always)), ", ".join(sorted(with_auth))]
            rows.append("| " + " | ".join(cells).replace("|  |", "| |") + " |")
    table = _TEXT.partition("| operation | more answers | with `--auth` |\n| --- | --- | --- |\n")[2]
    assert table.partition("\n\n")[0].splitlines() == rows


def test_the_commands_that_print_the_contract_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (one for one in _OURS if one.startswith("contract")):
        with pytest.raises(SystemExit) as end:
            main(shlex.split(command))
        assert end.value.code == 0
        written = json.loads((tmp_path / "contract.json").read_text(encoding="utf-8"))
        assert written == document("contract with tokens" if "--auth" in command else "contract")


def test_the_table_of_changes_is_that_of_the_code() -> None:
    text = (_ROOT / "docs" / "versions.md").read_text(encoding="utf-8")
    table = text.split("<!-- changes -->\n")[1].split("<!-- /changes -->")[0]
    assert table.strip() == table_of_changes(VERSIONS[0], VERSIONS[-1])


def test_the_table_of_types_has_every_public_name() -> None:
    text = (_ROOT / "docs" / "types.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == sorted(mockserver.__all__)


@pytest.mark.process  # mypy takes seconds.
def test_mypy_accepts_what_the_page_about_types_annotates(tmp_path: Path) -> None:
    """Also with the strictest settings."""
    api = pytest.importorskip("mypy.api", reason="mypy is in the extra dev")
    files = []
    for number, block in enumerate(_blocks_of("types.md", "python")):
        files.append(str(tmp_path / f"block{number}.py"))
        Path(files[-1]).write_text(block, encoding="utf-8")
    out, err, code = api.run(
        ["--strict", "--follow-imports=silent", "--config-file=", f"--cache-dir={_ROOT}/.mypy_cache", *files]
    )
    assert (code, err) == (0, ""), out


def test_the_test_of_the_page_about_types_passes(pytester: pytest.Pytester) -> None:
    [block] = [block for block in _blocks_of("types.md", "python") if "def test_" in block]
    pytester.makepyfile(block)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize("page", ["versions.md", "streams.md", "types.md"])
def test_the_python_of_a_page_runs(page: str) -> None:
    blocks = _blocks_of(page, "python")
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {})  # noqa: S102 - our own text


def test_the_commands_about_streams_are_answered() -> None:
    [block] = _blocks_of("streams.md", "sh")
    with MockServer(world=data_file("demo.json")) as server:
        commands = (
            block.replace("\\\n", "").replace(" -N ", " ").replace("http://127.0.0.1:8000", server.url).splitlines()
        )
        added, answered = map(run_curl, commands)
    assert added.status_code == 201
    assert answered.content.endswith(b"data: {broken\n\ndata: \xe2\x82")


def _blocks_of(page: str, language: str) -> list[str]:
    """The code blocks of a page in this language."""
    text = (_ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_table_of_variables_is_that_of_the_code() -> None:
    text = (_ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    table = text.split("<!-- variables -->\n")[1].split("<!-- /variables -->")[0]
    rows = [f"| `{variable_of(name)}` | {option.help} |" for name, option in OPTIONS.items()]
    assert table.strip().splitlines()[2:] == rows


@pytest.mark.process
@pytest.mark.parametrize("command", "".join(_blocks_of("serving.md", "sh")).splitlines())
def test_the_commands_for_uvicorn_serve(command: str) -> None:
    variables, (program, *arguments) = _split(command)
    assert program == "uvicorn"
    command_line = [sys.executable, "-m", program, *(argument.replace("8000", "0") for argument in arguments)]
    with subprocess.Popen(
        command_line, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}, cwd=_ROOT
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
    script = "set -e\n" + "echo\n".join(_blocks_of("languages.md", "sh"))
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


_PYTEST = (_ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")
_OF_PYTEST = re.findall(r"^```(\w*)\n(.*?)^```", _PYTEST, re.DOTALL | re.MULTILINE)


def test_every_block_of_the_page_on_pytest_is_tried_here() -> None:
    # The block with a client of the SDK is run by tests/sdk.
    assert [kind for kind, _ in _OF_PYTEST] == ["text", "toml", "python", "python"]
    settings = tomllib.loads(_OF_PYTEST[1][1])
    assert settings == {"tool": {"pytest": {"ini_options": {"honcho_env_autouse": True}}}}


def test_the_example_of_assertions_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_OF_PYTEST[3][1])
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=1)


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
    head, *lines = (_without_chance(line) for line in _OF_PYTEST[0][1].splitlines())
    shown = [_without_chance(line) for line in output.splitlines()]
    start = shown.index(head)
    assert shown[start + 1 : start + 1 + len(lines)] == lines


def _without_chance(line: str) -> str:
    """The line without what differs from run to run: ports, times and the width of a title."""
    return re.sub(r"-{5,}|(?<=127\.0\.0\.1:)\d+|in [\d.]+ ms", "", line)


def test_the_example_of_notes_runs() -> None:
    text = (_ROOT / "docs" / "notes.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    exec(compile(example, "docs/notes.md", "exec"), {})  # noqa: S102 - the code of the documentation


_SIGNALS = re.findall(
    r"^\| `(serve|demo|record|check)` \| (\d+) \| (\d+) \| (\d+) \|$",
    (_ROOT / "docs" / "command-line.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_the_table_of_signals_has_the_commands_that_signals_end() -> None:
    assert [command for command, *_ in _SIGNALS] == ["serve", "demo", "record", "check"]


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
        arguments = [url] if command == "check" else ["--port", "0", *more]
        with subprocess.Popen(
            [sys.executable, "-c", program, command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            if command == "check":
                silent.settimeout(60)
                connections.enter_context(silent.accept()[0])  # `check` waits for an answer that never comes.
            else:
                process.stdout.readline()
            process.send_signal(number)
            ended = process.wait(timeout=60)
    assert (128 - ended if ended < 0 else ended) == int(codes[("SIGINT", "SIGTERM", "SIGHUP").index(name)])
