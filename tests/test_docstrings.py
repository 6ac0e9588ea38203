"""The examples in docstrings do what they say."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize(
    "name",
    [
        *("domain.clock", "testing.faults", "testing.requests", "testing.mock", "testing.scripts"),
        *("testing.coverage_counts",),
    ],
)
def test_examples_in_docstrings_run(name: str) -> None:
    module = import_module(f"mockserver.{name}")
    failed, attempted = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failed == 0
    assert attempted > 0
