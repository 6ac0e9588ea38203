"""Models of scripted answers: what stands in place of what an operation would have answered."""

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


# The operations behind which a model thinks, and the members of their answers that a script may give.
ANSWERS: dict[str, type[Model]] = {
    "chat": Chat,
    "get_representation": Representation,
    "get_peer_context": PeerContext,
    "get_session_context": SessionContext,
    "get_session_summaries": SessionSummaries,
}
