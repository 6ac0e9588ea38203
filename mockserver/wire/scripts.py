"""Models of scripted answers: the members of an answer that a script may give."""

from .answers import Message, Summary
from .fields import Model, Strict


class Chat(Strict):
    content: str | None


class Representation(Strict):
    representation: str


class PeerContext(Strict):
    representation: str = ""
    peer_card: list[str] | None = None


class SessionContext(Strict):
    messages: list[Message] = []
    summary: Summary | None = None
    peer_representation: str | None = None
    peer_card: list[str] | None = None


class SessionSummaries(Strict):
    short_summary: Summary | None = None
    long_summary: Summary | None = None


# By the operations that need a model.
ANSWERS: dict[str, type[Model]] = {
    "chat": Chat,
    "get_representation": Representation,
    "get_peer_context": PeerContext,
    "get_session_context": SessionContext,
    "get_session_summaries": SessionSummaries,
}
