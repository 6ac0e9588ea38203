"""What the real server takes beside its schema, and refuses although the schema allows it.

Written from the recordings and independent of the server's parsers, so that a slip of theirs is not excused here. Used to
tell which cases that schemathesis makes are excused from one check.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from jsonschema_rs import Draft202012Validator

Json = Any

_ID = re.compile(r"[a-zA-Z0-9_-]{1,512}")
_WORDS = {
    **dict.fromkeys(("1", "t", "true", "y", "yes", "on"), True),
    **dict.fromkeys(("0", "f", "false", "n", "no", "off"), False),
}
_WHOLE_NUMBER = re.compile(r"\s*[+-]?\d+(\.0+)?\s*")
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE)
_LAX_TIME = re.compile(r"\d{4}-\d\d-\d\d([T _ ]\d\d:\d\d.*)?|[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)

# The ids in a path under which something may be made: a schema may leave their rule out, or a link pass it by.
_MADE_BY = {
    ("PUT", "/{workspace_id}"): ("workspace_id",),
    ("POST", "/{workspace_id}/peers"): ("workspace_id",),
    ("PUT", "/{workspace_id}/peers/{peer_id}"): ("workspace_id", "peer_id"),
    ("POST", "/{workspace_id}/sessions"): ("workspace_id",),
    ("PUT", "/{workspace_id}/peers/{peer_id}/card"): ("workspace_id", "peer_id"),
    ("POST", "/{workspace_id}/sessions/{session_id}/messages"): ("workspace_id", "session_id"),
    ("POST", "/{workspace_id}/sessions/{session_id}/messages/upload"): ("workspace_id", "session_id"),
}


def is_lax(document: dict[str, Json], schema: Json, value: Json) -> bool:
    """Whether a value that breaks the schema keeps it after the recorded coercions (x-session-coercions)."""
    coerced = _coerced(document, schema, value)
    return _is_valid(document, schema, coerced)


def sent_in_form(form: Json) -> Json:
    """What a form brings of these fields: nothing but texts, of a list the last entry, and nothing of an empty one."""
    texts: dict[str, Json] = {}
    for name, value in form.items() if isinstance(form, dict) else ():
        for entry in value[-1:] if isinstance(value, list) else [value]:
            as_it_is = entry.decode("latin-1") if isinstance(entry, bytes) else entry
            texts[name] = as_it_is if isinstance(as_it_is, str) else json.dumps(as_it_is)
    return texts


def _coerced(document: dict[str, Json], schema: Json, value: Json) -> Json:
    if "$ref" in schema:
        return _coerced(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]], value)
    for option in schema.get("anyOf", ()):
        coerced = _coerced(document, option, value)
        if _is_valid(document, option, coerced):
            return coerced
    kind = schema.get("type")
    if kind == "object" and isinstance(value, dict):
        fields, others = schema.get("properties", {}), schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        return {key: _coerced(document, fields.get(key, others), entry) for key, entry in value.items()}
    if kind == "array" and isinstance(value, list):
        return [_coerced(document, schema.get("items", {}), entry) for entry in value]
    return _coerced_scalar(kind, schema.get("format"), value)


def _coerced_scalar(kind: str | None, form: str | None, value: Json) -> Json:
    if kind == "boolean":
        if isinstance(value, str):
            return _WORDS.get(value.lower(), value)
        return bool(value) if isinstance(value, (int, float)) and value in (0, 1) else value
    if kind == "number" and (isinstance(value, bool) or (isinstance(value, str) and _NUMBER.fullmatch(value))):
        return float(value)
    if kind == "integer":
        value = int(float(value)) if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value) else value
        return int(value) if isinstance(value, (bool, int, float)) and value == int(value) else value
    if kind == "string" and form == "date-time" and _LAX_TIME.fullmatch(str(value)):
        return "2024-01-01T00:00:00Z"
    return value


def _is_valid(document: dict[str, Json], schema: Json, value: Json) -> bool:
    return Draft202012Validator({**schema, "components": document["components"]}).is_valid(value)


def broken_rules(
    path_parameters: dict[str, str], query: dict[str, Json], body: Json, path: str, method: str
) -> Iterator[str]:
    """The recorded rules that a call breaks although the schema allows it, each by name."""
    made = [path_parameters[name] for name in _MADE_BY.get((method, path.removeprefix("/v3/workspaces")), ())]
    if not all(_ID.fullmatch(id_) for id_ in made):
        yield "nothing is made under a malformed id (x-workspace-appears-with-session)"
    if path.endswith("/context") and query.get("peer_perspective") and not query.get("peer_target"):
        yield "a perspective is one on a target (x-context-and-summaries)"
    if isinstance(body, dict) and path.endswith("/upload"):
        yield from _rules_of_uploads(body)
    elif isinstance(body, dict):
        if path.endswith("/conclusions/query") and not _names_both(body.get("filters") or {}):
            yield "a query of conclusions names observer and observed (x-conclusions-routes)"
        if "/conclusions" in path and (body.get("filters") or {}).keys() - {"observer_id", "observed_id"}:
            yield "filters name known columns, and values of their kind (x-filter-errors)"
        yield from _rules_of_sessions(body)
        yield from _rules_of_messages(body)


def _rules_of_sessions(body: dict[str, Json]) -> Iterator[str]:
    if not _is_plain_filter(body.get("filters") or {}):
        yield "filters name known columns, and values of their kind (x-filter-errors)"
    peers = body.get("peers") or {}
    if not all(_ID.fullmatch(peer) for peer in peers):
        yield "peers are not made under malformed ids (x-session-peers-routes)"
    if sum(1 for settings in peers.values() if isinstance(settings, dict) and settings.get("observe_others")) > 10:
        yield "at most ten peers observe (x-observers-limit)"
    summary = (body.get("configuration") or {}).get("summary") or {}
    short, long = summary.get("messages_per_short_summary"), summary.get("messages_per_long_summary")
    if short is not None and long is not None and short >= long:
        yield "short summaries come before long ones (x-session-create-invalid)"


def _is_plain_filter(filters: dict[str, Json]) -> bool:
    """Whether a filter is of the plainest kind, which is understood everywhere: metadata to contain."""
    return all(key == "metadata" and not isinstance(value, dict) for key, value in filters.items())


def _names_both(filters: dict[str, Json]) -> bool:
    return all(isinstance(filters.get(name), str) and filters[name] for name in ("observer_id", "observed_id"))


def _rules_of_messages(body: dict[str, Json]) -> Iterator[str]:
    for holder in (body, *body.get("messages", ())):
        if len(holder.get("metadata") or {}) > 100 or _depth(holder.get("metadata")) > 5:
            yield "metadata has its limits (x-metadata-limits)"
    for message in body.get("messages", ()):
        if re.search(r"<\|endof(text|prompt)\|>", message["content"]):
            yield "content holds no control token (x-special-tokens)"
        if _has_no_moment(message.get("created_at")):
            yield "a time has a moment in UTC (x-messages-created-at)"


def _has_no_moment(time: str | None) -> bool:
    return time is not None and (re.match(r"000[01]|9999", time) is not None or ":60" in time)


def _rules_of_uploads(form: dict[str, Json]) -> Iterator[str]:
    for name in ("metadata", "configuration"):
        if form.get(name) and not isinstance(_json_of(form[name]), dict):
            yield "metadata and configuration are JSON in a text (x-upload)"
    if form.get("peer_id") == "":  # schemathesis makes them, whatever the schema says
        yield "an empty field of a form is as good as none (x-upload)"
    if "created_at" in form and form["created_at"] is None:
        yield "in a form there is no null but a text (x-upload)"
    if _has_no_moment(form.get("created_at")):
        yield "a time has a moment in UTC (x-messages-created-at)"


def _json_of(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _depth(value: Json) -> int:
    """How deep objects stand in objects; lists do not count."""
    if not isinstance(value, dict):
        return 0
    return 1 + max((_depth(entry) for entry in value.values()), default=0)
