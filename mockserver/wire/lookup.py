"""Finds types by name, so that operations and options can name models that are not imported yet."""

from importlib import import_module
from typing import Any


def type_of(declared: Any) -> Any:
    """The type that a declaration means: the type itself, or the one with this name in a module of `wire`.

    The name has the form "sessions.SessionCreate". The first call imports the module, and pydantic. Raises ImportError
    or AttributeError for a name that does not exist.
    """
    if not isinstance(declared, str):
        return declared
    module, _, name = declared.partition(".")
    return getattr(import_module(f".{module}", __package__), name)
