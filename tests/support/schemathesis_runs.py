"""Runs of schemathesis, in process, by the served document and by the contract, the published one with its additions."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

from mockserver import Mock, create_app
from mockserver.api.contract import contract_of
from mockserver.api.openapi import document_of
from mockserver.asgi import OPERATIONS
from mockserver.domain.changes import CONTRACT as CONTRACT_VERSION
from mockserver.domain.changes import VERSIONS
from support.discarded_deliveries import discard_deliveries
from support.examples import examples
from support.pdf_files import page_text, pdf
from support.recorded_rules import broken_rules

Json = dict[str, Any]
load_all_checks()
# What is in the files that are uploaded.
schemathesis.openapi.media_type("text/plain", st.text().map(lambda text: text.encode("utf-8", "replace")))
schemathesis.openapi.media_type("application/pdf", st.just(pdf(page_text(b"Hello"))))

_PAGE = Path(__file__).parent.parent.parent / "docs" / "contract-testing.md"
# The operations that have rules which the file does not cover.
_OF_KNOWLEDGE = ("/chat", "/representation")
[DOCUMENTED_SETTINGS] = re.findall(r"```toml\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)


@dataclass
class Run:
    """One document, the server it is tried on, and the tally of the run."""

    name: str
    make_document: Callable[[], Json]
    make_app: Callable[[], Any]
    settings: str = ""  # of schemathesis, in TOML
    cases: Counter[str] = field(default_factory=Counter)
    excused: int = 0

    @cached_property
    def document(self) -> Json:
        return self.make_document()

    @cached_property
    def app(self) -> Any:
        return self.make_app()

    def validate(self, case: Any, response: Any, **more: Any) -> None:
        self.cases[case.operation.label] += 1
        excluded = []
        if case.operation.path.endswith(_OF_KNOWLEDGE) and isinstance(case.body, dict) and any(broken_rules(case.body)):
            excluded = [cast("Any", CHECKS.get_one("positive_data_acceptance"))]
            self.excused += 1
        case.validate_response(response, excluded_checks=excluded, **more)

    def report(self) -> str:
        return f"{self.name}: {self.cases.total()} cases, {self.excused} excused from being accepted"


class _WithToken:
    """The app with authentication, as without it there are no keys; every request comes with the token of an admin."""

    def __init__(self, api_version: str) -> None:
        self.state = State({"mock": Mock(seed=1, auth_secret="a secret of the tests", api_version=api_version)})
        discard_deliveries(self.state.mock)  # The hosts of its URLs are real ones.
        self._app = create_app(self.state.mock)
        self._header = (b"authorization", b"Bearer " + self.state.mock.token(admin=True).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "headers": [self._header, *scope.get("headers", ())]}, receive, send)


def served_as(version: str) -> Run:
    """The run by the document that a server of this version of the API serves."""
    return Run(
        f"served document of {version}",
        lambda: document_of(OPERATIONS, version=version, authenticated=False),
        lambda: _WithToken(version),
        DOCUMENTED_SETTINGS,
    )


SERVED = served_as(CONTRACT_VERSION)
CONTRACT = Run("contract", lambda: contract_of(OPERATIONS, authenticated=False), lambda: create_app(Mock(seed=1)))
SETTINGS = settings(max_examples=examples(20, brief=2), suppress_health_check=list(HealthCheck))


def schema_of(run: Run) -> Any:
    schema = schemathesis.openapi.from_dict(run.document, config=SchemathesisConfig.from_str(run.settings))
    schema.app = run.app
    return schema


def versions_with_other_documents() -> list[str]:
    """The first version with each document that is not that of the contract."""
    first: dict[str, str] = {}
    for version in VERSIONS:
        document = document_of(OPERATIONS, version=version, authenticated=False)
        first.setdefault(json.dumps({**document, "info": None}), version)
    return [version for version in first.values() if version != CONTRACT_VERSION]
