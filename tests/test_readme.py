"""README.md is short, and its commands are those that CI runs. Its other code blocks: test_docs_blocks.py."""

import re
import shlex

import pytest

from mockserver.pytest_plugin import pytest_addoption
from support.pages import Block, blocks, text_of
from support.reference_tables import PytestParser

_README = text_of("README.md")
_RECIPES = [block for block in blocks("README.md") if block.line > _README.partition("## Recipes")[0].count("\n")]


def test_a_test_that_uses_it_stands_in_the_first_screen() -> None:
    assert "def test_" in "\n".join(_README.splitlines()[:15])


def test_it_is_short() -> None:
    assert len(_README.splitlines()) <= 200


@pytest.mark.parametrize("block", _RECIPES, ids=lambda block: block.place)
def test_a_recipe_has_at_most_ten_lines(block: Block) -> None:
    assert len(block.text.splitlines()) <= 10


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    found = re.search(r"grep -m1 '(.*)' README.md", text_of(".ci/run"))
    assert found is not None
    [command] = [block.text.strip() for block in blocks("README.md", "sh", "python -m pytest")]
    assert re.search(found[1], command)


def test_the_job_of_ci_is_that_of_its_page() -> None:
    [block] = blocks("README.md", "yaml")
    commands = re.findall(r"- run: (.*)", block.text)
    page = text_of("docs/ci.md")
    assert commands
    assert [command for command in commands if f"- run: {command}\n" not in page] == []


def test_the_demo_is_started_by_the_command() -> None:
    [block] = blocks("README.md", "sh", "demo")
    assert shlex.split(block.text)[-2:] == ["honcho-mockserver", "demo"]


def test_its_options_of_pytest_exist() -> None:
    parser = PytestParser()
    pytest_addoption(parser)  # type: ignore[arg-type]  # it records what the plugin declares
    known = set(re.findall(r"--honcho[\w-]+", str(parser.rows)))
    assert set(re.findall(r"--honcho-[\w-]+", _README)) <= known
