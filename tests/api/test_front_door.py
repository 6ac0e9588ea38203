"""The root path takes a browser to the page, and answers every other client as the live server does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from mockserver import Mock, create_app
from support.direct_client import Answer, DirectClient

_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
_HERE = "no operation at /; the page is at /_mock/, the reference at /docs, and the API below /v3/"


def _visit(accept: str | None, method: str = "GET", path: str = "/") -> Answer:
    return DirectClient(create_app(Mock())).send(method, path, headers={} if accept is None else {"accept": accept})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "accept", [_BROWSER, "text/html", "text/html, */*", "TEXT/HTML;level=1;q=0.5, application/json;q=0.4", "text/*"]
)
def test_a_client_that_prefers_html_is_sent_to_the_page(method: str, accept: str) -> None:
    answer = _visit(accept, method)
    assert (answer.status, answer.headers["location"], answer.body) == (307, "/_mock/", b"")
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "application/json, text/html",
        "application/json, text/html;q=0.9, */*;q=0.8",
        "text/html;q=0",
        "text/html;q=nonsense",
        "text/html;q=nan",
        "text/plain",
    ],
)
def test_every_other_client_gets_the_404_of_the_live_server_which_says_what_there_is(accept: str | None) -> None:
    answer = _visit(accept)
    assert (answer.status, answer.json) == (404, {"detail": "Not Found"})
    assert answer.headers["x-mock-diagnosis"] == _HERE


@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("DELETE", "/"), ("GET", "//"), ("GET", "/index.html")])
def test_only_get_and_head_of_the_root_lead_to_the_page(method: str, path: str) -> None:
    assert _visit(_BROWSER, method, path).status == 404


@pytest.mark.parametrize("options", [{"control": False}, {"page": False}])
def test_without_a_page_the_root_leads_nowhere_and_names_no_page(options: dict[str, Any]) -> None:
    answer = DirectClient(create_app(Mock(), **options)).send("GET", "/", headers={"accept": _BROWSER})
    assert answer.status == 404
    assert answer.headers["x-mock-diagnosis"] == "no operation at /; the reference is at /docs, and the API below /v3/"


def test_below_another_app_the_root_leads_to_the_page_there() -> None:
    outer = Starlette(routes=[Mount("/below", create_app())])
    answer = DirectClient(outer).send("GET", "/below/", headers={"accept": _BROWSER})
    assert answer.headers["location"] == "/below/_mock/"


@pytest.mark.parametrize(("path", "meant"), [("/doc", "/docs"), ("/mock", "/_mock"), ("/redocs", "/redoc")])
def test_a_misspelt_page_is_suggested(path: str, meant: str) -> None:
    assert _visit(None, path=path).headers["x-mock-diagnosis"].endswith(f"; did you mean {meant}?")


@given(
    st.text(st.characters(max_codepoint=255), max_size=30)
    | st.from_regex(r"((text/html|[*]/[*]|application/json)(;q=[0-9.]{1,4})?,)*", fullmatch=True)
)
def test_no_accept_header_breaks_the_root(accept: str) -> None:
    assert _visit(accept).status in (307, 404)
