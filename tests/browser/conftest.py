"""A real browser, and a page in it that must not complain."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from mockserver import MockServer

_ROOT = Path(__file__).parent.parent.parent
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP evil.example 127.0.0.1",  # as somebody's name server may say
]
# How long to wait for what the page is about to show. A loaded machine needs seconds for it; a passing test waits for none.
_PATIENCE_MS = 60_000
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, headless; where there is none the tests are skipped, but not in CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)}")
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a URL in a page of its own; the test fails if anything in it failed, or was fetched from elsewhere."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(url: str, *, width: int = 1400, height: int = 860, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        home = url.split("/", 3)[2]
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: None if home in asked.url else complaints.append(asked.url))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    # A refusal that the page shows, or the end of a server, is also told on the console.
    assert [one for one in complaints if "Failed to load resource: " not in one] == []


@pytest.fixture
def page(open_page: Callable[..., Page], server: MockServer) -> Page:
    """The page of `server`, which is empty."""
    return open_page(f"{server.url}/_mock/")


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps what a page looks like, in `build/screenshots`."""

    def keep(page: Page, name: str) -> None:
        page.screenshot(path=_ROOT / "build" / "screenshots" / f"{name}.png")

    return keep
