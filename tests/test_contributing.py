"""CONTRIBUTING.md describes the code as it is."""

import re
import tomllib
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_TEXT = (_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_BLOCKS = [block for _, block in re.findall(r"^```(\w*)\n(.*?)^```", _TEXT, re.DOTALL | re.MULTILINE)]


def test_the_layout_names_every_module() -> None:
    [layout] = [block for block in _BLOCKS if block.startswith("mockserver/")]
    named = set(re.findall(r"\w+\.py", layout))
    modules = {path.name for path in (_ROOT / "mockserver").rglob("*.py")}
    assert modules - {"__main__.py"} - named == set()
    assert named <= modules


def test_the_layers_are_those_that_are_checked() -> None:
    [layers] = [block for block in _BLOCKS if block.startswith("__main__")]
    settings = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [checked] = [contract for contract in settings["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"]
    assert layers.splitlines() == [layer.replace("mockserver.", "") for layer in checked["layers"]]


def test_the_files_that_answer_questions_exist() -> None:
    table = _TEXT.partition("### Where each behaviour is decided")[2].partition("###")[0]
    files = re.findall(r"`((?:\w+/)*\w+\.py)`", table)
    assert len(files) > 7
    assert [file for file in files if not (_ROOT / "mockserver" / file).exists()] == []


def test_every_module_that_it_names_exists() -> None:
    prose = _TEXT.partition("### Layout")[0] + _TEXT.partition("### Where each behaviour is decided")[2]
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", prose))
    assert [
        name for name in sorted(named) if not ((_ROOT / "mockserver" / name).exists() or (_ROOT / name).exists())
    ] == []


def test_what_a_trace_names_is_in_the_file_that_it_names() -> None:
    traces = _TEXT.partition("### Three traces")[2].partition("\n## ")[0]
    named = re.findall(r"`([\w.]+)` in `((?:\w+/)*\w+\.py)`", traces)
    assert len(named) > 15
    for name, file in named:
        source = (_ROOT / "mockserver" / file).read_text(encoding="utf-8")
        assert re.search(rf"\b(?:def|class) {name.rpartition('.')[2]}\b", source), f"{file} has no {name}"


def test_the_markers_are_those_of_pytest() -> None:
    settings = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = [marker.partition(":")[0] for marker in settings["tool"]["pytest"]["ini_options"]["markers"]]
    assert re.findall(r"^\| `(\w+)` \|", _TEXT.partition("## CI")[0], re.MULTILINE) == declared
