"""Answers one request: parses the bytes, runs one handler, and returns what is to be rendered."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic_core import ValidationError
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope

from ..domain import access
from ..domain.access import EVERYTHING
from ..domain.access import Scope as Reach
from ..domain.errors import UNCHECKED_ID, ApiError, InnerFailure, InvalidId, MissingToken
from ..domain.nul import has_nul
from ..domain.profile import Profile
from ..domain.quirks import Quirks
from ..formats import json_text
from ..formats.json_text import Unstorable
from ..testing.diagnosis.causes import InvalidRequest, UnknownPath, UnreadableForm, WrongMethod
from ..testing.exchange import Exchange
from ..testing.mock import Mock
from ..wire.reading import Reading
from . import answers, notes
from .answers import Answer
from .operation import Call, Operation, operations_of
from .routing import Found, RoutingTable, header_of, path_of

if TYPE_CHECKING:
    from ..formats.keyring import Keyring

BODY_LIMIT = 10 * 1024 * 1024
# How many bytes of an oversized body are read and dropped: many clients read the response only after they have sent the
# whole body.
DRAIN_LIMIT = 10 * BODY_LIMIT


class TooLarge(Exception):
    """The body is larger than the limit."""


class Gone(Exception):
    """The client disconnected before its body was complete."""


class _Refused(Exception):
    """The request does not match the declaration of its operation."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


class Endpoint(BaseRoute):
    """All operations as one route of Starlette."""

    # Whether a body is read as JSON under any content type.
    reads_any_type = False

    def __init__(self, mock: Mock, operations: Iterable[Operation]) -> None:
        self.mock = mock
        self.operations = list(operations)
        self._tables: dict[str, RoutingTable] = {}

    def find(self, scope: Scope) -> Found | None:
        """The result of the routing table. None if no operation has the path, or the scope is not an HTTP request."""
        if scope["type"] != "http":
            return None
        version = self.mock.store.profile.api_version
        table = self._tables.get(version)
        if table is None:
            table = self._tables[version] = RoutingTable(operations_of(self.operations, version))
        return table.find(scope["method"], path_of(scope))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = self.find(scope)
        return (Match.NONE, {}) if found is None else (Match.FULL, {"mockserver.found": found})

    def carried_out(self, found: Found, scope: Scope, body: bytes, exchange: Exchange | None = None) -> Answer:
        """Carry out one request, atomically: there is no `await`. `exchange` is its entry in the request log."""
        mock = self.mock
        operation = found.operation
        if operation is None:
            return refused(found, mock.store.profile)
        try:
            document = None
            if operation.form is not None:
                document = _form(scope, body)
            elif operation.body is not None and body:
                document = _document(scope, body, operation, self.reads_any_type)
            reach = EVERYTHING if mock.keyring is None else _admit(mock, mock.keyring, operation, found, scope)
            parse = _parse_in_doubt if isinstance(document, Unstorable) else _parse
            query, parsed = parse(operation, scope, document, mock)
            if mock.store.profile.inner_failures:
                _check_nul(found, operation, document, mock.store.profile)
            if exchange is not None:
                query_string: bytes = scope["query_string"]
                if mock.notes.enabled and (
                    operation.is_notable(document, query_string, body) or found.is_unset or mock.notes.saw_fault
                ):
                    notes.take(mock, operation, found, document, body, query_string, exchange)
            status, payload = operation.handler(Call(mock, found.path, query, parsed, reach, exchange))
        except InvalidId as error:
            # Operations whose body has the id of what they create check the ids. The other operations do not, and fail
            # when they use an invalid id (recorded).
            fails = mock.store.profile.inner_failures and operation.id_in_body is None
            return answers.problem(InnerFailure(UNCHECKED_ID, error) if fails else error, mock.store.profile)
        except ApiError as error:
            return answers.problem(error, mock.store.profile)
        except _Refused as refusal:
            return refusal.answer
        return Answer(status, payload)


