"""The pytest plugin, as a project that has it installed sees it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from mockserver import MockServer

_REQUESTS = """
import json, urllib.request

def call(url, method="POST", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.status, json.loads(answer.read())

def total(server):
    return call(f"{server.url}/v3/workspaces/list")[1]["total"]
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of its own with a module of helpers; its tests run in this process or in one of their own."""
    pytester.makepyfile(helpers=_REQUESTS)
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return pytester


def test_every_test_finds_the_server_empty_whatever_the_one_before_it_did(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from helpers import call, total

        @pytest.mark.parametrize("number", range(3))
        def test_it(honcho_server, number):
            assert total(honcho_server) == 0
            call(f"{honcho_server.url}/v3/workspaces/w/sessions", body={"id": "s"})
            honcho_server.mock.clock.advance(1000)
            assert total(honcho_server) == 1
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=3)


def test_a_server_that_a_test_stopped_runs_in_the_next(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from helpers import total

        @pytest.mark.parametrize("number", range(2))
        def test_it(honcho_server, number):
            assert total(honcho_server) == 0
            honcho_server.stop()
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_clock_that_a_test_moved_is_right_in_the_next(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import datetime, pytest
        from helpers import call

        def test_one(honcho_server):
            honcho_server.mock.clock.freeze(datetime.datetime(2050, 1, 1))

        @pytest.mark.honcho(world={"workspaces": {"w": {"sessions": [{"id": "s"}]}}})
        def test_two(honcho_server):
            session = call(f"{honcho_server.url}/v3/workspaces/w/sessions", body={"id": "s"})[1]
            assert session["created_at"][:4] == str(datetime.datetime.now().year)
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_one_server_serves_all_tests_of_a_process(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        urls = set()
        def test_one(honcho_server): urls.add(honcho_server.url)
        def test_two(honcho_server): urls.add(honcho_server.url)
        def test_three(): assert len(urls) == 1
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=3)


def test_the_marker_chooses_for_one_test_only(project: pytest.Pytester) -> None:
    project.makefile(".json", world='{"workspaces": {"w": {"sessions": [{"id": "s"}]}}}')
    project.makepyfile(
        """
        import pytest
        from helpers import call, total

        pytestmark = pytest.mark.honcho(quirks="created_status")

        @pytest.mark.honcho(world="world.json", purge_after=0)
        def test_marked(honcho_server):
            assert total(honcho_server) == 1
            url = f"{honcho_server.url}/v3/workspaces/w/sessions"
            call(f"{url}/s", "DELETE")
            assert call(url, body={"id": "s"})[0] == 201

        def test_after_it(honcho_server):
            assert total(honcho_server) == 0
            assert honcho_server.mock.quirks.created_status

        @pytest.mark.honcho(quirks="none", world={"workspaces": {"v": {}}})
        def test_world_as_a_mapping(honcho_server):
            assert total(honcho_server) == 1
            assert not honcho_server.mock.quirks.created_status
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        (
            "quark='live'",
            "honcho marker: unknown option 'quark'; the options are api_version, quirks, world, purge_after, work_after, seed, frozen_at, auth_secret, webhook_secret, cors, notes, journal_entries, journal_bytes, max_forks, faults, scripts, min_api_version",
        ),
        (
            "'live'",
            "honcho marker: pass each option by name, not as 'live'; the options are api_version, quirks, world, *",
        ),
        ("frozen_at='noon'", "honcho marker: frozen_at is not a datetime, nor a string in ISO 8601: 'noon'"),
        ("seed=1.5", "honcho marker: seed must be an integer, a string or None: 1.5"),
        ("journal_entries=-1", "honcho marker: journal_entries must be an integer of at least 0: -1"),
        ("faults={'fault': 'error'}", "honcho marker: faults must be a list of mappings: *"),
        ("faults=[{'fault': 'eror'}]", "honcho marker: there is no fault 'eror'; did you mean 'error'?"),
        ("faults=[{'fault': ['x']}]", "honcho marker: there is no fault *"),
        ("faults=[{'error': 503}]", "honcho marker: a fault needs the key 'fault' with its kind: {'error': 503}"),
        (
            "faults=[{'fault': 'error', 'statsu': 5}]",
            "honcho marker: error takes no 'statsu'; did you mean 'status'? (*",
        ),
        (
            "faults=[{'fault': 'delay'}]",
            "honcho marker: delay needs 'seconds': how long the answer is delayed, up to 3600",
        ),
        ("faults=[{'fault': 'error', 'times': 0}]", "honcho marker: times must be an integer *"),
        ("scripts=[{'operation': 'chat', 'answers': []}]", "honcho marker: a script for 'chat' needs an answer"),
        ("scripts=[{'operation': 'chat', 'answers': 'x'}]", "honcho marker: a script needs an 'operation', and *"),
        ("scripts=[{'answers': ['x']}]", "honcho marker: a script needs an 'operation', and 'answers' in a list"),
        ("quirks='lively'", "honcho marker: unknown quirk 'lively'; known: none, live, *"),
        ("world='nowhere.json'", "honcho marker: *nowhere.json: No such file or directory"),
        (
            "world={'workspaces': {'w': {'sessions': {}}}}",
            "honcho marker: world: workspaces.w.sessions: Input should be *",
        ),
        (
            "quirks=['live', 5]",
            "honcho marker: quirks must be none, live, or names, with commas or in a list, not *",
        ),
        ("auth_secret=''", "honcho marker: auth_secret must be a string of at least one character, or None: ''"),
        ("world=5", "honcho marker: a world must be a mapping or the path of a JSON file, not 5"),
        ("purge_after='2'", "honcho marker: purge_after must be a number of seconds, at least 0, or None: '2'"),
        (
            "quirks='none,field_names'",
            "honcho marker: 'none' cannot be combined with other quirks: 'none,field_names'",
        ),
        ("purge_after=-1", "honcho marker: purge_after must be a number of seconds, at least 0, or None: -1"),
    ],
)
def test_a_wrong_marker_says_what_is_wrong(project: pytest.Pytester, marker: str, complaint: str) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.honcho({marker})
        def test_it(honcho_server): pass

        def test_next(honcho_server): pass
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([complaint])


