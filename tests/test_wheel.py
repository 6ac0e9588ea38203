"""The wheel works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.process


def _run(*command: str, cwd: Path = _ROOT, **environment: str) -> "subprocess.CompletedProcess[str]":
    merged = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=merged)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the built wheel was installed."""
    pytest.importorskip("hatchling", reason="building the wheel needs the extra dev")
    folder = tmp_path_factory.mktemp("wheel")
    built = _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    assert built.returncode == 0, built.stdout + built.stderr
    [wheel] = folder.glob("honcho_mockserver-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_one_package_with_the_fixtures_inside(installed: Path) -> None:
    tops = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"mockserver"}
    assert {path.name for path in (installed / "mockserver" / "fixtures").iterdir()} == {
        "demo.json",
        "play.json",
        "recordings",
        "sessions-openapi.json",
    }
    assert (installed / "mockserver" / "py.typed").exists()
    pages = {path.name for path in (_ROOT / "docs").glob("*.md")}
    assert {path.name for path in (installed / "mockserver" / "docs").iterdir()} == pages


def test_the_demo_runs_from_the_wheel_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    program = """
import mockserver, httpx
from mockserver.testing.data import data_file
assert {site!r} in mockserver.__file__, mockserver.__file__
with mockserver.MockServer(world=data_file("demo.json")) as server:
    assert httpx.post(server.url + "/v3/workspaces/demo/sessions/list").json()["total"] == 3
    assert httpx.get(server.url + "/_mock/docs/faults.md").text.startswith("# Faults")
assert len(data_file("recordings/sessions.jsonl").read_text().splitlines()) == 46
assert data_file("recordings/versions/3.0.12.jsonl").exists()
"""
    program = program.format(site=str(installed))
    done = _run(sys.executable, "-c", program, cwd=tmp_path, PYTHONPATH=str(installed))
    assert done.returncode == 0, done.stderr


def test_the_plugin_of_the_wheel_serves_a_project_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import mockserver\n"
        "def test_it(honcho_server, honcho_workspace):\n"
        f"    assert {str(installed)!r} in mockserver.__file__\n",
        encoding="utf-8",
    )
    done = _run(sys.executable, "-m", "pytest", "-q", cwd=tmp_path, PYTHONPATH=str(installed))
    assert "1 passed" in done.stdout, done.stdout


def test_the_console_script_is_the_module(installed: Path) -> None:
    [entries] = installed.glob("*.dist-info/entry_points.txt")
    assert "honcho-mockserver = mockserver.__main__:main" in entries.read_text(encoding="utf-8")
