"""What the tests share: servers in each profile, and settings that make every run the same."""

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import httpx
import pytest
import uvicorn.protocols.http.auto  # noqa: F401 - before pytester drops what is imported while it runs
from hypothesis import HealthCheck, settings

from mockserver import MockServer
from mockserver import server as server_module
from support.started_mock import Start, start_mock

pytest_plugins = ["pytester"]

# HONCHO_EXAMPLES multiplies the examples of every law and of schemathesis; the normal run is 1.
EXAMPLES = int(os.environ.get("HONCHO_EXAMPLES", "1"))
settings.register_profile(
    "normal",
    max_examples=100 * EXAMPLES,
    deadline=None,  # no timed assertions
    derandomize=EXAMPLES == 1,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("normal")


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
    with httpx.Client(base_url=server.url) as client:
        yield client


@pytest.fixture(scope="session")
def start() -> Start:
    """A function that creates a mock with these options, and a client of its app.

    It has session scope because hypothesis refuses function-scoped fixtures; it holds no state.
    """
    return start_mock


@pytest.fixture(params=["fast", "plain"])
def each_loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With uvloop and httptools, and with what uvicorn has without them."""
    if request.param == "plain":
        monkeypatch.setitem(server_module._SETTINGS, "loop", "asyncio")
        monkeypatch.setitem(server_module._SETTINGS, "http", "h11")


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Give each test an id of its own: schemathesis gives one to all operations, and pytest-xdist runs one of them."""
    seen: set[str] = set()
    for item in items:
        if item.nodeid in seen:
            own = f"{item.nodeid}[{len(seen)}]"
            if hasattr(item, "_nodeid"):
                item._nodeid = own
            else:  # from pytest 9.2 on
                item._id = import_module("_pytest.nodeid").coerce_node_id(own)
        seen.add(item.nodeid)
