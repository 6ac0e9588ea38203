"""The keys that the body or the query of an operation may have, derived from its model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args, get_origin


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys that a document may have.

    Arguments:
        keys: The known keys of an object, each with the shape of its value, or None if that may be anything.
        inside: The shape of the entries of a list, or of the values of an object with any keys.
        names: By the names that fields have in the models of the server: the names in documents.
        leaves: The known keys whose values may be anything.
    """

    keys: Mapping[str, "Shape | None"] | None = None
    inside: "Shape | None" = None
    names: Mapping[str, str] = field(default_factory=dict)
    leaves: frozenset[str] = frozenset()


@cache
def shape_of(type_: Any, version: str) -> Shape | None:
    """The shape of the documents of a type in a version of the API. None: they may have any keys."""
    if type_ is None:
        return None
    from ...wire.versions import as_of

    return _shape(as_of(type_, version))


def has_unknown(shape: Shape | None, document: Any) -> bool:
    """Whether the document has a key that is ignored. It runs with every request, so it takes no time for the usual
    ones.
    """
    if shape is None:
        return False
    keys, inside = shape.keys, shape.inside
    if type(document) is dict:
        if shape.leaves.issuperset(document):
            return False
        for key, value in document.items():
            if keys is not None and key not in keys:
                return True
            if has_unknown(inside if keys is None else keys[key], value):
                return True
    elif type(document) is list and inside is not None:
        usual = inside.leaves
        for entry in document:
            if not (type(entry) is dict and usual.issuperset(entry)) and has_unknown(inside, entry):
                return True
    return False


def _shape(type_: Any) -> Shape | None:
    from ...wire.names import parts_of

    return next((shape for shape in map(_shape_of_part, parts_of(type_)) if shape is not None), None)


def _shape_of_part(type_: Any) -> Shape | None:
    from ...wire.names import is_model, named

    if is_model(type_):
        keys = {name: _shape(field.annotation) for name, field in named(type_).items()}
        leaves = frozenset(key for key, inner in keys.items() if inner is None)
        if type_.model_config.get("extra") == "allow":  # The API keeps unknown keys.
            return Shape(_AnyKey(keys), leaves=leaves)
        aliases = {name: field.alias for name, field in type_.model_fields.items() if field.alias is not None}
        return Shape(keys, None, aliases, leaves)
    if get_origin(type_) in (list, dict):
        inside = _shape(get_args(type_)[-1])
        return None if inside is None else Shape(None, inside)
    return None


class _AnyKey(dict[str, Shape | None]):
    """Known keys, and all others, whose values may be anything."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> None:
        return None
