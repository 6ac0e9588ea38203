"""Models of the requests and answers of the control plane, `/_mock/`."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from .fields import JsonObject, Model, Moment, Strict


class _Part(Strict):
    def given(self) -> JsonObject:
        """The members that the request has, without defaults."""
        return self.model_dump(exclude_unset=True)


class OneWorkspace(_Part):
    """The options of a reset. `workspace` resets one workspace, and goes with no other option."""

    # The control plane adds the options of Mock.

    workspace: str = Field(default="", min_length=1)


class Like(_Part):
    """What a request is like; what is left out does not matter."""

    operation: str | None = Field(default=None, description="The name of an operation, such as clone_session")
    method: str | None = None
    path: str | None = Field(default=None, max_length=2000, description="A whole path; * stands for anything")
    workspace: str | None = None
    session: str | None = None
    peer: str | None = None


class LikeAnswered(Like):
    status: int | None = None


class Listed(LikeAnswered):
    after: int = Field(default=0, ge=0, description="Only those with a larger number")
    limit: int | None = Field(default=None, ge=0, description="How many at most, the oldest first")


class Call(LikeAnswered):
    query: dict[str, str] | None = Field(default=None, description="Parameters of the query that count")
    body: Any = Field(default=None, description="A part of the JSON body of the request")


class Called(_Part):
    """An assertion on the journal: so many requests are like this, or, with `order`, they came one after the other."""

    like: Call = Field(default_factory=Call)
    times: int | None = Field(default=None, ge=0, description="How many there must be; left out: at least one")
    at_least: int | None = Field(default=None, ge=0, description="How many there must be, or more")
    order: list[Call] | None = Field(default=None, description="Requests that must have come in this order")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        given = self.model_fields_set
        if len(given & {"times", "at_least", "order"}) > 1 or {"like", "order"} <= given:
            raise ValueError("like goes with times or at_least, and order stands alone")
        return self


class Waiting(_Part):
    wait: float = Field(default=0, ge=0, le=60, description="For how many seconds it may come true yet")


class OfWorkspace(_Part):
    workspace: str | None = Field(default=None, description="Only entries of this workspace")


class FaultRule(Like):
    """A rule. Which of the members of the first group count is a matter of the fault."""

    fault: Literal[
        "error",
        "delay",
        "quota",
        "disconnect",
        "lose_answer",
        "truncate",
        "malform",
        "drop_field",
        "wrong_type",
        "hang",
    ]
    status: int | None = Field(default=None, description="error: the status, 500 where it is left out")
    answer: Any = Field(default=None, description="error: the JSON body")
    headers: dict[str, str] | None = Field(default=None, description="error: more headers, Retry-After say")
    carry_out: bool | None = Field(default=None, description="error: whether the request is carried out all the same")
    seconds: float | None = Field(default=None, description="delay: how late the answer is")
    limit: int | None = Field(default=None, description="quota: how many calls pass in a window")
    per: float | None = Field(default=None, description="quota: how many seconds of the fake's clock a window has")
    at: str | None = Field(default=None, description="disconnect: start, head or body; hang: start or body")
    share: float | None = Field(default=None, description="truncate: how much of the body is sent, from 0 to 1")
    field: str | None = Field(default=None, description="drop_field, wrong_type: which; a.b is within a")
    query: dict[str, str] | None = Field(default=None, description="Parameters of the query that count")
    body: Any = Field(default=None, description="A part of the JSON body of the request")
    name: str | None = None
    times: int | None = Field(default=None, description="After how many requests it is over")
    after: int | None = Field(default=None, description="How many requests pass before the first")
    every: int | None = Field(default=None, description="Every how manieth of the rest it strikes")
    probability: float | None = Field(default=None, description="How likely it strikes, from 0 to 1")
    seed: int | str | None = Field(default=None, description="Makes the chances repeat")
    delay: float | None = Field(default=None, description="By how many seconds the answer is late as well")
    must_fire: bool | None = None


class ScriptRule(Like):
    answers: list[Any] = Field(description="One after the other; the last one stays")
    pause: float | None = Field(default=None, description="chat: how many seconds pass between pieces of a stream")
    body: Any = Field(default=None, description="A part of the JSON body of the request")
    name: str | None = None


class FreezeTime(_Part):
    at: datetime | None = Field(default=None, description="The time to freeze the clock at; default: now")


class Seconds(_Part):
    seconds: float


class Purging(_Part):
    """Purges of a session, of a workspace, or (without both) all purges."""

    session: str | None = None
    workspace: str | None = None


class Working(Purging):
    """Units of work of a session, of a workspace, or (without both) all of them."""

    units: int | None = Field(default=None, ge=0, description="The most units to do; default: all")


class FailingPurges(Purging):
    times: int = Field(description="How many attempts fail")


class SummaryDraft(_Part):
    """A summary to store for a session."""

    session: str
    content: str = Field(max_length=25_000)
    workspace: str | None = None
    kind: Literal["short", "long"] = "short"
    up_to: str | None = Field(
        default=None, description="The id of the last message that it covers; default: the last message"
    )


class SnapshotName(_Part):
    name: str = Field(min_length=1)
    workspace: str | None = None


class SnapshotDiff(_Part):
    before: str = Field(description="The name of a snapshot")
    after: str | None = Field(default=None, description="The name of a later snapshot; default: the present state")
    workspace: str | None = Field(default=None, description="The workspace of the snapshots")


class TokenScope(_Part):
    """What the token gives access to."""

    workspace: str | None = None
    peer: str | None = None
    session: str | None = None
    admin: bool = False
    expires_at: Moment | None = None


class Exchange(Model):
    number: int
    at: datetime
    operation: str | None
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    workspace: str | None
    session: str | None
    peer: str | None
    body: Any
    status: int | None
    answer: Any
    duration: float | None
    diagnosis: str | None
    fault: str | None
    bodies_left_out: bool


class Requests(Model):
    requests: list[Exchange]
    dropped: int


class CoverageTotals(Model):
    operations: int
    answers: int


class OperationReport(Model):
    operation: str
    method: str
    path: str
    tag: str | None
    declared: list[int] = Field(description="The statuses that /openapi.json lists")
    answers: dict[str, int] = Field(description="How often the API gave each status, the declared ones first")
    by_faults: dict[str, int] = Field(description="The same of what a fault gave, broke or (none) lost; covers nothing")


class CoverageReport(Model):
    covered: CoverageTotals
    of: CoverageTotals
    operations: list[OperationReport]
    elsewhere: int = Field(description="How many requests called no operation")
    table: str = Field(description="The report as a table of text")


class FaultState(Model):
    name: str
    fault: str
    requests: str
    times: int | None
    after: int
    every: int
    probability: float | None
    delay: float
    must_fire: bool
    matched: int
    fired: int
    held: int
    is_over: bool


class ScriptState(Model):
    name: str
    operation: str
    requests: str
    answers: list[Any]
    pause: float
    used: int


class Now(Model):
    now: datetime
    frozen: bool


class PendingPurge(Model):
    workspace: str
    session: str | None
    due: datetime | None
    tries: int


class SnapshotState(Model):
    name: str
    workspace: str | None


class SignedToken(Model):
    key: str


class Url(Model):
    url: str


class WindowQuery(Strict):
    """What part of the state the page shows."""

    workspace: str | None = Field(default=None, description="The id of a workspace; default: the newest one")
    session: str | None = Field(default=None, description="The id of a session; default: the newest one")
    find: str = Field(default="", max_length=512, description="A part of the ids of the sessions to list")
    sessions_from: int = Field(default=0, ge=0)
    sessions_size: int = Field(default=50, ge=0, le=200)
    messages_from: int | None = Field(default=None, ge=0, description="Default: the last messages")
    messages_size: int = Field(default=50, ge=0, le=200)


class EventsQuery(Strict):
    last: str = Field(default="", max_length=100, description="The id of the last event that the client received")


class PlayState(Model):
    paused: bool
    scene: str
    step: int
    steps: int


# The shapes of answers by the names under which operations declare them.
SHAPES: dict[str, Any] = {
    "Requests": Requests,
    "Coverage": CoverageReport,
    "Fault": FaultState,
    "list[Fault]": list[FaultState],
    "Script": ScriptState,
    "list[Script]": list[ScriptState],
    "Now": Now,
    "list[PendingPurge]": list[PendingPurge],
    "list[str]": list[str],
    "Snapshot": SnapshotState,
    "list[Snapshot]": list[SnapshotState],
    "Url": Url,
    "Request": Exchange,
    "Token": SignedToken,
    "Play": PlayState,
}
