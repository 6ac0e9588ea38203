"""Holds the served document to the published one of all 46 operations: `python tests/published.py DOCUMENT`.

Names, types, bounds, statuses and media types are compared; words are not: ours are our own. The published document is
no part of this project. What it says of each part of an operation is in `published.json` as a digest, which `--write`
makes anew, so that the tests notice where ours moves away from it.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from direct import DirectClient
from mockserver import Mock, create_app

Json = Any

DIGESTS = Path(__file__).with_name("published.json")
_WORDS = frozenset({"title", "description", "summary", "examples"})

# Where ours says more than the published document, by the place, and why.
DEPARTURES = {
    r" > responses > (400|404|405|409|413|415)$": "answers that the real server gives and its document leaves out",
    r" > parameters > path \w+ > (minLength|maxLength|pattern)$": "ids under which something may be made keep a rule",
    r"/messages(/upload)? > body .* > peer_id > (minLength|maxLength|pattern)$": "a sender may be made as well",
    r"/upload > body .* > (metadata|configuration) > anyOf > 0 > contentMediaType$": "a text that is read as JSON",
    r"/upload > body .* > created_at > anyOf > 0 > format$": "a text that is read as a time",
    r"POST \S+/webhooks > body .* > url > (format|maxLength)$": "what is no URL of a webhook is refused",
}


def served() -> Json:
    """The document that our server gives."""
    return DirectClient(create_app(Mock())).call("GET", "/openapi.json").json


def shape(document: Json) -> dict[str, Json]:
    """What a document says of each operation, by method and path, without words and references."""
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


def _plain(schema: Any, schemas: Mapping[str, Json]) -> Any:
    """A schema with its references resolved and without its words; what is whole is no fraction."""
    if isinstance(schema, list):
        return [_plain(one, schemas) for one in schema]
    if isinstance(schema, float) and schema.is_integer():
        return int(schema)
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    plain: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            plain[key] = {name: _plain(one, schemas) for name, one in value.items()}
        elif key not in _WORDS:
            plain[key] = sorted(value) if key == "required" and isinstance(value, list) else _plain(value, schemas)
    return plain


def without_departures(part: Any, place: str = "") -> Any:
    """A shape without what only ours says."""
    if isinstance(part, list):
        return [without_departures(one, f"{place} > {number}") for number, one in enumerate(part)]
    if not isinstance(part, dict):
        return part
    places = {key: f"{place} > {key}" for key in part}
    return {
        key: without_departures(value, places[key])
        for key, value in part.items()
        if not any(re.search(pattern, places[key]) for pattern in DEPARTURES)
    }


def digests(shapes: Mapping[str, Json]) -> dict[str, dict[str, str]]:
    """A digest of each part of each operation."""
    return {
        operation: {name: hashlib.sha256(_text(part).encode()).hexdigest()[:16] for name, part in parts.items()}
        for operation, parts in shapes.items()
    }


def _text(part: Any) -> str:
    return json.dumps(part, sort_keys=True)


def differences(ours: Any, theirs: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Where two shapes differ: the place, and what is there."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in {**theirs, **ours}:
            at = f"{place} > {key}"
            if key in ours and key in theirs:
                yield from differences(ours[key], theirs[key], at)
            else:
                yield at, f"only ours: {_text(ours[key])}" if key in ours else f"only theirs: {_text(theirs[key])}"
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{place} > {number}")
    elif ours != theirs:
        yield place, f"ours: {_text(ours)}; theirs: {_text(theirs)}"


def main() -> None:
    theirs = shape(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    if "--write" in sys.argv:
        DIGESTS.write_text(json.dumps(digests(theirs), indent=1) + "\n", encoding="utf-8")
    ours = shape(served())
    for place, what in differences(ours, theirs):
        reason = next((why for pattern, why in DEPARTURES.items() if re.search(pattern, place)), "NOT EXPLAINED")
        print(f"{place.removeprefix(' > ')}\n    {what[:300]}\n    ({reason})")
    print(f"{len(ours)} operations of {len(theirs)}")


if __name__ == "__main__":
    main()
