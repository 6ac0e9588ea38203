"""The causes of refusals that the rules of the domain do not know: of paths, methods, forms and validation.

The causes of all other refusals are the exceptions in `domain/errors.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...domain.errors import ApiError


@dataclass(frozen=True, slots=True)
class UnknownPath:
    """No operation has the path."""


@dataclass(frozen=True, slots=True)
class WrongMethod:
    """The path has operations, but none with the method. `methods` are those that it has."""

    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """The query or the body is not valid. `entries`: entries of the 422. `takes_form`: whether the body is a form.
    `changes`: the change of the API that brought a field of the body, by the name of the field.
    """

    entries: list[dict[str, Any]]
    takes_form: bool
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnreadableForm:
    """The form cannot be read, or its content type has no boundary."""

    content_type: str
    lacks_boundary: bool


Cause = ApiError | UnknownPath | WrongMethod | InvalidRequest | UnreadableForm
