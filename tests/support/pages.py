"""The pages of the documentation: their text, code blocks, headings and links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A code block, with the page and the line where it begins."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """Page and line, such as `docs/faults.md:7`."""
        return f"{self.page}:{self.line}"


def page_names() -> list[str]:
    """The paths of all pages from the root of the project, such as `docs/faults.md`."""
    return [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md")),
    ]


def text_of(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str | None = None, language: str | None = None, holding: str = "") -> list[Block]:
    """The code blocks of a page, or of all pages, in a language, or in all, that have this text."""
    return [
        block
        for name in ([page] if page is not None else page_names())
        for block in _blocks_of(name)
        if language in (None, block.language) and holding in block.text
    ]


def _blocks_of(page: str) -> Iterator[Block]:
    text = text_of(page)
    for found in _FENCED.finditer(text):
        yield Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2])


def anchors_of(page: str) -> set[str]:
    """The anchors of the headings of a page, as GitHub derives them."""
    prose = _FENCED.sub("", text_of(page))
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links_of(page: str) -> list[str]:
    """The targets of the links and images of a page, without those to other sites."""
    prose = re.sub(r"`[^`\n]*`", "", _FENCED.sub("", text_of(page)))
    return [target for target in _LINK.findall(prose) if "://" not in target]
