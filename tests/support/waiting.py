"""Waiting for what another thread or process is about to do."""

import time
from collections.abc import Callable

_LIMIT_SECONDS = 60.0


def wait_until(condition: Callable[[], object]) -> None:
    """Return once `condition` is true. Raises AssertionError after a minute, which is more than a loaded machine needs."""
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "what this test waits for did not happen"
        time.sleep(0.001)
