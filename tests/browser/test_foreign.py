"""What a browser lets pages of somebody else do: nothing."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from playwright.sync_api import Browser, Page

from mockserver import MockServer

pytestmark = pytest.mark.browser

_ELSEWHERE = "http://evil.example"


class _Site(BaseHTTPRequestHandler):
    """Another server on this machine: what comes from farther away, browsers refuse by themselves."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><h1>Hello</h1>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def foreign(browser: Browser, server: MockServer) -> Iterator[Page]:
    """A page of another site, whose name leads to this machine; the server has one session."""
    httpx.post(f"{server.url}/v3/workspaces/w/sessions", json={"id": "s"})
    context = browser.new_context()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        page = context.new_page()
        page.goto(f"{_ELSEWHERE}:{site.server_port}/")
        yield page
        context.close()
        site.shutdown()


def _port(server: MockServer) -> str:
    return server.url.rpartition(":")[2]


def test_a_name_that_leads_to_this_machine_gets_no_page_and_no_state(foreign: Page, server: MockServer) -> None:
    for path in ("", "view", "world", "events"):
        answer = foreign.goto(f"{_ELSEWHERE}:{_port(server)}/_mock/{path}")
        assert answer is not None
        assert answer.status == 403


def test_a_foreign_page_neither_reads_nor_changes_anything(foreign: Page, server: MockServer) -> None:
    call = "([url, how]) => fetch(url, how).then((answer) => answer.type, () => 'refused')"
    assert foreign.evaluate(call, [f"{server.url}/_mock/world", {}]) == "refused"
    for method, path in (("POST", "reset"), ("GET", "world")):
        how = {"method": method, "mode": "no-cors"}
        assert foreign.evaluate(call, [f"{server.url}/_mock/{path}", how]) in ("refused", "opaque")
    assert foreign.evaluate(call, [f"{server.url}/_mock/faults", {"method": "DELETE"}]) == "refused"
    assert list(server.mock.world()["workspaces"]) == ["w"]


@pytest.mark.parametrize("tag", ["script", "img"])
def test_a_foreign_page_loads_nothing_of_it(foreign: Page, server: MockServer, tag: str) -> None:
    load = """([tag, src]) => new Promise((resolve) => {
        const element = Object.assign(document.createElement(tag), { src })
        element.onload = () => resolve('loaded')
        element.onerror = () => resolve('refused')
        document.body.append(element)
    })"""
    path = {"script": "page/app.js", "img": "page/icon.svg"}[tag]
    assert foreign.evaluate(load, [tag, f"{server.url}/_mock/{path}"]) == "refused"


@pytest.mark.parametrize("path", ["_mock/", "_mock/world", "docs"])
def test_a_foreign_page_frames_nothing_of_it(foreign: Page, server: MockServer, path: str) -> None:
    frame = """(src) => new Promise((resolve) => {
        const element = Object.assign(document.createElement('iframe'), { src, onload: () => resolve() })
        document.body.append(element)
    })"""
    foreign.evaluate(frame, f"{server.url}/{path}")
    [_, framed] = foreign.frames
    framed.wait_for_url("chrome-error:**")


def test_a_page_of_another_port_of_this_machine_needs_to_be_named(browser: Browser, server: MockServer) -> None:
    httpx.post(f"{server.url}/v3/workspaces/w/sessions", json={"id": "s"})
    reset = "(url) => fetch(url, { method: 'POST' }).then((answer) => answer.status, () => 'refused')"
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        origin = f"http://127.0.0.1:{site.server_port}"
        page.goto(f"{origin}/")
        assert page.evaluate(reset, f"{server.url}/_mock/reset") == "refused"
        assert list(server.mock.world()["workspaces"]) == ["w"]
        server.mock.reset(cors=[origin])
        httpx.post(f"{server.url}/v3/workspaces/w/sessions", json={"id": "s"})
        assert page.evaluate(reset, f"{server.url}/_mock/reset") == 200
        assert list(server.mock.world()["workspaces"]) == []
        context.close()
        site.shutdown()
