"""Reads a world from a JSON file or a mapping, and validates it."""

import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import ValidationError

from ...domain.changes import CONTRACT
from ...formats.json_text import InvalidJson, parse, restated
from ..diagnosis.suggestions import nearest_name
from ..hints import did_you_mean
from ..text import one_line
from .check import contradictions

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from ...wire.worlds import World
    from . import WorldSource


# How many complaints a message shows.
_SHOWN = 20


class WorldError(ValueError):
    """A world is invalid. Each of `complaints` names the file and the place in it. The message has the first 20, and
    how many more there are.
    """

    def __init__(self, *complaints: str) -> None:
        more = len(complaints) - _SHOWN
        others = [f"and {more} more problem{'s' if more > 1 else ''}"] if more > 0 else []
        super().__init__("\n".join([*complaints[:_SHOWN], *others]))
        self.complaints = complaints


def read(source: "WorldSource", version: str) -> "World":
    """Read a world from the path of a JSON file, or from a mapping. It keeps to the limits of a version of the API.

    Raises WorldError if the file cannot be read, or if the world is invalid. The message has a line for each of the
    first 20 problems, with its place, such as `workspaces.demo.sessions[2].id: ...`.
    """
    # Building these models takes time at start, and most servers start without a world.
    from ...wire import worlds
    from ...wire.reading import Reading
    from ...wire.versions import as_of

    if not isinstance(source, (str, Path, Mapping)):
        raise WorldError(f"a world must be a mapping or the path of a JSON file, not {reprlib.repr(source)}")
    name = "world" if isinstance(source, Mapping) else str(source)
    document = _from_mapping(source) if isinstance(source, Mapping) else _from_file(Path(source))
    model = as_of(worlds.World, version)
    try:
        world: World = model.model_validate(document, context=Reading.LAX)
    except ValidationError as error:
        limits = "" if version == CONTRACT else f" (in version {version} of the API)"
        raise WorldError(*(f"{name}: {_complaint(detail)}{limits}" for detail in error.errors())) from None
    complaints = [f"{name}: {complaint}" for complaint in contradictions(world, version)]
    if complaints:
        raise WorldError(*complaints)
    return world


def _complaint(detail: "ErrorDetails") -> str:
    """An error of pydantic, with its place, and for an unknown name the name that is meant."""
    hint = f"; {_hint(detail['loc'])}" if detail["type"] == "extra_forbidden" else ""
    return f"{_place(detail['loc'])}: {detail['msg']}{hint}"


def _hint(location: tuple[str | int, ...]) -> str:
    """What an unknown name may mean: a name that the place has, or one of a part inside it."""
    from ...wire.names import names_at, names_below
    from ...wire.worlds import World

    *outer, last = location
    unknown = str(last)
    names, places = names_at(World, outer), names_below(World, outer)
    if nearest_name(unknown, names) is None:
        if unknown in places:
            return f"{unknown!r} belongs in {places[unknown]}"
        inner = nearest_name(unknown, places)
        if inner is not None:
            return f"did you mean {inner!r}? It belongs in {places[inner]}"
    return did_you_mean(unknown, names)


def _from_mapping(source: Mapping[str, Any]) -> Any:
    """The mapping as if it came from a JSON file, so that both sources give the same world."""
    try:
        return restated(source)
    except ValueError as error:
        raise WorldError(f"world: {error}") from None


def _from_file(path: Path) -> Any:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise WorldError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:  # The path contains a NUL, or characters that the file system cannot encode.
        raise WorldError(f"{str(path)!r}: {error}") from None
    try:
        return parse(text)
    except InvalidJson as error:
        raise WorldError(f"{path}: invalid JSON at offset {error.place}: {error.reason}") from None


def _place(location: Iterable[str | int]) -> str:
    """`("workspaces", "demo", "sessions", 2, "id")` as `workspaces.demo.sessions[2].id`."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return one_line(path).removeprefix(".") or "(top)"
