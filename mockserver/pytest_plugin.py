"""The pytest plugin: fixtures, a marker and options. It imports the server when a test first uses a fixture."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import pytest

from .pytest_environment import environment_of
from .pytest_guard import PRODUCTION_HOST, Guard, proxy_variable
from .pytest_report import GUARD, HONCHO_URL, SERVERS, remember_positions, sections
from .pytest_session import honcho_session_env, honcho_session_server  # noqa: F401 - pytest finds them in this module

if TYPE_CHECKING:
    from .pytest_compare import SessionComparison
    from .server import MockServer
    from .testing.mock import Mock

# Arguments of the marker besides the options of a mock.
_RULES = ("faults", "scripts")
# The oldest version that the test is for; with older ones it is skipped.
_MINIMUM = "min_api_version"
# The property of a test report that says with which version of the API the test ran.
_VERSION = "honcho_api_version"  # also the name of the fixture
# Set when a test used `honcho_server`, and when it failed.
_USED = pytest.StashKey[bool]()
_FAILED = pytest.StashKey[bool]()


class RemoteServer:
    """The server of `--honcho-url`. Access to an attribute that only the mock server has skips the test."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def __repr__(self) -> str:
        return f"<RemoteServer {self.url}>"

    @property
    def api_version(self) -> str:
        """The version that the server's `/openapi.json` names. Raises NoAnswer if the server does not answer."""
        from .parity.client import Client

        with Client(self.url) as connection:
            version: str = json.loads(connection.call("GET", "/openapi.json").body)["info"]["version"]
        return version

    @property
    def mock(self) -> Mock:
        """Skips the test: the state of a real server is not accessible."""
        _skip("honcho_server.mock")

    def start(self) -> None:
        """Skips the test, as `stop` does: a real server cannot be stopped."""
        _skip("honcho_server.start")

    def stop(self) -> None:
        """Skips the test."""
        _skip("honcho_server.stop")

    @property
    def token(self) -> Callable[..., str]:
        """Skips the test: the secret of a real server is unknown."""
        _skip("honcho_server.token")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the other plugin at once: a fixture of a plugin that comes later overrides those of earlier ones."""
    pluginmanager.register(_EachTest())


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("honcho")
    group.addoption(
        "--honcho-url",
        metavar="URL",
        help="run the tests against this Honcho server, with the key in HONCHO_API_KEY, instead of the mock server",
    )
    group.addoption(
        "--honcho-api-version",
        metavar="VERSIONS",
        help="run each test that uses the mock server once with each of these versions of the API, such as "
        "3.0.6,3.0.12, or with all",
    )
    group.addoption(
        "--honcho-coverage",
        action="store_true",
        help="report at the end which operations of the API, and which of their answers, the tests used",
    )
    group.addoption(
        "--honcho-coverage-fail-under",
        metavar="PERCENT",
        type=_percentage,
        help="like --honcho-coverage, and fail if the tests used less than this percentage of the operations",
    )
    group.addoption(
        "--honcho-log",
        metavar="FILE",
        type=Path,
        help="write the last requests of each failed test to this file, as its report shows them",
    )

    _add_comparison(group)
    parser.addini(
        "honcho_guard",
        "refuse connections to the production server in tests that use honcho_server (default: true)",
        type="bool",
        default=True,
    )
    parser.addini(
        "honcho_env_autouse", "use the fixture honcho_env in every test (default: false)", type="bool", default=False
    )


def _add_comparison(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--honcho-compare",
        metavar="URL",
        help="send each request to this Honcho server too, with the key in HONCHO_API_KEY, and report where its "
        "answers differ from those of the mock server",
    )
    group.addoption(
        "--honcho-compare-strict",
        action="store_true",
        help="fail the tests in which an answer differs from that of the server of --honcho-compare",
    )
    group.addoption(
        "--honcho-compare-yes",
        action="store_true",
        help="allow --honcho-compare with a server on another machine, where messages may cost calls of a model",
    )


def _percentage(text: str) -> float:
    from argparse import ArgumentTypeError

    with suppress(ValueError):
        if 0 <= (number := float(text)) <= 100:
            return number
    raise ArgumentTypeError(f"not a percentage from 0 to 100: {text!r}")


@pytest.hookimpl(tryfirst=True)  # Before a project's own pytest_configure, which may start servers.
def pytest_configure(config: pytest.Config) -> None:
    url = config.getoption("--honcho-url")
    if url is not None and not url.startswith(("http://", "https://")):
        raise pytest.UsageError(f"--honcho-url must begin with http:// or https://: {url!r}")
    if config.getoption("--honcho-api-version") is not None:
        if url is not None:
            raise pytest.UsageError(
                "--honcho-api-version cannot be used with --honcho-url: that server has one version"
            )
        config.pluginmanager.register(_VersionsOfRun(_versions(config)))
    _register_comparison(config, url)
    fail_under = config.getoption("--honcho-coverage-fail-under")
    if config.getoption("--honcho-coverage") or fail_under is not None:
        from .pytest_coverage import ContractCoverage

        config.pluginmanager.register(ContractCoverage(config, fail_under))
    log = config.getoption("--honcho-log")
    if log is not None and not hasattr(config, "workerinput"):
        from .pytest_log import FailureLog

        config.pluginmanager.register(FailureLog(log))
    if config.getini("honcho_env_autouse"):
        config.pluginmanager.register(_EnvironmentOfEveryTest())
    # Only `pytest --markers` shows the names, so only it imports the options.
    options = [f"{name}=..." for name in _options()] if config.getoption("markers") else ["..."]
    config.addinivalue_line(
        "markers",
        f"honcho({', '.join(options)}, faults=[...], scripts=[...], min_api_version=...): "
        "options of the honcho_server of this test: the options of MockServer (world may be a path relative to the "
        "test file), faults such as "
        "{'fault': 'error', 'status': 503, 'times': 1} and scripts such as {'operation': 'chat', 'answers': ['Blue.']}",
    )


def _register_comparison(config: pytest.Config, remote: str | None) -> None:
    """Register the plugin of `--honcho-compare`, if it is given. Raises UsageError."""
    url = config.getoption("--honcho-compare")
    if url is None:
        for option in ("--honcho-compare-strict", "--honcho-compare-yes"):
            if config.getoption(option):
                raise pytest.UsageError(f"{option} needs --honcho-compare with the URL of a server")
        return
    if remote is not None:
        raise pytest.UsageError("--honcho-compare cannot be used with --honcho-url: there is no mock to compare")
    from .pytest_compare import NAME, SessionComparison

    is_strict, agrees = (config.getoption(f"--honcho-compare-{name}") for name in ("strict", "yes"))
    config.pluginmanager.register(SessionComparison(config, url, is_strict=is_strict, agrees=agrees), NAME)


def _comparison(config: pytest.Config) -> SessionComparison | None:
    """The plugin of `--honcho-compare`, or None."""
    plugin: SessionComparison | None = config.pluginmanager.get_plugin("honcho_compare")
    return plugin


class _EnvironmentOfEveryTest:
    """The plugin of the ini option `honcho_env_autouse`."""

    @pytest.fixture(autouse=True)
    def _honcho_env_of_every_test(self, honcho_env: dict[str, str]) -> None:
        """Uses `honcho_env`."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Stop before the first test if the server of `--honcho-url` does not answer."""
    url = session.config.getoption("--honcho-url")
    # The controller of pytest-xdist has asked already, and a session that only collects needs no server.
    if url is None or hasattr(session.config, "workerinput") or session.config.getoption("collectonly"):
        return
    from .parity.client import Client, NoAnswer

    if proxy_variable(url) is not None:
        return  # The client of a test may reach it through the proxy, which this one does not use.
    try:
        with Client(url, timeout_seconds=10) as connection:
            connection.call("GET", "/health")
    except (NoAnswer, ValueError) as error:
        raise pytest.UsageError(f"--honcho-url: {url} {error}") from None


