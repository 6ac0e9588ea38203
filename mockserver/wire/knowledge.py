"""Models of requests about knowledge: conclusions, cards, representations, contexts and questions."""

from collections.abc import Container
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from ..domain import tokens
from ..domain.contexts import TOKENS_LIMIT
from ..domain.knowledge import CONCLUSIONS_SHOWN, Choice
from ..domain.nul import text_without_nul
from ..domain.session_filter import allowed_sessions
from .fields import (
    MATCHING_EVERYTHING,
    Bounded,
    JsonObject,
    Model,
    Text,
    named,
    without_control_tokens,
)
from .scalars import INTEGER, NUMBER, Boolean
from .versions import Before

CONCLUSION_LIMIT = 65_535
CONCLUSION_TOKENS_LIMIT = 8_192
QUESTION_LIMIT = 10_000


def _within_token_limit(content: str) -> str:
    if tokens.count(content) > CONCLUSION_TOKENS_LIMIT:
        raise ValueError(f"content exceeds maximum of {CONCLUSION_TOKENS_LIMIT} tokens")
    return content


Count = Annotated[int, Field(ge=1, le=100), INTEGER]
Distance = Annotated[float, Field(ge=0, le=1), NUMBER]
# Content that consists only of NUL characters is accepted, and is stored as an empty string (recorded).
_Content = Annotated[str, Field(min_length=1, max_length=CONCLUSION_LIMIT), AfterValidator(text_without_nul)]
StoredContent = Annotated[
    str, Field(max_length=CONCLUSION_LIMIT), AfterValidator(text_without_nul), AfterValidator(_within_token_limit)
]

_TOP_K = "The maximum number of conclusions that are similar to the search query"
_DISTANCE = "How far from the search query a conclusion may be, from 0 to 1"
_FREQUENT = "Whether to include the most frequent conclusions, in addition to those near the query"
_AT_MOST = "The maximum total number of conclusions"
_QUERY = "What the conclusions should be about"
_SESSIONS = (
    "The only key is session_id: a session, a list of sessions, or an object with `in`. If the body has a session_id "
    "too, it must be one of them."
)
_TARGET = "The peer that the knowledge is about, as the peer in the path sees it; default: the peer in the path"


ConclusionFilters = Annotated[Annotated[JsonObject, named("ConclusionFilters")] | None, MATCHING_EVERYTHING]
PairFilters = Annotated[JsonObject, named("ConclusionQueryFilters")] | None
_AllowedSessions = Annotated[JsonObject, named("AllowedSessions")] | None
_ResponseFormat = Annotated[JsonObject, named("ResponseFormat")] | None


class ConclusionCreate(Model):
    content: _Content
    observer_id: str = Field(description="The peer who concludes")
    observed_id: str = Field(description="The peer that the conclusion is about")
    session_id: str | None = Field(default=None, description="The session that the conclusion belongs to")

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        _within_token_limit(without_control_tokens(self.content))
        return self


class ConclusionBatchCreate(Model):
    """A batch of 1 to 100 conclusions. All of them are stored, or none."""

    # The live server still takes the name of the field: the quirk `field_names`.
    observations: Annotated[list[ConclusionCreate], Field(min_length=1, max_length=100, alias="conclusions")]


class ConclusionGet(Model):
    filters: ConclusionFilters = None


class ConclusionQuery(Model):
    # The handler refuses a query without a pair of peers, with the text of the live server, so this is only a schema.
    model_config = ConfigDict(
        json_schema_extra={"allOf": [{"required": ["filters"], "properties": {"filters": {"type": "object"}}}]}
    )

    query: str = Field(description="What the conclusions should be similar to")
    top_k: Count = Field(default=10, description="The maximum number of conclusions")
    distance: Distance | None = Field(default=None, description="The maximum distance from the query, from 0 to 1")
    filters: PairFilters = Field(
        default=None,
        description="Filters for the conclusions: at least observer and observed",
        examples=[{"observer_id": "bob", "observed_id": "alice"}],
    )


