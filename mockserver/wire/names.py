"""The names that a model has at a place in its document, to suggest one for a name that is refused."""

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel


def names_at(model: Any, location: Sequence[str | int]) -> list[str]:
    """The names of the fields at a place, or an empty list if no model is there.

    Arguments:
        model: The type of the document.
        location: The keys and indices from the document to the place, as pydantic has them in an error.
    """
    fields = [named(type_) for type_ in _types_at(model, location) if is_model(type_)]
    return sorted({name for names in fields for name in names})


def names_below(model: Any, location: Sequence[str | int]) -> Mapping[str, str]:
    """The names of the fields of the parts inside a place, each with the place where it belongs: the key `sessions`
    belongs in `workspaces.*`. The nearest place comes first.
    """
    found: dict[str, str] = {}
    waiting = [(type_, "") for type_ in _types_at(model, location)]
    seen = set()
    while waiting:
        type_, place = waiting.pop(0)
        if is_model(type_):
            if type_ in seen:
                continue
            seen.add(type_)
            for name, field in named(type_).items():
                if place:
                    found.setdefault(name, place)
                waiting += [(inner, f"{place}.{name}".removeprefix(".")) for inner in parts_of(field.annotation)]
        else:
            step, mark = (0, "[*]") if get_origin(type_) is list else ("", ".*")
            waiting += [(inner, place + mark) for inner in _inside(type_, step)]
    return found


def _types_at(model: Any, location: Sequence[str | int]) -> list[Any]:
    types = list(parts_of(model))
    for step in location:
        types = [inner for type_ in types for inner in _inside(type_, step)]
    return types


def parts_of(type_: Any) -> Iterator[Any]:
    """The type without its annotations. For a union, each of its types."""
    arguments = get_args(type_)
    if hasattr(type_, "__metadata__"):
        yield from parts_of(arguments[0])
    elif get_origin(type_) in (Union, UnionType):
        for argument in arguments:
            yield from parts_of(argument)
    else:
        yield type_


def _inside(type_: Any, step: str | int) -> Iterator[Any]:
    if is_model(type_):
        field = named(type_).get(str(step))
        if field is not None:
            yield from parts_of(field.annotation)
        return
    arguments = get_args(type_)
    if get_origin(type_) is dict and isinstance(step, str):
        yield from parts_of(arguments[1])
    elif get_origin(type_) is list and isinstance(step, int):
        yield from parts_of(arguments[0])


def is_model(type_: Any) -> bool:
    """Whether a type is a model."""
    return isinstance(type_, type) and issubclass(type_, BaseModel)


def named(model: type[BaseModel]) -> Mapping[str, Any]:
    """The fields of a model by their names in documents."""
    return {field.alias or name: field for name, field in model.model_fields.items()}
