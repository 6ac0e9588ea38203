"""Models of a world: the state that a mock starts with."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from ..domain.nul import text_without_nul
from .configuration import SessionConfiguration, WorkspaceConfiguration
from .fields import HttpUrl, Id, Level, Metadata, SpokenContent, Storable, Strict, Text
from .knowledge import StoredContent
from .scalars import Timestamp
from .session_peers import SessionPeerConfig

Count = Annotated[int, Field(ge=0)]


class WorldMember(SessionPeerConfig):
    """A peer in a session. `present` is false for a peer who left.

    `stays` are the times from and to which it was there, oldest first; null as the beginning or the end means no limit.
    By default it was always there.
    """

    model_config = ConfigDict(extra="forbid")

    present: bool = True
    stays: Annotated[list[tuple[Timestamp | None, Timestamp | None]], Field(min_length=1)] | None = None


class WorldMessage(Strict):
    """A message. Loading creates a missing id, and computes a missing token count from the content."""

    id: Id | None = None
    peer_id: Id
    content: SpokenContent
    metadata: Metadata = Field(default_factory=dict)
    created_at: Timestamp | None = None
    token_count: Count | None = None


class WorldSummary(Strict):
    """A summary of the messages up to `message_id`, by default of all. The id is "" in a session without messages."""

    content: Text
    message_id: Id | Literal[""] | None = None
    created_at: Timestamp | None = None
    token_count: Count | None = None


class WorldOrigin(Strict):
    """The session of the same workspace that a session was cloned from.

    `message_id` is the cut-off message, None if all messages were copied. `messages` is how many were copied. `purged`
    is true if the original does not exist any more.
    """

    session: Id
    message_id: Id | None = None
    messages: Count | None = None
    purged: bool = False


class WorldSession(Strict):
    """A session. Senders of its messages are members, unless their entry in `peers` is null."""

    id: Id | None = None
    is_active: bool = True
    metadata: Metadata = Field(default_factory=dict)
    configuration: SessionConfiguration = Field(default_factory=SessionConfiguration)
    created_at: Timestamp | None = None
    peers: dict[Id, WorldMember | None] = Field(default_factory=dict)
    messages: list[WorldMessage] = Field(default_factory=list)
    summaries: dict[Literal["short", "long"], WorldSummary] = Field(default_factory=dict)
    cloned_from: WorldOrigin | None = None


class WorldPeer(Strict):
    """A peer. `cards` are its cards by the id of the peer that each is about."""

    id: Id
    metadata: Metadata = Field(default_factory=dict)
    configuration: Storable = Field(default_factory=dict)
    created_at: Timestamp | None = None
    cards: dict[str, list[Text]] = Field(default_factory=dict)


class WorldConclusion(Strict):
    """A conclusion of one peer about another. Loading creates both peers if they are missing. The level counts in
    versions of the API that have levels.
    """

    id: Id | None = None
    content: StoredContent
    observer_id: Id
    observed_id: Id
    session_id: Id | None = None
    level: Level | None = None
    created_at: Timestamp | None = None


class WorldQueue(Strict):
    """The number of units of work in a queue. The units are for the messages of peer `observed` in a session, or
    for the dreams of `observer` about `observed`, by default of the type omni.
    """

    session: Id | None = None
    observer: str | None = None
    observed: str
    dream_type: Literal["omni", "card_refresh"] | None = None
    pending: Count = 0
    in_progress: Count = 0
    completed: Count = 0

    @model_validator(mode="after")
    def _of_messages_or_dreams(self) -> Self:
        if (self.session is None) is (self.observer is None):
            raise ValueError("a queue must have either session or observer")
        if self.dream_type is not None and self.observer is None:
            raise ValueError("only a queue of dreams, which has observer, can have dream_type")
        if not self.pending + self.in_progress + self.completed:
            raise ValueError("a queue must have at least one unit of work")
        return self


class WorldWebhook(Strict):
    """An endpoint that receives the events of a workspace."""

    id: str | None = Field(default=None, min_length=1)
    url: Annotated[HttpUrl, AfterValidator(text_without_nul)]
    created_at: Timestamp | None = None


class WorldWorkspace(Strict):
    """A workspace. With `is_active` false it is deleted, and its purge waits."""

    is_active: bool = True
    metadata: Metadata = Field(default_factory=dict)
    configuration: WorkspaceConfiguration = Field(default_factory=WorkspaceConfiguration)
    created_at: Timestamp | None = None
    peers: list[WorldPeer] = Field(default_factory=list)
    sessions: list[WorldSession] = Field(default_factory=list)
    conclusions: list[WorldConclusion] = Field(default_factory=list)
    work: list[WorldQueue] = Field(default_factory=list)
    webhooks: list[WorldWebhook] = Field(default_factory=list, max_length=10)


class WorldPurge(Strict):
    """A waiting purge of a workspace, or of a session in it. `tries` is how many tries failed."""

    workspace: Id
    session: Id | None = None
    tries: Count = 0


class World(Strict):
    """A world.

    `saved` is true if a mock wrote it. Then lists keep their order, sessions may have more observers than one request
    may set, and messages of two sessions may have the same id, because restoring a snapshot also resets the seeded id
    generator. In other worlds the oldest part of each list comes first. `purges` lists waiting purges in order; the
    purges of deleted parts that are not listed follow them.
    """

    saved: bool = False
    workspaces: dict[Id, WorldWorkspace] = Field(default_factory=dict)
    purges: list[WorldPurge] = Field(default_factory=list)
