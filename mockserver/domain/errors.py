"""The refusals of the API. Each exception holds its cause as data, and makes the `detail` of the answer from it.

`testing/diagnosis/sentences.py` makes the sentence for the developer from the same data.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar

ID_PATTERN = "^[a-zA-Z0-9_-]+$"
ID_MAX_LENGTH = 512
SHORT_ID_MAX_LENGTH = 100  # without the change `long_ids`
OBSERVERS_LIMIT = 10
ENDPOINTS_LIMIT = 10


class ApiError(Exception):
    """An answer other than success: `status` is its HTTP status, `detail` the sentence for the client.

    `change` is the change of the API that decides about the refusal: only with it, or only without it, the request is
    refused. It is None if there is none.
    """

    status: ClassVar[int]
    change: str | None = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequest(ApiError):
    """The request would exceed a limit of the state."""

    status = 400


class TooManyObservers(BadRequest):
    """A session would have more than ten observers (recorded). `observers` are their ids."""

    def __init__(self, session_id: str, observers: Sequence[str]) -> None:
        super().__init__(
            f"Cannot create session {session_id} with {len(observers)} observers. Maximum allowed is {OBSERVERS_LIMIT} "
            "observers per session. Observers are peers with 'observe_others' set to true."
        )
        self.session_id = session_id
        self.observers = observers


class Unauthorized(ApiError):
    """Authentication is on, and the token is missing, invalid or too narrow (recorded in x-auth-scopes)."""

    status = 401


class MissingToken(Unauthorized):
    """No token in the Authorization header. `scheme` is the scheme of the header, or None without a header."""

    def __init__(self, scheme: str | None) -> None:
        super().__init__("No access token provided")
        self.scheme = scheme


class InvalidToken(Unauthorized):
    """A token whose claims are not accepted."""

    def __init__(self) -> None:
        super().__init__("Invalid JWT")


class UnreadableToken(InvalidToken):
    """A token that is not a JWT, or that is not signed with the secret of the server."""


class RefusedExpiry(InvalidToken):
    """A token with an expiry, which the quirk `expiry_invalidates` refuses."""


class ExpiredToken(Unauthorized):
    """A token after its expiry. `expiry` is the claim `exp`."""

    def __init__(self, expiry: object) -> None:
        super().__init__("JWT expired")
        self.expiry = expiry


class NarrowToken(Unauthorized):
    """A token that does not give access to the request.

    `granted` and `needed` map the kinds `peer`, `session` and `workspace` to ids; None as `needed` stands for an admin.
    `needed` can also have the kind `member`, with the id of a session: a token for a peer in that session is enough.
    """

    def __init__(
        self, detail: str, granted: dict[str, Any], needed: dict[str, str] | None, change: str | None = None
    ) -> None:
        super().__init__(detail)
        self.granted = granted
        self.needed = needed
        self.change = change


class IncompleteToken(Unauthorized):
    """A token for a peer or session that does not name a workspace. `granted` is as in NarrowToken."""

    change = "tokens_need_workspace"

    def __init__(self, granted: dict[str, Any]) -> None:
        super().__init__("Invalid JWT scope: peer/session token missing workspace")
        self.granted = granted


class NotFound(ApiError):
    """Something that the request names does not exist, or is deleted."""

    status = 404


class Missing(NotFound):
    """Something with an id does not exist. `workspace_id` is the workspace that was searched."""

    def __init__(self, detail: str, workspace_id: str) -> None:
        super().__init__(detail)
        self.workspace_id = workspace_id


class MissingWorkspace(Missing):
    """The workspace does not exist."""

    def __init__(self, workspace_id: str) -> None:
        super().__init__(f"Workspace {workspace_id} not found", workspace_id)


class MissingSession(Missing):
    """The session does not exist, or is deleted and waits for its purge. Some operations have another `detail`."""

    def __init__(self, workspace_id: str, session_id: str, *, is_deleted: bool, detail: str | None = None) -> None:
        super().__init__(detail or f"Session {session_id} not found in workspace {workspace_id}", workspace_id)
        self.session_id = session_id
        self.is_deleted = is_deleted


class MissingPeer(Missing):
    """The workspace has no such peer. Some operations have another `detail`."""

    def __init__(self, workspace_id: str, peer_id: str, detail: str | None = None) -> None:
        super().__init__(detail or f"Peer {peer_id} not found in workspace {workspace_id}", workspace_id)
        self.peer_id = peer_id


class MissingMember(Missing):
    """The peer was never in the session."""

    def __init__(self, workspace_id: str, session_id: str, peer_id: str) -> None:
        super().__init__(
            f"Session peer {peer_id} not found in session {session_id} in workspace {workspace_id}", workspace_id
        )
        self.session_id = session_id
        self.peer_id = peer_id


class MissingMessage(Missing):
    """The session has no such message. The `detail` depends on the operation (recorded)."""

    def __init__(self, workspace_id: str, session_id: str, message_id: str, detail: str) -> None:
        super().__init__(detail, workspace_id)
        self.session_id = session_id
        self.message_id = message_id


class MissingConclusion(Missing):
    """The workspace has no such conclusion."""

    def __init__(self, workspace_id: str, conclusion_id: str) -> None:
        super().__init__(
            f"Document {conclusion_id} not found or does not belong to workspace {workspace_id}", workspace_id
        )
        self.conclusion_id = conclusion_id


class MissingWebhook(Missing):
    """The workspace has no such webhook endpoint."""

    def __init__(self, workspace_id: str, endpoint_id: str) -> None:
        super().__init__(f"Webhook endpoint {endpoint_id} not found for workspace {workspace_id}", workspace_id)
        self.endpoint_id = endpoint_id


class MalformedIdNotFound(NotFound):
    """A malformed id of something to create, where the live server answers 404 (recorded)."""

    def __init__(self, value: str, detail: str = "Session not found") -> None:
        super().__init__(detail)
        self.value = value


class Disabled(ApiError):
    """An operation that needs authentication, which is off (recorded for keys)."""

    status = 405

    def __init__(self) -> None:
        super().__init__("Feature is disabled")


class Conflict(ApiError):
    """The request conflicts with existing records."""

    status = 409


class ActiveSessions(Conflict):
    """The workspace cannot be deleted while it has active sessions."""

    def __init__(self, workspace_id: str) -> None:
        super().__init__(
            f"Cannot delete workspace '{workspace_id}': active session(s) remain. Delete all sessions first."
        )
        self.workspace_id = workspace_id


class TooManyWebhooks(Conflict):
    """The workspace has as many webhook endpoints as are allowed (recorded in x2-webhook-limits). `change` is the
    change of the API with which the request is not refused, or None.
    """

    def __init__(self, workspace_id: str, change: str | None = None) -> None:
        super().__init__(f"Maximum number of webhook endpoints ({ENDPOINTS_LIMIT}) reached for this workspace.")
        self.workspace_id = workspace_id
        self.change = change


class FileTooLarge(ApiError):
    """A file that is larger than the limit for uploads."""

    status = 413


class UnsupportedFile(ApiError):
    """A file whose type is neither text nor JSON nor PDF (recorded in x-upload).

    `needs` is the message about the missing extra that reads this type, or None.
    """

    status = 415

    def __init__(self, content_type: str | None, needs: str | None = None) -> None:
        types = "Supported types: ['PDFProcessor', 'TextProcessor', 'JSONProcessor']"
        super().__init__(f"Unsupported file type: {content_type}. {needs or types}")
        self.content_type = content_type
        self.needs = needs


class Unprocessable(ApiError):
    """A request that can be parsed but is invalid. `place` is the position of the error, as in a pydantic `loc`."""

    status = 422

    def __init__(self, detail: str, place: tuple[str | int, ...], value: object) -> None:
        super().__init__(detail)
        self.place = place
        self.value = value


class KeyWithoutWorkspace(Unprocessable):
    """A key for a peer or session that does not name a workspace. `named` are the ids that are given."""

    change = "keys_need_workspace"

    def __init__(self, named: object) -> None:
        super().__init__("workspace_id is required when scoping a key to a peer or session", ("query",), named)


class InvalidFilter(Unprocessable):
    """A filter document that is invalid. The detail is the sentence of the live server, `value` the document.

    `keys` are those of an object in place of a value, which may have been meant as operators.
    """

    keys: Sequence[str] = ()

    def __init__(self, detail: str, filters: object = None) -> None:
        super().__init__(detail, ("body", "filters"), filters)


class UnknownColumn(InvalidFilter):
    """A filter names a column that the table does not have. `columns` are the columns of the table."""

    def __init__(self, detail: str, name: str, table: str, columns: Collection[str]) -> None:
        super().__init__(detail)
        self.name = name
        self.table = table
        self.columns = columns


class UnknownOperator(InvalidFilter):
    """A filter uses an operator that does not exist. `operators` are the existing operators."""

    def __init__(self, name: str, operators: Iterable[str]) -> None:
        super().__init__(f"Unsupported comparison operator: {name}")
        self.name = name
        self.operators = operators


class InvalidId(Unprocessable):
    """A malformed id of something to create: an id is 1 to 512 characters of `[a-zA-Z0-9_-]`; without `long_ids`,
    1 to 100.

    `kind` is "workspace", "peer" or "session". `api/malformed_id.py` makes the detail that the live server gives.
    """

    value: str

    def __init__(self, kind: str, place: tuple[str | int, ...], value: str) -> None:
        super().__init__(f"{value!r} is not a valid id of a {kind}", place, value)
        self.kind = kind


class ServerFailure(ApiError):
    """The live server fails with an internal error in this case. Raised only if a quirk is on."""

    status = 500

    def __init__(self) -> None:
        super().__init__("An unexpected error occurred")


UNCHECKED_ID = "this operation does not check ids, and fails when it uses them"


class InnerFailure(ServerFailure):
    """The live server accepts the request and fails with a 500 later. Raised only with the quirk `inner_failures`.

    Arguments:
        reason: Why it fails.
        instead: The error that is raised if the quirk is off. None if the request then succeeds.
        change: The change of the API with which the server does not fail. None if there is none.
    """

    def __init__(self, reason: str, instead: Unprocessable | None = None, change: str | None = None) -> None:
        super().__init__()
        self.change = change
        self.reason = reason
        self.instead = instead


class ClashingClone(ServerFailure):
    """A clone mixes sessions of several workspaces, with the quirk `clone_crosses_workspaces`, and they clash."""

    def __init__(self, session_id: str, workspace_ids: Sequence[str]) -> None:
        super().__init__()
        self.session_id = session_id
        self.workspace_ids = workspace_ids
