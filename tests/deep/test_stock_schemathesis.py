"""The command line of schemathesis finds nothing, run as `docs/contract-testing.md` says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mockserver.domain.access import Scope
from mockserver.formats.keyring import Keyring
from support.served_documents import document

pytest.importorskip("schemathesis", reason="schemathesis needs pytest 8.4, newer than the lowest")
from support.schemathesis_runs import DOCUMENTED_SETTINGS

pytestmark = [pytest.mark.deep, pytest.mark.process]

_SECRET = "a secret"
# Coverage would make both processes slower, and find nothing that the other tests do not reach.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


@contextmanager
def _serve(*arguments: str) -> Iterator[str]:
    """Run `serve` in a process, and give its URL."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--no-page", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_ENVIRONMENT) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()


_BRIEF = "examples,fuzzing,stateful"
_ALL = f"{_BRIEF},coverage"


# The phase of coverage takes two minutes for all operations. With tokens, the document differs in the answer 401 only.
@pytest.mark.parametrize(
    ("source", "authenticated", "examples", "phases"),
    [
        ("served", False, 100, _BRIEF),
        ("served", True, 5, _BRIEF),
        ("contract", False, 100, _ALL),
        ("contract", True, 100, _ALL),
    ],
)
def test_stock_schemathesis_finds_no_failure(
    source: str, authenticated: bool, examples: int, phases: str, tmp_path: Path
) -> None:
    with _serve(*(["--auth-secret", _SECRET] if authenticated else [])) as url:
        if source == "contract":
            name = "contract with tokens" if authenticated else "contract"
            (tmp_path / "contract.json").write_text(json.dumps(document(name)), encoding="utf-8")
            where = ["contract.json", "--url", url, "--checks", "all"]
        else:
            (tmp_path / "schemathesis.toml").write_text(DOCUMENTED_SETTINGS, encoding="utf-8")
            where = [f"{url}/openapi.json"]
        token = ["-H", f"Authorization: Bearer {Keyring(_SECRET).sign(Scope(admin=True), 0)}"] if authenticated else []
        command = [sys.executable, "-m", "schemathesis.cli", "run", *where, *token, "--phases", phases, "--seed", "777"]
        run = subprocess.run(
            [*command, "--max-examples", str(examples)],
            cwd=tmp_path,
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2_000:]
