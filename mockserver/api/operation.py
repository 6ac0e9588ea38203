"""Declares operations: method and path, parameters, body, handler, answers."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ..domain.access import Rule, Scope, of_the_path
from ..domain.changes import CONTRACT, Changes
from ..domain.errors import InnerFailure
from ..domain.index import as_read
from ..domain.nul import has_nul, without_nul
from ..domain.records import Row
from ..domain.store import Store
from ..testing.diagnosis.meant import UNSET
from ..testing.exchange import Exchange
from ..testing.mock import Mock
from ..testing.notes.draft import ALWAYS, CHANGING
from ..testing.notes.shapes import Shape, has_unknown, shape_of
from ..testing.scripts import Scripted
from ..wire.lookup import type_of
from ..wire.reading import Reading
from .links import Links

if TYPE_CHECKING:
    from ..domain.filters.language import Filter
    from ..wire.fields import JsonObject

Reply = tuple[int, Any]

_MAX_OFFSET = 2**63 - 1  # the type bigint of the live server's database


def parameters(query_string: bytes) -> dict[str, str]:
    """The parameters of a query string by name. If a name is repeated, the last value counts."""
    return dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)) if query_string else {}


class Call:
    """A parsed request, as a handler gets it: ids from the path, the validated query and body, the scope of the token.

    `exchange` is its entry in the request log; None in the control plane.
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

    def status_of_get_or_create(self, created: bool) -> int:
        """The status of a success: 200, or 201 for something new if the quirk `created_status` is on."""
        return 201 if created and self.store.profile.created_status else 200

    def written(self, row: Row) -> Row:
        """A row for the answer to a create or an update: as it was sent, or as the database has it."""
        return row if self.store.profile.echoes_floats else as_read(row)

    def storable(self, value: Any) -> Any:
        """The value without NUL characters, which the API drops from text and metadata only.

        Raises InnerFailure: elsewhere the database of the live server refuses them.
        """
        if value is None:
            return None
        if self.store.profile.inner_failures and has_nul(value):
            raise InnerFailure("the database cannot store a NUL character, and the API drops it from metadata only")
        return without_nul(value)

    def page(self) -> tuple[int, int, bool]:
        """The number of the page, its size, and whether the newest rows come first. Raises InnerFailure."""
        return *self.forward_page(), bool(self.query.reverse)

    def forward_page(self) -> tuple[int, int]:
        """Like `page`, but without the order, for lists with a fixed order. Raises InnerFailure."""
        page, size = self.query.page, self.query.size
        if (page - 1) * size > _MAX_OFFSET and self.store.profile.inner_failures:
            raise InnerFailure("the offset of the page does not fit into the type bigint of the database")
        return page, size

    def filters(self) -> "JsonObject | None":
        """The filter document of the body, or None."""
        return self.body.filters if self.body is not None else None

    def matches(self, of: str) -> "Filter | None":
        """What the filters of the body match, of rows such as "session". None if they match every row. Raises
        InvalidFilter and InnerFailure.
        """
        filters = self.filters()
        if not filters:
            return None
        from ..domain.filters.tables import FILTERS  # Many clients send no filters.

        return FILTERS[of](filters, self.store.profile)

    def script(self) -> Scripted | None:
        """The scripted answer for this request, or None. Each call returns the next answer of the script."""
        if self.exchange is None or not self.mock.scripts.entries:
            return None
        return self.mock.scripts.answer(self.exchange)

    def scripted(self, composed: "JsonObject") -> "JsonObject":
        """The composed answer, with the members that a script replaces."""
        script = self.script()
        return composed if script is None else {**composed, **script.members}


Handler = Callable[[Call], Reply]


