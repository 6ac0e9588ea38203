"""A mock with a client that calls its app without a socket."""

from collections.abc import Callable
from typing import Any, NamedTuple

from mockserver import Mock, create_app

from .direct_client import DirectClient


class StartedMock(NamedTuple):
    mock: Mock
    client: DirectClient


Start = Callable[..., StartedMock]


def start_mock(**options: Any) -> StartedMock:
    """Create a mock with these options, and a client of its app.

    Tests get this function as the fixture `start`. Hypothesis state machines import it, as they cannot use fixtures.
    """
    mock = Mock(**options)
    return StartedMock(mock, DirectClient(create_app(mock)))
