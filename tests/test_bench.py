"""The bench runs, and gives every figure that the README tells. What wrk would send in seconds is a few requests here."""

import json
import re
import select
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as bench
from bench import servers
from bench.servers import Server

_ROOT = Path(__file__).parent.parent
_AT_ONCE = 200


def _send_a_few(server: Server, _: int, path: str, body: str = "", first: int = 0, **more: Any) -> float:
    """In place of `Server.rate`."""
    began = time.perf_counter()
    for number in range(first + 1, first + 1 + _AT_ONCE):
        filled = body.replace("NUMBER", str(number)).replace("GROUP", str(number % 100))
        server.send(more.get("method", "POST"), path, json.loads(filled) if filled else None)
    return _AT_ONCE / (time.perf_counter() - began)


@pytest.mark.process
@pytest.mark.skipif(shutil.which("taskset") is None, reason="taskset, which keeps each to its CPU, is not there")
def test_the_bench_gives_the_figures_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    monkeypatch.setattr(Server, "rate", _send_a_few)
    monkeypatch.setattr(shutil, "which", lambda program: program)
    monkeypatch.setattr(sys, "argv", ["bench", "--rounds", "1", "--many", "1200", "--json", str(out)])
    bench.main()
    assert capsys.readouterr().out.startswith("uvicorn with uvloop and httptools\n")
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert all(isinstance(figure, float) for figure in figures.values())
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("python -m tests.bench")[2].partition("\n## ")[0]
    told = {name for named in re.findall(r"\((`\w+`(?:, `\w+`)*)\)", section) for name in re.findall(r"\w+", named)}
    assert len(told) > 10
    assert told <= set(figures)


@pytest.mark.process
@pytest.mark.skipif(shutil.which("taskset") is None, reason="needs taskset, which binds programs to a CPU")
def test_a_request_after_the_server_closed_the_idle_connection_opens_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_IDLE_SECONDS", 0.5)
    raw_asgi = [sys.executable, "-m", "uvicorn", "raw_asgi:app", "--port", "PORT", "--log-level", "error"]
    with Server([*raw_asgi, "--timeout-keep-alive", "1"]) as server:
        closed, _, _ = select.select([server._connection.sock], [], [], 60)
        assert closed
        assert server.send("POST", "/", {})["id"] == "s1"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["--rounds", "0"], "--rounds is 1 or more"), ([], "wrk and taskset must be installed")],
)
def test_what_it_lacks_is_told_in_a_line(
    arguments: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: program if arguments else None)
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    with pytest.raises(SystemExit):
        bench.main()
    assert capsys.readouterr().err.endswith(f"error: {complaint}\n")
