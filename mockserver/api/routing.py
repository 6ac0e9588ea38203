"""Finds an operation by the segments of the path, not by a list of regexes."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from starlette.types import Scope

from .operation import Operation


class Found(NamedTuple):
    """What is at a path: the operation for the method, or None, and the methods that the path has.

    `elsewhere` is the URL to go on to, where nothing is here.
    """

    operation: Operation | None
    path: Mapping[str, str]
    methods: tuple[str, ...]
    elsewhere: str | None = None


_REMEMBERED = 64

# At a path that no operation has.
NOWHERE = Found(None, {}, ())


def path_of(scope: Scope) -> str:
    """The path of a request below the place where the app is mounted."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path


class _Node:
    __slots__ = ("any", "operations", "segments")

    def __init__(self) -> None:
        self.segments: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.operations: dict[str, Operation] = {}


class RoutingTable:
    """The paths of all operations as a tree of segments.

    A literal segment goes before a parameter. Where a path ends at both ("sessions/list" and "sessions/{session_id}"),
    a method that the literal one lacks is looked for at the other, as the live server does it, and the methods of
    the literal one are those that a 405 names.

    `find(method, path)` is what is at a path; None where nothing is. A parameter takes any text but the empty one.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            node = self._root
            for segment in operation.path.split("/")[1:]:
                if segment.startswith("{"):
                    node.any = node.any or _Node()
                    node = node.any
                else:
                    node = node.segments.setdefault(segment, _Node())
            node.operations[operation.method] = operation
        # A client comes back to the same few paths.
        self.find: Callable[[str, str], Found | None] = lru_cache(_REMEMBERED)(self._find)

    def _find(self, method: str, path: str) -> Found | None:
        segments = path.split("/")
        operation = self._straight(segments).get(method)
        if operation is not None:
            return Found(operation, _parameters(operation, segments), ())
        ends = self._ends(self._root, segments, 1)
        if not ends:
            return None
        for node in ends:
            operation = node.operations.get(method)
            if operation is not None:
                return Found(operation, _parameters(operation, segments), ())
        return Found(None, {}, tuple(sorted(ends[0].operations)))

    def _straight(self, segments: list[str]) -> Mapping[str, Operation]:
        """The operations where the segments lead without a way back; nearly all requests are there."""
        node = self._root
        for segment in segments[1:]:
            following = node.segments.get(segment)
            if following is None and segment:
                following = node.any
            if following is None:
                return {}
            node = following
        return node.operations

    def _ends(self, node: _Node, segments: list[str], place: int) -> list[_Node]:
        """The nodes with operations that the segments lead to, literal ones first."""
        if place == len(segments):
            return [node] if node.operations else []
        segment = segments[place]
        literal = node.segments.get(segment)
        ends = self._ends(literal, segments, place + 1) if literal is not None else []
        if node.any is not None and segment and (not ends or place == len(segments) - 1):
            ends = ends + self._ends(node.any, segments, place + 1)
        return ends


def _parameters(operation: Operation, segments: list[str]) -> dict[str, str]:
    return {name: segments[place] for name, place in operation.places}
