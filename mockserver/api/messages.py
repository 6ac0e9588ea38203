"""Operations on the messages of a session."""

from datetime import datetime
from typing import TYPE_CHECKING

from ..domain import access, messages, tokens
from ..domain.clock import microseconds
from ..domain.index import message_as_read
from ..domain.messages import MessageDraft
from ..domain.records import NOTHING, Row
from .operation import Call, Reply, Router

if TYPE_CHECKING:
    from ..wire.configuration import MessageConfiguration
    from ..wire.messages import MessageCreate
    from ..wire.uploads import MessageUpload

router = Router("messages")

_PATH = "/v3/workspaces/{workspace_id}/sessions/{session_id}/messages"


@router.operation(
    "POST",
    _PATH,
    answers={201: "list[Message]", 404: "Problem"},
    body="messages.MessageBatchCreate",
    new_ids=("workspace_id", "session_id"),
    aliases=(_PATH + "/",),  # recorded in x2-message-trailing
)
def create_messages_for_session(call: Call) -> Reply:
    """Append 1 to 100 messages to a session, all or none. Creates a missing session and missing senders."""
    batch: list[MessageCreate] = call.body.messages
    rows = messages.create(
        call.store, call.path["workspace_id"], call.path["session_id"], [_draft(message) for message in batch]
    )
    if call.store.profile.echoed_created_at:
        rows = _with_times_as_sent(rows, [message.created_at for message in batch])
    return 201, rows


@router.operation(
    "POST",
    _PATH + "/upload",
    answers={201: "list[Message]", 400: "Problem", 404: "Problem", 413: "Problem", 415: "Problem"},
    body="uploads.MessageUpload",
    # JSON and PDF are accepted too. No schema can say what such a file must contain, so the document has only text.
    form={"file": "text/plain"},
    new_ids=("workspace_id", "session_id"),
)
def create_messages_with_file(call: Call) -> Reply:
    """Append the text of a file to a session, as one or more messages of one sender."""
    from . import uploads  # Imports the models, which a server does without until it needs them.

    upload: MessageUpload = call.body
    moment = None if upload.created_at is None else microseconds(upload.created_at)
    reasoning = None if upload.configuration is None else _reasoning(upload.configuration)
    drafts = [
        MessageDraft(piece, upload.peer_id, upload.metadata or {}, moment, tokens.count(piece), reasoning)
        for piece in uploads.pieces_of(upload.file, call.store.profile)
    ]
    rows = messages.create(call.store, call.path["workspace_id"], call.path["session_id"], drafts)
    if call.store.profile.echoed_created_at:
        rows = _with_times_as_sent(rows, [upload.created_at] * len(rows))
    return 201, rows


@router.operation(
    "POST",
    _PATH + "/list",
    answers={200: "Page[Message]"},
    query="pages.MessagePage",
    body="messages.MessageGet",
    body_required=False,
    body_title="Options",
    body_description="Filtering options for the message list",
    access=access.read_by_members,
)
def get_messages(call: Call) -> Reply:
    """List the messages of a session in their order, in pages and with optional filters."""
    matches = call.matches("message")
    return 200, messages.list_(call.store, call.path["workspace_id"], call.path["session_id"], *call.page(), matches)


@router.operation(
    "GET", _PATH + "/{message_id}", answers={200: "Message", 404: "Problem"}, access=access.read_by_members
)
def get_message(call: Call) -> Reply:
    """Get a message of a session."""
    path = call.path
    return 200, message_as_read(messages.get(call.store, path["workspace_id"], path["session_id"], path["message_id"]))


@router.operation(
    "PUT",
    _PATH + "/{message_id}",
    answers={200: "Message", 404: "Problem"},
    body="messages.MessageUpdate",
    body_description="Updated message parameters",
)
def update_message(call: Call) -> Reply:
    """Replace the metadata of a message."""
    path = call.path
    row = messages.update(call.store, path["workspace_id"], path["session_id"], path["message_id"], call.body.metadata)
    return 200, message_as_read(row) if call.body.metadata is None else row


def _with_times_as_sent(rows: list[Row], given: list[datetime | None]) -> list[Row]:
    """The new messages with the times that the client sent, for the quirk `echoed_created_at`."""
    return [row if moment is None else {**row, "created_at": moment} for row, moment in zip(rows, given, strict=True)]


def _draft(message: "MessageCreate") -> MessageDraft:
    content = message.content
    created_at = None if message.created_at is None else microseconds(message.created_at)
    reasoning = None if message.configuration is None else _reasoning(message.configuration)
    return MessageDraft(
        content, message.peer_id, message.metadata or NOTHING, created_at, tokens.count(content), reasoning
    )


def _reasoning(configuration: "MessageConfiguration") -> bool | None:
    """Whether the configuration of a message turns reasoning on or off. None if it does neither."""
    return None if configuration.reasoning is None else configuration.reasoning.enabled
