"""The served document says of every operation what the published one says, in other words."""

import json

import pytest

import published

_THEIRS = json.loads(published.DIGESTS.read_text(encoding="utf-8"))
_OURS = published.digests(published.without_departures(published.shape(published.served())))


def test_all_operations_are_served_and_no_others() -> None:
    assert len(_THEIRS) == 46
    assert _OURS.keys() == _THEIRS.keys()


@pytest.mark.parametrize("operation", _THEIRS)
def test_an_operation_has_the_published_names_parameters_body_and_answers(operation: str) -> None:
    assert _OURS[operation] == _THEIRS[operation]
