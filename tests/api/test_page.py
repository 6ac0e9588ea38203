"""The page and the reference are served whole, under a policy, to nobody who comes from elsewhere."""

import re
import sys
from pathlib import Path

import pytest

import mockserver
from mockserver import Mock, MockServer, create_app
from support.direct_client import DirectClient
from support.pages import ROOT

_FILES = Path(mockserver.__file__).parent / "page"
_PARTS = ["/_mock/", *(f"/_mock/page/{path.name}" for path in sorted(_FILES.glob("*.*")) if path.suffix != ".html")]


def _client(*, control: bool = True, page: bool = True) -> DirectClient:
    return DirectClient(create_app(Mock(), control=control, page=page))


@pytest.mark.parametrize("path", [*_PARTS, "/docs", "/docs/swagger_bundle.js", "/docs/swagger_style.css"])
def test_each_part_is_there_with_its_type_and_a_policy(path: str) -> None:
    answer = _client().call("GET", path)
    assert (answer.status, answer.headers["content-length"]) == (200, str(len(answer.body)))
    kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}.get(
        path.rpartition(".")[2], "text/html"
    )
    assert answer.headers["content-type"].split(";")[0] == kind
    policy = answer.headers["content-security-policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy.split("; ")
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"


_PAGES = sorted((ROOT / "docs").glob("*.md"))


def test_each_page_of_the_documentation_is_served_as_text() -> None:
    client = _client()
    for path in _PAGES:
        answer = client.call("GET", f"/_mock/docs/{path.name}")
        assert (answer.status, answer.body) == (200, path.read_bytes())
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/_mock/docs", "/_mock/docs/"])
def test_the_documentation_begins_with_the_list_of_its_pages(path: str) -> None:
    assert _client().call("GET", path).body == (ROOT / "docs" / "index.md").read_bytes()


def test_the_help_of_the_page_links_to_pages_of_the_documentation() -> None:
    client = _client()
    links = re.findall(r'<a href="(docs/[^"]+)"', client.call("GET", "/_mock/").body.decode())
    assert len(links) > 5
    assert "docs/index.md" in links
    assert [link for link in links if client.call("GET", f"/_mock/{link}").status != 200] == []


@pytest.mark.parametrize("path", ["/_mock/docs/none.md", "/_mock/docs/../README.md", "/_mock/docs/%2e%2e/README.md"])
def test_only_pages_of_the_documentation_are_served(path: str) -> None:
    assert _client().call("GET", path).status == 404


def test_without_the_page_there_is_no_documentation() -> None:
    assert _client(page=False).call("GET", "/_mock/docs/index.md").status == 404


def test_the_policy_of_the_page_lets_no_text_become_markup_and_names_its_only_style() -> None:
    policy = _client().call("GET", "/_mock/").headers["content-security-policy"]
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert re.search(r"style-src 'sha256-[\w+/]+='", policy)
    assert "unsafe" not in policy


def test_all_of_it_weighs_less_than_150_kib() -> None:
    assert sum(len(_client().call("GET", path).body) for path in _PARTS) < 150 * 1024


def test_nothing_of_it_is_fetched_from_elsewhere() -> None:
    for path in _FILES.rglob("*.*"):
        named = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf-8")))
        assert named <= {"http://www.w3.org"}, path  # the name of SVG, which nobody fetches


def test_every_module_that_is_imported_is_served_and_every_one_served_is_imported() -> None:
    imported = {"app.js"}
    for path in _FILES.glob("*.js"):
        imported |= set(re.findall(r"(?:from|import\() ?'\./([\w.]+)'", path.read_text(encoding="utf-8")))
    assert imported == {path.name for path in _FILES.glob("*.js")}


def test_what_a_browser_has_already_is_not_sent_again() -> None:
    client = _client()
    tag = client.call("GET", "/_mock/").headers["etag"]
    answer = client.send("GET", "/_mock/", headers={"if-none-match": tag})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


def test_it_is_found_without_the_slash_and_the_reference_with_one() -> None:
    for path, there in (
        ("/_mock", "/_mock/"),
        ("/docs/", "/docs"),
        ("/redoc/", "/redoc"),
        ("/docs/oauth2-redirect/", "/docs/oauth2-redirect"),
    ):
        answer = _client().call("GET", path)
        assert (answer.status, answer.headers["location"]) == (307, there)


def test_other_methods_and_paths_are_answered_as_without_it() -> None:
    assert _client().call("POST", "/_mock/").status == 404
    assert _client().call("GET", "/_mock/page/../cli.py").status == 404
    for path in ("/docs/start.py", "/docsx", "/docs/swagger_bundle.js/"):
        assert _client().call("GET", path).json == {"detail": "Not Found"}


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_the_pages_of_the_reference_are_there_to_get_and_head_alone(path: str) -> None:
    client = _client()
    assert [client.call(method, path).status for method in ("GET", "HEAD")] == [200, 200]
    assert client.call("GET", path).headers["content-type"] == "text/html; charset=utf-8"
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        refused = client.call(method, path)
        assert (refused.status, refused.json) == (405, {"detail": "Method Not Allowed"})
        assert refused.headers["allow"] == "GET, HEAD"


_FOREIGN = {
    "DNS rebinding": {"host": "evil.example:8000"},
    "a foreign page": {"origin": "https://evil.example"},
    "a page of no origin": {"origin": "null"},
    "a frame": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    "an object": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "object"},
    "a script element": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
    "an image": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    "a fetch without CORS": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty"},
}


