"""Starts and stops a mock server: in a thread (MockServer) or in the foreground (serve)."""

import asyncio
import errno
import os
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from importlib.util import find_spec
from types import FrameType, TracebackType
from typing import Any, Self, TypedDict, Unpack
from weakref import WeakSet

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import LOGGING_CONFIG

from .api.asgi_extension import Answering
from .asgi import create_app
from .fast_path import UVICORN_SETTINGS
from .hosts import checked_hosts
from .testing.faults import assert_fired
from .testing.hints import Hinting
from .testing.mock import Mock
from .testing.options import Options
from .uvicorn_connection import with_connection
from .uvicorn_protocol import BoundedConfig

# How many seconds a stopping server waits for its requests, and then for its connections.
_GRACE_SECONDS = 0.1
_GIVE_UP_SECONDS = 0.5
_TICK_SECONDS = 0.001


class AppOptions(TypedDict, total=False):
    """The options of `create_app`."""

    allow_hosts: Iterable[str]
    control: bool
    page: bool


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Port 0 picks a free port.

    Raises OSError if the address is not available, and ValueError if the host is empty or the port is not 0 to 65535.
    """
    if not isinstance(host, str) or not host:
        raise ValueError(f"the host must be a name or an address, not {host!r}")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"the port must be an integer from 0 to 65535, not {port!r}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets that were created with the protocol TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except BaseException:
        listener.close()
        raise
    return listener


def url_of(host: str, listener: socket.socket) -> str:
    """The URL of a listener on this host, without a trailing slash."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"


def serve(
    mock: Mock,
    listener: socket.socket,
    *,
    ready: Callable[[str], None],
    stopper: Callable[[Callable[[], None]], None] | None = None,
    log_level: str = "warning",
    **app_options: Unpack[AppOptions],
) -> None:
    """Serve `mock` in the foreground until SIGINT or SIGTERM. After SIGINT, it raises KeyboardInterrupt.

    The server calls `ready` when it answers requests and handles signals, with the names of the event loop and the
    parser, such as "uvloop and httptools". `stopper` gets a function that stops the server from any
    thread. `app_options` are the options of `create_app`.
    """
    host = listener.getsockname()[0]
    app_options["allow_hosts"] = list(app_options.get("allow_hosts", ()))
    app = create_app(mock, **app_options)
    mock.server_link.attach(lambda fork: MockServer.of(fork, host, **app_options))
    try:
        serve_app(
            with_connection(app),
            listener,
            answering=app.immediate,
            ready=ready,
            log_level=log_level,
            ending=mock.server_link.end,
            stopper=stopper,
        )
    finally:
        mock.server_link.attach(None)
        mock.deliveries.stop()


