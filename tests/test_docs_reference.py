"""The tables of the documentation are those of the code, and its links lead somewhere."""

import json
import re
import tomllib

import pytest

import mockserver
from mockserver.cli import _parser
from mockserver.domain.changes import VERSIONS
from mockserver.testing.data import data_file
from mockserver.testing.options import OPTIONS
from support.pages import ROOT, anchors_of, links_of, page_names, text_of
from support.reference_tables import TABLES, arguments_of, commands, names_in_pages, with_table

_PROJECT = tomllib.loads(text_of("pyproject.toml"))["project"]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_that_of_the_code(name: str) -> None:
    page, _ = TABLES[name]
    assert with_table(name) == text_of(page), "run `python tests/reference.py --write`"


def test_every_table_between_comments_is_derived() -> None:
    assert names_in_pages() == set(TABLES)


def test_every_command_has_a_table() -> None:
    page = text_of("docs/command-line.md")
    assert re.findall(r"^\| \[`(\w+)`\]", page, re.MULTILINE) == list(commands())
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE)[: len(commands())] == list(commands())


def test_the_demo_takes_the_options_of_serve_but_the_world() -> None:
    serve, demo = ({name for name, _ in arguments_of(commands()[name])} for name in ("serve", "demo"))
    assert serve - demo == {"`--world FILE`"}


def test_a_page_says_which_options_the_app_reads_from_the_environment() -> None:
    named = set(re.findall(r"HONCHO_MOCK_(\w+)", "".join(map(text_of, page_names()))))
    known = {name.upper() for name in OPTIONS}
    assert named <= known


@pytest.mark.parametrize("page", page_names())
def test_a_link_leads_to_a_page_and_to_a_heading_in_it(page: str) -> None:
    assert [target for target in links_of(page) if not _leads_somewhere(page, target)] == []


def _leads_somewhere(page: str, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = ((ROOT / page).parent / path if path else ROOT / page).resolve()
    if not file.is_relative_to(ROOT) or not file.is_file():
        return False
    return not anchor or anchor in anchors_of(str(file.relative_to(ROOT)))


def test_the_index_names_every_page() -> None:
    linked = [link for link in links_of("docs/index.md") if not link.startswith("..")]
    assert len(linked) == len(set(linked))
    assert {f"docs/{link}" for link in linked} == {name for name in page_names() if name.startswith("docs/")} - {
        "docs/index.md"
    }


def test_the_table_of_types_has_every_public_name() -> None:
    table = text_of("docs/python.md").partition("## Types")[2]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(mockserver.__all__)


def test_the_table_of_extras_has_every_extra() -> None:
    table = text_of("docs/getting-started.md").partition("| extra | brings | for |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(_PROJECT["optional-dependencies"])


def test_every_extra_that_a_sentence_asks_for_exists() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "mockserver").rglob("*.py"))
    named = set(re.findall(r"""needs\(["'][^"']+["'], ["'](\w+)["']\)""", sources))
    assert named == {"auth", "fast", "pdf", "reference", "tokens"}
    assert named <= set(_PROJECT["optional-dependencies"])


@pytest.mark.parametrize("page", ["README.md", "docs/fidelity.md"])
def test_a_page_has_the_number_of_recorded_steps(page: str) -> None:
    files = data_file("recordings").glob("*.jsonl")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    steps = sum(len(json.loads(line)["steps"]) for line in lines)
    assert f"{steps:,} recorded steps" in text_of(page)


def test_the_page_on_support_has_the_lowest_versions() -> None:
    page = text_of("docs/support.md")
    lowest = dict(re.findall(r"^([\w-]+)>=([\d.]+)", "\n".join(_PROJECT["dependencies"]), re.MULTILINE))
    assert f"from {lowest['starlette']}, {lowest['uvicorn']} and {lowest['pydantic']} on" in page
    assert f"{_PROJECT['requires-python'].removeprefix('>=')} and newer" in page
    assert f"{VERSIONS[0]} to {VERSIONS[-1]}" in page
    [pytest_lowest] = re.findall(r"pytest>=([\d.]+)", "\n".join(_PROJECT["optional-dependencies"]["test"]))
    assert f"| pytest | {pytest_lowest} and newer |" in page


def test_the_help_of_the_command_names_every_command() -> None:
    assert all(name in _parser().format_help() for name in commands())


def test_the_changelog_has_the_version_of_the_project_with_one_line_for_each_entry() -> None:
    changelog = text_of("CHANGELOG.md")
    assert f"\n## [{_PROJECT['version']}] - " in changelog
    entries = [line for line in changelog.partition("## [")[2].splitlines() if line.startswith(("- ", "  "))]
    assert [line for line in entries if not line.startswith("- ") or len(line) > 140] == []
