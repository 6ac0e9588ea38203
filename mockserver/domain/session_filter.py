"""The filters of questions and representations: an allowlist of sessions (recorded in x2-vr-chat-filters)."""

from collections.abc import Collection, Mapping
from typing import Any

from .errors import InvalidFilter

KEY = "session_id"
LIMIT = 1_000
_NOT_A_LIST = f'filters.{KEY} must be a session id, a list of session ids, or {{"in": [...]}}'


def allowed_sessions(filters: Mapping[str, Any] | None, session_id: str | None, change: str) -> Collection[str] | None:
    """The ids of the sessions in filters, each once, or None without filters. Nothing checks that the sessions exist.

    Arguments:
        session_id: The session that the request names beside the filters. It must be one of them.
        change: The change of the API that brought these filters.

    Raises InvalidFilter.
    """
    if filters is None:
        return None
    try:
        return _allowed(filters, session_id)
    except InvalidFilter as error:
        error.value, error.change = filters, change
        raise


def _allowed(filters: Mapping[str, Any], session_id: str | None) -> Collection[str]:
    others = sorted(filters.keys() - {KEY})
    if others:
        raise InvalidFilter(f"Unsupported filter key(s) for this endpoint: {others}. Only '{KEY}' is supported.")
    if KEY not in filters:
        raise InvalidFilter(f"filters must contain '{KEY}'")
    listed = _listed(filters[KEY])
    if not all(isinstance(entry, str) and entry for entry in listed):
        raise InvalidFilter(f"filters.{KEY} entries must be non-empty strings")
    allowed = dict.fromkeys(listed)  # A set in the order of the request.
    if len(allowed) > LIMIT:
        raise InvalidFilter(f"filters.{KEY} supports at most {LIMIT} sessions per request")
    if session_id is not None and session_id not in allowed:
        raise InvalidFilter(f"{KEY} must be included in filters.{KEY}")
    return allowed


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict) and value.keys() == {"in"}:
        value = value["in"]
    elif isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise InvalidFilter(_NOT_A_LIST)
    return value
