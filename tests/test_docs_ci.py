"""What docs/ci.md has for GitHub Actions, Docker and compose: parsed, and its commands checked."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli import _parser
from mockserver.testing.environment import options_from_environment

_ROOT = Path(__file__).parent.parent
_PAGE = (_ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
_FILES = dict(re.findall(r"^```(?:yaml|dockerfile)\n# ([\w ./-]+)\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE))
_PROGRAM = "honcho-mockserver"


def _parsed(name: str) -> Any:
    yaml = pytest.importorskip("yaml", reason="schemathesis, which is in the extra test, brings PyYAML")
    return yaml.safe_load(_FILES[name])


def _check(command: str) -> str:
    """Check a command of ours, and return the name of its sub-command."""
    program, *arguments = shlex.split(command.removesuffix(" &"))
    assert program == _PROGRAM
    return str(_parser().read(arguments).command)


def test_every_wheel_has_the_name_and_version_of_this_project() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = set(re.findall(r"honcho_mockserver[\w.-]*\.whl", _PAGE))
    assert names == {f"{project['name'].replace('-', '_')}-{project['version']}-py3-none-any.whl"}


def test_the_workflow_has_jobs_with_steps_that_run_our_commands() -> None:
    workflow = _parsed(".github/workflows/tests.yml")
    assert set(workflow) == {"name", True, "jobs"}  # YAML 1.1 reads the key `on` as true.
    [job] = workflow["jobs"].values()
    assert set(job) == {"runs-on", "steps"}
    assert all(("run" in step) != ("uses" in step) for step in job["steps"])
    *_, upload = job["steps"]
    [tests] = [step["run"] for step in job["steps"] if "pytest " in step.get("run", "") and "pip" not in step["run"]]
    assert shlex.split(tests)[-1] == upload["with"]["path"]
    steps = _parsed("steps of a job")
    assert [_check(step["run"]) for step in steps[1:]] == ["serve", "healthcheck"]


def test_the_instructions_of_the_dockerfile_are_ours() -> None:
    instructions: list[list[str]] = [line.split(" ", 1) for line in _FILES["honcho.Dockerfile"].splitlines()]
    assert len(instructions) <= 10
    found = dict(instructions)
    served = json.loads(found["ENTRYPOINT"]) + json.loads(found["CMD"])
    assert _check(shlex.join(served)) == "serve"
    assert _parser().read(served[1:]).port == int(found["EXPOSE"])
    assert _check(shlex.join(json.loads(found["HEALTHCHECK"].partition("CMD ")[2]))) == "healthcheck"
    assert found["RUN"].endswith(found["COPY"].split()[1] + Path(found["COPY"].split()[0]).name)


def test_the_services_of_compose_are_ours() -> None:
    services = _parsed("compose.yaml")["services"]
    honcho, app = services["honcho"], services["app"]
    assert honcho["build"]["dockerfile"] in _FILES
    assert options_from_environment(honcho["environment"]).keys() == {"quirks"}
    assert honcho["healthcheck"]["test"][0] == "CMD"
    assert _check(shlex.join(honcho["healthcheck"]["test"][1:])) == "healthcheck"
    assert app["environment"]["HONCHO_URL"] == "http://honcho:8000"
    assert app["depends_on"] == {"honcho": {"condition": "service_healthy"}}
