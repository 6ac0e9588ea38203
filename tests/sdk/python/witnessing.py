"""What the witnesses in Python share: one test for both ways of the SDK, and a report of what they called."""

import asyncio
import inspect
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import certifi
import honcho as sdk
import pytest
from honcho import Honcho

from mockserver import MockServer
from sdk.running import served


class Use:
    """How an SDK is used: `use(alice).chat("?")` is `alice.chat("?")`, or `await alice.aio.chat("?")`."""

    def __init__(self, runner: asyncio.Runner | None) -> None:
        self._runner = runner

    def __call__(self, part: Any) -> Any:
        """A client, a peer, a session or conclusions, to be called in this way."""
        return part if self._runner is None else _Awaited(part.aio, self)

    def all(self, several: Any) -> list[Any]:
        """All that a page with those after it, or a stream, has."""
        return list(several) if self._runner is None else list(self.result(_collected(several)))

    def result(self, value: Any) -> Any:
        """What is awaited, or is there already."""
        return self._runner.run(value) if self._runner is not None and inspect.iscoroutine(value) else value


class _Awaited:
    def __init__(self, part: Any, use: Use) -> None:
        self._part, self._use = part, use

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)
        return lambda *arguments, **named: self._use.result(method(*arguments, **named))


async def _collected(several: Any) -> list[Any]:
    return [one async for one in several]


@pytest.fixture(scope="session", autouse=True)
def _one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A client of the SDK loads certificates, which takes longer than all its requests; here nobody needs many."""
    end = "-----END CERTIFICATE-----\n"
    first, found, _ = Path(certifi.where()).read_text("utf-8").partition(end)
    file = tmp_path_factory.mktemp("certificates") / "one.pem"
    file.write_text(first + found, encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(file))
        yield


@pytest.fixture(params=["sync", "async"])
def use(request: pytest.FixtureRequest) -> Iterator[Use]:
    """Both ways, one after the other."""
    if request.param == "sync":
        yield Use(None)
        return
    with asyncio.Runner() as runner:
        yield Use(runner)


@pytest.fixture
def client(honcho_env: dict[str, str]) -> Honcho:
    """The client of a user: all that it knows of the fake, it has from the environment."""
    return Honcho()


@pytest.fixture
def impatient(honcho_env: dict[str, str]) -> Honcho:
    """A client that tries nothing again."""
    return Honcho(max_retries=0)


def _public_methods() -> dict[str, CodeType]:
    """The methods of the classes that the SDK offers, as `Peer.chat`, with the code that runs when they are called."""
    found: dict[str, CodeType] = {}
    for owner in {getattr(sdk, name) for name in sdk.__all__}:
        for name in dir(owner) if isinstance(owner, type) else ():
            function = inspect.getattr_static(owner, name)
            if inspect.isfunction(function) and not name.startswith("_") and function.__module__.startswith("honcho."):
                found[f"{owner.__name__}.{name}"] = inspect.unwrap(function).__code__
    return found


_METHODS = _public_methods()
_CODES = frozenset(_METHODS.values())
_called: set[str] = set()
_served: set[str] = set()


def _note_call(frame: FrameType, event: str, argument: Any) -> None:
    if event == "call" and frame.f_code in _CODES:
        _called.add(f"{type(frame.f_locals['self']).__name__}.{frame.f_code.co_name}")


@pytest.fixture(autouse=True)
def _note_operations(honcho_server: MockServer) -> Iterator[None]:
    yield
    _served.update(served(honcho_server.mock.coverage()))


def pytest_sessionstart() -> None:
    sys.setprofile(_note_call)


def pytest_sessionfinish() -> None:
    """Tell what was called and reached to whoever started this run."""
    sys.setprofile(None)
    if report := os.environ.get("HONCHO_WITNESS_REPORT"):
        told = {"methods": [*_METHODS], "called": sorted(_called), "operations": sorted(_served)}
        Path(report).write_text(json.dumps(told), encoding="utf-8")
