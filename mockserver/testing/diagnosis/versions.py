"""Sentences about the change of the API that decides about an answer, and which version brought it."""

import json
from collections.abc import Iterator
from typing import Any

from ...domain.changes import Changes
from ...domain.errors import ApiError
from ...domain.filters.language import MAX_DEPTH
from ...wire.fields import PRIVATE_ADDRESS
from ..text import value
from .causes import Cause, InvalidRequest, UnknownPath
from .missing import Case
from .suggestions import template_at

_LISTS = ("AND", "OR", "NOT")
_CONTENT_LIMIT = 100_000  # bytes of a body that is read again


def addition(cause: Cause | None, case: Case) -> str:
    """An addition to a diagnosis that names the change which decides about the refusal, or an empty string."""
    name = _change_of(cause, case)
    return "" if name is None else _about(name, case)


def list_in_filters(case: Case) -> str | None:
    """The sentence for a list as the value of a column in filters, if the version does not take it as `in`."""
    content = case.request.content
    if case.store.profile.list_means_in or b"[" not in content or len(content) > _CONTENT_LIMIT:
        return None
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    filters = body.get("filters") if isinstance(body, dict) else None
    column = next(_columns_with_lists(filters, MAX_DEPTH), None)
    if column is None:
        return None
    return f"the filter on {value(column)} is a list, which equals no value{_about('list_means_in', case)}"


def lacks(case: Case, template: str) -> bool:
    """Whether the version of the server does not have the operations at this path, and another one has."""
    change = case.changes.get(template)
    return change is not None and not getattr(case.store.profile, change)


def _columns_with_lists(filters: Any, depth: int) -> Iterator[str]:
    if not isinstance(filters, dict):
        return
    for name, condition in filters.items():
        if not isinstance(condition, list) or "metadata" in name:
            continue
        if name not in _LISTS:
            yield name
        elif depth:
            for inner in condition:
                yield from _columns_with_lists(inner, depth - 1)


def _change_of(cause: Cause | None, case: Case) -> str | None:
    match cause:
        case ApiError():
            return cause.change
        case InvalidRequest(entries=[first, *_]):
            if first.get("msg") == f"Value error, {PRIVATE_ADDRESS}":
                return "public_webhooks"
            location = first.get("loc")
            field = location[1] if isinstance(location, (list, tuple)) and len(location) > 1 else None
            return cause.changes.get(field) if isinstance(field, str) else None
        case UnknownPath():
            template = template_at(case.request.path.rstrip("/"), case.paths)
            return case.changes[template] if template is not None and lacks(case, template) else None
    return None


def _about(name: str, case: Case) -> str:
    change = Changes.about(name)
    rule = change.why.partition("; before")[0].rstrip(".")
    if not rule[1].isupper():
        rule = rule[0].lower() + rule[1:]
    return f"; {rule} (since {change.first}; this server is {case.store.profile.api_version})"