def too_large(found: Found) -> Answer | None:
    """The answer to a body that is too large. None if no operation has the path and method."""
    if found.operation is None:
        return None
    return Answer(413, {"detail": f"The body is larger than {BODY_LIMIT} bytes"}, [(b"connection", b"close")])


def refused(found: Found, quirks: Quirks) -> Answer:
    """The answer if no operation has the path and method."""
    if found.elsewhere is not None:
        return Answer(307, None, [(b"location", found.elsewhere.encode())])
    if not found.methods:
        return Answer(404, {"detail": "Not Found"}, cause=UnknownPath())
    methods = found.first_methods if quirks.allow_of_first_path else found.methods
    allow = [(b"allow", ", ".join(methods).encode())]
    return Answer(405, {"detail": "Method Not Allowed"}, allow, WrongMethod(methods))


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request.

    Raises TooLarge for a body over the limit, after up to DRAIN_LIMIT bytes were read and dropped. Raises Gone if the
    client disconnects.
    """
    chunks: list[bytes] = []
    length = 0
    while length <= DRAIN_LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        length += len(chunk)
        more = message.get("more_body", False)
        if not more and length == len(chunk) <= BODY_LIMIT:
            return chunk  # Most bodies come in one piece.
        if length <= BODY_LIMIT:
            chunks.append(chunk)
        else:
            chunks.clear()
        if not more:
            break
    if length > BODY_LIMIT:
        raise TooLarge
    return b"".join(chunks)


def _admit(mock: Mock, keyring: "Keyring", operation: Operation, found: Found, scope: Scope) -> Reach:
    """The scope of the token. Raises Unauthorized. Only invalid JSON (422) and broken forms (400) are refused before
    that.
    """
    if operation.access is None:
        return EVERYTHING
    given = header_of(scope, b"authorization")
    header = None if given is None else given.decode("latin-1")
    token = bearer(header or "")
    if token is None:
        raise MissingToken(None if header is None else header.partition(" ")[0])
    reach = keyring.read(token, mock.clock.now(), refuses_expiry=mock.store.profile.expiry_invalidates)
    reach = access.complete(reach, mock.store)
    operation.access(reach, found.path, mock.store)
    return reach


def bearer(authorization: str) -> str | None:
    """The token in an Authorization header, or None."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _parse(operation: Operation, scope: Scope, document: Any, mock: Mock) -> tuple[Any, Any]:
    """The validated query and body. Raises _Refused with the errors, those of the query first. Errors that the live
    server finds late are left out if there are others. With `inner_failures`, raises InnerFailure if there are only
    late errors.
    """
    query = parsed = None
    profile = mock.store.profile
    entries: list[dict[str, Any]] = []
    if operation.query is not None:
        try:
            query = operation.read_query(scope["query_string"], profile.lax_types)
        except ValidationError as error:
            entries += answers.offences("query", error)
    if document is not None:
        try:
            read = operation.read_body_with_names if profile.field_names else operation.read_body
            parsed = read(document, from_attributes=True, context=Reading.LAX if profile.lax_types else None)
        except ValidationError as error:
            entries += answers.offences("body", error, is_form=operation.form is not None)
    elif operation.body is not None and operation.body_required:
        entries.append(answers.missing_body())
    if operation.form is not None:  # The entries of files are last (recorded in x2-upload-refusals).
        files = operation.form.keys()
        entries.sort(key=lambda entry: not files.isdisjoint(entry["loc"][1:2]))
    if entries:
        first = [entry for entry in entries if not _is_checked_late(entry, operation)]
        if not first and profile.inner_failures:
            raise InnerFailure(
                f"the live server does not check {'.'.join(map(str, entries[0]['loc'][1:]))}: {entries[0]['msg']}"
            )
        # The response to a form lists all errors. The response to any other body lists only the errors that are checked
        # first.
        raise _invalid(first if first and operation.form is None else entries, operation)
    return query, parsed


