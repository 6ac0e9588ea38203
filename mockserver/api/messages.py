"""Operations on the messages of a session."""

from ..domain import messages, tables, tokens
from ..domain.clock import microseconds
from ..domain.messages import Draft
from ..wire import bodies
from .operation import Call, Reply, Room

room = Room("messages")

_PATH = "/v3/workspaces/{workspace_id}/sessions/{session_id}/messages"


@room.operation(
    "POST",
    _PATH,
    answers={201: "list[Message]", 404: "Problem"},
    body=bodies.MessageBatchCreate,
    new_ids=("workspace_id", "session_id"),
)
def create_messages_for_session(call: Call) -> Reply:
    """Append 1 to 100 messages to a session, all or none; makes the session and the senders that are missing."""
    batch: list[bodies.MessageCreate] = call.body.messages
    rows = messages.create(
        call.store, call.path["workspace_id"], call.path["session_id"], [_draft(message) for message in batch]
    )
    if call.store.quirks.echoed_created_at:
        rows = [
            row if message.created_at is None else {**row, "created_at": message.created_at}
            for row, message in zip(rows, batch, strict=True)
        ]
    return 201, rows


@room.operation(
    "POST",
    _PATH + "/list",
    answers={200: "Page[Message]"},
    query=bodies.MessagePage,
    body=bodies.MessageGet,
    body_required=False,
    body_title="Options",
    body_description="Filtering options for the message list",
)
def get_messages(call: Call) -> Reply:
    """List the messages of a session in their order, page by page, with optional filters."""
    matches = tables.message_filter(call.filters())
    return 200, messages.list_(call.store, call.path["workspace_id"], call.path["session_id"], *call.page(), matches)


@room.operation("GET", _PATH + "/{message_id}", answers={200: "Message", 404: "Problem"})
def get_message(call: Call) -> Reply:
    """Get one message of a session."""
    path = call.path
    return 200, messages.get(call.store, path["workspace_id"], path["session_id"], path["message_id"])


@room.operation(
    "PUT",
    _PATH + "/{message_id}",
    answers={200: "Message", 404: "Problem"},
    body=bodies.MessageUpdate,
    body_description="Updated message parameters",
)
def update_message(call: Call) -> Reply:
    """Replace the metadata of a message."""
    path = call.path
    row = messages.update(call.store, path["workspace_id"], path["session_id"], path["message_id"], call.body.metadata)
    return 200, row


def _draft(message: bodies.MessageCreate) -> Draft:
    content = message.content
    created_at = None if message.created_at is None else microseconds(message.created_at)
    return Draft(content, message.peer_id, message.metadata or {}, created_at, tokens.count(content))
