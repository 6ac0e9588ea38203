"""The served document says of every operation what the published one of the version says, in other words."""

from functools import cache

import pytest

from mockserver.domain.changes import VERSIONS, Changes
from support.published_document import (
    departures_of,
    digests,
    published_digests,
    served_document,
    shape,
    without_departures,
)

_PUBLISHED = published_digests()
_OPERATIONS = [(version, operation) for version, operations in _PUBLISHED.items() for operation in operations]


@cache
def _served(version: str) -> dict[str, dict[str, str]]:
    return digests(without_departures(shape(served_document(version)), departures_of(version)))


def test_documents_of_versions_before_and_after_the_contract_are_compared() -> None:
    assert set(_PUBLISHED) == {"3.0.6", "3.0.7", "3.0.11", "3.0.12"}


@pytest.mark.parametrize("version", _PUBLISHED)
def test_all_operations_are_served_and_no_others(version: str) -> None:
    assert len(_PUBLISHED[version]) == 46
    assert _served(version).keys() == _PUBLISHED[version].keys()


@pytest.mark.parametrize(("version", "operation"), _OPERATIONS)
def test_an_operation_has_the_published_names_parameters_body_and_answers(version: str, operation: str) -> None:
    assert _served(version)[operation] == _PUBLISHED[version][operation]


@pytest.mark.parametrize(
    "version",
    [version if version in _PUBLISHED else pytest.param(version, marks=pytest.mark.deep) for version in VERSIONS],
)
def test_a_document_names_its_version_and_has_health_if_the_version_has_it(version: str) -> None:
    document = served_document(version)
    assert document["info"]["version"] == version
    assert ("/health" in document["paths"]) is Changes.flags_of(version)["health"]
