"""Every code block of the documentation is run, or checked as far as it can be."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver import Mock, MockServer
from mockserver.cli import _parser, main
from mockserver.pytest_plugin import pytest_addoption
from mockserver.testing.data import data_file
from support.curl_command import run_curl
from support.pages import ROOT, Block, blocks
from support.reference_tables import PytestParser
from support.served_documents import document

# The blocks that other tests run or check, by page and language.
_ELSEWHERE = {
    ("README.md", "js"): "tests/sdk/running.py",
    ("README.md", "yaml"): "tests/test_readme.py",
    ("docs/sdks.md", "js"): "tests/sdk/running.py",
    ("docs/typescript.md", "js"): "tests/sdk/test_runners.py",
    ("docs/typescript.md", "ts"): "tests/sdk/test_runners.py",
    ("docs/check.md", "text"): "tests/test_check.py",
    ("docs/compare.md", "text"): "tests/test_compare.py",
    ("docs/ci.md", "sh"): "tests/sdk/test_fresh_environment.py",
    ("docs/ci.md", "yaml"): "tests/test_docs_ci.py",
    ("docs/ci.md", "dockerfile"): "tests/test_docs_ci.py",
    ("docs/languages.md", "sh"): "tests/test_docs.py",
    ("docs/contract-testing.md", "sh"): "tests/test_docs.py",
    ("docs/contract-testing.md", "toml"): "tests/test_docs.py",
    ("docs/pytest.md", "text"): "tests/test_docs.py",
    ("docs/pytest.md", "toml"): "tests/test_docs.py",
    ("docs/notes.md", "text"): "tests/test_docs.py",
    ("docs/requests.md", "text"): "tests/test_docs_blocks.py",
    ("CONTRIBUTING.md", "text"): "tests/test_contributing.py",
}
# The page says that the tests do not run these.
_NEVER_RUN = {("docs/languages.md", "go")}
# The first words of the commands in other blocks, which tests in this file or in the file that is named here try.
_COMMANDS = {
    "honcho-mockserver": "",
    "curl": "",
    "pytest": "",
    "uvicorn": "tests/test_docs.py",
    "python -m pip install": "tests/sdk/test_fresh_environment.py",
    "python -m pytest": "",
    "python -m tests.bench": "tests/test_bench.py",
    "python -m tests.deep.soak": "tests/deep/soak.py",
    "python tests/": "",
    "ruff": ".ci/run",
}


def _is_elsewhere(block: Block) -> bool:
    return (block.page, block.language) in {*_ELSEWHERE, *_NEVER_RUN}


def _needs_sdk(block: Block) -> bool:
    """Whether the block needs the official SDK. Then tests/sdk runs it."""
    return "from honcho import" in block.text or "honcho_client" in block.text


def _commands(block: Block) -> list[str]:
    """The commands of a block, each in one line, without the variables before it."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [re.sub(r"^(\w+=\S+ )+", "", line).strip() for line in lines]


_PYTHON = [block for block in blocks(language="python") if not _needs_sdk(block)]
_TESTS = [block for block in _PYTHON if "def test_" in block.text]
_SHELL = [block for block in blocks(language="sh") if not _is_elsewhere(block)]
_CURL = [block for block in _SHELL if block.text.startswith("curl ")]
_OURS = sorted(
    {
        (block.page, command)
        for block in _SHELL
        for line in _commands(block)
        for command in line.split(" && ")
        if command.startswith("honcho-mockserver ")
    }
)


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    kinds = {"python", "sh", "json"}
    unknown = [block.place for block in blocks() if block.language not in kinds and not _is_elsewhere(block)]
    assert unknown == []
    for block in _SHELL:
        for command in _commands(block):
            assert command.startswith(tuple(_COMMANDS)), f"{block.place}: {command}"
    used = {(block.page, block.language) for block in blocks()}
    assert {*_ELSEWHERE, *_NEVER_RUN} - used == set()
    for file in filter(None, {*_ELSEWHERE.values(), *_COMMANDS.values()}):
        assert (ROOT / file).exists()


def test_a_page_says_which_of_its_blocks_are_not_run() -> None:
    for page, _ in _NEVER_RUN:
        assert "The tests of this project do not run this example." in (ROOT / page).read_text("utf-8")


def test_the_tests_in_the_pages_pass(pytester: pytest.Pytester) -> None:
    files = {f"test_{re.sub('[^a-z0-9]', '_', block.place.lower())}": block.text for block in _TESTS}
    pytester.makepyfile(**files)
    outcomes = pytester.runpytest_inprocess("--strict-markers").parseoutcomes()
    # One of them needs a newer version of the API.
    tests = sum(block.text.count("def test_") for block in _TESTS)
    assert outcomes == {"passed": tests - 1, "skipped": 1}


