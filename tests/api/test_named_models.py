"""The models that operations and options name."""

import pytest
from pydantic import TypeAdapter

from mockserver.asgi import OPERATIONS
from mockserver.testing.options import OPTIONS
from mockserver.wire.lookup import type_of


def test_every_name_is_one_of_a_type() -> None:
    declared = [declared for operation in OPERATIONS for declared in (operation.body, operation.query)]
    declared += [option.json for option in OPTIONS.values()]
    names = [name for name in declared if isinstance(name, str)]
    assert len(names) > len(OPERATIONS) / 2
    for name in names:
        assert TypeAdapter(type_of(name)).json_schema()


def test_another_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="SessionCraete"):
        type_of("sessions.SessionCraete")
    with pytest.raises(ImportError, match="sesions"):
        type_of("sesions.SessionCreate")
