"""What the plugin offers to a whole session: a server that nobody resets, and a file about failures."""

from pathlib import Path

import pytest

_NAMES = """
import os
URLS = ("HONCHO_URL", "HONCHO_BASE_URL", "HONCHO_ENDPOINT")
WORKSPACES = ("HONCHO_WORKSPACE_ID", "HONCHO_WORKSPACE")
"""


def test_every_name_that_clients_read_is_set_and_taken_back(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HONCHO_ENDPOINT", "https://elsewhere.example")
    monkeypatch.delenv("HONCHO_WORKSPACE", raising=False)
    pytester.makepyfile(
        _NAMES
        + """
def test_they_are_set(honcho_server, honcho_workspace, honcho_env):
    assert {os.environ[name] for name in URLS} == {honcho_server.url}
    assert {os.environ[name] for name in WORKSPACES} == {honcho_workspace}
    assert set(honcho_env) == {*URLS, *WORKSPACES, "HONCHO_API_KEY"}

def test_they_are_as_before():
    assert os.environ["HONCHO_ENDPOINT"] == "https://elsewhere.example"
    assert "HONCHO_WORKSPACE" not in os.environ
"""
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_the_server_of_the_session_keeps_its_state_through_all_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        _NAMES
        + """
import httpx, pytest

@pytest.fixture(scope="session")
def sessions(honcho_session_env):
    url = f"{os.environ['HONCHO_URL']}/v3/workspaces/{os.environ['HONCHO_WORKSPACE_ID']}/sessions"
    httpx.post(url, json={"id": "s"})
    return url

@pytest.mark.parametrize("time", range(2))
@pytest.mark.honcho(quirks="live")
def test_it_is_there(sessions, honcho_server, honcho_session_server, time):
    assert honcho_server.url != honcho_session_server.url
    assert httpx.post(f"{sessions}/list").json()["total"] == 1

def test_a_narrower_environment_wins_while_it_lasts(sessions, honcho_env, honcho_server):
    assert os.environ["HONCHO_URL"] == honcho_server.url

def test_and_is_gone_afterwards(honcho_session_env):
    assert {name: os.environ[name] for name in honcho_session_env} == honcho_session_env
"""
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=4)


_TWO = """
import httpx

def test_good(honcho_server):
    httpx.get(honcho_server.url + "/good")

def test_bad(honcho_server):
    httpx.get(honcho_server.url + "/bad")
    assert False
"""


def test_the_requests_of_failed_tests_are_written_to_a_file(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_two=_TWO)
    log = Path(pytester.path) / "build" / "honcho.log"
    pytester.runpytest_inprocess("--honcho-log=build/honcho.log").assert_outcomes(passed=1, failed=1)
    written = log.read_text(encoding="utf-8")
    assert written.startswith("=== test_two.py::test_bad (call)\n--- honcho requests to http://127.0.0.1:")
    assert "GET /bad -> 404" in written
    assert "/good" not in written
    pytester.runpytest_inprocess("--honcho-log=build/honcho.log", "-k", "good").assert_outcomes(passed=1, deselected=1)
    assert log.read_text(encoding="utf-8") == ""


@pytest.mark.process
def test_with_workers_the_controller_writes_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_two=_TWO)
    pytester.runpytest_subprocess("-n2", "--honcho-log=honcho.log")
    assert "GET /bad -> 404" in (Path(pytester.path) / "honcho.log").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_an_error_at_the_start(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_two=_TWO)
    done = pytester.runpytest_inprocess(f"--honcho-log={pytester.path}")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*--honcho-log: cannot write *: Is a directory"])
