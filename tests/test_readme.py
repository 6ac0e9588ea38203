"""Every code block of the README is run, and its tables are those of the code."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import Mock, MockServer, Quirks
from mockserver.cli import _parser
from mockserver.testing.data import data_file
from mockserver.testing.fault_kinds import KINDS, Kind
from support.curl_command import run_curl

_ROOT = Path(__file__).parent.parent
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", _README, re.DOTALL | re.MULTILINE)


def _blocks(language: str, holding: str = "") -> list[str]:
    return [block for kind, block in _BLOCKS if kind == language and holding in block]


def _row(kind: type[Kind]) -> str:
    """The row of a kind of fault in the table: its call, its help, and whether the request is carried out."""
    arguments = [
        argument.name if argument.is_required else f"{argument.name}={argument.default!r}".replace("'", '"')
        for argument in kind.arguments()
    ]
    carries_out: Any = kind.carries_out
    depends = isinstance(carries_out, property) and carries_out is not Kind.carries_out
    carried_out = carries_out.__doc__ if depends else "Yes" if carries_out else "No"
    return f"| `{kind.name}({', '.join(arguments)})` | {kind.help} | {carried_out} |"


def test_the_table_of_faults_has_every_kind_as_its_class_declares_it() -> None:
    table = _README.partition("| fault | what the client gets | carried out |\n| --- | --- | --- |\n")[2]
    assert table.partition("\n\n")[0].splitlines() == [_row(kind) for kind in KINDS.values()]


def test_every_block_is_of_a_kind_that_is_run_here() -> None:
    run = [
        *_blocks("python"),
        *_blocks("js"),  # with the blocks of the SDKs, by tests/sdk
        *_blocks("sh", "curl"),
        *_blocks("sh", "honcho-mockserver serve"),
        *_blocks("sh", "honcho-mockserver check"),
        *_blocks("sh", "pip install"),
        *_blocks("sh", "tests.bench"),  # by test_bench.py
        *_blocks("json"),
        *_blocks("text", "nearest:"),
        *_blocks("text", "never:"),
        *_blocks("yaml"),
    ]
    assert sorted(run) == sorted(block for _, block in _BLOCKS)


def test_a_test_that_uses_it_stands_in_the_first_screen() -> None:
    assert "def test_" in "\n".join(_README.splitlines()[:15])


_TESTS = [block for block in _blocks("python", "def test_") if "from honcho import" not in block]


@pytest.mark.parametrize("block", _TESTS, ids=["first", "client", "marker", "fault"])
def test_tests_run_in_a_project_of_their_own(pytester: pytest.Pytester, block: str) -> None:
    pytester.makepyfile(block)
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=1)


@pytest.mark.process
@pytest.mark.parametrize("block", [block for block in _blocks("python") if "def test_" not in block])
def test_programs_run(block: str) -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", block], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def _answers_to(block: str) -> list[httpx.Response]:
    """The answers of a server with the demo world to the commands of a block."""
    commands = re.findall(r"curl .*?(?=^curl |\Z)", block, re.DOTALL | re.MULTILINE)
    with MockServer(world=data_file("demo.json")) as server:
        return [
            run_curl(command.replace("\\\n", "").replace("http://127.0.0.1:8000", server.url)) for command in commands
        ]


def test_shell_commands_are_answered() -> None:
    [block] = _blocks("sh", "/_mock/purge")
    created, listed, deleted, purged, reset = (answer.json() for answer in _answers_to(block))
    assert created["id"] == "chat-1"
    assert [session["id"] for session in listed["items"]] == ["spanish"]
    assert deleted == {"message": "Session deleted successfully"}
    assert (purged, reset) == ({"purged": 2}, {"reset": True})


def test_shell_commands_reach_what_mock_does() -> None:
    [block] = _blocks("sh", "/_mock/faults")
    answers = _answers_to(block)
    assert [answer.status_code for answer in answers] == [201, 503, 200, 200, 200, 201, 202, 200, 204]
    assert answers[4].json() == {"now": "2026-03-01T12:01:00Z", "frozen": True}
    assert answers[7].json() == ["session 'algebra' of workspace 'demo' was deleted, and awaits its purge"]


def test_a_miss_is_explained_as_it_says() -> None:
    [block] = _blocks("text", "nearest:")
    with MockServer() as server:
        httpx.post(f"{server.url}/v3/workspaces/w/sessions", json={"id": "s1", "metadata": {"topic": "math"}})
        with pytest.raises(AssertionError) as raised:
            server.mock.requests.assert_called(
                operation="get_or_create_session", session="s1", body={"metadata": {"topic": "maths"}}
            )
    assert _without_times(str(raised.value)) == _without_times(block.rstrip("\n"))


def test_coverage_is_shown_as_it_says() -> None:
    [block] = _blocks("text", "never:")
    with MockServer() as server:
        sessions = f"{server.url}/v3/workspaces/w/sessions"
        server.mock.faults.error(503, operation="get_sessions", times=2)
        for _ in range(12):
            httpx.post(sessions, json={"id": "s"})
        httpx.delete(f"{sessions}/s")
        httpx.post(sessions, json={"id": "s"})
        for _ in range(3):
            httpx.post(f"{sessions}/list")
        table = str(server.mock.coverage())
    number = r"(?<= of )\d+"  # of operations: it grows
    assert re.sub(number, "", block.rstrip("\n")) in re.sub(number, "", table)


def _without_times(text: str) -> str:
    return re.sub(r" in [\d.]+ ms", "", text)


@pytest.mark.parametrize("block", [*_blocks("sh", "honcho-mockserver serve"), *_blocks("yaml")])
def test_commands_to_serve_are_understood(block: str) -> None:
    [arguments] = re.findall(r"honcho-mockserver (serve[^\n\"]*)", block)
    options = _parser().parse_args(arguments.split())
    assert options.world is None or (_ROOT / options.world).exists()


@pytest.mark.process
def test_the_live_profile_passes_the_check() -> None:
    [block] = _blocks("sh", "honcho-mockserver check")
    with MockServer(quirks="live", purge_after=1) as server:
        _, *arguments = block.replace("http://127.0.0.1:8000", server.url).split()
        command = [sys.executable, "-m", "mockserver", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    # Where the machine is slow, more is skipped than the scenarios of authentication.
    assert re.search(r"\b0 differ, [1-9]\d+ skipped$", done.stdout), done.stdout


def test_the_world_loads() -> None:
    [block] = _blocks("json")
    mock = Mock(world=json.loads(block))
    assert [session.row["id"] for session in mock.store.workspaces["demo"].active] == ["hello", "what-if"]


def test_the_table_of_quirks_is_that_of_the_code() -> None:
    table = _README.split("<!-- quirks -->")[1].split("<!-- /quirks -->")[0]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.strip().splitlines()[2:]]
    assert rows == [
        (f"`{quirk.name}`", quirk.metadata["why"], f"`{scenario}`" if scenario else "none of those here")
        for quirk in Quirks.catalogue()
        for scenario in [quirk.metadata["scenario"]]
    ]


def test_the_number_of_recorded_steps_is_what_it_says() -> None:
    files = data_file("recordings").glob("*.jsonl")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    steps = sum(len(json.loads(line)["steps"]) for line in lines)
    assert f"{steps:,} recorded steps" in _README


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    found = re.search(r"grep -m1 '(.*)' README.md", (_ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert found is not None
    [command] = [block.strip() for block in _blocks("sh", "python -m pytest")]
    assert re.search(found[1], command)


def test_the_table_of_extras_has_every_extra() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    table = _README.partition("| extra | brings | for |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(project["optional-dependencies"])


def test_every_extra_that_a_sentence_asks_for_exists() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sources = "".join(path.read_text(encoding="utf-8") for path in (_ROOT / "mockserver").rglob("*.py"))
    named = set(re.findall(r"""needs\(["'][^"']+["'], ["'](\w+)["']\)""", sources))
    assert named == {"auth", "fast", "pdf", "reference", "tokens"}
    assert named <= set(project["optional-dependencies"])