class CardQuery(Model):
    target: str | None = Field(default=None, description=_TARGET)


class PeerCardSet(Model):
    peer_card: Annotated[list[Text], Bounded]


class PeerRepresentationGet(Model):
    session_id: str | None = Field(default=None, description="Only what was concluded in this session")
    target: str | None = Field(default=None, description=_TARGET)
    search_query: str | None = Field(default=None, description=_QUERY)
    search_top_k: Count | None = Field(default=None, description=_TOP_K)
    search_max_distance: Distance | None = Field(default=None, description=_DISTANCE)
    include_most_frequent: Boolean | None = Field(default=None, description=_FREQUENT)
    max_conclusions: Count | None = Field(default=CONCLUSIONS_SHOWN, description=_AT_MOST)
    filters: Annotated[_AllowedSessions, Before("representation_filters")] = Field(
        default=None, description=_SESSIONS, examples=[None]
    )

    def choice(self) -> Choice:
        """The selected conclusions. Raises InvalidFilter."""
        allowed = allowed_sessions(self.filters, self.session_id, "representation_filters")
        return _choice(self, allowed if self.session_id is None else (self.session_id,))


class PeerContextQuery(CardQuery):
    search_query: str | None = Field(default=None, description=_QUERY)
    search_top_k: Count | None = Field(default=None, description=_TOP_K)
    search_max_distance: Distance | None = Field(default=None, description=_DISTANCE)
    include_most_frequent: Boolean = Field(default=True, description=_FREQUENT)
    max_conclusions: Count | None = Field(default=None, description=_AT_MOST)

    def choice(self) -> Choice:
        return _choice(self, None)


class SessionContextQuery(Model):
    tokens: Annotated[int, Field(le=TOKENS_LIMIT), INTEGER] | None = Field(
        default=None, description=f"The maximum number of tokens in the context; default: {TOKENS_LIMIT}"
    )
    search_query: str | None = Field(default=None, description=_QUERY)
    summary: Boolean = Field(default=True, description="Whether to include the summary, if there is one")
    peer_target: str | None = Field(default=None, description="The peer that the knowledge is about")
    peer_perspective: str | None = Field(default=None, description="Who has the knowledge; only with a target")
    limit_to_session: Boolean = Field(default=False, description="Whether to include only conclusions of this session")
    search_top_k: Count | None = Field(default=None, description=_TOP_K)
    search_max_distance: Distance | None = Field(default=None, description=_DISTANCE)
    include_most_frequent: Boolean = Field(default=False, description=_FREQUENT)
    max_conclusions: Count | None = Field(default=None, description=_AT_MOST)

    def choice(self, session_id: str) -> Choice:
        return _choice(self, (session_id,) if self.limit_to_session else None)


class DialecticOptions(Model):
    session_id: str | None = Field(default=None, description="The session that the question is about")
    target: str | None = Field(default=None, description=_TARGET)
    query: Annotated[str, Field(min_length=1, max_length=QUESTION_LIMIT)] = Field(description="The question")
    stream: Boolean = False
    reasoning_level: Literal["minimal", "low", "medium", "high", "max"] = Field(
        default="low", description="The reasoning effort; ignored, because no model runs here"
    )
    filters: Annotated[_AllowedSessions, Before("chat_filters")] = Field(
        default=None, description=_SESSIONS, examples=[None]
    )
    response_format: Annotated[_ResponseFormat, Before("response_format")] = Field(
        default=None,
        description="A JSON Schema of an object: `content` is JSON that fits it, without regard to bounds of values",
        examples=[None],
    )


def _choice(
    wanted: PeerRepresentationGet | PeerContextQuery | SessionContextQuery, session_ids: Container[str] | None
) -> Choice:
    return Choice(
        session_ids,
        wanted.search_query,
        wanted.search_top_k,
        wanted.search_max_distance,
        bool(wanted.include_most_frequent),
        wanted.max_conclusions,
    )
