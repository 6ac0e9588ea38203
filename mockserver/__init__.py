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
    from .pytest_plugin import RemoteServer as RemoteServer
    from .server import MockServer as MockServer
    from .testing.coverage import Coverage as Coverage
    from .testing.delivery import Delivery as Delivery
    from .testing.exchange import Exchange as Exchange
    from .testing.faults import Fault as Fault
    from .testing.mock import Mock as Mock
    from .testing.snapshots import Snapshot as Snapshot
    from .testing.worlds.read import WorldError as WorldError

    app: Starlette

# Without `app`, because `from mockserver import *` would make an app with a mock.
__all__ = [
    "Coverage",
    "Delivery",
    "Exchange",
    "Fault",
    "Mock",
    "MockServer",
    "Quirks",
    "RemoteServer",
    "Snapshot",
    "WorldError",
    "create_app",
]

_HOMES = {
    "Coverage": ".testing.coverage",
    "Delivery": ".testing.delivery",
    "Exchange": ".testing.exchange",
    "Fault": ".testing.faults",
    "Mock": ".testing.mock",
    "MockServer": ".server",
    "Quirks": ".domain.quirks",
    "RemoteServer": ".pytest_plugin",  # needs pytest
    "Snapshot": ".testing.snapshots",
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
