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
from mockserver.domain.errors import ID_MAX_LENGTH
from mockserver.domain.profile import Profile
from mockserver.domain.workspaces import id_limit
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
[DOCUMENTED_SETTINGS] = re.findall(r"```toml\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)


@dataclass
class Run:
    """One document, the server it is tried on, and the tally of the run."""

    name: str
    make_document: Callable[[], Json]
    make_app: Callable[[], Any]
    settings: str = ""  # of schemathesis, in TOML
    longest_id: int = ID_MAX_LENGTH
    cases: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    excused: Counter[str] = field(default_factory=Counter)

    @cached_property
    def document(self) -> Json:
        return self.make_document()

    @cached_property
    def app(self) -> Any:
        return self.make_app()

    def excuses(self, case: Any, response: Any) -> list[str]:
        """The names of the checks that this case is excused from, with a line in the tally for each."""
        names: list[str] = []
        for excuse in EXCUSES:
            reason = excuse.applies(self, case, response)
            if reason is not None:
                names.append(excuse.check)
                self.excused[f"{excuse.check}: {reason}"] += 1
        return names

    def validate(self, case: Any, response: Any, **more: Any) -> None:
        self.cases[case.operation.label] += 1
        excluded = self.excuses(case, response)
        self.checks += len(CHECKS.get_all()) - len(excluded)
        case.validate_response(
            response, excluded_checks=[cast("Any", CHECKS.get_one(name)) for name in excluded], **more
        )

    def excused_share(self) -> float:
        """The share of the cases that were excused from being accepted or refused."""
        excused = sum(count for reason, count in self.excused.items() if "data_" in reason)
        return excused / self.cases.total()

    def report(self) -> str:
        total = sum(self.cases.values())
        lines = [f"{self.name}: {total} cases, {self.checks} checks tried"]
        lines += [f"  excused {count} ({count / total:.1%}) from {reason}" for reason, count in self.excused.items()]
        return "\n".join(lines)


@dataclass(frozen=True)
class Excuse:
    """A check that some cases are excused from: which, why, and the test that shows the behaviour."""

    check: str
    applies: Callable[["Run", Any, Any], str | None]
    shown_by: str


def _reads_below_deleted_sessions(run: Run, case: Any, response: Any) -> str | None:
    is_read = case.method == "GET" or case.operation.path.endswith(("/list", "/search"))
    if (
        response.status_code < 400
        and is_read
        and ("/{session_id}/" in case.operation.path or "/{peer_id}/" in case.operation.path)
    ):
        return "what belongs to a deleted session, or workspace, can be read until its purge (x-delete-soft)"
    return None


def _unsaid_rules(run: Run, case: Any, response: Any) -> str | None:
    if response.status_code not in (400, 422) or case.meta is None or case.meta.generation.mode.is_negative:
        return None
    query = case.query or {}
    rules = broken_rules(
        case.path_parameters, query, case.body, case.operation.path, case.method, longest_id=run.longest_id
    )
    return next(rules, None)


def _conclusions_about_nobody(run: Run, case: Any, response: Any) -> str | None:
    is_refusal = response.status_code == 404 and case.method == "POST" and case.operation.path.endswith("/conclusions")
    return "a conclusion names peers and sessions that are there (x-conclusions-routes)" if is_refusal else None


def _questions_about_nobody(run: Run, case: Any, response: Any) -> str | None:
    is_refusal = response.status_code == 404 and case.operation.path.endswith("/chat")
    return "a question names peers and sessions that are there (x2-chat-unknown-names)" if is_refusal else None


def _keys_for_nothing(run: Run, case: Any, response: Any) -> str | None:
    is_refusal = response.status_code == 422 and case.path == "/v3/keys" and not case.meta.generation.mode.is_negative
    named = any((case.query or {}).get(name) for name in ("workspace_id", "peer_id", "session_id"))
    return "a key is for something (x-auth-admin)" if is_refusal and not named else None


def _nothing_is_invalid(run: Run, case: Any, response: Any) -> str | None:
    """In a sequence, schemathesis may take a form for invalid that it describes itself as valid."""
    meta = case.meta
    if meta is None or meta.generation.mode.is_positive or not case.operation.path.endswith("/upload"):
        return None
    is_valid = (getattr(meta.phase.data, "description", None) or "").lower() == "positive test case"
    return "a form with more fields is valid" if is_valid else None


EXCUSES = (
    Excuse(
        "use_after_free", _reads_below_deleted_sessions, "test_reads_below_a_deleted_session_answer_until_the_purge"
    ),
    Excuse("positive_data_acceptance", _keys_for_nothing, "test_a_key_is_for_something"),
    Excuse("positive_data_acceptance", _unsaid_rules, "test_rules_that_the_schema_cannot_say_are_kept"),
    Excuse(
        "ensure_resource_availability",
        _conclusions_about_nobody,
        "test_a_conclusion_names_peers_and_sessions_that_are_there",
    ),
    Excuse(
        "ensure_resource_availability",
        _questions_about_nobody,
        "test_a_question_names_peers_and_sessions_that_are_there",
    ),
    Excuse("negative_data_rejection", _nothing_is_invalid, "test_a_form_with_more_fields_is_valid"),
)


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
        id_limit(Profile.of(version, "none")),
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
