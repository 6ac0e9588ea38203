"""Models of a world file: what a fake server starts with."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from .bodies import SessionPeerConfig
from .configuration import SessionConfiguration, WorkspaceConfiguration
from .fields import HttpUrl, Id, Metadata, Moment, SpokenContent, Storable, Strict, Text
from .knowledge import ConclusionContent

Count = Annotated[int, Field(ge=0)]


class WorldMember(SessionPeerConfig):
    model_config = ConfigDict(extra="forbid")

    present: bool = True


class WorldMessage(Strict):
    id: Id | None = None
    peer_id: Id
    content: SpokenContent
    metadata: Metadata = {}
    created_at: Moment | None = None
    token_count: Count | None = None


class WorldSummary(Strict):
    content: Text
    message_id: Id | Literal[""] | None = None
    created_at: Moment | None = None
    token_count: Count | None = None


class WorldOrigin(Strict):
    """The session of the same workspace that a session was cloned from, and its last message that was copied.

    `messages` is how many were, `purged` says that the session is not there any more.
    """

    session: Id
    message_id: Id | None = None
    messages: Count | None = None
    purged: bool = False


class WorldSession(Strict):
    id: Id | None = None
    is_active: bool = True
    metadata: Metadata = {}
    configuration: SessionConfiguration = Field(default_factory=SessionConfiguration)
    created_at: Moment | None = None
    peers: dict[Id, WorldMember | None] = {}  # null is a sender who is no member
    messages: list[WorldMessage] = []
    summaries: dict[Literal["short", "long"], WorldSummary] = {}
    cloned_from: WorldOrigin | None = None


class WorldPeer(Strict):
    id: Id
    metadata: Metadata = {}
    configuration: Storable = {}
    created_at: Moment | None = None
    cards: dict[str, list[Text]] = {}  # by the peer whom a card is about


class WorldConclusion(Strict):
    id: Id | None = None
    content: ConclusionContent
    observer_id: Id
    observed_id: Id
    session_id: Id | None = None
    created_at: Moment | None = None


class WorldQueue(Strict):
    """How much work there is of a peer's messages in a session, or of an observer's dreams about a peer."""

    session: Id | None = None
    observer: str | None = None
    observed: str
    pending: Count = 0
    in_progress: Count = 0
    completed: Count = 0

    @model_validator(mode="after")
    def _of_messages_or_dreams(self) -> Self:
        if (self.session is None) is (self.observer is None):
            raise ValueError("work is of a session, or has an observer")
        if not self.pending + self.in_progress + self.completed:
            raise ValueError("there is no work")
        return self


class WorldWebhook(Strict):
    id: str | None = Field(default=None, min_length=1)
    url: HttpUrl
    created_at: Moment | None = None


class WorldWorkspace(Strict):
    is_active: bool = True
    metadata: Metadata = {}
    configuration: WorkspaceConfiguration = Field(default_factory=WorkspaceConfiguration)
    created_at: Moment | None = None
    peers: list[WorldPeer] = []
    sessions: list[WorldSession] = []
    conclusions: list[WorldConclusion] = []
    work: list[WorldQueue] = []
    webhooks: list[WorldWebhook] = Field(default=[], max_length=10)


class WorldPurge(Strict):
    workspace: Id
    session: Id | None = None
    tries: Count = 0


class World(Strict):
    """A world. One that is `saved` was written by a mock: lists stand in the order to keep, sessions may have more
    observers than a request could bring, and messages of two sessions the same id, where ids were turned back.
    `purges` says in which order they wait; the others come after those.
    """

    saved: bool = False
    workspaces: dict[Id, WorldWorkspace] = {}
    purges: list[WorldPurge] = []