@pytest.mark.parametrize("headers", _FOREIGN.values(), ids=_FOREIGN.keys())
@pytest.mark.parametrize("path", [*_PARTS, "/_mock", "/_mock/view", "/_mock/events", "/_mock/requests", "/_mock/world"])
def test_who_comes_from_elsewhere_gets_no_part_of_it(path: str, headers: dict[str, str]) -> None:
    answer = _client().send("GET", path, headers=headers)
    assert (answer.status, list(answer.json)) == (403, ["detail"])


def test_a_link_from_elsewhere_leads_to_it() -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert _client().send("GET", "/_mock/", headers=link).status == 200


_LOADS = ["same-site", "cross-site", "Cross-Site", "something new"]


@pytest.mark.parametrize("site", _LOADS)
def test_only_its_own_pages_load_anything(site: str) -> None:
    headers = {"sec-fetch-site": site, "sec-fetch-dest": "iframe"}
    assert _client().send("GET", "/_mock/world", headers=headers).status == 403


@pytest.mark.parametrize("path", ["/_mock/world", "/_mock/requests", "/_mock/nothing", "/_mock/", "/_mock/page/app.js"])
def test_every_answer_forbids_to_frame_and_to_load_it(path: str) -> None:
    for host, status in (("localhost", None), ("evil.example", 403)):
        answer = _client().send("GET", path, headers={"host": host})
        assert status in (None, answer.status)
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_but_a_link_leads_to_it_from_elsewhere() -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}
    assert _client().send("POST", "/_mock/reset", headers=headers).status == 403


def test_requests_of_the_page_pass_and_those_of_other_pages_on_this_machine_do_not() -> None:
    own = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
    assert _client().send("GET", "/_mock/view", headers=own).status == 200
    local = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "empty", "origin": "http://localhost:5173"}
    assert _client().send("POST", "/_mock/purge", headers=local).status == 403


@pytest.mark.parametrize("path", _PARTS)
def test_it_can_be_left_out(path: str) -> None:
    assert _client(page=False).call("GET", path).status == 404
    assert _client(page=False).call("GET", "/_mock/clock").status == 200


@pytest.mark.parametrize("path", [*_PARTS, "/_mock/clock", "/_mock/openapi.json"])
def test_without_the_control_plane_nothing_is_there(path: str) -> None:
    answer = _client(control=False).call("GET", path)
    assert (answer.status, answer.json) == (404, {"detail": "Not Found"})
    assert _client(control=False).call("GET", "/docs").status == 200


def test_a_fork_is_without_what_its_original_is_without() -> None:
    with MockServer(page=False) as server, server.fork() as fork:
        assert DirectClient(create_app(fork.mock, **fork._app_options)).call("GET", "/_mock/").status == 404


def test_without_the_extra_the_reference_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "offapi", None)
    client = _client()
    answer = client.call("GET", "/docs")
    assert (answer.status, answer.headers["content-type"]) == (501, "text/html; charset=utf-8")
    assert (
        'The reference of all operations needs the extra reference: pip install "honcho-mockserver[reference]"'
        in answer.body.decode()
    )
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert client.call("GET", "/docs/own.css").status == 200
    assert client.call("GET", "/docs/swagger_bundle.js").status == 404
    assert client.call("POST", "/docs").status == 405