def test_a_workspace_is_new_for_each_test_and_deleted_afterwards(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from helpers import call, total

        ids, servers = [], []
        def test_one(honcho_server, honcho_workspace):
            ids.append(honcho_workspace)
            servers.append(honcho_server)
            for n in range(3):
                call(f"{honcho_server.url}/v3/workspaces/{honcho_workspace}/sessions", body={"id": f"s{n}"})

        def test_it_was_deleted():
            assert not servers[0].mock.store.workspaces

        def test_two(honcho_workspace):
            assert honcho_workspace not in ids and len(honcho_workspace) > 20
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=3)


def test_the_environment_points_at_the_server_for_one_test(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HONCHO_URL", raising=False)
    project.makepyfile(
        """
        import os

        def test_it(honcho_env, honcho_server, honcho_workspace):
            assert honcho_env.keys() >= {"HONCHO_URL", "HONCHO_API_KEY", "HONCHO_WORKSPACE_ID"}
            assert honcho_env == {name: os.environ[name] for name in honcho_env}
            assert (honcho_env["HONCHO_URL"], honcho_env["HONCHO_WORKSPACE_ID"]) == (honcho_server.url, honcho_workspace)

        def test_after_it():
            assert "HONCHO_URL" not in os.environ
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_the_environment_is_restored_although_the_test_changed_it_with_monkeypatch(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HONCHO_URL", raising=False)
    project.makepyfile(
        """
        import os, pytest

        @pytest.fixture(autouse=True)
        def first():
            yield
            assert "HONCHO_URL" not in os.environ

        @pytest.fixture
        def asked_for_by_name(request):
            return request.getfixturevalue("monkeypatch")

        def test_before(monkeypatch, honcho_env): monkeypatch.setenv("HONCHO_URL", "x")
        def test_after(honcho_env, monkeypatch): monkeypatch.setenv("HONCHO_URL", "x")
        def test_by_name(asked_for_by_name, honcho_env): asked_for_by_name.setenv("HONCHO_URL", "x")
        def test_by_name_after(honcho_env, asked_for_by_name): asked_for_by_name.delenv("HONCHO_URL")
        def test_without(honcho_env): os.environ["HONCHO_URL"] = "x"
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=5)


def test_with_a_secret_the_environment_has_a_key_of_the_workspace_and_the_rest_is_shut(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(
        """
        import httpx, os, pytest

        @pytest.mark.honcho(auth_secret="s")
        def test_it(honcho_env, honcho_server):
            sessions = f"{honcho_server.url}/v3/workspaces/{honcho_env['HONCHO_WORKSPACE_ID']}/sessions"
            mine = {"Authorization": f"Bearer {os.environ['HONCHO_API_KEY']}"}
            assert httpx.post(sessions, json={"id": "s"}, headers=mine).status_code == 200
            assert httpx.post(sessions, json={"id": "s"}).status_code == 401
            assert httpx.post(f"{honcho_server.url}/v3/workspaces/list", headers=mine).status_code == 401
            everything = {"Authorization": f"Bearer {honcho_server.token(admin=True)}"}
            assert httpx.post(f"{honcho_server.url}/v3/workspaces/list", headers=everything).status_code == 200

        def test_after_it(honcho_server):
            assert httpx.post(f"{honcho_server.url}/v3/workspaces/list").json()["total"] == 0
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_plugin_of_the_project_overrides_the_fixture_and_uses_it(project: pytest.Pytester) -> None:
    project.makepyfile(
        mine="""
        import pytest

        @pytest.fixture
        def honcho_server(honcho_server):
            honcho_server.mock.load({"workspaces": {"w": {}}})
            return honcho_server
        """
    )
    project.makeconftest("pytest_plugins = ['mine']")
    project.makepyfile(
        """
        from helpers import total

        def test_it(honcho_server, honcho_env):
            assert total(honcho_server) == 1
        """
    )
    project.syspathinsert()
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_servers_of_ones_own_are_made_with_options_and_gone_after_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest, urllib.error
        from helpers import total

        urls = []
        def test_make(make_honcho_server):
            one, other = make_honcho_server(), make_honcho_server(quirks="live", world={"workspaces": {"w": {}}})
            assert (total(one), total(other)) == (0, 1)
            assert other.mock.quirks.sentence_422
            urls.extend([one, other])

        def test_gone():
            for server in urls:
                with pytest.raises(urllib.error.URLError):
                    total(server)
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


_FOR_BOTH = """
import os, pytest
from helpers import call, total

def test_contract(honcho_server, honcho_workspace):
    status, session = call(f"{honcho_server.url}/v3/workspaces/{honcho_workspace}/sessions", body={"id": "s"})
    assert session["id"] == "s"

def test_environment(honcho_env):
    assert os.environ["HONCHO_API_KEY"] == os.environ.get("EXPECTED_KEY", "any-key-will-do")

def test_mock(honcho_server):
    honcho_server.mock.purge()

@pytest.mark.honcho(quirks="live")
def test_marked(honcho_server): pass

def test_token(honcho_server):
    with pytest.raises(ValueError): honcho_server.token()

def test_made(make_honcho_server): make_honcho_server()
"""


def test_the_same_tests_run_against_the_fake(project: pytest.Pytester) -> None:
    project.makepyfile(_FOR_BOTH)
    project.runpytest_inprocess().assert_outcomes(passed=6)


def test_with_a_url_they_run_against_that_server_and_skip_what_only_the_fake_has(
    project: pytest.Pytester, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HONCHO_API_KEY", "secret")
    monkeypatch.setenv("EXPECTED_KEY", "secret")
    project.makepyfile(_FOR_BOTH)
    result = project.runpytest_inprocess("--honcho-url", server.url + "/", "-rs")
    result.assert_outcomes(passed=2, skipped=4)
    for what in ("honcho_server.mock", "honcho_server.token", "the marker honcho(quirks)", "make_honcho_server"):
        result.stdout.fnmatch_lines([f"*{what} needs the mock server, but --honcho-url names a real one"])
    [workspace] = server.mock.store.workspaces.values()
    assert len(workspace.active) == 0, "the workspace was not cleared"


class _Stubborn(BaseHTTPRequestHandler):
    """A server that has one session and refuses to delete it."""

    refused: ClassVar[int] = 0

    def do_POST(self) -> None:
        self._answer(200, b'{"items": [{"id": "s"}]}')

    def do_DELETE(self) -> None:
        type(self).refused += 1
        self._answer(403, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_that_refuses_to_delete_is_not_asked_for_ever(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(honcho_workspace): pass")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Stubborn) as stubborn:
        threading.Thread(target=stubborn.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{stubborn.server_port}"
        project.runpytest_inprocess("--honcho-url", url).assert_outcomes(passed=1)
        stubborn.shutdown()
    assert _Stubborn.refused == 1


def test_a_server_that_ends_during_a_test_does_not_fail_the_clean_up(project: pytest.Pytester) -> None:
    with MockServer() as ending:
        project.makeconftest(
            f"""
            from mockserver import server

            def stop():
                # An earlier server may have had this port too.
                [ending] = [one for one in server.STARTED if one.is_running and one._url == {ending.url!r}]
                ending.__exit__(None, None, None)
            """
        )
        project.makepyfile("from conftest import stop\ndef test_it(honcho_workspace): stop()")
        project.runpytest_inprocess("--honcho-url", ending.url).assert_outcomes(passed=1)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_does_not_answer_is_one_sentence_before_any_test(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    project.makepyfile("def test_one(honcho_server): pass\ndef test_two(honcho_server): pass")
    url = f"{scheme}://127.0.0.1:9"
    result = project.runpytest_inprocess("--honcho-url", url)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        f"ERROR: --honcho-url: {url} does not answer: [Errno 111] Connection refused"
    ]
    result.stdout.no_fnmatch_line("*test_one*")
    project.runpytest_inprocess("--honcho-url", url, "--collect-only").stdout.fnmatch_lines(["*2 tests collected*"])
    monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")  # A client may reach it, though this process cannot.
    project.runpytest_inprocess("--honcho-url", url).assert_outcomes(passed=2)


@pytest.mark.process
@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://x"])
def test_a_url_that_is_none_is_told_before_any_test(project: pytest.Pytester, url: str) -> None:
    result = project.runpytest_subprocess(f"--honcho-url={url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --honcho-url must begin with http:// or https://: '{url}'"])


def test_without_a_key_for_a_real_server_the_environment_has_none(
    project: pytest.Pytester, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HONCHO_API_KEY", raising=False)
    project.makepyfile(
        """
        import os
        def test_it(honcho_env): assert "HONCHO_API_KEY" not in os.environ
        """
    )
    project.runpytest_inprocess("--honcho-url", server.url).assert_outcomes(passed=1)


@pytest.mark.process
def test_each_worker_of_xdist_has_a_server_of_its_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from helpers import call, total

        @pytest.mark.parametrize("number", range(20))
        def test_it(honcho_server, number):
            assert total(honcho_server) == 0
            call(f"{honcho_server.url}/v3/workspaces/w{number}/sessions", body={"id": "s"})
            assert total(honcho_server) == 1
        """
    )
    project.runpytest_subprocess("-n", "2", "-p", "xdist").assert_outcomes(passed=20)


def test_async_tests_use_it_as_well(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import asyncio, contextlib
        from urllib.parse import urlsplit

        def test_it(honcho_server):
            async def visit():
                parts = urlsplit(honcho_server.url)
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.write(b"GET /health HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                answer = await reader.read()
                writer.close()
                await writer.wait_closed()
                return answer
            assert b'{"status":"ok"}' in asyncio.run(visit())
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_the_marker_and_the_option_are_described(project: pytest.Pytester) -> None:
    project.runpytest_inprocess("--markers").stdout.fnmatch_lines(
        ["@pytest.mark.honcho(api_version=..., quirks=..., world=...*"]
    )
    project.runpytest_inprocess("--help").stdout.fnmatch_lines(["*--honcho-url=URL*"])


def test_a_test_that_fails_shows_its_requests_in_a_section_of_their_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from urllib.error import HTTPError
        import pytest
        from helpers import call

        def test_before(honcho_server):
            call(f"{honcho_server.url}/v3/workspaces/list")

        def test_it(honcho_server, make_honcho_server):
            other = make_honcho_server()
            sessions = f"{honcho_server.url}/v3/workspaces/w/sessions"
            call(sessions, body={"id": "s"})
            call(f"{sessions}/s", "DELETE")
            with pytest.raises(HTTPError):
                call(sessions, body={"id": "s"})
            assert False

        @pytest.mark.parametrize("number", [25])
        def test_long(honcho_server, number):
            for _ in range(number):
                call(f"{honcho_server.url}/health", "GET")
            assert False
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.re_match_lines(
        [
            r"-+ honcho requests to http://127.0.0.1:\d+ -+",
            r"#1 POST /v3/workspaces/w/sessions -> 200 in [\d.]+ ms",
            r'    sent: {"id": "s"}',
            r'    answered: {"id":"s".*|    answered: {"id": "s".*',
            r"#2 DELETE /v3/workspaces/w/sessions/s -> 202 in [\d.]+ ms",
            r"#3 POST /v3/workspaces/w/sessions -> 404 in [\d.]+ ms",
            r"    why: session 's' was deleted by request #2 and awaits its purge",
            r"-+ honcho requests to http://127.0.0.1:\d+ -+",
            r"no request came to http://127.0.0.1:\d+",
            r"\(5 earlier\)",
            r"#6 GET /health -> 200 in [\d.]+ ms",
        ],
        consecutive=False,
    )


def test_a_test_that_fails_shows_what_it_sent_to_webhooks(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from helpers import call

        def emit(server, times):
            workspace = f"{server.url}/v3/workspaces/w"
            call(f"{server.url}/v3/workspaces", body={"id": "w"})
            call(f"{workspace}/webhooks", body={"url": "http://127.0.0.1:9/"})
            for _ in range(times):
                call(f"{workspace}/webhooks/test", "GET")

        def test_before(honcho_server):
            emit(honcho_server, 1)

        @pytest.mark.honcho(webhook_secret="mine", work_after=5)
        def test_it(honcho_server):
            assert (honcho_server.mock.webhook_secret, honcho_server.mock.store.backlog.after) == ("mine", 5)
            emit(honcho_server, 2)
            honcho_server.mock.deliveries.wait_for(at_least=2, timeout=60)
            assert False
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    line = r"test.event of 'w' to http://127.0.0.1:9/ -> ConnectionRefusedError: .*"
    result.stdout.re_match_lines([r"-+ honcho deliveries of http://127.0.0.1:\d+ -+", f"#1 {line}", f"#2 {line}"])


def test_a_test_fails_when_a_fault_that_must_fire_did_not(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from urllib.error import HTTPError
        import pytest
        from helpers import call

        pytestmark = pytest.mark.honcho(
            faults=[{"fault": "error", "status": 503, "path": "/health", "name": "down", "must_fire": True}]
        )

        def test_fired(honcho_server):
            with pytest.raises(HTTPError, match="503"):
                call(f"{honcho_server.url}/health", "GET")

        def test_did_not_fire(honcho_server):
            pass

        def test_failed_for_another_reason(honcho_server):
            assert "reason" == "another"
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["these faults never fired: <Fault 'down': error(503) for path=/health; fired 0 of 0>"])
    result.stdout.fnmatch_lines(["*AssertionError: assert 'reason' == 'another'"])


def test_the_marker_sets_clock_seed_journal_and_scripts(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from helpers import call

        @pytest.mark.honcho(frozen_at="2026-03-01T12:00:00Z")
        def test_frozen(honcho_server):
            assert call(f"{honcho_server.url}/v3/workspaces", body={"id": "w"})[1]["created_at"] == "2026-03-01T12:00:00Z"

        @pytest.mark.honcho(seed=7, journal_entries=0)
        def test_seeded(honcho_server):
            made = call(f"{honcho_server.url}/v3/workspaces", body={"id": "w"})[1]["created_at"]
            assert made.startswith("2026-01-01T00:00:00.")
            assert list(honcho_server.mock.requests) == []

        @pytest.mark.honcho(scripts=[{"operation": "chat", "answers": ["Blue."], "peer": "al"}])
        def test_scripted(honcho_server):
            assert [script.answers for script in honcho_server.mock.scripts] == [("Blue.",)]

        def test_none_of_it_stays(honcho_server):
            call(f"{honcho_server.url}/health", "GET")
            assert len(honcho_server.mock.requests) == 1
            assert len(honcho_server.mock.scripts) == 0
            assert not honcho_server.mock.clock.is_frozen
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=4)


def test_what_hangs_when_a_test_ends_holds_up_nobody(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import threading
        from helpers import call
        threads = []

        def test_it(honcho_server, honcho_workspace):
            honcho_server.mock.faults.hang()
            url = f"{honcho_server.url}/v3/workspaces/{honcho_workspace}/sessions"
            threads.append(threading.Thread(target=call, args=[url, "POST", {"id": "s"}]))
            threads[0].start()
            honcho_server.mock.requests.wait_for(timeout=60, session="s")

        def test_next(honcho_server):
            threads[0].join(60)
            assert not threads[0].is_alive()
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_servers_of_a_project_s_own_are_shown_with_what_they_were_asked_in_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from helpers import call
        from mockserver import MockServer

        @pytest.fixture(scope="module")
        def own():
            with MockServer() as server:
                yield server

        def test_before(own):
            call(f"{own.url}/v3/workspaces", body={"id": "before"})

        def test_it(own):
            with MockServer() as inner, own.fork() as fork:
                call(f"{own.url}/v3/workspaces", body={"id": "outer"})
                call(f"{inner.url}/v3/workspaces", body={"id": "inner"})
                call(f"{fork.url}/v3/workspaces", body={"id": "forked"})
                assert False
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    output = result.stdout.str()
    assert [word in output for word in ('"id": "outer"', '"id": "inner"', '"id": "forked"')] == [True] * 3
    assert '"id": "before"' not in output.split("honcho requests")[1]


def test_a_seed_makes_the_workspace_of_a_test_repeat(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        ids = []

        @pytest.mark.parametrize("number", range(2))
        @pytest.mark.honcho(seed=1, journal_bytes=10_000)
        def test_it(honcho_workspace, number):
            ids.append(honcho_workspace)
            assert len(set(ids)) == 1
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


_COVERING = """
    import pytest
    from helpers import call
    from mockserver import MockServer

    @pytest.mark.parametrize("number", range(4))
    def test_with_fixtures(honcho_server, honcho_workspace, number):
        call(f"{honcho_server.url}/v3/workspaces/{honcho_workspace}/sessions", body={"id": "s"})
        honcho_server.mock.coverage.forget()

    def test_with_servers_of_its_own(make_honcho_server):
        call(f"{make_honcho_server().url}/v3/workspaces/list")
        with MockServer(journal_entries=0) as server:
            call(f"{server.url}/v3/workspaces/list")
"""
_COVERED = [
    "*= honcho coverage =*",
    "*get_all_workspaces *200 ×2  (never: 422)",
    "*get_or_create_session *200 ×4  (never: 400, 404, 422)",
    "2 of * operations, 2 of * answers",
]


def test_the_coverage_of_a_session_is_that_of_all_fakes_also_of_those_that_are_gone(project: pytest.Pytester) -> None:
    project.makepyfile(_COVERING)
    result = project.runpytest_inprocess("--honcho-coverage")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(_COVERED)
    project.runpytest_inprocess().stdout.no_fnmatch_line("*honcho coverage*")


@pytest.mark.process
def test_the_coverage_of_workers_is_added_up(project: pytest.Pytester) -> None:
    project.makepyfile(_COVERING)
    result = project.runpytest_subprocess("--honcho-coverage", "-n", "2", "-p", "xdist")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(_COVERED)


def test_a_server_that_a_project_starts_with_its_session_is_covered(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        from mockserver import MockServer

        def pytest_configure(config):
            config.own = MockServer().__enter__()

        def pytest_unconfigure(config):
            config.own.__exit__(None, None, None)
        """
    )
    project.makepyfile(
        """
        from helpers import total
        def test_it(pytestconfig): total(pytestconfig.own)
        """
    )
    project.runpytest_inprocess("--honcho-coverage").stdout.fnmatch_lines(["*get_all_workspaces *200 ×1  *"])


@pytest.mark.process
def test_a_worker_that_crashes_is_told_with_the_coverage_of_the_others(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import os
        from helpers import total

        def test_crash(): os._exit(1)
        def test_it(honcho_server): total(honcho_server)
        """
    )
    result = project.runpytest_subprocess("--honcho-coverage", "-n", "1", "-p", "xdist")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*get_all_workspaces *200 ×1  *", "gw0 crashed, and its coverage is lost"])


@pytest.mark.process
def test_a_worker_that_is_interrupted_is_counted_once(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from helpers import total

        def test_it(honcho_server):
            total(honcho_server)
            raise KeyboardInterrupt
        """
    )
    result = project.runpytest_subprocess("--honcho-coverage", "-n", "1", "-p", "xdist")
    result.stdout.fnmatch_lines(["*get_all_workspaces *200 ×1  *"])
    result.stdout.no_fnmatch_line("*lost*")


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["1"], 0, "the required 1% of the operations were reached: *"),
        (["99"], 1, "the required 99% of the operations were not reached: *"),
        (["99", "-n", "1", "-p", "xdist"], 1, "the required 99% of the operations were not reached: *"),
        (["99", "--collect-only"], 0, "*1 test collected*"),
        (["99", "--honcho-url", "URL"], 0, "only mocks of this session are counted; *"),
        (["99", "-k", "nothing"], 5, "the required 99% of the operations were not reached: 0.00%"),
        (["101"], 4, "*--honcho-coverage-fail-under: not a percentage from 0 to 100: '101'"),
        (["many"], 4, "*--honcho-coverage-fail-under: not a percentage from 0 to 100: 'many'"),
    ],
)
# pytest before 8 has wrappers of the old style, and pluggy warns of what is raised in one: here of the wrong option.
@pytest.mark.filterwarnings("ignore:A plugin raised an exception during an old-style:Warning")
def test_a_session_that_covers_too_little_fails(
    project: pytest.Pytester, server: MockServer, options: list[str], status: int, told: str
) -> None:
    project.makepyfile(
        """
        from helpers import total
        from mockserver import MockServer

        def test_it():
            with MockServer() as server: total(server)
        """
    )
    percentage, *others = [server.url if option == "URL" else option for option in options]
    run = project.runpytest_subprocess if "xdist" in others else project.runpytest_inprocess
    result = run(f"--honcho-coverage-fail-under={percentage}", *others)
    assert result.ret == status
    (result.stderr if status == 4 else result.stdout).fnmatch_lines([told])
