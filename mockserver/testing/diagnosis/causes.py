"""The causes of refusals that the rules of the domain do not know: of paths, methods, forms and validation.

The causes of all other refusals are the exceptions in `domain/errors.py`.
"""

from collections.abc import Mapping
from typing import Any

from ...domain.errors import ApiError


class UnknownPath:
    """No operation has the path."""

    __slots__ = ()


class WrongMethod:
    """The path has operations, but none with the method. `methods` are those that it has."""

    __slots__ = ("methods",)

    def __init__(self, methods: tuple[str, ...]) -> None:
        self.methods = methods


class InvalidRequest:
    """The query or the body is not valid. `entries`: entries of the 422. `takes_form`: whether the body is a form.
    `changes`: the change of the API that brought a field of the body, by the name of the field.
    """

    __slots__ = ("changes", "entries", "takes_form")

    def __init__(
        self, entries: list[dict[str, Any]], takes_form: bool, changes: Mapping[str, str] | None = None
    ) -> None:
        self.entries = entries
        self.takes_form = takes_form
        self.changes = changes or {}


class UnreadableForm:
    """The form cannot be read, or its content type has no boundary."""

    __slots__ = ("content_type", "lacks_boundary")

    def __init__(self, content_type: str, lacks_boundary: bool) -> None:
        self.content_type = content_type
        self.lacks_boundary = lacks_boundary


Cause = ApiError | UnknownPath | WrongMethod | InvalidRequest | UnreadableForm
