"""The lifetime of a fake server, in a thread (MockServer) or in the foreground (serve), and nothing else."""

import asyncio
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
from uvicorn.config import LOGGING_CONFIG

from .app import create_app
from .fast_path import UVICORN_SETTINGS
from .testing.mock import Mock
from .testing.options import Options
from .testing.rules import assert_fired
from .uvicorn_connection import with_connection

# How long requests that are under way, and then their connections, may take to end once the server is asked to stop.
_GRACE_SECONDS = 0.1
_GIVE_UP_SECONDS = 0.5
_TICK_SECONDS = 0.001


class AppOptions(TypedDict, total=False):
    """The options of `create_app`."""

    allow_hosts: Iterable[str]
    control: bool
    page: bool


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, on a free port for 0.

    Raises OSError for an address that cannot be had, ValueError for an empty host or a port that is none.
    """
    if not host:
        raise ValueError("a host is a name or an address, not nothing")
    if not 0 <= port <= 65535:
        raise ValueError(f"a port is a number from 0 to 65535: {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named by its protocol, as asyncio sends without delay only on what says that it is TCP.
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
    """Where the listener is reached, without a trailing slash."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"


def serve(
    mock: Mock,
    listener: socket.socket,
    *,
    ready: Callable[[str], None],
    log_level: str = "warning",
    **app_options: Unpack[AppOptions],
) -> None:
    """Serve `mock` in the foreground until SIGINT or SIGTERM; SIGINT then comes out as KeyboardInterrupt.

    `ready` is called once requests are answered and signals are heeded, with what it runs on: "uvloop and httptools".
    `app_options` are those of `create_app`.
    """
    host = listener.getsockname()[0]
    app_options["allow_hosts"] = list(app_options.get("allow_hosts", ()))
    config = uvicorn.Config(
        with_connection(create_app(mock, **app_options)),
        log_level=log_level,
        access_log=log_level in ("info", "debug", "trace"),
        log_config=_logging_to_stderr(),
        **UVICORN_SETTINGS,
    )
    mock.hosting.attach(None, lambda fork: MockServer.of(fork, host, **app_options))
    try:
        _Server(config, ready, mock.hosting.end).serve_on(listener)
    finally:
        mock.hosting.attach(None, None)
        mock.deliveries.stop()


# The servers that were started and that somebody still knows: the pytest plugin shows what they were asked.
STARTED: "WeakSet[MockServer]" = WeakSet()


class MockServer:
    """A fake server on a free loopback port, in a thread of its own, as a context manager.

    `host` and `port` are where it listens, 0 a free port; `allow_hosts` the names beside loopback and `host` under
    which the control plane answers. Without `control` there is none, without `page` it has no page to look at. The
    other options are those of Mock. It answers once `with` has entered, and is
    gone when `with` has left. `token` makes tokens, as that of `mock` does.

    Entering raises OSError for an address that cannot be had, ValueError for no port. Leaving without an error raises
    AssertionError where a fault that must fire never did.
    """

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
        self._app_options = AppOptions(allow_hosts=(host, *allow_hosts), control=control, page=page)
        self._url: str | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it answers, without a trailing slash; it keeps this once it has run. RuntimeError before."""
        if self._url is None:
            raise RuntimeError("the server was not started yet: enter it with `with`")
        return self._url

    @classmethod
    def of(cls, mock: Mock, host: str = "127.0.0.1", **app_options: Unpack[AppOptions]) -> "MockServer":
        """A server of this mock, on a free port."""
        server = cls(host=host, **app_options)
        server.mock = mock
        server.token = mock.token
        return server

    def fork(self) -> "MockServer":
        """Another server, to be entered like this one, on a port of its own and with an equal state of its own."""
        return self._serving(self.mock.fork())

    def _serving(self, mock: Mock) -> "MockServer":
        return MockServer.of(mock, self._host, **self._app_options)

    def __enter__(self) -> Self:
        if self._thread is not None:
            raise RuntimeError("the server is running already")
        listener = listen(self._host, self._port)
        self._url = url_of(self._host, listener)
        app = with_connection(create_app(self.mock, **self._app_options))
        config = uvicorn.Config(app, log_config=None, access_log=False, **UVICORN_SETTINGS)
        self._server = _Server(config, ending=self.mock.hosting.end)
        self._thread = threading.Thread(target=self._server.serve_on, args=[listener], name=self._url, daemon=True)
        self._thread.start()
        self._server.loop.result()
        self.mock.hosting.attach(self._hand_over, self._serving)
        STARTED.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None or self._thread is None:
            return
        faults = list(self.mock.faults)
        self.mock.faults.forget()  # What hangs is let go.
        self.mock.hosting.attach(None, None)
        self._server.stop()
        self._thread.join()
        self._server = self._thread = None
        self.mock.deliveries.stop()
        if error is None:
            assert_fired(fault for fault in faults if fault.must_fire)

    def _hand_over(self, work: Callable[[], object]) -> object:
        """Have the server's thread do `work` between two requests, and wait for it."""
        server, thread = self._server, self._thread
        if server is None or thread is None or threading.current_thread() is thread:
            return work()
        outcome: Future[object] = Future()
        done = threading.Lock()
        done.acquire()

        def carry_out() -> None:
            try:
                outcome.set_result(work())
            except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the thread that waits
                outcome.set_exception(error)
            done.release()

        try:
            server.loop.result().call_soon_threadsafe(carry_out)
        except RuntimeError:  # The loop is closed, and no request can come between.
            return work()
        while not done.acquire(timeout=_GRACE_SECONDS):
            if not thread.is_alive():  # It left before the turn of this work came.
                return work()
        return outcome.result()


