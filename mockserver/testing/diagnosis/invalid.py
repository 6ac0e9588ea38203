"""Sentences about a query or body that is not valid: where, what, and what to do about the most frequent mistakes."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from ...domain import workspaces
from ...domain.changes import Changes
from ...domain.errors import ID_MAX_LENGTH
from ...domain.profile import Profile
from ...domain.work import CARD_REFRESH
from ...formats.forms import is_form
from ...formats.json_text import is_json
from ..text import place, plain, quoted, value
from .causes import InvalidRequest
from .meant import meant
from .missing import Request

MESSAGE_LIMIT = 130
_FIELDS_OF_IDS = ("id", "name", "peer_id")


class _Error(NamedTuple):
    """An entry of a 422, each part with the type that it should have."""

    location: tuple[Any, ...]
    kind: str
    message: str
    given: Any
    context: dict[str, Any]
    takes_form: bool
    request: Request
    profile: Profile

    @property
    def content_type(self) -> str | None:
        return self.request.content_type

    @property
    def sent(self) -> Collection[str]:
        """The names of the fields of a form."""
        fields = self.request.body if self.takes_form else None
        return fields if isinstance(fields, dict) else ()


def first_error(cause: InvalidRequest, request: Request, profile: Profile) -> str:
    """The first error, and how many more there are."""
    error = _read(cause.entries[0], cause.takes_form, request, profile)
    first = next(text for explain in _EXPLANATIONS if (text := explain(error)) is not None)
    return f"{first} (and {len(cause.entries) - 1} more)" if len(cause.entries) > 1 else first


def rule_of_ids(id_: str, profile: Profile) -> str:
    """What is wrong with a malformed id, and which version of the API would take it."""
    limit = workspaces.id_limit(profile)
    rule = f"{value(id_)} is not an id: an id is 1 to {limit} characters of a-z, A-Z, 0-9, _ and -"
    if not limit < len(id_) <= ID_MAX_LENGTH:
        return rule
    came = f"ids of more than {limit} characters came with {Changes.about('long_ids').first}"
    return f"{rule}; {came}, and this server is {profile.api_version}"


def _read(entry: dict[str, Any], takes_form: bool, request: Request, profile: Profile) -> _Error:
    location, kind, message, context = (entry.get(name) for name in ("loc", "type", "msg", "ctx"))
    return _Error(
        tuple(location) if isinstance(location, (list, tuple)) else (),
        kind if isinstance(kind, str) else "",
        message.removeprefix("Value error, ") if isinstance(message, str) else "invalid",
        entry.get("input"),
        context if isinstance(context, dict) else {},
        takes_form,
        request,
        profile,
    )


def _no_body(error: _Error) -> str | None:
    if error.location != ("body",) or error.kind != "missing":
        return None
    return "there is no body; a JSON body is needed"


def _not_a_form(error: _Error) -> str | None:
    if error.kind != "missing" or not error.takes_form or is_form(_header(error.content_type)):
        return None
    return f"the body was not parsed as a form: {_found_type(error.content_type)} multipart/form-data"


def _text(error: _Error) -> str | None:
    if error.location != ("body",) or is_json(_header(error.content_type)):
        return None
    return f"the body was taken as text: {_found_type(error.content_type)} application/json"


def _header(content_type: str | None) -> bytes | None:
    return None if content_type is None else content_type.encode("latin-1", "replace")


def _found_type(content_type: str | None) -> str:
    return (
        "it has no content type, so not" if content_type is None else f"its content type is {quoted(content_type)}, not"
    )


def _not_json(error: _Error) -> str | None:
    if error.kind != "json_invalid":
        return None
    last = error.location[-1] if len(error.location) > 1 else None
    what = place(error.location) if isinstance(last, str) else "the body"  # A string is a field of a form.
    at = f" at offset {value(last)}" if isinstance(last, int) else ""
    encoding = error.request.headers.get("content-encoding")
    if encoding is not None:
        return f"{what} is not JSON{at}: the Content-Encoding {quoted(encoding)} is not read"
    reason = error.context.get("error")
    text = plain(reason, MESSAGE_LIMIT) if isinstance(reason, str) else "invalid"
    return f"{what} is not JSON{at}: {text}{'; send it in UTF-8' if text.startswith('Invalid utf-8') else ''}"


def _large_batch(error: _Error) -> str | None:
    if error.location != ("body", "messages") or error.kind != "too_long":
        return None
    count = f"{len(error.given)} messages" if isinstance(error.given, list) else "too many messages"
    return f"body.messages: {count} came at once; send them in batches of 100"


def _malformed_id(error: _Error) -> str | None:
    is_of_id = error.kind.startswith("string_") and error.location[-1:] in [(name,) for name in _FIELDS_OF_IDS]
    if not is_of_id or not isinstance(error.given, str):
        return None
    return f"{place(error.location)}: {rule_of_ids(error.given, error.profile)}"


def _other_type(error: _Error) -> str | None:
    type_ = error.context.get("contract")
    if type_ is None:
        return None
    converted = f"the live server would take {value(error.given)} (quirk lax_types)"
    return f"{place(error.location)}: the contract says {type_}; {converted}"


def _later_dream(error: _Error) -> str | None:
    """A type of dreams that only later versions of the API have."""
    if error.kind != "enum" or error.location != ("body", "dream_type") or error.given != CARD_REFRESH:
        return None
    came = f"{quoted(CARD_REFRESH)} came with {Changes.about('card_refresh').first}"
    return f"{place(error.location)}: {came}; this server is older, and expects {error.context.get('expected')}"


def _any_other(error: _Error) -> str:
    at = f"{place(error.location)}: " if error.location else ""
    hint = meant(error.location, error.kind, error.given, error.sent)
    return (
        f"{at}{plain(error.message, MESSAGE_LIMIT)} (input {value(error.given)}){'' if hint is None else f'; {hint}'}"
    )


# The first function that does not return None gives the explanation.
_EXPLANATIONS: tuple[Callable[[_Error], str | None], ...] = (
    _no_body,
    _not_a_form,
    _text,
    _not_json,
    _large_batch,
    _malformed_id,
    _other_type,
    _later_dream,
    _any_other,
)