@pytest.mark.parametrize("block", [block for block in _PYTHON if block not in _TESTS], ids=lambda block: block.place)
def test_a_program_runs(
    block: Block, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # Some write files.
    exec(compile(block.text, block.place, "exec"), {"__name__": "__main__"})  # noqa: S102 - our own text
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("page", "command"), _OURS)
def test_a_command_of_ours_is_understood(page: str, command: str) -> None:
    options = _parser().read(shlex.split(command)[1:])
    world = getattr(options, "world", None)
    assert world in (None, "world.json") or (ROOT / world).exists()


def _answers_to(block: Block) -> list[httpx.Response]:
    """The answers of a server with the demo world to the commands of a block."""
    with MockServer(world=data_file("demo.json")) as server:
        return [run_curl(command.replace("http://127.0.0.1:8000", server.url)) for command in _commands(block)]


@pytest.mark.parametrize("block", _CURL, ids=lambda block: block.place)
def test_commands_of_curl_are_answered(block: Block) -> None:
    injected = {int(status) for status in re.findall(r'"error", "status": (\d+)', block.text)}
    for command, answer in zip(_commands(block), _answers_to(block), strict=True):
        assert answer.status_code < 300 or answer.status_code in injected, f"{command}: {answer.text}"


def test_commands_of_curl_do_what_the_page_says() -> None:
    [block] = blocks("docs/control-plane.md", "sh", "/_mock/purge")
    created, listed, deleted, purged, reset = (answer.json() for answer in _answers_to(block))
    assert created["id"] == "chat-1"
    assert [session["id"] for session in listed["items"]] == ["spanish"]
    assert deleted == {"message": "Session deleted successfully"}
    assert (purged, reset) == ({"purged": 2}, {"reset": True})


def test_commands_of_curl_reach_what_mock_does() -> None:
    [block] = blocks("docs/control-plane.md", "sh", "/_mock/faults")
    answers = _answers_to(block)
    assert [answer.status_code for answer in answers] == [201, 503, 200, 200, 200, 201, 202, 200, 204]
    assert answers[4].json() == {"now": "2026-03-01T12:01:00Z", "frozen": True}
    assert answers[7].json() == ["session 'algebra' of workspace 'demo' was deleted, and awaits its purge"]


def test_commands_of_curl_send_bytes_in_a_stream() -> None:
    [block] = blocks("docs/scripts.md", "sh")
    added, answered = _answers_to(block)
    assert added.status_code == 201
    assert answered.content.endswith(b"data: {broken\n\ndata: \xe2\x82")


def test_options_of_pytest_exist() -> None:
    parser: Any = PytestParser()
    pytest_addoption(parser)
    known = set(re.findall(r"--honcho[\w-]+", str(parser.rows)))
    named = {option for block in _SHELL for option in re.findall(r"--honcho-[\w-]+", block.text)}
    assert named <= known


def test_the_scripts_that_pages_name_exist() -> None:
    named = {name for block in _SHELL for name in re.findall(r"^python (tests/\w+\.py)", block.text, re.MULTILINE)}
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_world_in_a_page_loads() -> None:
    [block] = blocks(language="json")
    mock = Mock(world=json.loads(block.text))
    assert [session.row["id"] for session in mock.store.workspaces["demo"].active] == ["hello", "what-if"]


def test_the_commands_that_print_the_contract_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [
        command
        for block in blocks("docs/contract-testing.md", "sh")
        for command in _commands(block)
        if command.startswith("honcho-mockserver contract")
    ]
    assert commands
    for command in commands:
        with pytest.raises(SystemExit) as end:
            main(shlex.split(command)[1:])
        assert end.value.code == 0
        written = json.loads((tmp_path / "contract.json").read_text(encoding="utf-8"))
        assert written == document("contract with tokens" if "--auth" in command else "contract")


def test_a_miss_is_explained_as_the_page_shows() -> None:
    [block] = blocks("docs/requests.md", "text", "nearest:")
    with MockServer() as server:
        httpx.post(f"{server.url}/v3/workspaces/w/sessions", json={"id": "s1", "metadata": {"topic": "math"}})
        with pytest.raises(AssertionError) as raised:
            server.mock.requests.assert_called(
                operation="get_or_create_session", session="s1", body={"metadata": {"topic": "maths"}}
            )
    assert _without_times(str(raised.value)) == _without_times(block.text.rstrip("\n"))


def test_coverage_is_shown_as_it_looks() -> None:
    [block] = blocks("docs/requests.md", "text", "never:")
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
    assert re.sub(number, "", block.text.rstrip("\n")) in re.sub(number, "", table)


def _without_times(text: str) -> str:
    return re.sub(r" in [\d.]+ ms", "", text)
