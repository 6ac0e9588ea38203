"""The guard: a test with a fake does not reach the production server by mistake."""

import asyncio
import http.client
import importlib
import socket
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import uvloop

from mockserver.pytest_guard import Guard, ProductionHostRefused

_HOST = "api.honcho.dev"
_URL = f"https://{_HOST}/v3/workspaces"


def _connect(name: str) -> None:
    with socket.socket() as one:
        getattr(one, name)((_HOST, 443))


async def _resolve() -> None:
    await asyncio.get_running_loop().getaddrinfo(_HOST, 443)


async def _open() -> None:
    await asyncio.open_connection(host=_HOST, port=443)


async def _connect_socket() -> None:
    with socket.socket() as one:
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, (_HOST, 443))


async def _get() -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(_URL)


def _urllib() -> None:
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(_URL)


def _requests() -> None:
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        session.trust_env = False
        session.get(_URL)


def _httpx() -> None:
    with httpx.Client(trust_env=False) as client:
        client.get(_URL)


_WAYS: dict[str, Callable[[], object]] = {
    "getaddrinfo": lambda: socket.getaddrinfo(_HOST, 443),
    "getaddrinfo by name": lambda: socket.getaddrinfo(host=_HOST, port=443),
    "in capitals": lambda: socket.getaddrinfo(_HOST.upper() + ".", 443),
    "in bytes": lambda: socket.getaddrinfo(_HOST.encode(), 443),
    "gethostbyname": lambda: socket.gethostbyname(_HOST),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex(_HOST),
    "create_connection": lambda: socket.create_connection((_HOST, 443)),
    "connect": lambda: _connect("connect"),
    "connect_ex": lambda: _connect("connect_ex"),
    "http.client": lambda: http.client.HTTPSConnection(_HOST).connect(),
    "urllib": _urllib,
    "requests": _requests,
    "httpx": _httpx,
    **{
        f"{name} {coroutine.__name__}": lambda run=run, coroutine=coroutine: run(coroutine())  # type: ignore[misc]  # mypy cannot infer it
        for name, run in (("asyncio", asyncio.run), ("uvloop", uvloop.run))
        for coroutine in (_resolve, _open, _connect_socket, _get)
    },
}


@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS)
def test_the_production_host_is_refused_however_it_is_looked_up(way: Callable[[], object]) -> None:
    before = [(owner, dict(vars(owner))) for owner in (socket, socket.socket, uvloop.Loop)]
    with (
        Guard() as guard,
        pytest.raises(ProductionHostRefused, match="Use the fixture honcho_env, which sets HON"),
    ):
        way()
    assert guard.refused == 1
    assert [(owner, dict(vars(owner))) for owner in (socket, socket.socket, uvloop.Loop)] == before


@pytest.mark.parametrize("coroutine", [_resolve, _open, _connect_socket, _get])
def test_a_uvloop_that_is_imported_while_the_guard_is_on_is_guarded(
    coroutine: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    finders = list(sys.meta_path)
    monkeypatch.delitem(sys.modules, "uvloop")
    with Guard(), Guard() as guard:
        fresh = importlib.import_module("uvloop")
        assert fresh is not uvloop
        with pytest.raises(ProductionHostRefused):
            fresh.run(coroutine())
    assert guard.refused == 1
    assert sys.meta_path == finders
    assert set(vars(fresh.Loop)) == set(vars(uvloop.Loop))
    assert fresh.__spec__ is not None
    assert "exec_module" not in vars(fresh.__spec__.loader)


def test_a_uvloop_that_cannot_be_imported_fails_as_it_does_without_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "uvloop")
    monkeypatch.setattr(sys, "path", [])
    with Guard(), pytest.raises(ModuleNotFoundError, match="No module named 'uvloop'"):
        importlib.import_module("uvloop")


def test_nothing_is_patched_in_a_uvloop_that_is_imported_after_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "uvloop")
    with Guard():
        pass
    assert set(vars(importlib.import_module("uvloop").Loop)) == set(vars(uvloop.Loop))


