"""The examples of docs/typescript.md pass with the test runners that they are for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from support.waiting import wait_until

from .installing import Unavailable, node, vitest

pytestmark = pytest.mark.sdk

_PAGE = (Path(__file__).parent.parent.parent / "docs" / "typescript.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"^```(?:js|ts)\n// ([\w.-]+)\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)
_ENVIRONMENT = {**os.environ, "HONCHO_MOCKSERVER": f"{sys.executable} -m mockserver", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for what is installed."""
    kept = getattr(request.config, "cache", None)
    return kept.mkdir("sdks") if kept is not None else tmp_path_factory.mktemp("sdks")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the files of the page."""
    for name, content in _BLOCKS:
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def _run(command: list[str], folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    merged = {**_ENVIRONMENT, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=merged, timeout=300)


def test_every_block_of_code_is_a_file() -> None:
    assert len(_BLOCKS) == len(re.findall(r"^```\w", _PAGE, re.MULTILINE))


def test_the_example_for_node_passes(project: Path, cache: Path) -> None:
    try:
        program = node(cache)
    except Unavailable as why:
        pytest.skip(str(why))
    done = _run([program, "--test", "peers.test.mjs"], project)
    assert done.returncode == 0, done.stdout
    assert "pass 1" in done.stdout


def test_a_server_that_does_not_start_is_an_error_and_a_killed_parent_ends_its_server(
    project: Path, cache: Path
) -> None:
    try:
        program = node(cache)
    except Unavailable as why:
        pytest.skip(str(why))
    start = "import { startHoncho } from './honcho-server.mjs'\n"
    (project / "wrong.mjs").write_text(f"{start}await startHoncho(['--quirks', 'lively'])", encoding="utf-8")
    done = _run([program, "wrong.mjs"], project)
    assert "honcho-mockserver ended with the code 2" in done.stderr
    done = _run([program, "wrong.mjs"], project, HONCHO_MOCKSERVER="no-such-program")
    assert "ENOENT" in done.stderr
    (project / "killed.mjs").write_text(
        f"{start}console.log((await startHoncho()).url); process.kill(process.pid, 'SIGKILL')", encoding="utf-8"
    )
    url = _run([program, "killed.mjs"], project).stdout.strip()

    def is_gone() -> bool:
        try:
            httpx.get(f"{url}/health")
        except httpx.TransportError:
            return True
        return False

    assert url.startswith("http://")
    wait_until(is_gone)


def test_the_example_for_vitest_passes(project: Path, cache: Path) -> None:
    try:
        modules, program = vitest(cache) / "node_modules", node(cache)
    except Unavailable as why:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(why))
    (project / "node_modules").symlink_to(modules)
    done = _run([program, str(modules / "vitest" / "vitest.mjs"), "run", "sessions.test.ts"], project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Tests +1 passed", done.stdout), done.stdout
