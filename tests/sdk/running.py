"""Runs the witnesses of an SDK in processes of their own, and tells what they showed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mockserver import MockServer
from mockserver.testing.coverage import Coverage
from support.pages import blocks

from .installing import Sdk, installed, node

_HERE = Path(__file__).parent
# After so many seconds a run has hung.
_PATIENCE = 300


@dataclass(frozen=True)
class Outcome:
    """How the witnesses of an SDK ended: its public methods, those that were called, and what served them."""

    passed: bool
    output: str
    methods: frozenset[str]
    called: frozenset[str]
    operations: frozenset[str]


def served(coverage: Coverage) -> frozenset[str]:
    """The operations that did what was asked, at least once."""
    return frozenset(
        one.operation
        for one in coverage.operations
        if any(count and 200 <= status < 300 for status, count in one.answers.items())
    )


def run_witnesses(sdk: Sdk, cache: Path, folder: Path, version: str) -> Outcome:
    """Run the witnesses of an SDK, which is installed in `cache`, against a version of the API. In `folder` they leave
    notes. Raises Unavailable.
    """
    place = installed(sdk, cache)
    if sdk.language == "python":
        return _in_python(place, folder, version)
    return _in_javascript(place, node(cache), folder, version)


def _in_python(place: Path, folder: Path, version: str) -> Outcome:
    """The witnesses are a project of their own, to which the SDK and the plugin were installed."""
    here, report = _HERE / "python", folder / "report.json"
    examples = _written_examples("python", ("from honcho import", "honcho_client"), folder, "test_page_{}.py")
    environment = {
        "PYTHONPATH": os.pathsep.join([str(place), str(_HERE.parent)]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # pytest.ini names the one that it has
        "HONCHO_WITNESS_REPORT": str(report),
    }
    options = ["-q", "--tb=short", "-c", str(here / "pytest.ini"), "--honcho-api-version", version]
    done = _run([sys.executable, "-m", "pytest", *options, str(here), *map(str, examples)], folder, environment)
    told: dict[str, Any] = json.loads(report.read_text("utf-8")) if report.exists() else {}
    return Outcome(
        done.returncode == 0,
        done.stdout + done.stderr,
        frozenset(told.get("methods", ())),
        frozenset(told.get("called", ())),
        frozenset(told.get("operations", ())),
    )


def _in_javascript(place: Path, executable: str, folder: Path, version: str) -> Outcome:
    """One server for all, as in a project whose tests run in parallel. V8 itself notes what is called."""
    # Node.js looks for packages beside the file that imports them.
    with tempfile.TemporaryDirectory(dir=place) as temporary, MockServer(api_version=version) as server:
        here = Path(shutil.copytree(_HERE / "javascript", Path(temporary) / "witnesses"))
        _written_examples("js", ("@honcho-ai/sdk",), here, "page-{}.test.mjs")
        listed = _run([executable, str(here / "methods.mjs")], folder, {})
        tests = sorted(map(str, here.glob("*.test.mjs")))
        environment = {"HONCHO_URL": server.url, "NODE_V8_COVERAGE": str(folder / "coverage")}
        done = _run([executable, "--test", "--test-reporter=spec", "--test-concurrency=4", *tests], folder, environment)
        operations = served(server.mock.coverage())
    methods: dict[str, str] = json.loads(listed.stdout) if listed.returncode == 0 else {}
    executed = set(_executed(folder / "coverage"))
    return Outcome(
        done.returncode == 0,
        done.stdout + done.stderr,
        frozenset(methods),
        frozenset(name for name, source in methods.items() if source in executed),
        operations,
    )


def _written_examples(language: str, marks: tuple[str, ...], folder: Path, name: str) -> list[Path]:
    """Write each block of the documentation that has one of these texts to a file in the folder. Returns the files."""
    written: list[Path] = []
    for block in blocks(language=language):
        if any(mark in block.text for mark in marks):
            written.append(folder / name.format(len(written)))
            written[-1].write_text(block.text, encoding="utf-8")
    assert len(written) > 1
    return written


def _executed(folder: Path) -> Iterator[str]:
    """The source of every function of an SDK that was called, from the reports that V8 wrote."""
    for report in folder.glob("*.json"):
        for script in json.loads(report.read_text("utf-8"))["result"]:
            if "/@honcho-ai/" in script["url"]:
                source = Path(url2pathname(urlsplit(script["url"]).path)).read_text("utf-8")
                for function in script["functions"]:
                    whole = function["ranges"][0]
                    if whole["count"]:
                        yield source[whole["startOffset"] : whole["endOffset"]]


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """A command in `folder`, that knows nothing of the settings of whoever runs these tests, and is not measured."""
    not_for_it = ("HONCHO_", "PYTEST_", "NODE_", "COVERAGE_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(not_for_it)}
    return subprocess.run(
        command,
        cwd=folder,
        env={**own, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_PATIENCE,
        check=False,
    )