def serve_app(
    app: ASGIApp,
    listener: socket.socket,
    *,
    answering: Answering | None = None,
    ready: Callable[[str], None],
    log_level: str = "warning",
    ending: Callable[[], None] = lambda: None,
    stopper: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Serve an app as `serve` does. The server calls `ending` before it closes connections. `answering` answers
    requests that need not go through ASGI.
    """
    config = BoundedConfig(
        app,
        answering=answering,
        log_level=log_level,
        access_log=log_level in ("info", "debug", "trace"),
        log_config=_logging_to_stderr(),
        **UVICORN_SETTINGS,
    )
    server = _Server(config, ready, ending)
    if stopper is not None:
        stopper(server.stop)
    server.serve_on(listener)


# All started servers that are still referenced. The pytest plugin shows their requests when a test fails.
STARTED: "WeakSet[MockServer]" = WeakSet()


_OF_THE_MOCK = (
    *("requests", "deliveries", "faults", "scripts", "clock", "coverage", "seed", "quirks", "reset", "snapshot"),
    *("restore", "diff", "world", "load", "save", "purge", "pending", "work", "summarize"),
)
_HINTS = {
    **dict.fromkeys(("base_url", "address", "host", "port"), "use url"),
    **dict.fromkeys(("run",), "use `with MockServer() as server:`"),
    **dict.fromkeys(("close", "shutdown"), "stop() stops it, and so does the end of its `with` block"),
    **{name: f"use mock.{name}" for name in _OF_THE_MOCK},
}


class MockServer(Hinting):
    """A context manager that runs a mock server in a thread. It answers from the start of the `with` block to its end.

    `host` and `port` are the address to listen on; port 0 picks a free port. `allow_hosts` are host names, in addition
    to loopback and `host`, under which the control plane answers. With `control=False` there is no control plane, and
    with `page=False` it has no page. The other options are those of Mock. `token` creates tokens, as `mock.token` does.

    Entering the block raises as `start` does. Leaving it without an error raises AssertionError if a fault with
    `must_fire` did not fire.
    """

    hints = _HINTS

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        allow_hosts: Iterable[str] = (),
        control: bool = True,
        page: bool = True,
        **options: Unpack[Options],
    ) -> None:
        self.mock = Mock(**options)
        self.token = self.mock.token
        self._host = host
        self._port = port
        self._app_options = AppOptions(
            allow_hosts=(host, *checked_hosts("allow_hosts", allow_hosts)), control=control, page=page
        )
        self._url: str | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<MockServer {self._url or '(not started)'}: {self.mock.described}>"

    @property
    def url(self) -> str:
        """The URL without a trailing slash, also after the server has stopped. Raises RuntimeError before the start."""
        if self._url is None:
            raise RuntimeError("the server has not started yet: use it in a `with` statement")
        return self._url

    @property
    def api_version(self) -> str:
        """The version of the API that the server behaves as, such as "3.0.7"."""
        return self.mock.api_version

    @classmethod
    def of(cls, mock: Mock, host: str = "127.0.0.1", **app_options: Unpack[AppOptions]) -> "MockServer":
        """A server for this mock, on a free port."""
        server = cls(host=host, **app_options)
        server.mock = mock
        server.token = mock.token
        return server

    def fork(self) -> "MockServer":
        """A new server on a free port, with a copy of the state. Start it with `with`, like this one."""
        return self._serving(self.mock.fork())

    def _serving(self, mock: Mock) -> "MockServer":
        return MockServer.of(mock, self._host, **self._app_options)

    def start(self) -> None:
        """Start the server: `with` does it too. After `stop` it continues on the same port, with the same state.

        Raises OSError if the address is not available, ValueError for an invalid host or port, and RuntimeError if the
        server is already running.
        """
        if self._thread is not None:
            raise RuntimeError("the server is already running")
        try:
            listener = listen(self._host, self._port)
        except OSError as error:
            hint = "; port=0 picks a free port" if error.errno == errno.EADDRINUSE else ""
            problem = f"cannot listen on {self._host}:{self._port}: {error.strerror or error}{hint}"
            raise OSError(error.errno, problem) from None
        self._url = url_of(self._host, listener)
        self._port = listener.getsockname()[1]
        app = create_app(self.mock, **self._app_options)
        config = BoundedConfig(
            with_connection(app),
            answering=app.immediate,
            log_config=None,
            access_log=False,
            **UVICORN_SETTINGS,
        )
        self._server = _Server(config, ending=self.mock.server_link.end)
        self._thread = threading.Thread(target=self._server.serve_on, args=[listener], name=self._url, daemon=True)
        try:
            self._thread.start()
            self._server.loop.result()
        except BaseException:  # No thread, or no event loop.
            listener.close()
            self._server = self._thread = None
            raise
        self.mock.server_link.attach(self._serving)
        STARTED.add(self)

    def stop(self) -> None:
        """Stop the server: nothing listens at its port until `start`. The mock keeps its state, log and faults.

        Requests in progress lose their connection. Servers of forks stop too. Does nothing if the server does not run.
        """
        if self._server is None or self._thread is None:
            return
        try:
            self.mock.server_link.attach(None)  # Raises if a fault of a fork did not fire.
        finally:
            self._server.stop()
            self._thread.join()
            self._server = self._thread = None
            self.mock.deliveries.stop()

    @property
    def is_running(self) -> bool:
        """Whether the server listens."""
        return self._thread is not None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        faults = list(self.mock.faults)
        self.mock.faults.forget()  # Requests that a fault holds end now.
        self.stop()
        if error is None:
            assert_fired(fault for fault in faults if fault.must_fire)

    def _let_go(self) -> None:
        """Forget the server in a forked process."""
        server = self._server
        self._server = self._thread = None
        if server is not None:
            _INHERITED.append(server)
            for descriptor in server.descriptors():
                _replace_with_nothing(descriptor)


# What a forked process inherits stays referenced there: a finalizer must not touch what the parent still uses.
_INHERITED: list["_Server"] = []


def _let_go_after_fork() -> None:
    """In a process that was just forked, close its copies of the sockets of all servers. Their threads run only in the
    parent.

    Otherwise the copies keep the port, and clients that wait for the end of a connection wait for ever.
    """
    servers = list(STARTED)
    STARTED.clear()
    for server in servers:
        server._let_go()  # noqa: SLF001 - the same module
    for server in servers:  # Now that none runs any more, this has nothing to stop.
        server.mock.server_link.let_go()


def _replace_with_nothing(descriptor: int) -> None:
    """Close a descriptor, and keep its number: the object that owns the number may close it later.

    `close` methods would change the selector that the parent uses too; this only drops the copy of this process.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_after_fork)