def _loop_factory(config: uvicorn.Config) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop that the configuration names; None: asyncio's default."""
    if hasattr(config, "get_loop_factory"):
        return config.get_loop_factory()
    # From uvicorn 0.36 on, this is dead code. Before, uvicorn can only set the policy of the whole process, which
    # belongs to the user.
    if config.loop == "auto" and find_spec("uvloop") is not None:
        from uvloop import new_event_loop

        return new_event_loop
    return None


class _Server(uvicorn.Server):
    """The server of uvicorn, but it stops when it is told to, not at the next tenth of a second.

    `loop` is the event loop that it runs in, or what kept it from running; `ending` is called before it ends.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[str], None] | None = None,
        ending: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._ending = ending
        self.loop: Future[asyncio.AbstractEventLoop] = Future()
        self._stopping = asyncio.Event()

    def serve_on(self, listener: socket.socket) -> None:
        """Serve until it is told to stop, and close the listener."""
        try:
            with listener, asyncio.Runner(loop_factory=_loop_factory(self.config)) as runner:
                runner.run(self.serve(sockets=[listener]))
        except BaseException as error:
            if self.loop.done():
                raise
            self.loop.set_exception(error)

    def stop(self) -> None:
        """Tell it to stop; from any thread, or from a signal handler."""
        self.should_exit = True
        if self.loop.done():
            self.loop.result().call_soon_threadsafe(self._stopping.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.stop()

    async def main_loop(self) -> None:
        loop = asyncio.get_running_loop()
        self.loop.set_result(loop)
        if self._ready is not None:
            parser = self.config.http_protocol_class.__module__.rpartition(".")[2].removesuffix("_impl")
            self._ready(f"{type(loop).__module__.partition('.')[0]} and {parser}")
        if not self.should_exit:
            await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn calls it so
        self._ending()
        await self._stop_accepting()
        await self._let_go(lambda connection: connection.shutdown(), _GRACE_SECONDS)
        # A client that hangs, in the middle of a body say, is left behind.
        await self._let_go(lambda connection: connection.transport.abort(), _GIVE_UP_SECONDS)

    async def _stop_accepting(self) -> None:
        """Close the listener, once those who were accepted are connected: asyncio loses them otherwise."""
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

    async def _let_go(self, how: Callable[[Any], None], seconds: float) -> None:
        """End the connections, those that still come too, until none and no request is left or the time is over."""
        state = self.server_state
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while (state.connections or state.tasks) and clock() < deadline:
            for connection in list(state.connections):
                how(connection)
            await asyncio.sleep(_TICK_SECONDS)


def _logging_to_stderr() -> dict[str, Any]:
    """The logging of uvicorn, with the access log on stderr too: stdout is for the URL."""
    access = {**LOGGING_CONFIG["handlers"]["access"], "stream": "ext://sys.stderr"}
    return {**LOGGING_CONFIG, "handlers": {**LOGGING_CONFIG["handlers"], "access": access}}
