"""Operations on the knowledge about a peer: cards, representation, context and chat."""

import json
from typing import TYPE_CHECKING

from ..domain import access, knowledge
from .operation import Call, Reply, Router

if TYPE_CHECKING:
    from ..wire.knowledge import DialecticOptions, PeerRepresentationGet

router = Router("peers")

_PATH = "/v3/workspaces/{workspace_id}/peers/{peer_id}"


@router.operation(
    "GET", _PATH + "/card", answers={200: "PeerCardResponse", 404: "Problem"}, query="knowledge.CardQuery"
)
def get_peer_card(call: Call) -> Reply:
    """Get the card that a peer has of itself or of a target. It is null if none was set."""
    return 200, {"peer_card": knowledge.card(call.store, *_pair(call, call.query.target))}


@router.operation(
    "PUT",
    _PATH + "/card",
    answers={200: "PeerCardResponse"},
    query="knowledge.CardQuery",
    body="knowledge.PeerCardSet",
    body_description="The lines of the card",
    new_ids=("workspace_id", "peer_id"),
)
def set_peer_card(call: Call) -> Reply:
    """Replace the card that a peer has of itself or of a target. Creates a missing peer."""
    return 200, {"peer_card": knowledge.put_card(call.store, *_pair(call, call.query.target), call.body.peer_card)}


@router.operation(
    "POST",
    _PATH + "/representation",
    answers={200: "RepresentationResponse"},
    body="knowledge.PeerRepresentationGet",
    body_description="The topic and size of the representation",
    takes_nul=True,
)
def get_representation(call: Call) -> Reply:
    """Get what a peer knows about itself or a target: its conclusions as text, or a scripted answer."""
    wanted: PeerRepresentationGet = call.body
    rows = knowledge.chosen(call.store, *_pair(call, wanted.target), wanted.choice())
    return 200, call.scripted({"representation": knowledge.text(rows)})


@router.operation(
    "GET",
    _PATH + "/context",
    answers={200: "PeerContext", 404: "Problem"},
    query="knowledge.PeerContextQuery",
)
def get_peer_context(call: Call) -> Reply:
    """Get what a peer knows about itself or a target: its representation and its card."""
    pair = _pair(call, call.query.target)
    knowledge.check_observer(call.store, *pair[:2])
    card = knowledge.card(call.store, *pair)
    composed = {
        "peer_id": pair[1],
        "target_id": pair[2],
        "representation": knowledge.text(knowledge.chosen(call.store, *pair, call.query.choice())),
        "peer_card": card,
    }
    return 200, call.scripted(composed)


@router.operation(
    "POST",
    _PATH + "/chat",
    answers={200: "DialecticResponse", 404: "Problem"},
    body="knowledge.DialecticOptions",
    streams=True,
    takes_nul=True,
    new_ids=("workspace_id", "peer_id"),
)
def chat(call: Call) -> Reply:
    """Ask a question about a peer. Creates a missing peer. A script gives the answer, because the server runs no model.
    Without a script, the answer is JSON of the wanted format, or a message that no script exists. With `stream`, the
    answer is a stream of server-sent events.
    """
    from ..domain import response_schema
    from ..domain.session_filter import allowed_sessions
    from .events import stream_of, words

    question: DialecticOptions = call.body
    workspace_id = call.path["workspace_id"]
    if question.session_id:
        access.check_chat(call.scope, call.store, workspace_id, [question.session_id])
    allowed = allowed_sessions(question.filters, question.session_id, "chat_filters")
    if allowed is not None:
        access.check_chat(call.scope, call.store, workspace_id, allowed)
    value = None if question.response_format is None else response_schema.example(question.response_format)
    used = knowledge.asked(call.store, *_pair(call, question.target), question.session_id, allowed)
    script = call.script()
    if script is not None:
        content = script.members["content"]
    else:
        content = _unscripted(call, question, len(used)) if value is None else _compact(value)
    if not question.stream:
        return 200, {"content": content}
    pieces = script.pieces if script is not None else None
    return 200, stream_of(words(content or "") if pieces is None else pieces, script.pause if script else 0)


def _pair(call: Call, target: str | None) -> tuple[str, str, str]:
    """The ids of the workspace, of the observer and of the observed peer. An empty target does not mean the peer itself
    (recorded).
    """
    peer_id = call.path["peer_id"]
    return call.path["workspace_id"], peer_id, peer_id if target is None else target


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unscripted(call: Call, question: "DialecticOptions", count: int) -> str:
    _, observer_id, observed_id = _pair(call, question.target)
    session = f" in session '{question.session_id}'" if question.session_id else ""
    about = "itself" if observed_id == observer_id else f"peer '{observed_id}'"
    return (
        f"No script answers this question to peer '{observer_id}' about {about}{session}: "
        f"{count} {'conclusion' if count == 1 else 'conclusions'} would have been used."
    )
