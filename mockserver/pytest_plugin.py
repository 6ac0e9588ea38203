"""The pytest plugin: fixtures, a marker and an option. The server is imported when a fixture first asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from .server import MockServer
    from .testing.mock import Mock

_MARKER_OPTIONS = ("quirks", "world", "purge_after", "auth_secret")


class RemoteServer:
    """The server of `--honcho-url`. It has a `url`; what only the fake has skips the test."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    @property
    def mock(self) -> Mock:
        """Skips the test: the state of a real server is not at hand."""
        _skip("honcho_server.mock")

    @property
    def token(self) -> Callable[..., str]:
        """Skips the test: the secret of a real server is not known."""
        _skip("honcho_server.token")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("honcho").addoption(
        "--honcho-url",
        metavar="URL",
        help="run the tests against this Honcho server (key from HONCHO_API_KEY), not against the fake",
    )


def pytest_configure(config: pytest.Config) -> None:
    url = config.getoption("--honcho-url")
    if url is not None and not url.startswith(("http://", "https://")):
        raise pytest.UsageError(f"--honcho-url: not a URL that begins with http:// or https://: {url!r}")
    config.addinivalue_line(
        "markers",
        "honcho(quirks=..., world=..., purge_after=..., auth_secret=...): what honcho_server is like in this test; "
        "quirks as in MockServer, world a mapping or a file beside the test's, purge_after in seconds or None, "
        "auth_secret the text that tokens are signed with",
    )


@pytest.fixture(scope="session")
def _honcho_process_server(request: pytest.FixtureRequest) -> Iterator[MockServer | RemoteServer]:
    """The one server of this test process."""
    url = request.config.getoption("--honcho-url")
    if url:
        yield RemoteServer(url)
        return
    from .server import MockServer

    with MockServer() as server:
        yield server


@pytest.fixture
def honcho_server(
    request: pytest.FixtureRequest, _honcho_process_server: MockServer | RemoteServer
) -> MockServer | RemoteServer:
    """A fake Honcho server with a `url` and a `mock`, empty or in the world that the marker `honcho` names.

    It is the same server for all tests of a process, and back in its starting state for each.
    """
    server = _honcho_process_server
    options = _marker_options(request)
    if isinstance(server, RemoteServer):
        if options:
            _skip(f"the marker honcho({', '.join(options)})")
        return server
    complaint = None
    try:
        server.mock.reset(**options)
    except (ValueError, ImportError) as error:
        complaint = str(error)
    if complaint is not None:
        pytest.fail(f"honcho marker: {complaint}", pytrace=False)
    return server


@pytest.fixture
def honcho_workspace(honcho_server: MockServer | RemoteServer) -> Iterator[str]:
    """The id of a workspace of this test's own, which nobody can guess; deleted afterwards as far as the API allows."""
    from .domain.clock import Ids

    workspace_id = f"test-{Ids().new()}"
    yield workspace_id
    _delete_workspace(honcho_server, workspace_id)


@pytest.fixture
def honcho_env(
    monkeypatch: pytest.MonkeyPatch, honcho_server: MockServer | RemoteServer, honcho_workspace: str
) -> dict[str, str]:
    """HONCHO_URL, HONCHO_API_KEY and HONCHO_WORKSPACE_ID, set for this test to its server and workspace.

    The key is a token of the workspace where the fake asks for one.
    """
    environment = {"HONCHO_URL": honcho_server.url, "HONCHO_WORKSPACE_ID": honcho_workspace}
    key = _api_key(honcho_server, workspace=honcho_workspace)
    if key is None and not isinstance(honcho_server, RemoteServer):
        key = "any-key-will-do"
    if key:
        environment["HONCHO_API_KEY"] = key
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def make_honcho_server(request: pytest.FixtureRequest) -> Iterator[Callable[..., MockServer]]:
    """Makes servers of the test's own: call it with the options of MockServer. They are gone after the test."""
    if request.config.getoption("--honcho-url"):
        _skip("make_honcho_server")
    from .server import MockServer

    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(MockServer(**options))


def _skip(what: str) -> NoReturn:
    pytest.skip(f"{what} needs the fake server, and --honcho-url names a real one")


def _marker_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The options of the marker; those of the test go before those of its class and module."""
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("honcho"))):
        unknown = [name for name in marker.kwargs if name not in _MARKER_OPTIONS]
        if marker.args or unknown:
            offence = unknown[0] if unknown else marker.args[0]
            known = ", ".join(_MARKER_OPTIONS)
            pytest.fail(f"honcho marker: unknown option {offence!r}; known by name: {known}", pytrace=False)
        options |= marker.kwargs
    if isinstance(options.get("world"), (str, Path)):
        options["world"] = request.path.parent / options["world"]
    return options


def _api_key(server: MockServer | RemoteServer, **scope: Any) -> str | None:
    """The key for requests to a server, on the fake one with this scope; None where none is known or needed."""
    if isinstance(server, RemoteServer):
        return os.environ.get("HONCHO_API_KEY") or None
    return None if server.mock.keyring is None else server.token(**scope)


def _delete_workspace(server: MockServer | RemoteServer, workspace_id: str) -> None:
    """Delete a workspace and its sessions; a server that refuses, or is gone, keeps what it has."""
    from .parity.cleaning import delete_workspace
    from .parity.connection import Connection, NoAnswer

    key = _api_key(server, admin=True)
    with suppress(NoAnswer, ValueError), Connection(server.url, key, timeout_seconds=10) as connection:
        delete_workspace(connection, workspace_id)