def _check_nul(found: Found, operation: Operation, document: Any, profile: Profile) -> None:
    """Raise InnerFailure if the live server would look up or store a NUL character, or search for it."""
    if found.reads_nul:
        raise InnerFailure("the database cannot look up a NUL character")
    is_of_api = operation.path.startswith("/v3/")  # not of the control plane
    if not profile.drops_nul and is_of_api and not operation.takes_nul and has_nul(document):
        raise InnerFailure("the database does not accept NUL characters", change="drops_nul")


def _is_checked_late(entry: dict[str, Any], operation: Operation) -> bool:
    """Whether an entry is about a value that the live server checks last. It fails with a 500 if such a value is
    invalid.

    These are the ids of senders (walk2-31), JSON in forms (x2-upload-form), and the length of URLs (x2-webhook-urls).
    """
    kind, name = entry["type"], entry["loc"][-1]
    if name == "peer_id":
        return bool(kind.startswith("string_")) and kind != "string_type"
    if operation.form is not None:
        return entry["loc"][1] in ("metadata", "configuration")
    return bool(name == "url" and kind == "string_too_long")


def _parse_in_doubt(operation: Operation, scope: Scope, doubt: Unstorable, mock: Mock) -> tuple[Any, Any]:
    """Like `_parse`, for a body with a value that cannot be stored. Only keys that the operation does not read may have
    one.

    The live server fails on these values only where it reads them (recorded in walk2-31 and x-special-tokens).
    """
    try:
        query, parsed = _parse(operation, scope, doubt.value, mock)
        from pydantic import TypeAdapter

        read = TypeAdapter(Any).dump_python(parsed)
    except _Refused as refusal:
        if json_text.is_storable(refusal.answer.payload):
            raise
        read = doubt.value
    if not json_text.is_storable(read):
        if mock.store.profile.inner_failures:
            reason = "JSON in the database has neither NaN, nor infinities, nor lone surrogates"
            raise InnerFailure(f"{reason}; the body has one: {doubt.reason} (offset {doubt.place})")
        raise _invalid([answers.invalid_json(doubt)], operation)
    return query, parsed


def _invalid(entries: list[dict[str, Any]], operation: Operation) -> _Refused:
    from ..wire.versions import changes_of_fields

    cause = InvalidRequest(entries, operation.form is not None, changes_of_fields(operation.body_type))
    return _Refused(Answer(422, {"detail": entries}, cause=cause))


def content_type_of(scope: Scope) -> bytes | None:
    """The content type of a request."""
    return header_of(scope, b"content-type")


def _form(scope: Scope, body: bytes) -> dict[str, Any]:
    """The fields of a form without the empty ones. Raises _Refused if the form cannot be read."""
    from ..formats import forms

    content_type = content_type_of(scope)
    try:
        fields = forms.fields(content_type, body)
    except forms.InvalidForm as error:
        detail = str(error)
        cause = UnreadableForm((content_type or b"").decode("latin-1"), detail == forms.NO_BOUNDARY)
        raise _Refused(Answer(400, {"detail": detail}, cause=cause)) from None
    return {name: value for name, value in fields.items() if value != ""}


def _document(scope: Scope, body: bytes, operation: Operation, under_any_type: bool) -> Any:
    """The JSON of a body, or its text if the content type is not JSON. Returns an Unstorable error, instead of raising
    it, if the JSON has a value that cannot be stored.

    Raises _Refused for invalid JSON.
    """
    content_type = content_type_of(scope)
    if not under_any_type and not json_text.is_json(content_type):
        return body.decode("utf-8", "replace")
    try:
        return json_text.parse(body)
    except Unstorable as doubt:
        return doubt  # Only the operation knows whether it would store the value.
    except json_text.InvalidJson as error:
        raise _invalid([answers.invalid_json(error)], operation) from None
