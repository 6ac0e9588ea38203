"""Spectral, a linter for OpenAPI documents, finds nothing in those of this project with its rules for OpenAPI."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from support.served_documents import NAMES, document

from .installing import Unavailable, spectral

pytestmark = pytest.mark.sdk

# The published document has `GET /health` without a tag.
ACCEPTED = {("operation-tags", "paths./health.get")}


@pytest.fixture(scope="module")
def linter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of Spectral. Where the registries cannot be reached the test is skipped, but not in CI."""
    kept = getattr(request.config, "cache", None)
    try:
        return spectral(kept.mkdir("sdks") if kept is not None else tmp_path_factory.mktemp("sdks"))
    except Unavailable as why:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(why))


@pytest.mark.parametrize("name", NAMES)
def test_it_finds_no_error_and_no_warning(name: str, linter: list[str], tmp_path: Path) -> None:
    described = document(name)
    for file, content in (("rules.json", {"extends": ["spectral:oas"]}), ("document.json", described)):
        (tmp_path / file).write_text(json.dumps(content), encoding="utf-8")
    command = [*linter, "lint", "-r", "rules.json", "-f", "json", "-q", "document.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode in (0, 1), done.stderr  # 1 if it finds an error
    found = {(one["code"], ".".join(map(str, one["path"]))) for one in json.loads(done.stdout)}
    assert found == {(code, place) for code, place in ACCEPTED if place.split(".")[1] in described["paths"]}
