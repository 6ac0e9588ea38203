"""Rules of chat and of representations, from 3.0.12 on, that no schema can say.

Written from the recordings, and independent of the parsers of the mock server, so that a bug there is not repeated here.
The tests excuse the cases that break one of them.
"""

import json
from collections.abc import Iterator
from typing import Any

Json = Any


def broken_rules(body: dict[str, Json]) -> Iterator[str]:
    """The rules that a body breaks although the schema allows it."""
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
