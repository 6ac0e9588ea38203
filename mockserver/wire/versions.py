"""Models as other versions of the API have them. A model is written once, with the newest types.

`Annotated[T, Before("change", other)]` is the type T, and the type `other` in versions without the change. A field of a
model that is `Before("change")` does not exist there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType, new_class
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from ..domain.changes import Changes


@dataclass(frozen=True)
class Before:
    """What stands in the place of a type in versions without a change; None: nothing."""

    change: str
    type: Any = None


@cache
def as_of(type_: Any, version: str) -> Any:
    """The type in a version of the API. It is the same object if the version has all changes in it."""
    return _as_of(type_, Changes.flags_of(version))


@cache
def changes_of_fields(model: Any) -> Mapping[str, str]:
    """The change that brought a field of a model, by the name of the field. It is empty for a type of another kind."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {}
    return {
        name: one.change
        for name, hint in get_type_hints(model, include_extras=True).items()
        for one in get_args(hint)[1:]
        if isinstance(one, Before) and one.type is None
    }


def _as_of(type_: Any, has: Mapping[str, bool]) -> Any:
    """The same for these changes. None if nothing stands in the place of the type."""
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        return _model(type_, has)
    origin, parts = get_origin(type_), get_args(type_)
    if origin is Annotated:
        for one in parts[1:]:
            if isinstance(one, Before) and not has[one.change]:
                return None if one.type is None else _as_of(one.type, has)
        inner = _as_of(parts[0], has)
        return type_ if inner is parts[0] else Annotated[inner, *parts[1:]]
    if origin in (None, Literal):
        return type_
    others = tuple(part if isinstance(part, list) else _as_of(part, has) for part in parts)
    if all(one is other for one, other in zip(parts, others, strict=True)):
        return type_
    return Union[others] if origin is UnionType else origin[others]  # noqa: UP007 - the parts are known at run time


def _model(model: type[BaseModel], has: Mapping[str, bool]) -> type[BaseModel]:
    generic = model.__pydantic_generic_metadata__
    origin: Any = generic["origin"]
    if origin is not None:
        other: type[BaseModel] = origin[tuple(_as_of(part, has) for part in generic["args"])]
        return other
    hints = get_type_hints(model, include_extras=True)
    others = {name: _as_of(hints[name], has) for name in model.model_fields}
    changed = {name: other for name, other in others.items() if other is not hints[name]}
    if not changed:
        return model
    members: dict[str, Any] = {
        "__module__": model.__module__,
        "__doc__": model.__doc__,
        # A class variable hides the field of the base class. Handlers read its default.
        "__annotations__": {name: ClassVar[Any] if other is None else other for name, other in changed.items()},
    }
    for name, other in changed.items():
        field = model.model_fields[name]
        members[name] = field.get_default(call_default_factory=True) if other is None else _field_like(field)
    return new_class(model.__name__, (model,), exec_body=lambda namespace: namespace.update(members))


def _field_like(field: FieldInfo) -> Any:
    """A field with the same default, names and texts. It has no bounds: those are in the type."""
    described: dict[str, Any] = {name: getattr(field, name) for name in ("alias", "title", "description", "examples")}
    if field.default_factory is not None:
        return Field(default_factory=field.default_factory, **described)
    return Field(default=field.default, **described)
