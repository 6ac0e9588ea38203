"""The served document says of every operation what the published one says, in other words."""

import json

import pytest

from support.published_document import DIGESTS, digests, served_document, shape, without_departures

_PUBLISHED = json.loads(DIGESTS.read_text(encoding="utf-8"))
_SERVED = digests(without_departures(shape(served_document())))


def test_all_operations_are_served_and_no_others() -> None:
    assert len(_PUBLISHED) == 46
    assert _SERVED.keys() == _PUBLISHED.keys()


@pytest.mark.parametrize("operation", _PUBLISHED)
def test_an_operation_has_the_published_names_parameters_body_and_answers(operation: str) -> None:
    assert _SERVED[operation] == _PUBLISHED[operation]
