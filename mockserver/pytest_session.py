"""Fixtures of session scope: a server that no test resets, for fixtures with a wide scope."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .pytest_environment import environment_of

if TYPE_CHECKING:
    from .server import MockServer


@pytest.fixture(scope="session")
def honcho_session_server(request: pytest.FixtureRequest) -> Iterator["MockServer"]:
    """A mock Honcho server for the whole session, in addition to `honcho_server`. Nothing resets it.

    Each process of pytest-xdist has one. It has the default options; for others, use `with MockServer(...)`.
    """
    if request.config.getoption("--honcho-url"):
        pytest.skip("honcho_session_server needs the mock server, but --honcho-url names a real one")
    from .server import MockServer

    with MockServer() as server:
        yield server


@pytest.fixture(scope="session")
def honcho_session_env(honcho_session_server: "MockServer") -> Iterator[dict[str, str]]:
    """Sets the variables of `honcho_env` for the rest of the session, and returns them.

    They name `honcho_session_server` and a workspace of the session. A test with `honcho_env` has its own values.
    """
    from .domain.clock import fresh_id

    variables = environment_of(honcho_session_server.url, f"session-{fresh_id()}", "any-key-will-do")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables
