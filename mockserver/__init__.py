"""A lightweight, stateful, in-memory fake of the Honcho API 3.0.7.

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .asgi import create_app as create_app
    from .domain.quirks import Quirks as Quirks
    from .server import MockServer as MockServer
    from .testing.mock import Mock as Mock
    from .testing.worlds.read import WorldError as WorldError

__all__ = ["Mock", "MockServer", "Quirks", "WorldError", "create_app"]

_HOMES = {
    "Mock": ".testing.mock",
    "MockServer": ".server",
    "Quirks": ".domain.quirks",
    "WorldError": ".testing.worlds.read",
    "create_app": ".asgi",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
