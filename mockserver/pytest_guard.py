"""Keeps a test with a fake from reaching the production server by mistake.

The official SDKs call the production host when nobody tells them another URL. While the guard is on, this process does
not resolve the name of that host. It patches the functions of `socket`, which asyncio uses too, and the methods of
uvloop, which resolves names by itself, also if a test imports it later.
"""

import os
import socket
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache, wraps
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Self
from urllib.parse import urlsplit

PRODUCTION_HOST = "api.honcho.dev"
_SENTENCE = (
    f"this test uses a fake, but its client looks up {PRODUCTION_HOST}, the production server: it does not know the "
    "URL of the fake. Use the fixture honcho_env, which sets HONCHO_URL, or pass honcho_server.url to the client "
    "(honcho_guard = false in the pytest configuration turns this guard off)"
)
# Finds the name of a host among the arguments of a function.
_HostOf = Callable[[tuple[Any, ...], dict[str, Any]], object]


class ProductionHostRefused(RuntimeError):
    """The guard refused to resolve the production host. It is no OSError, so clients do not try again."""


class Guard:
    """A context manager that refuses look-ups of the production host, unless it is among the allowed hosts.

    Attributes:
        refused: How often it refused one.
    """

    def __init__(self, allowed: Collection[str | None] = ()) -> None:
        self.refused = 0
        self._is_needed = PRODUCTION_HOST not in allowed
        self._patches: list[tuple[_Function, Any, Any]] = []
        self._finder: _AtImport | None = None

    @property
    def is_on(self) -> bool:
        return self in _GUARDS

    def __enter__(self) -> Self:
        if self._is_needed:
            self._patch(_OF_SOCKET)
            if "uvloop" in sys.modules:
                self._patch(_of_uvloop(sys.modules["uvloop"]))
            else:
                self._finder = _AtImport("uvloop", lambda module: self._patch(_of_uvloop(module)))
                sys.meta_path.insert(0, self._finder)
            _GUARDS.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_needed:
            _GUARDS.remove(self)
            if self._finder is not None:
                sys.meta_path.remove(self._finder)
                self._finder = None
            while self._patches:
                _Function.restore(*self._patches.pop())

    def _patch(self, functions: Iterable["_Function"]) -> None:
        self._patches += [function.patch() for function in functions]


# The guards that are on. The last one counts what is refused.
_GUARDS: list[Guard] = []


class _Function:
    """A function that resolves a name, and where among its arguments the host is."""

    def __init__(self, owner: Any, name: str, host_of: _HostOf) -> None:
        self._owner = owner
        self._of_owner = vars(owner)
        self._name = name
        self._host_of = host_of
        self._original: Any = None
        self._guarded: Any = None

    def patch(self) -> tuple["_Function", Any, Any]:
        """Replace the function. Every test does this, so the replacement of the last test is used again.

        Returns the arguments of `restore`.
        """
        original, own = getattr(self._owner, self._name), self._of_owner.get(self._name)
        if original is not self._original:
            self._original, self._guarded = original, self._guarding(original)
        setattr(self._owner, self._name, self._guarded)
        return self, self._guarded, own

    def restore(self, guarded: Any, own: Any) -> None:
        """Undo `patch`. `own` is what the owner itself had, or None if it has the function from a base class."""
        # Another library may have patched the function meanwhile: then the guard stays below it, and is off.
        if self._of_owner.get(self._name) is not guarded:
            return
        if own is None:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, own)

    def _guarding(self, original: Any) -> Any:
        host_of = self._host_of

        @wraps(original)
        def guarded(*arguments: Any, **named: Any) -> Any:
            if _GUARDS and _is_production(host_of(arguments, named)):
                _GUARDS[-1].refused += 1
                raise ProductionHostRefused(_SENTENCE)
            return original(*arguments, **named)

        return guarded


def proxy_variable(url: str = f"https://{PRODUCTION_HOST}") -> str | None:
    """The variable of the environment that makes clients reach a server through a proxy, or None."""
    from urllib.request import getproxies_environment, proxy_bypass  # Few reports need it.

    parts = urlsplit(url)
    if not getproxies_environment() or proxy_bypass(parts.hostname or ""):
        return None
    names = (f"{parts.scheme}_proxy", "all_proxy")
    return next((name for name in os.environ if name.lower() in names and os.environ[name]), None)


class _AtImport:
    """Calls a function with a module as soon as it has been imported, while this is in `sys.meta_path`."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the next finders find. The loader of the module then calls the function too."""
        if name != self._name:
            return None
        later = sys.meta_path[sys.meta_path.index(self) + 1 :]
        spec = next((found for one in later if (found := one.find_spec(name, path, target)) is not None), None)
        loader: Any = None if spec is None else spec.loader
        if loader is not None:
            execute = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                vars(loader).pop("exec_module", None)  # The module is loaded once; an inner guard has removed it.
                execute(module)
                self._then(module)

            loader.exec_module = exec_module
        return spec


def _argument(position: int, name: str) -> _HostOf:
    def find(arguments: tuple[Any, ...], named: dict[str, Any]) -> object:
        return arguments[position] if len(arguments) > position else named.get(name)

    return find


def _of_address(position: int) -> _HostOf:
    """Finds the host in an argument that is an address, such as ("localhost", 8000)."""
    find_address = _argument(position, "address")

    def find(arguments: tuple[Any, ...], named: dict[str, Any]) -> object:
        address = find_address(arguments, named)
        return address[0] if isinstance(address, tuple) and address else None

    return find


def _is_production(host: object) -> bool:
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    return isinstance(host, str) and host.lower().removesuffix(".") == PRODUCTION_HOST


_OF_SOCKET = [
    *(_Function(socket, name, _argument(0, "host")) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")),
    *(_Function(socket.socket, name, _of_address(1)) for name in ("connect", "connect_ex")),
]


@lru_cache(maxsize=1)
def _of_uvloop(uvloop: Any) -> list[_Function]:
    return [
        _Function(uvloop.Loop, "getaddrinfo", _argument(1, "host")),
        _Function(uvloop.Loop, "create_connection", _argument(2, "host")),
        _Function(uvloop.Loop, "sock_connect", _of_address(2)),
    ]
