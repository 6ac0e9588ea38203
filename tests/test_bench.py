"""The bench runs, and gives every figure that the README tells."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk, which loads the servers of the bench, is not installed")
def test_the_bench_gives_the_figures_of_the_readme(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    short = ["--seconds", "1", "--rounds", "1", "--many", "1200", "--json", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *short], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.startswith("uvicorn with uvloop and httptools\n")
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert all(isinstance(figure, float) for figure in figures.values())
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("python -m tests.bench")[2].partition("\n## ")[0]
    told = {name for named in re.findall(r"\((`\w+`(?:, `\w+`)*)\)", section) for name in re.findall(r"\w+", named)}
    assert len(told) > 10
    assert told <= set(figures)