def _versions(config: pytest.Config) -> list[str]:
    """The versions of `--honcho-api-version`, without duplicates. Raises UsageError for an unknown one."""
    from .domain.changes import VERSIONS, version_of

    names = [name.strip() for name in config.getoption("--honcho-api-version").split(",") if name.strip()]
    try:
        versions = VERSIONS if names == ["all"] else [version_of(name) for name in names]
    except ValueError as error:
        raise pytest.UsageError(f"--honcho-api-version: {error}") from None
    if not versions:
        raise pytest.UsageError("--honcho-api-version needs a version such as 3.0.6, versions with commas, or all")
    return list(dict.fromkeys(versions))


class _VersionsOfRun:
    """The plugin of `--honcho-api-version`: each test runs once for each version, unless its marker has a version."""

    def __init__(self, versions: list[str]) -> None:
        self._versions = versions

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if _VERSION not in metafunc.fixturenames:
            if not {"honcho_server", "make_honcho_server"}.intersection(metafunc.fixturenames):
                return
            metafunc.fixturenames.append(_VERSION)  # Without the option, no test pays for this fixture.
        if not any("api_version" in marker.kwargs for marker in metafunc.definition.iter_markers("honcho")):
            metafunc.parametrize(_VERSION, self._versions, indirect=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        version = _parameter(item)
        if version is not None:
            item.user_properties.append((_VERSION, version))


@pytest.fixture
def honcho_api_version(request: pytest.FixtureRequest) -> str | None:
    """The version of the API that this run of the test asks for, or None without `--honcho-api-version`."""
    return _parameter(request.node)


def _parameter(item: pytest.Item) -> str | None:
    """The version with which `--honcho-api-version` runs the test."""
    call = getattr(item, "callspec", None)
    version: str | None = None if call is None else call.params.get(_VERSION)
    return version


def _version_of_run(item: pytest.Item) -> str | None:
    """The version of the API that this run of the test asks for: `honcho_api_version`, or that of the comparison."""
    version = _parameter(item)
    if version is not None:
        return version
    comparison = _comparison(item.config)
    return None if comparison is None else comparison.version


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the tests that fail with some versions of the API only."""
    outcomes: dict[str, dict[str, list[str]]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            version = dict(report.user_properties).get(_VERSION)
            if version is not None and report.when == "call":
                name = report.nodeid.replace(version, "*")
                outcomes.setdefault(name, {"passed": [], "failed": []})[outcome].append(version)
    some = {name: found for name, found in outcomes.items() if found["passed"] and found["failed"]}
    if some:
        terminalreporter.section("honcho: failures with some versions of the API")
    for name, found in some.items():
        terminalreporter.line(
            f"{name}: fails with {', '.join(found['failed'])}; passes with {', '.join(found['passed'])}"
        )


def _options() -> tuple[str, ...]:
    """The names of the options of a mock."""
    from .testing.options import OPTIONS

    return tuple(OPTIONS)


@contextmanager
def _guarded(item: pytest.Item) -> Iterator[None]:
    """Refuse connections to the production host within the block, unless the configuration or an option allows them."""
    earlier = item.stash.get(GUARD, None)
    if (earlier is not None and earlier.is_on) or not item.config.getini("honcho_guard"):
        yield
        return
    urls = [item.config.getoption(name, None) for name in ("--honcho-url", "--honcho-compare")]
    with Guard([urlsplit(url).hostname for url in urls if isinstance(url, str)]) as guard:
        item.stash[GUARD] = guard
        yield
    if guard.refused and not item.stash.get(_FAILED, False):
        item.warn(
            pytest.PytestWarning(f"a client tried to reach {PRODUCTION_HOST}, and the test passed: use honcho_env")
        )


@contextmanager
def _monkeypatch(item: pytest.Item) -> Iterator[pytest.MonkeyPatch]:
    """The fixture `monkeypatch` if the test or one of its fixtures uses it, otherwise another one, which is cheaper.

    With two of them, the one that began first ends last, and would bring back what the other one had set.
    """
    request = getattr(item, "_request", None)  # The only place that knows which fixtures were asked for by name.
    if request is not None and "monkeypatch" in request.fixturenames:
        yield request.getfixturevalue("monkeypatch")
        return
    with pytest.MonkeyPatch.context() as patch:
        yield patch


class _EachTest:
    """The hooks that every test calls, and the fixtures that need to know the test.

    The fixtures are methods, because a hook knows the test too: pytest makes a new definition for each `request` that
    a fixture names, which takes longer than the rest of an empty fixture.

    Wrappers cost more than plain functions, so only one of the hooks is a wrapper. pytest calls those with `trylast`
    after the test, or its fixtures, ended without an error.
    """

    _item: pytest.Item  # the test that runs
    _server: MockServer | RemoteServer | None = None  # the server that all tests of this process share

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._item = item
        remember_positions(item)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Fail a test that passed although a fault with `must_fire` never fired."""
        for server in item.stash.get(SERVERS, []):
            complaint = None
            try:
                server.mock.faults.assert_fired()
            except AssertionError as error:
                complaint = str(error)
            if complaint is not None:
                pytest.fail(complaint, pytrace=False)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Warn of a marker on a test that used no `honcho_server`. That of a class or module is for some of many."""
        is_marked = any(marker.name == "honcho" for marker in item.own_markers)
        if is_marked and HONCHO_URL in item.stash and not item.stash.get(_USED, False):
            item.warn(
                pytest.PytestWarning("the marker honcho has no effect: the test uses no honcho_server, in no fixture")
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Show the last requests and deliveries of a failed test, and a suggestion for a name that does not exist."""
        if call.excinfo is not None and isinstance(call.excinfo.value, AttributeError):
            from .testing.hints import suggest  # Needed for failed tests only.

            suggest(call.excinfo.value)
        report = yield
        if report.when == "call":
            item.stash[HONCHO_URL] = os.environ.get("HONCHO_URL")
        if report.failed:
            item.stash[_FAILED] = True
            report.sections += sections(item, is_versioned=_VERSION in dict(item.user_properties))
        return report

    @pytest.fixture
    def honcho_server(self) -> Iterator[MockServer | RemoteServer]:
        """A mock Honcho server with a `url` and a `mock`, empty or with the world of the marker `honcho`.

        All tests of a process share the server. Each test finds it in its starting state.
        """
        item = self._item
        with _guarded(item):
            yield _prepared(self._server or self._started(item), item)

    @pytest.fixture
    def honcho_env(self, honcho_server: MockServer | RemoteServer, honcho_workspace: str) -> Iterator[dict[str, str]]:
        """Sets HONCHO_URL, HONCHO_API_KEY and HONCHO_WORKSPACE_ID for this test, and returns them.

        It also sets HONCHO_BASE_URL, HONCHO_ENDPOINT and HONCHO_WORKSPACE, which some clients read. The key is a token
        of the workspace if authentication is on.
        """
        if isinstance(honcho_server, RemoteServer):
            key = os.environ.get("HONCHO_API_KEY")
        elif honcho_server.mock.keyring is None:
            key = "any-key-will-do"
        else:
            key = honcho_server.token(workspace=honcho_workspace)
        environment = environment_of(honcho_server.url, honcho_workspace, key)
        with _monkeypatch(self._item) as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            yield environment

    def _started(self, item: pytest.Item) -> MockServer | RemoteServer:
        """The server for the rest of the session, which ends it."""
        url = item.config.getoption("--honcho-url")
        if url:
            self._server = RemoteServer(url)
            return self._server

        def end() -> None:
            self._server = None
            server.mock.faults.forget()  # The test that added the faults is over, and its check of `must_fire` is done.
            server.stop()

        from .garbage import collection_paused

        with collection_paused():  # A search of all modules of the session takes as long as the imports.
            from .server import MockServer

            server = MockServer()
            server.start()
        item.session.addfinalizer(end)
        self._server = server
        return server


def _prepared(server: MockServer | RemoteServer, item: pytest.Item) -> MockServer | RemoteServer:
    """The server in the state that the markers of the test describe."""
    item.stash[_USED] = True
    options = _marker_options(item)
    version = _version_of_run(item)
    minimum = options.pop(_MINIMUM, None)
    if isinstance(server, RemoteServer):
        if options:
            _skip(f"the marker honcho({', '.join(options)})")
        return server
    if version is not None:
        options.setdefault("api_version", version)
    if not server.is_running:  # An earlier test stopped it.
        server.start()
    complaint = None
    try:
        _prepare(server.mock, options)
        is_older = minimum is not None and _is_older(server.api_version, minimum)
    except (ValueError, TypeError, ImportError) as error:
        complaint = str(error)
    if complaint is not None:
        pytest.fail(f"honcho marker: {complaint}", pytrace=False)
    if is_older:
        pytest.skip(f"the test is for version {minimum} of the API or newer, not {server.api_version}")
    item.stash.setdefault(SERVERS, []).append(server)
    comparison = _comparison(item.config)
    if comparison is not None:
        comparison.begin(item, server.mock)
    return server


@pytest.fixture
def honcho_workspace(honcho_server: MockServer | RemoteServer) -> Iterator[str]:
    """The id of a workspace for this test alone. It is random, and the workspace is deleted afterwards."""
    from .domain.clock import Ids, fresh_id

    if isinstance(honcho_server, RemoteServer):
        workspace_id = f"test-{fresh_id()}"
        yield workspace_id
        _delete_workspace(honcho_server, workspace_id)
        return
    seed = honcho_server.mock.seed
    workspace_id = f"test-{fresh_id() if seed is None else Ids(f'workspace of {seed}').new()}"
    before = honcho_server.mock.snapshot(workspace=workspace_id)
    yield workspace_id
    honcho_server.mock.restore(before)


@pytest.fixture
def honcho_client(honcho_env: dict[str, str]) -> Iterator[Any]:
    """A client of the official SDK `honcho-ai` for `honcho_server` and `honcho_workspace`.

    Fails the test if the SDK is not installed. The environment is that of `honcho_env`.
    """
    from .pytest_sdk import NoSdk, client

    with ExitStack() as stack:
        complaint = None
        try:
            made = stack.enter_context(client(honcho_env))
        except NoSdk as error:
            complaint = str(error)
        if complaint is not None:
            pytest.fail(f"honcho_client: {complaint}", pytrace=False)
        yield made


@pytest.fixture
def async_honcho_client(honcho_client: Any) -> Any:
    """The form of `honcho_client` whose methods are coroutines: `Honcho.aio`."""
    from .pytest_sdk import NoSdk, async_form

    try:
        return async_form(honcho_client)
    except NoSdk as error:
        complaint = str(error)
    return pytest.fail(f"async_honcho_client: {complaint}", pytrace=False)


@pytest.fixture
def make_honcho_server(
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., MockServer]]:
    """A function that starts further servers: call it with the options of MockServer. They stop after the test."""
    if request.config.getoption("--honcho-url"):
        _skip("make_honcho_server")
    from .server import MockServer

    used = request.node.stash.setdefault(SERVERS, [])
    version, comparison = _version_of_run(request.node), _comparison(request.config)

    def make(**options: Any) -> MockServer:
        if version is not None:
            options.setdefault("api_version", version)
        server = stack.enter_context(MockServer(**options))
        if comparison is not None:
            comparison.begin(request.node, server.mock)
        used.append(server)
        return server

    with _guarded(request.node), ExitStack() as stack:
        yield make
        for server in used:
            server.mock.faults.forget()  # The test is over, and its check of `must_fire` is done.


