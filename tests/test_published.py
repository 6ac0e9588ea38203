"""The served document says of every operation what the published one of the version says, in other words."""

from functools import cache

import pytest

from mockserver.domain.changes import CONTRACT, VERSIONS, Changes
from support.published_document import (
    departures_of,
    digests,
    published_digests,
    served_document,
    shape,
    without_departures,
)

_PUBLISHED = published_digests()


_document = cache(served_document)


@cache
def _served(version: str) -> dict[str, dict[str, str]]:
    return digests(without_departures(shape(_document(version)), departures_of(version)))


def test_documents_of_versions_before_and_after_the_contract_are_compared() -> None:
    assert set(_PUBLISHED) == {"3.0.6", "3.0.7", "3.0.11", "3.0.12"}


@pytest.mark.parametrize("operation", _PUBLISHED[CONTRACT])
def test_an_operation_has_the_published_names_parameters_body_and_answers(operation: str) -> None:
    assert _served(CONTRACT)[operation] == _PUBLISHED[CONTRACT][operation]


@pytest.mark.parametrize("version", _PUBLISHED)
def test_all_operations_of_a_version_are_the_published_ones(version: str) -> None:
    assert len(_PUBLISHED[version]) == 46
    assert _served(version) == _PUBLISHED[version]


@pytest.mark.parametrize(
    "version",
    [version if version in _PUBLISHED else pytest.param(version, marks=pytest.mark.deep) for version in VERSIONS],
)
def test_a_document_names_its_version_and_has_health_if_the_version_has_it(version: str) -> None:
    document = _document(version)
    assert document["info"]["version"] == version
    assert ("/health" in document["paths"]) is Changes.flags_of(version)["health"]