class _Recorded:
    """Answers look-ups, so that none leaves the machine."""

    def __init__(self) -> None:
        self.hosts: list[object] = []

    def __call__(self, host: Any, *_: Any, **__: Any) -> list[Any]:
        self.hosts.append(host)
        return []


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> _Recorded:
    names = _Recorded()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


def test_all_other_hosts_pass(recorded: _Recorded) -> None:
    others = [f"x{_HOST}", f"{_HOST}.example.com", "honcho.dev", None, "", b"\xff", "localhost"]
    with Guard() as guard:
        for host in others:
            socket.getaddrinfo(host, 443)
    assert (recorded.hosts, guard.refused) == (others, 0)


def test_a_host_that_is_allowed_passes(recorded: _Recorded) -> None:
    with Guard([None, _HOST]) as guard:
        socket.getaddrinfo(_HOST, 443)
    assert (recorded.hosts, guard.refused) == ([_HOST], 0)


def test_a_library_that_patches_the_same_function_meanwhile_keeps_its_patch(recorded: _Recorded) -> None:
    with Guard():
        below: Any = socket.getaddrinfo

        def other(*arguments: Any) -> Any:
            return below(*arguments)

        socket.getaddrinfo = other  # type: ignore[assignment]  # as other libraries do
    assert socket.getaddrinfo is other
    socket.getaddrinfo(_HOST, 443)  # The guard is off.
    assert recorded.hosts == [_HOST]


_TEST = f"""
import socket, pytest

def client_that_never_heard_of_the_fake():
    socket.getaddrinfo("{_HOST}", 443)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, recorded: _Recorded) -> pytest.Pytester:
    """A project with a client that calls the production host."""
    pytester.makepyfile(client=_TEST)
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return pytester


def test_a_test_with_a_fake_and_a_client_that_never_heard_of_it_fails_with_the_cause(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from contextlib import suppress
        from client import client_that_never_heard_of_the_fake

        def test_raised(honcho_server): client_that_never_heard_of_the_fake()

        def test_made(make_honcho_server): client_that_never_heard_of_the_fake()

        def test_swallowed(honcho_server):
            with suppress(Exception):
                client_that_never_heard_of_the_fake()
            assert False
        """
    )
    result = project.runpytest_inprocess("-k", "raised or made")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["E*ProductionHostRefused: this test uses a fake, but its client looks up api.honcho.dev*"] * 2
    )
    result = project.runpytest_inprocess("-k", "swallowed")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "the guard refused to look up api.honcho.dev (1 ×): a client does not use the fake's URL",
            "no request came to *",
        ]
    )


def test_a_test_that_passes_although_its_client_was_refused_is_a_warning(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from contextlib import suppress
        from client import client_that_never_heard_of_the_fake

        def test_it(honcho_server):
            with suppress(Exception):
                client_that_never_heard_of_the_fake()
        """
    )
    result = project.runpytest_inprocess("-W", "default")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["*PytestWarning: a client tried to reach api.honcho.dev, and the test passed: use honcho_env"]
    )


@pytest.mark.parametrize("options", [["-o", "honcho_guard=false"], ["--honcho-url", f"https://{_HOST}"]])
def test_the_guard_is_off_by_configuration_and_for_the_server_of_the_tests(
    project: pytest.Pytester, recorded: _Recorded, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # So that the session does not ask that server itself.
    project.makepyfile(
        """
        from client import client_that_never_heard_of_the_fake

        def test_it(honcho_server): client_that_never_heard_of_the_fake()
        """
    )
    project.runpytest_inprocess(*options).assert_outcomes(passed=1)
    assert recorded.hosts[-1] == _HOST


def test_the_guard_is_on_while_a_test_uses_the_fake_only(project: pytest.Pytester, recorded: _Recorded) -> None:
    project.makepyfile(
        """
        from client import client_that_never_heard_of_the_fake

        def test_before(honcho_server): pass
        def test_it(): client_that_never_heard_of_the_fake()
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)
    assert recorded.hosts[-1] == _HOST
