"""The default profile, the served document and that of the command `contract` hold to the published contract."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator, meta

from mockserver.parity.client import resolved
from mockserver.parity.matching import ReceivedAnswer
from mockserver.parity.recordings import FILES, Scenario, scenarios
from mockserver.testing.data import data_file
from support.in_process import differences_in
from support.served_documents import document

PUBLISHED: dict[str, Any] = json.loads(data_file("sessions-openapi.json").read_text(encoding="utf-8"))
_OPERATIONS = [(path, method) for path, item in PUBLISHED["paths"].items() for method in item]
_ID_RULE = {"minLength": 1, "maxLength": 512, "pattern": "^[a-zA-Z0-9_-]+$"}

# All that our documents say beyond the published one of the four operations, by place. Nothing of theirs is missing.
_CREATE = "/v3/workspaces/{workspace_id}/sessions post"
_DELETE = "/v3/workspaces/{workspace_id}/sessions/{session_id} delete"
_LIST = "/v3/workspaces/{workspace_id}/sessions/list post"
_CLONE = "/v3/workspaces/{workspace_id}/sessions/{session_id}/clone post"
ADDITIONS = {
    # With authentication off a request without a token is as good.
    *(f"{operation}/security[1]" for operation in (_CREATE, _DELETE, _LIST, _CLONE)),
    # Recorded answers that the published document does not list.
    f"{_CREATE}/responses/400",
    f"{_CREATE}/responses/404",
    f"{_DELETE}/responses/404",
    f"{_CLONE}/responses/404",
    # Where the ids of a new session, or of a listed one, may be used.
    f"{_CREATE}/responses/200/links",
    f"{_LIST}/responses/200/links",
    f"{_CLONE}/responses/201/links",
    # Rules of requests: what metadata may have, which pairs of lengths, ids as keys, and the filter language.
    "SessionCreate/properties/metadata/anyOf[0]/$ref",
    "SummaryConfiguration/anyOf",
    "SessionCreate/properties/peers/anyOf[0]/propertyNames",
    "SessionGet/properties/filters/anyOf[0]/$ref",
    # What the reference proposes to try.
    "SessionGet/properties/filters/examples",
    # A workspace is made under this id, so the rule of ids holds.
    *(f"{_CREATE}/parameters[0]/schema/{rule}" for rule in _ID_RULE),
}


def _additions(published: Any, served: Any, place: str) -> Iterator[str]:
    """The places at which `served` says more; an assertion fails where it says less or something else."""
    if isinstance(published, dict) and isinstance(served, dict):
        assert published.keys() <= served.keys(), place
        for key in served:
            if key in published:
                yield from _additions(published[key], served[key], f"{place}/{key}")
            else:
                yield f"{place}/{key}"
    elif isinstance(published, list) and isinstance(served, list):
        assert len(published) <= len(served), place
        for index, entry in enumerate(served):
            if index < len(published):
                yield from _additions(published[index], entry, f"{place}[{index}]")
            else:
                yield f"{place}[{index}]"
    else:
        assert published == served, place


def _all_additions(document: Any) -> set[str]:
    """The places at which a document says more of the four operations than the published one."""
    found: set[str] = set()
    for path, method in _OPERATIONS:
        found |= set(_additions(PUBLISHED["paths"][path][method], document["paths"][path][method], f"{path} {method}"))
    ours, theirs = document["components"], PUBLISHED["components"]
    for name, schema in theirs["schemas"].items():
        found |= set(_additions(schema, ours["schemas"][name], name))
    return found | set(_additions(theirs["securitySchemes"], ours["securitySchemes"], "auth"))


_NAMES = pytest.mark.parametrize("name", ["served", "contract"])


@_NAMES
def test_a_document_is_the_published_one_and_these_additions(name: str) -> None:
    assert _all_additions(document(name)) == ADDITIONS
    with_tokens = {place for place in ADDITIONS if not place.endswith("/security[1]")}
    with_tokens |= {f"{operation}/responses/401" for operation in (_CREATE, _DELETE, _LIST, _CLONE)}
    assert _all_additions(document(f"{name} with tokens")) == with_tokens


def test_the_contract_has_the_published_paths_with_all_their_methods() -> None:
    contract, served = document("contract"), document("served")
    listed = {path: served["paths"][path] for path in PUBLISHED["paths"]}
    ids = {described["operationId"] for item in listed.values() for described in item.values()}
    for item in listed.values():
        for described in item.values():
            for answer in described["responses"].values():
                links = {name: link for name, link in answer.pop("links", {}).items() if link["operationId"] in ids}
                answer.update({"links": links} if links else {})
    assert contract["paths"] == listed
    others = {key: value for key, value in contract.items() if key not in ("paths", "components", "tags")}
    assert others == {key: value for key, value in PUBLISHED.items() if key not in ("paths", "components")}


@_NAMES
def test_a_document_names_what_it_refers_to(name: str) -> None:
    text = json.dumps(document(f"{name} with tokens"))
    schemas = json.loads(text)["components"]["schemas"]
    referred = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred == set(schemas)
    for schema in schemas.values():
        meta.validate(schema)


def _operation_of(request: dict[str, Any]) -> dict[str, Any] | None:
    """The published operation that a recorded request calls, or None."""
    parts = resolved(request["path"]).split("/")[1:]
    for path, method in _OPERATIONS:
        wanted = path.split("/")[1:]
        same = len(parts) == len(wanted) and all(
            have == want or (want.startswith("{") and have != "list") for have, want in zip(parts, wanted, strict=True)
        )
        if same and method.upper() == request["method"]:
            return dict(PUBLISHED["paths"][path][method])
    return None


def _check_answer(scenario: Scenario, seen: Counter[int], number: int, answer: ReceivedAnswer) -> ReceivedAnswer:
    """Assert that an answer has the published status and shape, if it is to a published operation, and count it."""
    operation = _operation_of(scenario.steps[number]["request"])
    if operation is not None and not 300 <= answer.status < 400:
        listed = operation["responses"].get(str(answer.status))
        assert listed is not None or answer.status in (400, 401, 404), (scenario.name, number)
        if listed is not None:
            _validator(json.dumps(listed["content"]["application/json"]["schema"])).validate(answer.document())
        seen[answer.status] += 1
    return answer


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": PUBLISHED["components"]})


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.deep if name in ("walks", "versions-auth") else ()) for name in FILES]
)
def test_every_answer_of_the_default_profile_has_the_published_status_and_shape(name: str) -> None:
    """Over all recorded requests: an answer that the contract lists has its shape, and a success is one it lists."""
    seen: Counter[int] = Counter()
    for scenario in scenarios(name):
        differences_in(scenario, partial(_check_answer, scenario, seen))
    assert 200 in seen
    if not name.startswith("versions"):
        assert 202 in seen
        assert name == "rest" or 404 in seen
    if name == "sessions":
        assert seen[422] > 70


def test_the_bounds_of_the_contract_hold(client: httpx.Client) -> None:
    listing = "/v3/workspaces/w/sessions/list"
    accepted = [client.post(listing, params=query).status_code for query in ({"size": 1}, {"size": 100}, {"page": 1})]
    refused = [client.post(listing, params=query).status_code for query in ({"size": 0}, {"size": 101}, {"page": 0})]
    assert (accepted, refused) == ([200] * 3, [422] * 3)
