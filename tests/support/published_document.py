"""Compares the served OpenAPI documents with the published ones, for all operations.

Names, types, bounds, statuses and media types count; descriptions do not. The published documents are not part of this
project: `published_document.json` has a digest of each part of each operation in the contract, and for the other
versions the digests that differ from those. `python tests/published.py` makes it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mockserver.domain.changes import CONTRACT

from .started_mock import start_mock

Json = Any

DIGESTS = Path(__file__).with_suffix(".json")
_DESCRIPTIONS = frozenset({"title", "description", "summary", "examples"})

# Where the served document differs from the published one on purpose: a pattern for the place, and the reason.
DEPARTURES = {
    r" > responses > (400|404|405|409|413|415)$": "answers that the real server gives and its document does not list",
    r" > parameters > path \w+ > (minLength|maxLength|pattern)$": "the ids of rows that the operation can create have a pattern",
    r"/messages(/upload)? > body .* > peer_id > (minLength|maxLength|pattern)$": "the operation can create the sender",
    r"/upload > body .* > (metadata|configuration) > anyOf > 0 > (contentMediaType|not)$": "a string that contains a JSON object",
    r"/upload > body .* > created_at > anyOf > 0 > anyOf$": "a string that contains a time",
    r" > metadata( > anyOf > 0)? > maxProperties$": "metadata has a limited size and depth",
    r" > filters > anyOf > 0 > (properties|patternProperties|allOf)$": "the filter language, with the columns of the table",
    r"/(chat|representation) > body .* > filters > anyOf > 0 > required$": "the only filter is one for sessions",
    r"/chat > body .* > response_format > anyOf > 0 > (patternProperties|anyOf)$": "the parts of JSON Schema that chat takes",
    r" > summary > anyOf > 0 > anyOf$": "short summaries are more frequent than long ones",
    r" > (peers|body > application/json)( > anyOf > 0)? > propertyNames$": "the keys are ids of peers",
    r"/conclusions/query > body > application/json > allOf$": "a query of conclusions needs filters",
    r"POST \S+/webhooks > body .* > url > (format|maxLength)$": "other URLs are refused",
}
# The same for the documents of other versions, which were published without the parameters of lists.
_DEPARTURES_OF_OTHERS = {
    **DEPARTURES,
    r" > parameters > query (page|size)$": "the real server takes them, and its document leaves them out",
}


def departures_of(version: str) -> Mapping[str, str]:
    """Where the served document of a version differs on purpose: patterns for the places, and the reasons."""
    return DEPARTURES if version == CONTRACT else _DEPARTURES_OF_OTHERS


def served_document(version: str = CONTRACT) -> Json:
    """The document that the mock server serves as this version of the API."""
    return start_mock(api_version=version).client.call("GET", "/openapi.json").json


def shape(document: Json) -> dict[str, Json]:
    """Each operation of a document by its method and path, without descriptions and references."""
    schemas = document["components"]["schemas"]
    return {
        f"{method.upper()} {path}": _operation(described, schemas)
        for path, item in sorted(document["paths"].items())
        for method, described in sorted(item.items())
    }


def _operation(described: Json, schemas: Mapping[str, Json]) -> Json:
    body = described.get("requestBody", {})
    parameters = described.get("parameters", [])
    return {
        "named": [described["operationId"], *described.get("tags", [])],
        "parameters": {
            f"{one['in']} {one['name']}": {"required": one["required"], **_plain(one["schema"], schemas)}
            for one in parameters
        },
        "body": {"required": body.get("required", False), **_content(body, schemas)} if body else {},
        "responses": {status: _content(answer, schemas) for status, answer in described["responses"].items()},
    }


def _content(part: Json, schemas: Mapping[str, Json]) -> Json:
    return {kind: _plain(one.get("schema", {}), schemas) for kind, one in part.get("content", {}).items()}


def _plain(schema: Any, schemas: Mapping[str, Json], inside: tuple[str, ...] = ()) -> Any:
    """A schema without descriptions, with its references resolved and its integral floats as integers.

    `inside` are the references that lead to the schema. They are not resolved again.
    """
    if isinstance(schema, list):
        return [_plain(one, schemas, inside) for one in schema]
    if isinstance(schema, float) and schema.is_integer():
        return int(schema)
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and schema["$ref"] not in inside:
        reference = schema["$ref"]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        referred = _plain(schemas[reference.rsplit("/", 1)[-1]], schemas, (*inside, reference))
        return {**referred, **_plain(beside, schemas, inside)}
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            plain[key] = {name: _plain(one, schemas, inside) for name, one in value.items()}
        elif key == "required" and isinstance(value, list):
            plain[key] = sorted(value)
        elif key not in _DESCRIPTIONS:
            plain[key] = _plain(value, schemas, inside)
    return plain


def without_departures(part: Any, departures: Iterable[str], place: str = "") -> Any:
    """A shape without the parts that differ on purpose. `departures` are patterns for their places."""
    if isinstance(part, list):
        return [without_departures(one, departures, f"{place} > {number}") for number, one in enumerate(part)]
    if not isinstance(part, dict):
        return part
    places = {key: f"{place} > {key}" for key in part}
    return {
        key: without_departures(value, departures, places[key])
        for key, value in part.items()
        if not any(re.search(pattern, places[key]) for pattern in departures)
    }


def digests(shapes: Mapping[str, Json]) -> dict[str, dict[str, str]]:
    """A digest of each part of each operation."""
    return {
        operation: {name: hashlib.sha256(_text(part).encode()).hexdigest()[:16] for name, part in parts.items()}
        for operation, parts in shapes.items()
    }


def published_digests() -> dict[str, dict[str, dict[str, str]]]:
    """The digests of all published documents: by version, operation, and part."""
    stored = json.loads(DIGESTS.read_text(encoding="utf-8"))
    contract = stored[CONTRACT]
    return {
        version: {operation: {**parts, **different.get(operation, {})} for operation, parts in contract.items()}
        for version, different in stored.items()
    }


def write_digests(version: str, found: Mapping[str, dict[str, str]]) -> None:
    """Store the digests of a published document; those of the contract first.

    Raises ValueError if the document has other operations than the contract.
    """
    stored = json.loads(DIGESTS.read_text(encoding="utf-8"))
    contract = stored.get(CONTRACT, {})
    if version == CONTRACT:
        stored[version] = found
    elif contract.keys() != found.keys():
        raise ValueError(f"the operations are not those of {CONTRACT}: {sorted(contract.keys() ^ found.keys())}")
    else:
        different = {
            operation: {name: digest for name, digest in parts.items() if digest != contract[operation][name]}
            for operation, parts in found.items()
        }
        stored[version] = {operation: parts for operation, parts in different.items() if parts}
    DIGESTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def _text(part: Any) -> str:
    return json.dumps(part, sort_keys=True)


def differences(served: Any, published: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Where two shapes differ: the place, and the two values."""
    if isinstance(served, dict) and isinstance(published, dict):
        for key in {**published, **served}:
            at = f"{place} > {key}"
            if key in served and key in published:
                yield from differences(served[key], published[key], at)
            else:
                yield (
                    at,
                    f"only served: {_text(served[key])}"
                    if key in served
                    else f"only published: {_text(published[key])}",
                )
    elif isinstance(served, list) and isinstance(published, list) and len(served) == len(published):
        for number, (one, other) in enumerate(zip(served, published, strict=True)):
            yield from differences(one, other, f"{place} > {number}")
    elif served != published:
        yield place, f"served: {_text(served)}; published: {_text(published)}"
