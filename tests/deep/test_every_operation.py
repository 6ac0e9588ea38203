"""schemathesis drives every operation in-process, by the served document."""

from typing import Any

import pytest

pytest.importorskip("schemathesis", reason="schemathesis needs pytest 8.4, newer than the lowest")
from support.schemathesis_runs import SERVED, SETTINGS, schema_of

pytestmark = [pytest.mark.deep, pytest.mark.usefixtures("pdf_read_in_process")]


@schema_of(SERVED).parametrize()  # type: ignore[untyped-decorator]  # a schema is Any
@SETTINGS
def test_by_the_served_document(case: Any) -> None:
    SERVED.validate(case, case.call())


def test_enough_cases_were_tried_and_few_excused() -> None:
    """Of the test above, which ran in this process: `--dist loadfile` keeps a file together."""
    SERVED.assert_enough()
