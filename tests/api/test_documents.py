"""The documents hold to OpenAPI, and describe their tags. `sdk/test_spectral.py` holds them to more rules."""

from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.api.control import endpoint as control_endpoint
from mockserver.api.openapi import TAGS
from mockserver.api.operation import Operation
from mockserver.asgi import OPERATIONS
from support.served_documents import BRIEF_NAMES, document


@pytest.mark.parametrize("name", BRIEF_NAMES)
def test_a_document_is_valid_openapi(name: str) -> None:
    reason = "needs openapi-spec-validator, from the extra dev"
    pytest.importorskip("openapi_spec_validator", reason=reason).validate(document(name))


@pytest.mark.parametrize("name", BRIEF_NAMES)
def test_a_document_describes_the_tags_of_its_operations_and_no_others(name: str) -> None:
    described = document(name)
    operations = [operation for item in described["paths"].values() for operation in item.values()]
    used = {tag for operation in operations for tag in operation.get("tags", ())}
    assert {tag["name"] for tag in described["tags"]} == used
    assert all(tag["description"].endswith(".") for tag in described["tags"])


def test_no_tag_is_described_for_nothing() -> None:
    assert TAGS.keys() == {one.tag for one in [*OPERATIONS, *control_endpoint.OPERATIONS]} - {None}


@pytest.mark.parametrize(("page", "id_"), [("Page[Peer]", "peer_id"), ("Page[Session]", "session_id")])
def test_a_list_links_to_all_operations_that_create_something_by_a_listed_id(page: str, id_: str) -> None:
    creating = {one.name for one in OPERATIONS if one.new_ids and id_ in _ids_of(one)}
    lists = [one for one in OPERATIONS if page in one.answers.values()]
    assert {one.name: one.links.keys() for one in lists} == {one.name: creating for one in lists}
    assert len(lists) == 2


def _ids_of(operation: Operation) -> set[str | None]:
    """The ids that an operation takes, in its path or body."""
    fields = operation.body_shape.keys if operation.body_shape is not None else None
    inside = [shape.inside.keys for shape in (fields or {}).values() if shape is not None and shape.inside is not None]
    in_body = {key for keys in (fields, *inside) for key in keys or ()}
    return {*(name for name, _ in operation.places), *in_body, operation.id_in_body}


@pytest.mark.parametrize("name", BRIEF_NAMES)
def test_a_default_that_stands_for_not_given_is_left_out(name: str) -> None:
    found = list(_defaults(document(name)))
    assert [default for default in found if default in (None, "")] == []
    assert found


def _defaults(part: Any) -> Iterator[Any]:
    """The defaults of all schemas in a document."""
    if isinstance(part, dict):
        if "default" in part and "title" in part:
            yield part["default"]
        for one in part.values():
            yield from _defaults(one)
    elif isinstance(part, list):
        for one in part:
            yield from _defaults(one)
