"""Declares an operation once: what it is called with, what it calls, what it answers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl

from pydantic import TypeAdapter

from ..domain.access import Rule, Scope, of_the_workspace
from ..domain.store import Store
from ..testing.exchange import Exchange
from ..testing.mock import Mock
from ..testing.scripts import Scripted
from ..wire.fields import JsonObject, taking_names

Reply = tuple[int, Any]


def parameters(query_string: bytes) -> dict[str, str]:
    """The parameters by name; of one that comes twice the last counts."""
    return dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)) if query_string else {}


class Call:
    """A request that was parsed: ids from the path, the validated query and body, and what its token reaches.

    `exchange` is what the journal takes down of it; the control plane has none.
    """

    __slots__ = ("body", "exchange", "mock", "path", "query", "scope", "store")

    def __init__(
        self, mock: Mock, path: Mapping[str, str], query: Any, body: Any, scope: Scope, exchange: Exchange | None = None
    ) -> None:
        self.mock = mock
        self.store: Store = mock.store
        self.path = path
        self.query = query
        self.body = body
        self.scope = scope
        self.exchange = exchange

    def status_of_get_or_create(self, made: bool) -> int:
        """The status of a success; the live server's tells whether it was made now."""
        return 201 if made and self.store.quirks.created_status else 200

    def page(self) -> tuple[int, int, bool]:
        """Page, size and whether the newest come first."""
        return self.query.page, self.query.size, bool(self.query.reverse)

    def filters(self) -> JsonObject | None:
        """The filter document, if the body has one."""
        return self.body.filters if self.body is not None else None

    def script(self) -> Scripted | None:
        """What a test has this request answer in place of a model; each time it is asked, the next."""
        if self.exchange is None or not self.mock.scripts.entries:
            return None
        return self.mock.scripts.answer(self.exchange)

    def scripted(self, composed: JsonObject) -> JsonObject:
        """The answer that was composed, with what a script says in its place."""
        script = self.script()
        return composed if script is None else {**composed, **script.members}


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, eq=False)
class Operation:
    """One method of one path.

    `answers` maps each status but 422 to the name of a shape in `wire.answers`, or None for an answer without a body;
    the first is the success.
    With `form` the body is a form, whose fields the model of `body` takes, as texts and files; it maps the names of the
    files to their content types.
    With `streams` the success may also be a stream of server-sent events.
    `id_in_body` is the parameter that the body's `id` names where the path does not: "session_id".
    `new_ids` are the parameters of the path under which something may be made, and which keep the rule of ids.
    `access` is the rule by which it takes a token; with None it needs none.
    `links` names operations that take ids from a success: by operation name, parameter to runtime expression.
    """

    method: str
    path: str
    handler: Handler
    answers: Mapping[int, str | None]
    tag: str | None = None
    body: Any = None
    body_required: bool = True
    form: Mapping[str, str] | None = None
    body_title: str | None = None
    body_description: str | None = None
    query: Any = None
    streams: bool = False
    id_in_body: str | None = None
    new_ids: tuple[str, ...] = ()
    access: Rule | None = of_the_workspace
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The handler's name: `get_or_create_session`."""
        return self.handler.__name__

    @property
    def operation_id(self) -> str:
        """The name, path and method, as the published document composes them."""
        return re.sub(r"\W", "_", self.name + self.path) + "_" + self.method.lower()

    @property
    def summary(self) -> str:
        return self.name.replace("_", " ").title()

    def statuses(self, *, authenticated: bool) -> tuple[int, ...]:
        """The statuses of the answers that the served document lists, with authentication on or off."""
        refused = [422] if self.is_validated else []
        shut = [401] if authenticated and self.access is not None else []
        return tuple(sorted([*self.answers, *refused, *shut]))

    @property
    def is_validated(self) -> bool:
        """Whether the document lists a 422; as published, all have one that belong to a resource."""
        return self.tag is not None

    @cached_property
    def places(self) -> list[tuple[str, int]]:
        """The parameters in the path, each with the place of its segment in `path.split("/")`."""
        segments = self.path.split("/")
        return [(segment[1:-1], place) for place, segment in enumerate(segments) if segment.startswith("{")]

    # Built at the first request that needs them: a server that is started for one test builds one or two.
    @cached_property
    def read_body(self) -> Callable[..., Any]:
        return TypeAdapter(self.body).validator.validate_python

    @cached_property
    def read_body_with_names(self) -> Callable[..., Any]:
        """As `read_body`, with the quirk `field_names`."""
        return TypeAdapter(taking_names(self.body)).validator.validate_python

    @cached_property
    def read_query(self) -> Callable[[bytes], Any]:
        """Takes the query string; who lists asks the same again and again."""
        validate = TypeAdapter(self.query).validator.validate_python
        return lru_cache(16)(lambda query_string: validate(parameters(query_string)))


class Router:
    """The operations of one resource, in the order of their declaration."""

    def __init__(self, tag: str | None = None) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def operation(
        self, method: str, path: str, answers: Mapping[int, str | None], **more: Any
    ) -> Callable[[Handler], Handler]:
        """Decorate the function that answers `method` on `path`; `more` are the other fields of Operation."""

        def declare(handler: Handler) -> Handler:
            self.operations.append(Operation(method, path, handler, answers, self.tag, **more))
            return handler

        return declare
