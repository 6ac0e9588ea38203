"""Models of the requests and answers of the control plane, `/_mock/`."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from .fields import JsonObject, Model, Strict
from .scalars import WrittenMoment


class _Part(Strict):
    """A body. A value of another type is refused, not converted."""

    model_config = ConfigDict(strict=True)

    def given(self) -> JsonObject:
        """The members that the request has, without defaults."""
        return self.model_dump(exclude_unset=True)


# The parameters of a query are text.
OF_TEXT = ConfigDict(strict=False)
StatusClass = Annotated[str, Field(pattern="^[1-5][xX][xX]$")]


def _number(text: Any) -> Any:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= 4 else text


# A status in a query.
StatusText = Annotated[int | StatusClass, BeforeValidator(_number)]
OF_STATUS = "The status of the answer, or a class such as 4xx"


class OneWorkspace(_Part):
    """The options of a reset. `workspace` resets one workspace, and cannot be combined with other options."""

    # The control plane adds the options of Mock.

    workspace: str = Field(default="", min_length=1)


class Like(_Part):
    """Criteria for requests. A criterion that is left out matches every request."""

    operation: str | list[str] | None = Field(
        default=None, description="The name of an operation, such as clone_session; * stands for anything; or several"
    )
    method: str | None = None
    path: str | None = Field(default=None, max_length=2000, description="A whole path; * stands for anything")
    workspace: str | None = None
    session: str | None = None
    peer: str | None = None


class RequestQuery(Like):
    """Which requests to list."""

    model_config = OF_TEXT

    operation: str | None = Field(default=None, description="The name of an operation; * stands for anything")
    status: StatusText | None = Field(default=None, description=OF_STATUS)
    after: int = Field(default=0, ge=0, description="Only requests with a larger number")
    limit: int | None = Field(default=None, ge=0, description="How many requests at most, the oldest first")


class RequestCriteria(Like):
    """Criteria for requests. A criterion that is left out matches every request."""

    status: int | StatusClass | None = Field(default=None, description=OF_STATUS)
    query: dict[str, str] | None = Field(default=None, description="Parameters of the query; others are ignored")
    body: Any = Field(default=None, description="A part of the JSON body of the request")


class RequestAssertion(_Part):
    """An assertion on the request log: how many requests match `like`, or (with `order`) in which order they came."""

    like: RequestCriteria = Field(default_factory=RequestCriteria)
    times: int | None = Field(default=None, ge=0, description="How many must match; by default at least one")
    at_least: int | None = Field(default=None, ge=0, description="How many must match at least")
    at_most: int | None = Field(default=None, ge=0, description="How many may match at most")
    order: list[RequestCriteria] | None = Field(default=None, description="Requests that must have come in this order")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        given = self.model_fields_set
        bounds = given & {"at_least", "at_most"}
        if ("order" in given and len(given) > 1) or ("times" in given and bounds):
            raise ValueError("pass order alone, or like with times, or with at_least and at_most")
        return self


class WaitQuery(_Part):
    model_config = OF_TEXT

    wait: float = Field(default=0, ge=0, le=60, description="How many seconds to wait until the assertion holds")


class OfWorkspace(_Part):
    workspace: str | None = Field(default=None, description="Only entries of this workspace")


class FaultCriteria(Like):
    """The requests that a fault applies to. The control plane adds the kind, its arguments and the fields of `Rule`."""

    query: dict[str, str] | None = Field(default=None, description="Parameters of the query that must be equal")
    body: Any = Field(default=None, description="A part of the JSON body of the request")


class ScriptRule(Like):
    operation: str | None = Field(default=None, description="The name of an operation that needs a model")
    answers: list[Any] = Field(
        description="The answers in order, one per request; the last answer repeats. For chat an answer may be a list "
        "of pieces of a stream: texts, and objects with `raw` (text) or `base64` that go on the wire as they are."
    )
    pause: float | None = Field(default=None, description="Only for chat: seconds between the pieces of a stream")
    body: Any = Field(default=None, description="A part of the JSON body of the request")
    name: str | None = None


class FreezeTime(_Part):
    at: WrittenMoment | None = Field(default=None, description="The time to freeze the clock at; default: now")


class Seconds(_Part):
    seconds: float


class Purging(_Part):
    """Purges of a session or of a workspace. With neither, all purges."""

    session: str | None = None
    workspace: str | None = None


class Working(Purging):
    """Units of work of a session or of a workspace. With neither, all units."""

    units: int | None = Field(default=None, ge=0, description="The maximum number of units to complete; default: all")


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
    expires_at: WrittenMoment | None = None


class RequestState(Model):
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
    notes: list[str]
    fault: str | None
    bodies_left_out: bool


class RequestList(Model):
    requests: list[RequestState]
    total: int = Field(description="How many requests in the log match, whatever after and limit are")
    dropped: int = Field(description="How many older requests the log dropped")
    next: int | None = Field(description="The value of after that lists the following requests; null at the end")


class CoverageTotals(Model):
    operations: int
    answers: int


class OperationCoverageState(Model):
    operation: str
    method: str
    path: str
    tag: str | None
    declared: list[int] = Field(description="The statuses that /openapi.json lists")
    answers: dict[str, int] = Field(description="How often the API gave each status, the declared ones first")
    by_faults: dict[str, int] = Field(description="How often faults caused each status; the key none: lost answers")


class CoverageState(Model):
    covered: CoverageTotals
    of: CoverageTotals
    operations: list[OperationCoverageState]
    elsewhere: int = Field(description="How many requests matched no operation")
    table: str = Field(description="The report as a printable table")


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


class FaultArgument(Model):
    name: str
    help: str
    is_required: bool
    choices: list[str] | None = Field(description="The allowed strings; null if the argument has no such list")
    proposed: Any = Field(description="A typical value, or the default")


class FaultKind(Model):
    name: str
    help: str
    arguments: list[FaultArgument]


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


class ViewQuery(Strict):
    """Which part of the state the page shows."""

    workspace: str | None = Field(default=None, description="The id of a workspace. By default the newest")
    session: str | None = Field(default=None, description="The id of a session. By default the newest")
    find: str = Field(
        default="", max_length=512, description="List only sessions whose id contains this text (case-insensitive)"
    )
    sessions_from: int = Field(default=0, ge=0)
    sessions_size: int = Field(default=50, ge=0, le=200)
    messages_from: int | None = Field(default=None, ge=0, description="By default the last messages")
    messages_size: int = Field(default=50, ge=0, le=200)


class EventsQuery(Strict):
    last: str = Field(default="", max_length=100, description="The id of the last event that the page received")


class PlayState(Model):
    paused: bool
    scene: str
    step: int
    steps: int


# The shapes of answers by the names under which operations declare them.
SHAPES: dict[str, Any] = {
    "Requests": RequestList,
    "Coverage": CoverageState,
    "Fault": FaultState,
    "list[Fault]": list[FaultState],
    "list[FaultKind]": list[FaultKind],
    "Script": ScriptState,
    "list[Script]": list[ScriptState],
    "Now": Now,
    "list[PendingPurge]": list[PendingPurge],
    "list[str]": list[str],
    "Snapshot": SnapshotState,
    "list[Snapshot]": list[SnapshotState],
    "Url": Url,
    "Request": RequestState,
    "Token": SignedToken,
    "Play": PlayState,
}