def _skip(what: str) -> NoReturn:
    pytest.skip(f"{what} needs the mock server, but --honcho-url names a real one")


def _marker_options(item: pytest.Item) -> dict[str, Any]:
    """The options of the markers. Those of the test override those of its class and module."""
    options: dict[str, Any] = {}
    markers = list(item.iter_markers("honcho"))
    known = (*_options(), *_RULES, _MINIMUM) if markers else ()
    for marker in reversed(markers):
        problems = [f"unknown option {name!r}" for name in marker.kwargs if name not in known]
        problems += [f"pass each option by name, not as {argument!r}" for argument in marker.args]
        if problems:
            pytest.fail(f"honcho marker: {problems[0]}; the options are {', '.join(known)}", pytrace=False)
        options |= marker.kwargs
    if isinstance(options.get("world"), (str, Path)):
        options["world"] = item.path.parent / options["world"]
    return options


def _is_older(version: str, minimum: str) -> bool:
    """Whether one version of the API is older than another. Raises ValueError for an unknown one."""
    from .domain.changes import VERSIONS, version_of

    return VERSIONS.index(version) < VERSIONS.index(version_of(minimum))


def _prepare(mock: Mock, options: dict[str, Any]) -> None:
    """Reset the mock to the options of the marker, and add its faults and scripts."""
    mock.reset(**{name: value for name, value in options.items() if name not in _RULES})
    for fault in _mappings("faults", options):
        if "fault" not in fault:
            raise ValueError(f"a fault needs the key 'fault' with its kind: {fault!r}")
        mock.faults.add(fault.pop("fault"), **fault)
    for script in _mappings("scripts", options):
        answers = script.pop("answers", None)
        if "operation" not in script or not isinstance(answers, (list, tuple)):
            raise ValueError("a script needs an 'operation', and 'answers' in a list")
        mock.scripts.add(script.pop("operation"), *answers, **script)


def _mappings(name: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    mappings = options.get(name, ())
    if not isinstance(mappings, (list, tuple)) or not all(isinstance(mapping, Mapping) for mapping in mappings):
        raise ValueError(f"{name} must be a list of mappings: {mappings!r}")
    return [{str(key): value for key, value in mapping.items()} for mapping in mappings]


def _delete_workspace(server: RemoteServer, workspace_id: str) -> None:
    """Delete a workspace and its sessions, as far as the server allows it and still runs."""
    from .parity.cleaning import delete_workspace
    from .parity.client import Client, NoAnswer

    key = os.environ.get("HONCHO_API_KEY") or None
    with suppress(NoAnswer, ValueError), Client(server.url, key, timeout_seconds=10) as connection:
        delete_workspace(connection, workspace_id)