@dataclass(eq=False, repr=False)
class Operation:
    """One method of one path.

    - `answers` maps each status except 401 and 422 to the name of a shape in `wire.answers`, or to None for an answer
      without a body. The first status is the success.
    - `body` and `query` are the types of the body and the query. A name such as "sessions.SessionCreate" is a type in a
      module of `wire`, which the first request that needs it imports.
    - `form` makes the body a form. It maps the name of each file to the content types that the file may have.
    - `streams`: the success may also be a stream of server-sent events.
    - `id_in_body` is the path parameter that the member `id` of the body stands for, such as "session_id".
    - `new_ids` are the path parameters with which the operation may create something. They must be valid ids.
    - `aliases` are additional paths of the operation. The OpenAPI document does not list them.
    - `access` decides whether a token may call the operation; None means that it needs no token.
    - `takes_nul`: no text in the body gets to the database, which does not store NUL characters.
    - `change` is the change of the API that brought the operation; None if all versions have it.
    - `version` is the version of the API whose operation this is. The body and the query are written for all versions.
    - `links` are the OpenAPI links of the success, by the names of the linked operations.
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
    aliases: tuple[str, ...] = ()
    access: Rule | None = of_the_path
    takes_nul: bool = False
    change: str | None = None
    version: str = CONTRACT
    links: Links = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """The handler's name: `get_or_create_session`."""
        return self.handler.__name__

    @property
    def operation_id(self) -> str:
        """Name, path and method, combined as in the published document."""
        return re.sub(r"\W", "_", self.name + self.path) + "_" + self.method.lower()

    @property
    def summary(self) -> str:
        return self.name.replace("_", " ").title()

    def statuses(self, *, authenticated: bool) -> tuple[int, ...]:
        """The statuses that the served document lists, with authentication on or off."""
        refused = [422] if self.is_validated else []
        shut = [401] if authenticated and self.access is not None else []
        return tuple(sorted([*self.answers, *refused, *shut]))

    def as_of(self, version: str) -> "Operation | None":
        """The operation in a version of the API. None if the version does not have it."""
        if self.change is not None and not Changes.flags_of(version)[self.change]:
            return None
        return self if version == self.version else replace(self, version=version)

    @property
    def body_type(self) -> Any:
        """The type of the body; None if the operation has none."""
        return type_of(self.body)

    @property
    def query_type(self) -> Any:
        """The type of the query; None if the operation has none."""
        return type_of(self.query)

    @cached_property
    def has_unknown_parameter(self) -> Callable[[bytes], bool]:
        """A function from a query string to whether it has a parameter that the operation ignores.

        Results are cached, because clients often repeat the same query.
        """
        shape = shape_of(self.query_type, self.version)
        known = frozenset() if shape is None or shape.keys is None else frozenset(shape.keys)

        def has_unknown_name(query_string: bytes) -> bool:
            return not known.issuperset(parameters(query_string))

        return lru_cache(16)(has_unknown_name)

    @cached_property
    def is_notable(self) -> Callable[[Any, bytes, bytes], bool]:
        """A function from the document, the query string and the content of a request to whether it may need a note, by
        what it sends.

        It runs with every request, so it prepares what depends on the operation alone.
        """
        if self.name in ALWAYS:
            return lambda *_: True
        body, shape = self.body, self.body_shape
        replaced = {"metadata", "configuration"} if self.name in CHANGING else set()
        usual = frozenset() if shape is None else shape.leaves - replaced - {"filters"}

        def is_notable(document: Any, query_string: bytes, content: bytes) -> bool:
            if query_string and self.has_unknown_parameter(query_string):
                return True
            if type(document) is not dict:
                return has_unknown(shape, document) or (body is None and len(content) > len(b"{}"))
            given = document.get("id")
            if type(given) is str and given in UNSET:
                return True
            if usual.issuperset(document):
                return False
            return has_unknown(shape, document) or bool(document.get("filters")) or not replaced.isdisjoint(document)

        return is_notable

    @property
    def is_validated(self) -> bool:
        """Whether the document lists a 422. The published document lists a 422 for every operation of a resource."""
        return self.tag is not None

    @cached_property
    def places(self) -> list[tuple[str, int]]:
        """The path parameters, each with the index of its segment in `path.split("/")`."""
        segments = self.path.split("/")
        return [(segment[1:-1], place) for place, segment in enumerate(segments) if segment.startswith("{")]

    @cached_property
    def body_shape(self) -> Shape | None:
        """The keys that the body may have, to note the others."""
        return shape_of(self.body_type, self.version)

    # Built at the first request that needs them, as the version has them: the server of one test needs one or two.
    @cached_property
    def read_body(self) -> Callable[..., Any]:
        return _validator(self.body, self.version)

    @cached_property
    def read_body_with_names(self) -> Callable[..., Any]:
        """Like `read_body`, but also accepts field names, for the quirk `field_names`."""
        return _validator(self.body, self.version, takes_names=True)

    @cached_property
    def read_query(self) -> Callable[[bytes, bool], Any]:
        """A function from the query string, and whether `lax_types` is on, to the model. Results are cached, because
        clients often repeat the same query.
        """
        validate = _validator(self.query, self.version)

        def read(query_string: bytes, lax: bool) -> Any:
            return validate(parameters(query_string), context=Reading.LAX if lax else Reading.TEXT)

        return lru_cache(16)(read)


def _validator(declared: Any, version: str, *, takes_names: bool = False) -> Callable[..., Any]:
    """A function that validates values of a declared type, as a version of the API has it, and returns them."""
    from pydantic import TypeAdapter

    from ..wire.fields import taking_names
    from ..wire.versions import as_of

    other = as_of(type_of(declared), version)
    return TypeAdapter(taking_names(other) if takes_names else other).validator.validate_python


def operations_of(operations: Iterable[Operation], version: str) -> list[Operation]:
    """The operations that a version of the API has, each as it is there."""
    versions = [operation.as_of(version) for operation in operations]
    return [operation for operation in versions if operation is not None]


class Router:
    """The operations of one resource, in the order of their declaration."""

    def __init__(self, tag: str | None = None) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def operation(
        self, method: str, path: str, answers: Mapping[int, str | None], **more: Any
    ) -> Callable[[Handler], Handler]:
        """Decorate the handler for `method` and `path`; `more` are the other fields of Operation."""

        def declare(handler: Handler) -> Handler:
            self.operations.append(Operation(method, path, handler, answers, self.tag, **more))
            return handler

        return declare
