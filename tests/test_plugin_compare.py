"""`pytest --honcho-compare`: what a session reports of a server that answers otherwise."""

import pytest

from mockserver import MockServer

_TESTS = """
    import httpx, pytest

    def create(server):
        return httpx.post(f"{server.url}/v3/workspaces/w/sessions", json={"id": "s"})

    def test_twice(honcho_server):
        create(honcho_server), create(honcho_server)

    def test_same(honcho_server):
        assert httpx.post(f"{honcho_server.url}/v3/workspaces/w/sessions/list").json()["total"] == 0

    def test_leaves(honcho_server, honcho_workspace):
        create(honcho_server)
        honcho_server.mock.purge()
        create(honcho_server)

    @pytest.mark.honcho(quirks="live")
    def test_live(honcho_server):
        create(honcho_server)

    def test_another(make_honcho_server):
        create(make_honcho_server(quirks="live"))

    def test_none(honcho_server):
        pass
"""


@pytest.fixture
def upstream(running_live_server: MockServer) -> MockServer:
    running_live_server.mock.reset(quirks="live", purge_after=None)
    return running_live_server


def test_differences_are_listed_by_test_and_operation(pytester: pytest.Pytester, upstream: MockServer) -> None:
    pytester.makepyfile(_TESTS)
    result = pytester.runpytest_inprocess("--honcho-compare", upstream.url, "-p", "no:randomly")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(
        [
            f"*honcho compare with {upstream.url}*",
            "4 answers agree, 2 differ, 1 were not compared",
            "quirks explain 2 of 2 answers that differ: try the marker honcho(quirks='live')",
            "*::test_leaves",
            "    get_or_create_session status: expected 201, got 200 [[]created_status[]]",
            "*::test_twice",
            "    get_or_create_session status: expected 201, got 200*",
            "1 test was not compared any more after purge",
        ]
    )
    upstream.mock.purge()
    assert list(upstream.mock.store.workspaces) == []


def test_a_strict_comparison_fails_the_tests_with_differences(pytester: pytest.Pytester, upstream: MockServer) -> None:
    pytester.makepyfile(_TESTS)
    result = pytester.runpytest_inprocess("--honcho-compare", upstream.url, "--honcho-compare-strict", "-rf")
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(["*#1 POST /v3/workspaces/w/sessions -> 200 in*: the real server answers otherwise: *"])


def test_a_strict_comparison_fails_for_the_end_of_a_fixture(pytester: pytest.Pytester, upstream: MockServer) -> None:
    pytester.makepyfile(
        """
        import httpx, pytest

        @pytest.fixture
        def session(honcho_server):
            yield
            httpx.post(f"{honcho_server.url}/v3/workspaces/w/sessions", json={"id": "s"})

        def test_it(session):
            pass
        """
    )
    result = pytester.runpytest_inprocess("--honcho-compare", upstream.url, "--honcho-compare-strict")
    result.assert_outcomes(passed=1, errors=1)


@pytest.mark.process
def test_workers_send_their_results(pytester: pytest.Pytester, upstream: MockServer) -> None:
    pytester.makepyfile(_TESTS)
    result = pytester.runpytest_subprocess("--honcho-compare", upstream.url, "-n", "1")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["4 answers agree, 2 differ, 1 were not compared"])


@pytest.mark.parametrize("version", ["3.0.12", "9.9.9"])
def test_the_mock_behaves_as_the_version_of_the_server(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, upstream: MockServer, version: str
) -> None:
    from mockserver.parity.client import Client

    monkeypatch.setattr(Client, "api_version", lambda _: version)
    pytester.makepyfile(
        """
        import pytest

        def test_version(honcho_server, make_honcho_server):
            print("versions", honcho_server.api_version, make_honcho_server().api_version)

        @pytest.mark.honcho(api_version="3.0.6")
        def test_pinned(honcho_server):
            assert honcho_server.api_version == "3.0.6"
        """
    )
    result = pytester.runpytest_inprocess("--honcho-compare", upstream.url, "-s")
    result.assert_outcomes(passed=2)
    known = "3.0.12" if version == "3.0.12" else "3.0.7"
    result.stdout.fnmatch_lines([f"*versions {known} {known}*"])
    said = "the real server names version '9.9.9', which is not known; the fake behaves as 3.0.7"
    assert (said in result.stdout.lines) is (version == "9.9.9")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--honcho-compare-strict"], "--honcho-compare-strict needs --honcho-compare with the URL of a server"),
        (["--honcho-compare", "x"], "--honcho-compare: not a URL that begins with http:// or https://: 'x'"),
        (["--honcho-compare", "http://h.example"], "*h.example is not a loopback address.*may cost calls of a model*"),
        (["--honcho-compare", "http://127.0.0.1:9"], "--honcho-compare: http://127.0.0.1:9 does not answer: *"),
        (
            ["--honcho-compare", "http://127.0.0.1:9", "--honcho-url", "http://127.0.0.1:9"],
            "--honcho-compare cannot be used with --honcho-url: there is no mock to compare",
        ),
    ],
)
def test_what_cannot_be_compared_is_a_usage_error(
    pytester: pytest.Pytester, arguments: list[str], complaint: str
) -> None:
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {complaint}"])


def test_a_strict_session_fails_if_the_server_stops_answering(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx

        def test_it(upstream_of_the_session, honcho_server):
            upstream_of_the_session.stop()
            httpx.post(f"{honcho_server.url}/v3/workspaces", json={"id": "w"})
        """
    )

    with MockServer(quirks="live") as stopping:

        class Plugin:
            @pytest.fixture
            def upstream_of_the_session(self) -> MockServer:
                return stopping

        arguments = ["--honcho-compare", stopping.url, "--honcho-compare-strict"]
        result = pytester.runpytest_inprocess(*arguments, plugins=[Plugin()])
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["the comparison ended early: the real server, which does not answer: *"])


def test_an_interrupted_session_does_not_wait_for_the_server(pytester: pytest.Pytester, upstream: MockServer) -> None:
    pytester.makepyfile(
        """
        import httpx

        def test_it(honcho_server):
            httpx.post(f"{honcho_server.url}/v3/workspaces", json={"id": "w"})
            raise KeyboardInterrupt
        """
    )
    upstream.mock.faults.hang(operation="get_or_create_workspace", times=1)
    result = pytester.runpytest_inprocess("--honcho-compare", upstream.url, no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["the comparison ended early: the session was interrupted"])
