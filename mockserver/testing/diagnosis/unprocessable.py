"""Sentences about a 422: where, what, and what to do about the mistakes that are made most."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from ...domain.errors import ID_MAX_LENGTH, InvalidFilter
from ...domain.filters import tables
from ...domain.filters.columns import OPERATORS
from ...domain.workspaces import is_id
from ...formats.forms import is_form
from ...formats.json_text import is_json
from ..wording import place, plain, quoted, value
from .case import Asked, Case

_MESSAGE_LIMIT = 130
# How the sentence for an id that cannot be made begins; it is the whole `detail` with the quirk `sentence_422`.
_MALFORMED_ID = "1 validation error for "
_FIELDS_OF_IDS = ("id", "name", "peer_id")
_TAKE_FORMS = ("create_messages_with_file",)
_COLUMNS = (
    *("id", "workspace_id", "session_id", "peer_id", "observer_id", "observed_id"),
    *("is_active", "token_count", "metadata", "created_at"),
)
_FILTERS: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "get_all_workspaces": tables.workspace_filter,
    "get_peers": tables.peer_filter,
    "get_sessions": tables.session_filter,
    "get_sessions_for_peer": tables.session_filter,
    "get_messages": tables.message_filter,
    "list_conclusions": partial(tables.conclusion_filter, ""),
    "query_conclusions": partial(tables.conclusion_filter, ""),
}


class _Offence(NamedTuple):
    """An entry of a 422, each part of the type that it should have."""

    location: tuple[Any, ...]
    kind: str
    message: str
    given: Any
    context: dict[str, Any]


def first_offence(case: Case) -> str | None:
    """The first thing that is wrong, and how many more there are; None where the detail is of no known form."""
    detail = case.detail
    entries = [entry for entry in detail if isinstance(entry, dict)] if isinstance(detail, list) else []
    if not entries and not isinstance(detail, str):
        return None
    offence = _read(entries[0]) if entries else _in_a_sentence(case, detail)
    first = next(said for explain in _EXPLANATIONS if (said := explain(case.asked, offence)) is not None)
    return f"{first} (and {len(entries) - 1} more)" if len(entries) > 1 else first


def malformed_id(case: Case) -> tuple[tuple[str, ...], str] | None:
    """The place and the text of the first id that would have to be made and cannot be one."""
    ids = [(("path", name), case.asked.parameters.get(name)) for name in ("workspace_id", "session_id", "peer_id")]
    ids += [(("body", "peers"), peer_id) for peer_id in case.joining()]
    return next(((where, id_) for where, id_ in ids if isinstance(id_, str) and not is_id(id_)), None)


def rule_of_ids(text: str) -> str:
    """What is wrong with an id."""
    return f"{value(text)} is no id: an id is 1 to {ID_MAX_LENGTH} of a-z, A-Z, 0-9, _ and -"


def _in_a_sentence(case: Case, detail: str) -> _Offence:
    """What the live server tells in one sentence, with the place that it leaves out."""
    body = case.asked.body
    if detail.startswith(_MALFORMED_ID) and (found := malformed_id(case)) is not None:
        return _Offence(found[0], "value_error", detail, found[1], {})
    location = ("body", "filters") if isinstance(body, dict) and "filters" in body else ()
    return _Offence(location, "value_error", detail, None, {})


def _read(entry: dict[str, Any]) -> _Offence:
    location, kind, message, context = (entry.get(name) for name in ("loc", "type", "msg", "ctx"))
    return _Offence(
        tuple(location) if isinstance(location, (list, tuple)) else (),
        kind if isinstance(kind, str) else "",
        message.removeprefix("Value error, ") if isinstance(message, str) else "not as it should be",
        entry.get("input"),
        context if isinstance(context, dict) else {},
    )


def _no_body(asked: Asked, offence: _Offence) -> str | None:
    if offence.location != ("body",) or offence.kind != "missing":
        return None
    return "there is no body; one of JSON is needed"


def _taken_as_no_form(asked: Asked, offence: _Offence) -> str | None:
    sent = asked.content_type
    is_missing = offence.kind == "missing" and asked.operation in _TAKE_FORMS
    if not is_missing or is_form(None if sent is None else sent.encode("latin-1", "replace")):
        return None
    return f"the body was taken as no form: {_found_type(sent)} multipart/form-data"


def _taken_as_text(asked: Asked, offence: _Offence) -> str | None:
    sent = asked.content_type
    if offence.location != ("body",) or is_json(None if sent is None else sent.encode("latin-1", "replace")):
        return None
    return f"the body was taken as text: {_found_type(sent)} application/json"


def _found_type(sent: str | None) -> str:
    return "it has no content type, so not" if sent is None else f"its content type is {quoted(sent)}, not"


def _no_json(asked: Asked, offence: _Offence) -> str | None:
    if offence.kind != "json_invalid":
        return None
    last = offence.location[-1] if len(offence.location) > 1 else None
    what = place(offence.location) if isinstance(last, str) else "the body"  # a field of a form
    at = f" at offset {value(last)}" if isinstance(last, int) else ""
    reason = offence.context.get("error")
    return f"{what} is no JSON{at}: {plain(reason, _MESSAGE_LIMIT) if isinstance(reason, str) else 'invalid'}"


def _too_large_batch(asked: Asked, offence: _Offence) -> str | None:
    if offence.location != ("body", "messages") or offence.kind != "too_long":
        return None
    sent = asked.body.get("messages") if isinstance(asked.body, dict) else offence.given
    count = f"{len(sent)} messages" if isinstance(sent, list) else "too many messages"
    return f"body.messages: {count} came at once; send them in batches of 100"


def _no_id(asked: Asked, offence: _Offence) -> str | None:
    given = offence.given
    if not isinstance(given, str):
        return None
    is_of_id = offence.kind.startswith("string_") and offence.location[-1:] in [(name,) for name in _FIELDS_OF_IDS]
    if not is_of_id and not offence.message.startswith(_MALFORMED_ID):
        return None
    return f"{place(offence.location)}: {rule_of_ids(given)}"


def _filter(asked: Asked, offence: _Offence) -> str | None:
    compile_filter = _FILTERS.get(asked.operation or "")
    if offence.location != ("body", "filters") or offence.kind != "value_error" or compile_filter is None:
        return None
    said = f"body.filters: {plain(offence.message, _MESSAGE_LIMIT)}"
    if "does not exist on" in offence.message:
        return f"{said}; there are {', '.join(name for name in _COLUMNS if _takes(compile_filter, name))}"
    if offence.message.startswith("Unsupported comparison operator"):
        return f"{said}; there are {', '.join(sorted(OPERATORS))}"
    return said


def _takes(compile_filter: Callable[[dict[str, Any]], object], column: str) -> bool:
    try:
        compile_filter({column: "*"})
    except InvalidFilter:
        return False
    return True


def _any_other(asked: Asked, offence: _Offence) -> str:
    at = f"{place(offence.location)}: " if offence.location else ""
    given = "" if offence.given is None and offence.location in ((), ("body", "filters")) else value(offence.given)
    return at + plain(offence.message, _MESSAGE_LIMIT) + (given and f" (input {given})")


_EXPLANATIONS: tuple[Callable[[Asked, _Offence], str | None], ...] = (
    _no_body,
    _taken_as_no_form,
    _taken_as_text,
    _no_json,
    _too_large_batch,
    _no_id,
    _filter,
    _any_other,
)
