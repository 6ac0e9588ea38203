"""Keeps a test with a fake from reaching the production server by mistake.

The official SDKs call the production host when nobody tells them another URL. While the guard is on, this process does
not resolve the name of that host. It patches the functions of `socket`, which asyncio uses too, and the methods of
uvloop, which resolves names by itself, also if a test imports it later.
"""

import os
import socket
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
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
    """Refuses the production host while `on` is entered. `refused` counts how often it did."""

    def __init__(self) -> None:
        self.refused = 0
        self._is_on = False

    @contextmanager
    def on(self, allowed: Collection[str | None] = ()) -> Iterator["Guard"]:
        """Refuse look-ups of the production host within the block, unless it is among the allowed hosts."""
        if PRODUCTION_HOST in allowed:
            yield self
            return
        with ExitStack() as patches:

            def patch(functions: Iterable[tuple[Any, str, _HostOf]]) -> None:
                for owner, name, host_of in functions:
                    patches.enter_context(self._patched(owner, name, host_of))

            patch(_functions_of_socket())
            if "uvloop" in sys.modules:
                patch(_functions_of_uvloop(sys.modules["uvloop"]))
            else:
                patches.enter_context(_AtImport.of("uvloop", lambda module: patch(_functions_of_uvloop(module))))
            self._is_on = True
            try:
                yield self
            finally:
                self._is_on = False

    @contextmanager
    def _patched(self, owner: Any, name: str, host_of: _HostOf) -> Iterator[None]:
        original = getattr(owner, name)

        @wraps(original)
        def guarded(*arguments: Any, **named: Any) -> Any:
            if self._is_on and _is_production(host_of(arguments, named)):
                self.refused += 1
                raise ProductionHostRefused(_SENTENCE)
            return original(*arguments, **named)

        is_own = name in vars(owner)
        setattr(owner, name, guarded)
        try:
            yield
        finally:
            # Another library may have patched the function meanwhile: then the guard stays below it, and is off.
            if vars(owner).get(name) is guarded:
                if is_own:
                    setattr(owner, name, original)
                else:
                    delattr(owner, name)


def proxy_variable(url: str = f"https://{PRODUCTION_HOST}") -> str | None:
    """The variable of the environment that makes clients reach a server through a proxy, or None."""
    from urllib.request import getproxies_environment, proxy_bypass  # Few reports need it.

    parts = urlsplit(url)
    if not getproxies_environment() or proxy_bypass(parts.hostname or ""):
        return None
    names = (f"{parts.scheme}_proxy", "all_proxy")
    return next((name for name in os.environ if name.lower() in names and os.environ[name]), None)


def _functions_of_socket() -> Iterator[tuple[Any, str, _HostOf]]:
    """The functions that resolve a name, each with its owner."""
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        yield socket, name, _argument(0, "host")
    for name in ("connect", "connect_ex"):
        yield socket.socket, name, _of_address(1)


def _functions_of_uvloop(uvloop: Any) -> Iterator[tuple[Any, str, _HostOf]]:
    yield uvloop.Loop, "getaddrinfo", _argument(1, "host")
    yield uvloop.Loop, "create_connection", _argument(2, "host")
    yield uvloop.Loop, "sock_connect", _of_address(2)


class _AtImport:
    """Calls a function with a module as soon as it has been imported, while `of` is entered."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._then = then

    @classmethod
    @contextmanager
    def of(cls, name: str, then: Callable[[ModuleType], None]) -> Iterator[None]:
        finder = cls(name, then)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)

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
