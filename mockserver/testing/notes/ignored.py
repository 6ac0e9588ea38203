"""Notes on input that the API ignores: unknown keys in a body, unknown parameters in a query."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ...domain.changes import VERSIONS
from ...domain.filters.tables import CONCLUSIONS, MESSAGES, PEERS, SESSIONS, WORKSPACES
from ..diagnosis.suggestions import nearest_name
from ..text import cut, place, quoted
from .draft import Told
from .filters import NOUNS
from .occasion import NotedOperation
from .shapes import Shape, shape_of

_LOGIC = ("AND", "OR", "NOT")
# What other APIs call the parameters of this one.
_HABITS = {
    "limit": "size",
    "perpage": "size",
    "pagesize": "size",
    "cursor": "page",
    "order": "reverse",
    "sort": "reverse",
    "desc": "reverse",
    "includesummary": "summary",
}
# What another operation does.
_ELSEWHERE = {
    ("update_session", "peers"): "PUT …/peers sets them",
    ("update_session", "messages"): "POST …/messages adds them",
    ("get_or_create_session", "messages"): "POST …/messages adds them",
    ("update_message", "content"): "the content of a message never changes",
    ("update_session", "is_active"): "DELETE deletes the session",
}
# What newer SDKs send to servers that are newer than all versions here.
_LATER = frozenset({"scope", "scopes"})
# How many ignored keys of one request are listed.
_MOST = 5


def ignored_keys(operation: NotedOperation, document: Any, version: str, told: Told) -> Iterator[str]:
    """A note for each unknown key of a body.

    Arguments:
        told: Knows the keys of newer versions that earlier notes have named. Each is named once.
    """
    shape = shape_of(operation.body_type, version)
    if operation.body_type is None and isinstance(document, dict):
        shape = Shape({})
    found = _unknown(shape, document, ("body",)) if shape is not None else iter(())
    for count, (location, known) in enumerate(found):
        if count == _MOST:
            yield "more keys of the body are ignored"
            return
        newer = _newer(operation, location, version)
        if newer is None:
            yield f"ignored: {_shown(location)}{_hint(operation, location, known, version)}"
        elif told.is_first("field", location[-1]):
            yield f"ignored: {_shown(location)} {newer}"


def ignored_parameters(operation: NotedOperation, query: Mapping[str, str], version: str, told: Told) -> Iterator[str]:
    """A note for each unknown parameter of a query."""
    shape = shape_of(operation.query_type, version)
    known = {} if shape is None or shape.keys is None else shape.keys
    body = shape_of(operation.body_type, version)
    in_body = {} if body is None or body.keys is None else body.keys
    for name in [name for name in query if name not in known][:_MOST]:
        shown = _shown(("query", cut(name, 40)))
        newer = _newer(operation, ("query", name), version)
        if newer is not None:
            if told.is_first("field", name):
                yield f"ignored: {shown} {newer}"
            continue
        habit = _HABITS.get(name.lower().replace("_", ""))
        nearest = habit if habit in known else nearest_name(name, known)
        if name == "offset" and "page" in known:
            yield "ignored: query.offset; pages are chosen by 'page' and 'size'"
            continue
        hint = "; it belongs in the body" if name in in_body else f"; did you mean {nearest!r}?" if nearest else ""
        if f"{{{name}}}" in operation.path:
            hint = "; the path names it"
        if not hint and name in _columns_of(operation) and "filters" in in_body:
            hint = "; it belongs in body.filters"
        yield f"ignored: {shown}{hint}"


def _unknown(shape: Shape, document: Any, location: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Shape]]:
    """The location of each unknown key, with the shape of the object that has it."""
    if shape.keys is None:
        entries = enumerate(document) if isinstance(document, list) else ()
        pairs = document.items() if isinstance(document, dict) else entries
        for key, value in pairs:
            if shape.inside is not None:
                yield from _unknown(shape.inside, value, (*location, key))
    elif isinstance(document, dict):
        for key, value in document.items():
            if key not in shape.keys:
                yield (*location, key), shape
            elif (inner := shape.keys[key]) is not None:
                yield from _unknown(inner, value, (*location, key))


def _hint(operation: NotedOperation, location: tuple[Any, ...], known: Shape, version: str) -> str:
    key = str(location[-1])
    query = shape_of(operation.query_type, version)
    if len(location) == 2 and query is not None and query.keys is not None and key in query.keys:
        return "; it belongs in the query"
    if (operation.name, key) in _ELSEWHERE:
        return f"; {_ELSEWHERE[operation.name, key]}"
    if len(location) == 2 and f"{{{key}}}" in operation.path:
        return "; the path names it"
    if key in known.names:
        return f"; did you mean {known.names[key]!r}?"
    keys = known.keys or {}
    nearest = nearest_name(key, keys)
    if nearest is not None:
        return f"; did you mean {nearest!r}?"
    return _place_inside(location, key, keys, _columns_of(operation))


def _place_inside(
    location: tuple[Any, ...], key: str, keys: Mapping[str, Shape | None], columns: Collection[str]
) -> str:
    """A hint that the key belongs one level below."""
    for name, inner in keys.items():
        entry = None if inner is None else inner.inside
        if entry is not None and entry.keys is not None and key in [*entry.keys]:
            return f"; it belongs in each entry of {_shown((*location[:-1], name))}"
        if inner is not None and inner.keys is not None and key in [*inner.keys]:
            return f"; it belongs in {_shown((*location[:-1], name))}"
    return "; it belongs in body.filters" if "filters" in keys and (key in columns or key in _LOGIC) else ""


def _newer(operation: NotedOperation, location: tuple[Any, ...], version: str) -> str | None:
    """Which newer version of the API has this key, in words. None if no version is known to have it."""
    first = _version_with(operation, location)
    if first is not None:
        return f"came with {first}; this server is {version}"
    return f"is of an API newer than {VERSIONS[-1]}" if len(location) == 2 and location[1] in _LATER else None


def _version_with(operation: NotedOperation, location: tuple[Any, ...]) -> str | None:
    """The first version of the API that has this key, or None."""
    part = operation.query_type if location[0] == "query" else operation.body_type
    for version in VERSIONS:
        shape = shape_of(part, version)
        for step in location[1:-1]:
            if shape is not None:
                shape = shape.keys.get(step) if shape.keys is not None else shape.inside
        if shape is not None and shape.keys is not None and location[-1] in shape.keys:
            return version
    return None


def _shown(location: tuple[Any, ...]) -> str:
    *around, last = location
    if isinstance(last, str) and (not last or last != last.strip()):  # It is hard to see without quotes.
        return f"{cut(place(around), 80)}[{quoted(last)}]"
    return cut(place(location), 120)


def _columns_of(operation: NotedOperation) -> Collection[str]:
    """The columns that the filters of an operation may use."""
    table = _TABLES.get(NOUNS.get(operation.name, ""))
    return () if table is None else table.columns


_TABLES = {
    "workspaces": WORKSPACES,
    "peers": PEERS,
    "sessions": SESSIONS,
    "messages": MESSAGES,
    "conclusions": CONCLUSIONS,
}
