"""One request, one way: bytes are parsed, one handler runs, what it returns is rendered."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope

from ..domain.access import EVERYTHING
from ..domain.access import Scope as Reach
from ..domain.errors import ApiError, BadRequest, Unauthorized
from ..formats import forms, json_text
from ..testing.exchange import Exchange
from ..testing.mock import Mock
from . import answers
from .answers import Answer
from .operation import Call, Operation
from .routing import Found, RoutingTable, path_of

if TYPE_CHECKING:
    from ..formats.keyring import Keyring

BODY_LIMIT = 10 * 1024 * 1024
# How much of a body beyond the limit is read and thrown away, so that the client hears the answer.
DRAIN_LIMIT = 10 * BODY_LIMIT


class TooLarge(Exception):
    """The body is larger than the limit."""


class Gone(Exception):
    """The client hung up before its body was whole."""


class _Refused(Exception):
    """The request breaks the declaration of its operation; `entries` are those of the 422."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        super().__init__(entries)
        self.entries = entries


class Endpoint(BaseRoute):
    """All operations as one route of Starlette."""

    # Whether JSON is read under any content type, or just where the type says so.
    reads_any_type = False

    def __init__(self, mock: Mock, operations: Iterable[Operation]) -> None:
        self.mock = mock
        self.operations = list(operations)
        self.table = RoutingTable(self.operations)

    def find(self, scope: Scope) -> Found | None:
        """What is at the path of a request; None if nothing is, and for a scope that is no HTTP request."""
        return self.table.find(scope["method"], path_of(scope)) if scope["type"] == "http" else None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found = self.find(scope)
        return (Match.NONE, {}) if found is None else (Match.FULL, {"mockserver.found": found})

    def carried_out(self, found: Found, scope: Scope, body: bytes, exchange: Exchange | None = None) -> Answer:
        """Carry out one request, whole, without letting another in between; `exchange` is what is taken down of it."""
        mock = self.mock
        operation = found.operation
        if operation is None:
            return refused(found)
        try:
            document = None
            if operation.form is not None:
                document = _form(scope, body)
            elif operation.body is not None and body:
                document = _document(scope, body, self.reads_any_type)
            reach = EVERYTHING if mock.keyring is None else _admit(mock, mock.keyring, operation, found, scope)
            query, parsed = _parse(operation, scope, document, mock)
            status, payload = operation.handler(Call(mock, found.path, query, parsed, reach, exchange))
        except ApiError as error:
            return answers.problem(error, mock.quirks)
        except _Refused as refusal:
            return Answer(422, {"detail": refusal.entries})
        return Answer(status, payload)


def too_large(found: Found) -> Answer | None:
    """The answer to a body that is too large; None where no operation would take any."""
    if found.operation is None:
        return None
    return Answer(413, {"detail": f"The body is larger than {BODY_LIMIT} bytes"}, [(b"connection", b"close")])


def refused(found: Found) -> Answer:
    """The answer where no operation has the path, or none the method."""
    if found.elsewhere is not None:
        return Answer(307, None, [(b"location", found.elsewhere.encode())])
    if not found.methods:
        return Answer(404, {"detail": "Not Found"})
    return Answer(405, {"detail": "Method Not Allowed"}, [(b"allow", ", ".join(found.methods).encode())])


async def body_of(receive: Receive) -> bytes:
    """The whole body of a request; beyond the limit it is read on and thrown away, up to a point.

    Raises TooLarge, and Gone.
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
            return chunk  # In one piece, as most come.
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
    """What the request may reach. Raises Unauthorized, after what is no JSON and before all that is invalid."""
    if operation.access is None:
        return EVERYTHING
    token = bearer(next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), ""))
    if token is None:
        raise Unauthorized("No access token provided")
    reach = keyring.read(token, mock.clock.now(), refuses_expiry=mock.quirks.expiry_invalidates)
    operation.access(reach, found.path)
    return reach


def bearer(authorization: str) -> str | None:
    """The token in an Authorization header, or None where it has none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _parse(operation: Operation, scope: Scope, document: Any, mock: Mock) -> tuple[Any, Any]:
    """The validated query and body. Raises _Refused with every offence, the query's first."""
    query = parsed = None
    entries: list[dict[str, Any]] = []
    if operation.query is not None:
        try:
            query = operation.read_query(scope["query_string"])
        except ValidationError as error:
            entries += answers.offences("query", error)
    if document is not None:
        try:
            read = operation.read_body_with_names if mock.store.quirks.field_names else operation.read_body
            parsed = read(document, from_attributes=True)
        except ValidationError as error:
            entries += answers.offences("body", error, is_form=operation.form is not None)
    elif operation.body is not None and operation.body_required:
        entries.append(answers.missing_body())
    if entries:
        raise _Refused(entries)
    return query, parsed


def content_type_of(scope: Scope) -> bytes | None:
    """The content type of a request."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == b"content-type":
            return value
    return None


def _form(scope: Scope, body: bytes) -> dict[str, Any]:
    """The fields of a form; an empty one is as good as none. Raises BadRequest where the form cannot be read."""
    try:
        fields = forms.fields(content_type_of(scope), body)
    except forms.InvalidForm as error:
        raise BadRequest(str(error)) from None
    return {name: value for name, value in fields.items() if value != ""}


def _document(scope: Scope, body: bytes, under_any_type: bool) -> Any:
    content_type = content_type_of(scope)
    if not under_any_type and not json_text.is_json(content_type):
        return body.decode("utf-8", "replace")
    try:
        return json_text.parse(body)
    except json_text.InvalidJson as error:
        raise _Refused([answers.invalid_json(error)]) from None