def _loop_factory(config: uvicorn.Config) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The function that creates the event loop for this configuration; None for the default of asyncio."""
    if hasattr(config, "get_loop_factory"):
        return config.get_loop_factory()
    # uvicorn before 0.36 has no factory. It would set the event loop policy, which is global and belongs to the user.
    if config.loop == "auto" and find_spec("uvloop") is not None:
        from uvloop import new_event_loop

        return new_event_loop
    return None


class _Server(uvicorn.Server):
    """A uvicorn server that stops at once. The class of uvicorn checks only ten times a second whether to stop.

    `loop` is the event loop in which it runs, or the error that prevented the start. The server calls `ending` before
    it closes connections.
    """

    def __init__(
        self,
        config: BoundedConfig,
        ready: Callable[[str], None] | None = None,
        ending: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self.config: BoundedConfig = config
        self._ready = ready
        self._ending = ending
        self._listener: socket.socket | None = None
        self.loop: Future[asyncio.AbstractEventLoop] = Future()
        self._stopping = asyncio.Event()

    def serve_on(self, listener: socket.socket) -> None:
        """Serve until `stop` is called, and close the listener."""
        self._listener = listener
        try:
            with listener, asyncio.Runner(loop_factory=_loop_factory(self.config)) as runner:
                runner.run(self.serve(sockets=[listener]))
        except BaseException as error:
            if self.loop.done():
                raise
            self.loop.set_exception(error)

    def stop(self) -> None:
        """Stop the server. You may call this in any thread, and in a signal handler."""
        self.should_exit = True
        if self.loop.done():
            self.loop.result().call_soon_threadsafe(self._stopping.set)

    def descriptors(self) -> list[int]:
        """The descriptors of the listener, the connections and the selector (which uvloop does not tell)."""
        transports = [connection.transport for connection in list(self.server_state.connections)]
        sockets = [transport.get_extra_info("socket") for transport in transports]
        selector = getattr(self.loop.result(), "_selector", None)
        owners = [self._listener, *sockets, selector]
        return [owner.fileno() for owner in owners if owner is not None and owner.fileno() >= 0]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.stop()

    async def main_loop(self) -> None:
        loop = asyncio.get_running_loop()
        self.loop.set_result(loop)
        if self._ready is not None:
            self._ready(f"{type(loop).__module__.partition('.')[0]} and {self.config.parser}")
        if not self.should_exit:
            await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - the signature is uvicorn's
        self._ending()
        await self._stop_accepting()
        await self._end_connections(lambda connection: connection.shutdown(), _GRACE_SECONDS)
        # Do not wait for a client that hangs, for example in the middle of a body.
        await self._end_connections(lambda connection: connection.transport.abort(), _GIVE_UP_SECONDS)

    async def _stop_accepting(self) -> None:
        """Close the listener after all accepted connections are set up. Otherwise asyncio leaks their sockets."""
        loop = asyncio.get_running_loop()
        if isinstance(loop, asyncio.SelectorEventLoop):
            for server in self.servers:
                for listener in server.sockets:
                    loop.remove_reader(listener)
            accepting = asyncio.all_tasks() - self.server_state.tasks - {asyncio.current_task()}
            if accepting:
                await asyncio.wait(accepting, timeout=_GRACE_SECONDS)
        for server in self.servers:
            server.close()

    async def _end_connections(self, end: Callable[[Any], None], seconds: float) -> None:
        """Call `end` with each connection, new ones too, until no connection and no request is left or time is up."""
        state = self.server_state
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while (state.connections or state.tasks) and clock() < deadline:
            for connection in list(state.connections):
                end(connection)
            await asyncio.sleep(_TICK_SECONDS)


def _logging_to_stderr() -> dict[str, Any]:
    """Uvicorn's logging configuration, with the access log on standard error: standard output is for the URL."""
    access = {**LOGGING_CONFIG["handlers"]["access"], "stream": "ext://sys.stderr"}
    return {**LOGGING_CONFIG, "handlers": {**LOGGING_CONFIG["handlers"], "access": access}}
