"""The report of a failed test: the requests that matter, and why there are none."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.pytest_report import SHOWN, shown
from mockserver.testing.exchange import preview
from support.started_mock import Start

_S = "/v3/workspaces/w/sessions"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project whose tests fail: what they show is asserted."""
    for name in ("HONCHO_URL", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return pytester


def _report(project: pytest.Pytester, body: str, *options: str) -> str:
    """The output of a test that does this and fails."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    project.makepyfile(
        f"import os, httpx, asyncio\n\ndef test_it(honcho_server, request):\n{lines}\n    assert False\n"
    )
    result = project.runpytest_inprocess(*options)
    result.assert_outcomes(failed=1)
    return re.sub(r" in [\d.]+ ms", "", result.stdout.str())


def test_a_refusal_that_forty_good_requests_follow_is_shown(project: pytest.Pytester) -> None:
    output = _report(
        project,
        """
url = honcho_server.url
httpx.post(f"{url}/v3/workspaces/w/sessions", json={"id": "not an id"})
for _ in range(41):
    httpx.get(f"{url}/health")
""",
    )
    lines = output.partition("honcho requests to ")[2].splitlines()
    assert lines[1:4] == [
        "(22 earlier, 1 refused:)",
        "#1 POST /v3/workspaces/w/sessions -> 422",
        "    why: body.id: 'not an id' is not an id: an id is 1 to 512 characters of a-z, A-Z, 0-9, _ and -",
    ]
    shown_after = [line for line in lines if line.startswith(("(", "#"))]
    assert shown_after[2:4] == ["(the last 20:)", "#23 GET /health -> 200"]
    assert shown_after[-1] == "#42 GET /health -> 200"


def test_a_name_that_does_not_exist_gets_a_suggestion(project: pytest.Pytester) -> None:
    assert "AttributeError: 'Mock' object has no attribute 'purg'; did you mean 'purge'?" in _report(
        project, "honcho_server.mock.purg()"
    )


@given(st.lists(st.sampled_from(["/health", "/nowhere"]), max_size=50))
def test_each_remarkable_request_is_shown_or_counted(start: Start, paths: list[str]) -> None:
    mock, client = start()
    for path in paths:
        client.call("GET", path)
    text = shown(list(mock.requests))
    numbers = [int(number) for number in re.findall(r"^#(\d+)", text, re.MULTILINE)]
    assert numbers == sorted(set(numbers))
    remarkable = [number for number, path in enumerate(paths[:-SHOWN], 1) if path == "/nowhere"]
    last = list(range(max(0, len(paths) - SHOWN) + 1, len(paths) + 1))
    assert numbers == remarkable[:SHOWN] + last
    left_out = len(remarkable) - SHOWN
    assert (f"(and {left_out} more of them)" in text) == (left_out > 0)
    head = text.partition("\n")[0]
    earlier = len(paths) - SHOWN
    if earlier > 0:
        refused = f", {len(remarkable)} refused:" if remarkable else ""
        assert head == f"({earlier} earlier{refused})"


def test_requests_to_an_app_in_the_process_are_shown(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import asyncio, httpx, pytest
        from mockserver import Mock, create_app

        app = create_app(Mock())

        def visit(app, path):
            async def send():
                transport = httpx.ASGITransport(app=app)
                async with httpx.AsyncClient(transport=transport, base_url="http://fake") as client:
                    await client.get(path)
            asyncio.run(send())

        def test_before():
            visit(app, "/before")

        def test_it():
            own = create_app(Mock())
            visit(app, "/shared")
            visit(own, "/own")
            assert False
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    output = result.stdout.str()
    assert output.count("- honcho requests to an app in this process -") == 2
    for text in ("GET /shared -> 404", "GET /own -> 404"):
        assert text in output
    assert "/before -> " not in output


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            None,
            "HONCHO_URL is not set, so the official SDKs call api.honcho.dev; the fixture honcho_env sets it for a test",
        ),
        (
            "http://localhost:1",
            "HONCHO_URL is http://localhost:1, which is not this server; the fixture honcho_env sets it for a test",
        ),
        ("http://[", "HONCHO_URL is http://[, which is not this server; the fixture honcho_env sets it for a test"),
        ("{url}/", "HONCHO_URL is {url}/, which is this server"),
        ("{url_of_localhost}", "HONCHO_URL is {url_of_localhost}, which is this server"),
    ],
)
def test_without_a_request_the_report_names_the_url_and_what_the_environment_has(
    project: pytest.Pytester, url: str | None, sentence: str
) -> None:
    body = """
request.getfixturevalue("monkeypatch")
url = honcho_server.url
url_of_localhost = url.replace("127.0.0.1", "localhost")
print("the url is", url)
"""
    if url is not None:
        body += f'request.getfixturevalue("monkeypatch").setenv("HONCHO_URL", f"{url}")\n'
    output = _report(project, body)
    [found] = re.findall(r"the url is (\S+)", output)
    assert f"no request came to {found}\n" in output
    assert sentence.format(url=found, url_of_localhost=found.replace("127.0.0.1", "localhost")) in output


def test_a_request_that_the_test_removed_from_the_log_did_come(project: pytest.Pytester) -> None:
    output = _report(project, 'httpx.get(f"{honcho_server.url}/health")\nhoncho_server.mock.requests.clear()')
    assert "no request is in the log: 1 came, and the log was emptied\n" in output
    assert "no request came" not in output
    output = _report(project, "honcho_server.mock.reset(journal_entries=0)")
    assert "no request is recorded: the log is off, because journal_entries is 0" in output


def test_a_proxy_that_the_guard_cannot_see_through_is_named(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = "HTTPS_PROXY is set: the guard cannot see connections to api.honcho.dev that go through a proxy"
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@127.0.0.1:9")
    output = _report(project, "")
    assert sentence in output
    assert "secret" not in output
    assert sentence not in _report(project, "", "-o", "honcho_guard=false")
    monkeypatch.setenv("NO_PROXY", "honcho.dev")
    assert sentence not in _report(project, "")


def _answered(start: Start, answer: Any) -> str:
    """What the log shows of a request with this answer."""
    mock, client = start()
    mock.faults.error(418, answer)
    client.call("GET", "/health")
    return str(mock.requests[0]).partition("    answered: ")[2]


def test_of_a_page_the_envelope_comes_first(start: Start) -> None:
    mock, client = start()
    for number in range(120):
        client.call("POST", _S, {"id": f"s{number}"})
    client.call("POST", f"{_S}/list")
    line = str(mock.requests[-1]).partition("    answered: ")[2]
    assert line.startswith('50 of 120, page 1 of 3: [{"id": "s0", ')
    assert len(line) == 200
    client.call("POST", f"{_S}/list", page=9)
    assert "answered: 0 of 120, page 9 of 3: []" in str(mock.requests[-1])


def test_of_an_error_the_detail_stays_however_long_the_rest_is(start: Start) -> None:
    mock, client = start()
    messages = [{"content": "x" * 30_000, "peer_id": "a"}, {"content": 5, "peer_id": "a"}]
    client.call("POST", f"{_S}/s/messages", {"messages": messages})
    line = str(mock.requests[0]).partition("    answered: ")[2]
    for part in (
        '{"detail": [{"loc": ["body", "messages", 0, "content"], "msg": "String should have at most 25000 characters"',
        '"loc": ["body", "messages", 1, "content"], "msg": "Input should be a valid string"',
    ):
        assert part in line
    assert len(line) < 420
    long = {"trace": "x" * 1_000, "detail": "the cause"}
    assert _answered(start, long).startswith('{"detail": "the cause", "trace": "xxx')
    assert _answered(start, {"detail": ["a", 5, {"msg": "b"}]}) == '{"detail": ["a", 5, {"msg": "b"}]}'


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=50),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["items", "total", "detail", "page", "loc", "input", "k"]), inner, max_size=5
            )
        ),
        max_leaves=12,
    )
)
def test_any_answer_is_shown_in_one_short_line(start: Start, answer: Any) -> None:
    line = _answered(start, answer)
    assert len(line) <= 400
    assert "\n" not in line
    # Without an answer, the fault sends a detail.
    if answer is not None and not (isinstance(answer, dict) and answer.keys() & {"detail", "items"}):
        assert line == preview(answer)


@pytest.mark.parametrize(
    ("test", "warned"),
    [
        ("@pytest.mark.honcho(quirks='live')\ndef test_it(): pass", True),
        ("@pytest.mark.honcho(quirks='live')\ndef test_it(make_honcho_server): pass", True),
        (
            "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.honcho(seed=1))])\ndef test_it(x): pass",
            True,
        ),
        ("@pytest.mark.honcho(quirks='live')\ndef test_it(honcho_env): pass", False),
        ("@pytest.mark.honcho(quirks='live')\ndef test_it(request): request.getfixturevalue('honcho_server')", False),
        ("@pytest.mark.honcho(quirks='live')\n@pytest.mark.usefixtures('mine')\ndef test_it(): pass", False),
        ("@pytest.mark.skip\n@pytest.mark.honcho(quirks='live')\ndef test_it(): pass", False),
        ("pytestmark = pytest.mark.honcho(quirks='live')\ndef test_it(): pass", False),
        ("@pytest.mark.honcho(quirks='live')\nclass TestIt:\n    def test_it(self): pass", False),
        ("@pytest.mark.honcho(quirks='live')\ndef test_it(): assert False", True),
    ],
)
def test_a_marker_that_reaches_no_server_is_a_warning(pytester: pytest.Pytester, test: str, warned: bool) -> None:
    pytester.makeconftest(
        "import pytest\n@pytest.fixture\ndef mine(request): return request.getfixturevalue('honcho_server')"
    )
    pytester.makepyfile(f"import pytest\n{test}")
    result = pytester.runpytest_inprocess("-W", "default")
    text = "*PytestWarning: the marker honcho has no effect: the test uses no honcho_server, in no fixture"
    (result.stdout.fnmatch_lines if warned else result.stdout.no_fnmatch_line)([text] if warned else text)  # type: ignore[arg-type]  # one takes lines, the other a line


def test_with_a_url_the_server_shows_it(pytester: pytest.Pytester, server: Any) -> None:
    pytester.makepyfile(f"def test_it(honcho_server): assert repr(honcho_server) == '<RemoteServer {server.url}>'")
    pytester.runpytest_inprocess("--honcho-url", server.url).assert_outcomes(passed=1)


def test_of_many_apps_in_the_process_the_last_ones_are_shown(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import asyncio, httpx
        from mockserver import Mock, create_app

        async def visit(app, path):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://fake") as client:
                await client.get(path)

        def test_it():
            apps = [create_app(Mock()) for _ in range(8)]
            for number, app in enumerate(apps):
                asyncio.run(visit(app, f"/app-{number}"))
            assert False
        """
    )
    output = project.runpytest_inprocess().stdout.str()
    assert "(3 more apps had requests)" in output
    assert re.findall(r"GET /app-(\d) -> 404", output) == ["3", "4", "5", "6", "7"]


def test_the_report_names_what_no_refusal_shows(project: pytest.Pytester) -> None:
    output = _report(
        project,
        """
sessions = f"{honcho_server.url}/v3/workspaces/w/sessions"
for number in range(60):
    httpx.post(sessions, json={"id": f"s{number}"})
found = httpx.post(f"{sessions}/list", json={"filter": {"id": "s1"}}).json()
""",
    )
    lines = output.partition("honcho requests to ")[2].splitlines()
    assert lines[1:3] == [
        "default profile; the live server differs in created_status (60 answers)",
        "page 2 was not requested: #61 get_sessions has 60 in 2 pages",
    ]
    assert "    note: ignored: body.filter; did you mean 'filters'?" in lines


def test_a_note_on_an_early_request_is_shown(project: pytest.Pytester) -> None:
    output = _report(
        project,
        """
httpx.post(f"{honcho_server.url}/v3/workspaces", json={"id": "w", "meta_data": {}})
for _ in range(30):
    httpx.get(f"{honcho_server.url}/health")
""",
    )
    assert "    note: ignored: body.meta_data; did you mean 'metadata'?" in output
