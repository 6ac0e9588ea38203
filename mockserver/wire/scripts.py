"""Models of scripted answers: the members of an answer that a script may give."""

from .answers import Message, Summary
from .fields import Model, Strict


class ScriptedChat(Strict):
    content: str | None


class ScriptedRepresentation(Strict):
    representation: str


class ScriptedPeerContext(Strict):
    representation: str = ""
    peer_card: list[str] | None = None


class ScriptedSessionContext(Strict):
    messages: list[Message] = []
    summary: Summary | None = None
    peer_representation: str | None = None
    peer_card: list[str] | None = None


class ScriptedSessionSummaries(Strict):
    short_summary: Summary | None = None
    long_summary: Summary | None = None


# The models of answers, by operation.
ANSWERS: dict[str, type[Model]] = {
    "chat": ScriptedChat,
    "get_representation": ScriptedRepresentation,
    "get_peer_context": ScriptedPeerContext,
    "get_session_context": ScriptedSessionContext,
    "get_session_summaries": ScriptedSessionSummaries,
}
