"""The commands of docs/ci.md work in a new environment, from a wheel and from a checkout."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.sdk

_ROOT = Path(__file__).parent.parent.parent
_PAGE = (_ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
_TEST = """
import httpx

def test_it(honcho_server):
    httpx.get(honcho_server.url + "/lost")
    assert not honcho_server.mock.requests.where(status=404)
"""


def _commands(holding: str) -> list[str]:
    """The commands of the page that have this text."""
    commands = re.findall(r"^ *- run: (.*)$", _PAGE, re.MULTILINE)
    return [command for command in commands if holding in command]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a new environment, and a checkout beside it."""
    venv.create(tmp_path / "env", with_pip=True)
    ignored = shutil.ignore_patterns(".*", "build", "__pycache__")
    shutil.copytree(_ROOT, tmp_path / "checkout", ignore=ignored)
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_it.py").write_text(_TEST, encoding="utf-8")
    return project


def _run(command: str, project: Path, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    programs = project.parent / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=False, cwd=folder or project, env=environment
    )


def test_the_commands_of_the_page_about_ci_work(project: Path) -> None:
    [build] = re.findall(r"^```sh\n(.*?)\n```", _PAGE, re.DOTALL | re.MULTILINE)
    built = _run(build.replace("vendor", shlex.quote(str(project / "vendor"))), project, project.parent / "checkout")
    if "Could not find a version" in built.stderr or "NewConnectionError" in built.stderr:
        if os.environ.get("CI"):
            pytest.fail(built.stderr)
        pytest.skip("the registry of Python packages cannot be reached")
    assert built.returncode == 0, built.stderr
    for command in _commands("pip install"):
        done = _run(command, project)
        assert done.returncode == 0, done.stderr
    [tests] = _commands("--honcho-log")
    assert "1 failed" in _run(tests, project).stdout
    assert "GET /lost -> 404" in (project / "build" / "honcho.log").read_text(encoding="utf-8")
    [serve] = _commands("honcho-mockserver serve")
    [check] = _commands("honcho-mockserver healthcheck")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    script = f"{serve} server=$!; {check}; code=$?; kill -INT $server; wait $server; exit $code".replace("8000", port)
    done = _run(script, project)
    assert done.returncode == 0, done.stderr
