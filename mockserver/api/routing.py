"""Finds the operation for a method and a path."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from starlette.types import Scope

from ..testing.diagnosis.meant import UNSET
from .operation import Operation


class Found(NamedTuple):
    """The operation for a method and a path, and the parameters in the path.

    If the path has operations for other methods only, `operation` is None and `methods` names them. If several paths
    match, these are the methods of the most literal one, and `first_methods` those of the one that is declared first.
    `elsewhere` is the URL to redirect to. `reads_nul` is true if an id in the path has a NUL character and the
    operation creates nothing with it. `is_unset` is true if an id looks like a variable without a value.
    """

    operation: Operation | None
    path: Mapping[str, str]
    methods: tuple[str, ...]
    first_methods: tuple[str, ...] = ()
    elsewhere: str | None = None
    reads_nul: bool = False
    is_unset: bool = False


# How many results the table remembers.
_REMEMBERED = 64

# The result for a path that no operation has.
NOWHERE = Found(None, {}, ())


def path_of(scope: Scope) -> str:
    """The path of a request, without the prefix under which this app is mounted."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path


def header_of(scope: Scope, wanted: bytes) -> bytes | None:
    """The first value of a header, given in lower case. None if the request does not have it."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == wanted:
            return value
    return None


class _Node:
    __slots__ = ("any", "operations", "place", "segments")

    def __init__(self) -> None:
        self.place = 0
        self.segments: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.operations: dict[str, Operation] = {}


class RoutingTable:
    """The paths of all operations as a tree of segments.

    A literal segment wins over a parameter. If a path matches both ("sessions/list" and "sessions/{session_id}"), and
    the literal one does not have the method, the parameter is tried, as on the live server.

    `find(method, path)` returns None if no operation has the path. A parameter matches any non-empty string.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for place, operation in enumerate(operations):
            for path in (operation.path, *operation.aliases):
                node = self._node(path)
                node.place = node.place if node.operations else place
                node.operations[operation.method] = operation
        # Clients call the same few paths repeatedly.
        self.find: Callable[[str, str], Found | None] = lru_cache(_REMEMBERED)(self._find)

    def _node(self, path: str) -> _Node:
        """The node of a path, created if it is missing."""
        node = self._root
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.segments.setdefault(segment, _Node())
        return node

    def _find(self, method: str, path: str) -> Found | None:
        segments = path.split("/")
        operation = self._without_backtracking(segments).get(method)
        if operation is not None:
            return _found(operation, segments)
        ends = self._all_nodes(self._root, segments, 1)
        if not ends:
            return None
        for node in ends:
            operation = node.operations.get(method)
            if operation is not None:
                return _found(operation, segments)
        first = min(ends, key=lambda node: node.place)
        return Found(None, {}, tuple(sorted(ends[0].operations)), tuple(sorted(first.operations)))

    def _without_backtracking(self, segments: list[str]) -> Mapping[str, Operation]:
        """The operations that the segments lead to without backtracking. This suffices for nearly all requests."""
        node = self._root
        for segment in segments[1:]:
            following = node.segments.get(segment)
            if following is None and segment:
                following = node.any
            if following is None:
                return {}
            node = following
        return node.operations

    def _all_nodes(self, node: _Node, segments: list[str], place: int) -> list[_Node]:
        """All nodes with operations that the segments lead to, literal ones first."""
        if place == len(segments):
            return [node] if node.operations else []
        segment = segments[place]
        literal = node.segments.get(segment)
        ends = self._all_nodes(literal, segments, place + 1) if literal is not None else []
        if node.any is not None and segment and (not ends or place == len(segments) - 1):
            ends = ends + self._all_nodes(node.any, segments, place + 1)
        return ends


def _found(operation: Operation, segments: list[str]) -> Found:
    ids = {name: segments[place] for name, place in operation.places}
    reads_nul = "\0" in "".join(ids.values()) and not operation.new_ids
    return Found(operation, ids, (), reads_nul=reads_nul, is_unset=not UNSET.isdisjoint(ids.values()))
