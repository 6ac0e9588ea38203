"""A lightweight, stateful, in-memory fake of the Honcho API 3.0.7.

The names below are loaded when they are first used, so that importing the package costs nothing. `app` is the result of
`create_app()`, for `uvicorn mockserver:app`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from .asgi import create_app as create_app
    from .domain.quirks import Quirks as Quirks
    from .server import MockServer as MockServer
    from .testing.mock import Mock as Mock
    from .testing.worlds.read import WorldError as WorldError

    app: Starlette

# Without `app`, because `from mockserver import *` would make an app with a mock.
__all__ = ["Mock", "MockServer", "Quirks", "WorldError", "create_app"]

_HOMES = {
    "Mock": ".testing.mock",
    "MockServer": ".server",
    "Quirks": ".domain.quirks",
    "WorldError": ".testing.worlds.read",
    "create_app": ".asgi",
}


def __getattr__(name: str) -> Any:
    if name == "app":
        globals()[name] = __getattr__("create_app")()
        return globals()[name]
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
