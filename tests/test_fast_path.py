"""What is done for speed changes no answer, and what it relies on is checked."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

from mockserver import MockServer, fast_path
from mockserver.fast_path import has_known_shape
from mockserver.parity.recordings import Scenario
from support.replay import SCENARIOS, replay

_PARSERS = {"h11_impl": "h11", "httptools_impl": "httptools"}


@pytest.fixture(scope="module")
def slow_server() -> Iterator[MockServer]:
    """A server that sends each answer in two writes, through the middleware and the router of Starlette."""

    def is_unreachable(*_: Any) -> None:
        raise AssertionError("the server takes the fast path")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_path, "has_known_shape", lambda _: False)
        patch.setattr(fast_path, "operation_before_middleware", lambda *_: None)
        patch.setattr(fast_path, "send_in_one_write", is_unreachable)
        with MockServer(quirks="live") as server:
            yield server


# The default run has every fourth.
_SOME = [
    pytest.param(scenario, id=scenario.name, marks=pytest.mark.deep if number % 4 else ())
    for number, scenario in enumerate(SCENARIOS)
]


@pytest.mark.parametrize("scenario", _SOME)
def test_the_slow_path_answers_as_recorded(slow_server: MockServer, scenario: Scenario) -> None:
    assert not {number: found for number, found, _ in replay(slow_server, scenario) if found}


def test_a_fault_that_cannot_close_the_connection_is_a_500(slow_server: MockServer) -> None:
    """In a server of an unknown shape, as in an app in the same process, the fault raises."""
    slow_server.mock.reset()
    slow_server.mock.faults.lose_answer()
    assert httpx.get(f"{slow_server.url}/health").status_code == 500


@pytest.mark.parametrize("module", _PARSERS)
def test_this_version_of_uvicorn_has_the_known_shape(module: str, caplog: pytest.LogCaptureFixture) -> None:
    if find_spec(_PARSERS[module]) is None:
        pytest.skip(f"without {_PARSERS[module]}")
    assert has_known_shape(import_module(f"uvicorn.protocols.http.{module}").RequestResponseCycle)
    assert "is not known" not in caplog.text  # A server of an earlier test may still log something else.


class _WithoutTransport:
    def __init__(self) -> None:
        self.disconnected = False

    async def send(self, message: bytes) -> None:
        if not self.disconnected:
            self.write(message)

    def write(self, message: bytes) -> None:
        raise NotImplementedError


class _SendsWithoutWaiting:
    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.disconnected = False

    def send(self, message: bytes) -> None:
        if not self.disconnected:
            self.transport.write(message)


@pytest.mark.parametrize("cycle", [_WithoutTransport, _SendsWithoutWaiting, int])
def test_another_shape_is_reported_once(cycle: type, caplog: pytest.LogCaptureFixture) -> None:
    has_known_shape.cache_clear()
    assert [has_known_shape(cycle), has_known_shape(cycle)] == [False, False]
    # A server of an earlier test may log something else meanwhile.
    [record] = [record for record in caplog.records if "unsupported version" in record.getMessage()]
    assert record.getMessage().startswith("unsupported version of uvicorn")
    assert cycle.__name__ in record.getMessage()
