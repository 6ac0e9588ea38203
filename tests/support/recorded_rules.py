"""Rules of the real server that its schema does not state.

Written from the recordings, and independent of the parsers of the mock server, so that a bug there is not repeated here.
The tests excuse the cases of schemathesis that break one of them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

Json = Any

_ID = re.compile(r"[a-zA-Z0-9_-]+")

# The ids in a path that the operation creates if they do not exist. The schema may omit their pattern, and
# schemathesis does not check it when it follows a link.
_CREATED_BY = {
    ("PUT", "/{workspace_id}"): ("workspace_id",),
    ("POST", "/{workspace_id}/peers"): ("workspace_id",),
    ("PUT", "/{workspace_id}/peers/{peer_id}"): ("workspace_id", "peer_id"),
    ("POST", "/{workspace_id}/sessions"): ("workspace_id",),
    ("PUT", "/{workspace_id}/peers/{peer_id}/card"): ("workspace_id", "peer_id"),
    ("POST", "/{workspace_id}/sessions/{session_id}/messages"): ("workspace_id", "session_id"),
    ("POST", "/{workspace_id}/sessions/{session_id}/messages/upload"): ("workspace_id", "session_id"),
}


def broken_rules(
    path_parameters: dict[str, str],
    query: dict[str, Json],
    body: Json,
    path: str,
    method: str,
    *,
    longest_id: int = 512,
) -> Iterator[str]:
    """The recorded rules that a call breaks although the schema allows it. `longest_id` is how long an id may be."""
    created = [path_parameters[name] for name in _CREATED_BY.get((method, path.removeprefix("/v3/workspaces")), ())]
    if not all(_ID.fullmatch(id_) and len(id_) <= longest_id for id_ in created):
        yield "a malformed id is never created (x-workspace-appears-with-session)"
    if path.endswith("/context") and query.get("peer_perspective") and not query.get("peer_target"):
        yield "a perspective needs a target (x-context-and-summaries)"
    if isinstance(body, dict) and path.endswith("/upload"):
        yield from _rules_of_uploads(body)
    elif isinstance(body, dict):
        if any(not draft["content"].strip("\0") for draft in body.get("conclusions", ())):
            yield "content is not empty without its NUL characters (x-metadata-limits shows that they are removed)"
        yield from _rules_of_sessions(body)
        yield from _rules_of_messages(body)
        yield from _rules_of_knowledge(body)


def _rules_of_sessions(body: dict[str, Json]) -> Iterator[str]:
    peers = body.get("peers") or {}
    if sum(1 for settings in peers.values() if isinstance(settings, dict) and settings.get("observe_others")) > 10:
        yield "at most ten peers observe others (x-observers-limit)"


def _rules_of_messages(body: dict[str, Json]) -> Iterator[str]:
    for message in body.get("messages", ()):
        if re.search(r"<\|endof(text|prompt)\|>", message["content"]):
            yield "content has no control token (x-special-tokens)"
        if _is_out_of_range(message.get("created_at")):
            yield "a timestamp must be representable in UTC (x-messages-created-at)"


def _rules_of_knowledge(body: dict[str, Json]) -> Iterator[str]:
    """Those of chat and of representations, from 3.0.12 on."""
    if body.get("session_id") is not None and isinstance(body.get("filters"), dict):
        listed = body["filters"].get("session_id", ())
        listed = listed.get("in", ()) if isinstance(listed, dict) else listed
        if body["session_id"] not in ([listed] if isinstance(listed, str) else listed):
            yield "the session is one of those in the filters (x2-vr-chat-filters)"
    wanted = body.get("response_format")
    if isinstance(wanted, dict):
        if '"$ref"' in json.dumps(wanted):
            yield "a reference leads to a definition (x2-vr-formats)"
        if set(wanted.get("$defs") or ()) & set(wanted.get("definitions") or ()):
            yield "a definition has one place (x2-vr-formats)"


def _is_out_of_range(time: str | None) -> bool:
    return time is not None and (re.match(r"000[01]|9999", time) is not None or ":60" in time)


def _rules_of_uploads(form: dict[str, Json]) -> Iterator[str]:
    for name in ("metadata", "configuration"):
        if form.get(name) and not isinstance(_json_of(form[name]), dict):
            yield "metadata and configuration are JSON strings (x-upload)"
    if form.get("peer_id") == "":  # schemathesis generates it although the schema forbids it
        yield "an empty form field is treated as missing (x-upload)"
    if "created_at" in form and form["created_at"] is None:
        yield "a form field cannot be null (x-upload)"
    if _is_out_of_range(form.get("created_at")):
        yield "a timestamp must be representable in UTC (x-messages-created-at)"


def _json_of(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return None
