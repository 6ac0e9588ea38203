"""What the tests share: servers in each profile, and settings that make every run the same."""

import os
import sys
from collections.abc import Generator, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import httpcore  # noqa: F401 - httpx imports it when first used; see uvicorn.protocols
import httpx
import pytest
import uvicorn.protocols.http.auto  # noqa: F401 - before pytester drops what is imported while it runs
from _pytest.mark.expression import Expression  # pytest offers no other way to read an expression of `-m`
from hypothesis import HealthCheck, is_hypothesis_test, settings

from mockserver import MockServer, wire
from mockserver.fast_path import UVICORN_SETTINGS
from mockserver.formats import pdf as pdf_reader
from support.examples import AT_LENGTH
from support.started_mock import Start, start_mock

pytest_plugins = ["pytester"]

# pytester drops what is imported while it runs. A server imports its models late, and would then mix two copies of them.
for _models in iter_modules(wire.__path__):
    import_module(f"mockserver.wire.{_models.name}")

# `httpx.get` and the like create a client for each call, which loads all certificates: 45 of its 48 ms. The tests use none.
_transport = import_module("httpx._transports.default")
_transport.create_ssl_context = cache(_transport.create_ssl_context)  # type: ignore[attr-defined]  # a module is no class

# The default run tries each law on few examples, always the same ones; `-m deep` on more. HONCHO_EXAMPLES=10 makes those ten
# times as many, at random.
_TIMES = int(os.environ.get("HONCHO_EXAMPLES", "1"))
for profile, max_examples in (("short", 10), ("deep", AT_LENGTH * _TIMES)):
    settings.register_profile(
        profile,
        max_examples=max_examples,
        deadline=None,  # no timed assertions
        derandomize=profile == "short" or _TIMES == 1,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("short")

# The programs that were started since the last test began.
_started_programs: list[str] = []


def _note_programs(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.system"):
        _started_programs.append(f"{event}{arguments[:2]}")


# A hook of this kind cannot be removed, so it is installed once.
sys.addaudithook(_note_programs)


def pytest_configure(config: pytest.Config) -> None:
    if _selects(config, "deep"):
        settings.load_profile("deep")
    if _selects(config, "browser") and find_spec("playwright") is None:
        raise pytest.UsageError("the tests marked `browser` need the extra dev: pip install -e '.[dev]'")


def _selects(config: pytest.Config, marker: str) -> bool:
    """Whether `-m` selects some tests with this marker, whatever other markers they have."""
    expression = config.getoption("markexpr")
    if not expression:
        return True
    compiled = Expression.compile(expression)
    others = [name for name in ("deep", "process", "browser", "sdk") if name != marker]

    def is_selected(markers: tuple[str, ...]) -> bool:
        def has(name: str, /, **_: object) -> bool:
            return name in markers

        return compiled.evaluate(has)

    return any(is_selected((marker, *more)) for count in range(4) for more in combinations(others, count))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file in one process in a long run, except those with the command line of schemathesis.

    Some count what earlier tests in the file did, or share the installation of an SDK. Those of schemathesis take
    minutes each.
    """
    if not (_selects(config, "deep") or _selects(config, "sdk")):
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if "test_stock_schemathesis" in nodeid else str(super()._split_scope(nodeid))

    return Scheduling(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore the folders of deep and of browser tests in other runs: to import and collect them takes seconds."""
    name = collection_path.name
    return True if name in ("deep", "browser") and not _selects(config, name) else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _started_programs.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that starts a program, if no marker leaves it out of the default run: programs take their time."""
    result = yield
    if _started_programs and not any(map(item.get_closest_marker, ("process", "browser", "sdk"))):
        pytest.fail(f"mark this test with `process`: it started {_started_programs[0]}", pytrace=False)
    return result


@pytest.fixture(scope="session")
def running_live_server() -> Iterator[MockServer]:
    with MockServer(quirks="live") as server:
        yield server


@pytest.fixture(scope="session")
def running_server() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture
def server(running_server: MockServer) -> MockServer:
    """A server in the default profile, empty."""
    running_server.mock.reset()
    return running_server


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx.Client]:
    """A client of `server`."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def start() -> Start:
    """A function that creates a mock with these options, and a client of its app.

    It has session scope because hypothesis refuses function-scoped fixtures; it holds no state.
    """
    return start_mock


@pytest.fixture(scope="module")
def pdf_read_in_process() -> Iterator[None]:
    """Answer for the program that reads PDFs, where one is sent with each of many cases."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf_reader.Reader, "outcome", lambda *_: "Hello")
        yield


@pytest.fixture(params=["fast", "plain"])
def each_loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With uvloop and httptools, and with what uvicorn has without them."""
    if request.param == "plain":
        monkeypatch.setitem(UVICORN_SETTINGS, "loop", "asyncio")
        monkeypatch.setitem(UVICORN_SETTINGS, "http", "h11")


@pytest.hookimpl(tryfirst=True)  # Before pytest selects by markers.
def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    """Mark the laws as `deep` in a deep run, and make each id unique.

    schemathesis gives one id to all operations, and pytest-xdist runs one test of an id.
    """
    is_deep = _selects(config, "deep")
    seen: set[str] = set()
    for item in items:
        if is_deep and is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("deep")
        if item.nodeid in seen:
            own = f"{item.nodeid}[{len(seen)}]"
            if hasattr(item, "_nodeid"):
                item._nodeid = own
            else:  # from pytest 9.2 on
                item._id = import_module("_pytest.nodeid").coerce_node_id(own)
        seen.add(item.nodeid)
