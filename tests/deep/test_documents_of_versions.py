"""schemathesis drives the operations that other versions of the API describe in another way than the contract.

`test_stock_schemathesis.py` tries the operations of the contract.
"""

import json
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.domain.changes import CONTRACT
from support.examples import examples

pytest.importorskip("schemathesis", reason="schemathesis needs pytest 8.4, newer than the lowest")
from schemathesis import GenerationMode

from support.schemathesis_runs import SETTINGS, Json, schema_of, served_as, versions_with_other_documents

pytestmark = [pytest.mark.deep, pytest.mark.usefixtures("pdf_read_in_process")]

# The first version with each document that is not that of the contract.
_WITH_OTHER_DOCUMENTS = ["3.0.3", "3.0.4", "3.0.6", "3.0.12"]


@pytest.mark.parametrize("version", _WITH_OTHER_DOCUMENTS)
def test_operations_keep_to_the_document_of_another_version(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = served_as(version)
    parts, of_contract = _parts_of(run.document), _parts_of_contract()
    operations = [found.ok() for found in schema_of(run).get_all_operations()]
    different = [one for one in operations if parts[one.label] != of_contract.get(one.label)]
    assert different
    for operation in different:

        @given(case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
        @settings(SETTINGS, max_examples=examples(4))
        def validate(case: Any) -> None:
            run.validate(case, case.call())

        validate()
    with capsys.disabled():
        print(f"\n{run.report()}")  # noqa: T201 - figures of the run
    assert run.cases.keys() == {one.label for one in different}


def test_every_version_with_another_document_is_tried() -> None:
    assert versions_with_other_documents() == _WITH_OTHER_DOCUMENTS


@cache
def _parts_of_contract() -> dict[str, Json]:
    return _parts_of(served_as(CONTRACT).document)


def _parts_of(document: Json) -> dict[str, Json]:
    """Each operation by its method and path, with all schemas that it leads to."""
    schemas = document["components"]["schemas"]
    return {
        f"{method.upper()} {path}": {**described, "schemas": _reached(described, schemas)}
        for path, item in document["paths"].items()
        for method, described in item.items()
    }


def _reached(part: Json, schemas: Json) -> Json:
    """The schemas that references in the part lead to, directly or through others."""
    reached: Json = {}
    waiting = [part]
    while waiting:
        for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(waiting.pop())):
            if name not in reached:
                reached[name] = schemas[name]
                waiting.append(schemas[name])
    return reached
