"""What a mock shares with the servers that run it: the lock of requests and control methods, and servers for forks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from threading import RLock
from typing import Any, Protocol, TypeVar

from ..domain.clock import fresh_id

T = TypeVar("T")


class RunningServer(Protocol):
    """A server that runs."""

    @property
    def url(self) -> str: ...


# Starts a server for a mock.
StartServer = Callable[[Any], AbstractContextManager[RunningServer]]


class TooManyForks(Exception):
    """No more servers of forks can run. The message says why."""


class ServerLink:
    """The server that runs a mock, if there is one.

    Attributes:
        turn: The lock that a request holds while it reads and changes the state, and a control method while it works.
            No coroutine awaits while it holds the lock. The lock costs a request 0.1 µs. If control methods ran in the
            thread of the server instead, each would wait for two switches of threads.
        changes: How often something ran between two requests. The page uses it to detect changes.
        identity: An id that no other mock has.
    """

    def __init__(self) -> None:
        self._running: set[object] = set()  # the servers of forks
        self._most_forks = 0
        self._start_server: StartServer | None = None
        self._forks = ExitStack()
        self._on_end: list[Callable[[], None]] = []
        self.turn = RLock()
        self.changes = 0

    def attach(self, start_server: StartServer | None) -> None:
        """Connect the mock to a server.

        Arguments:
            start_server: Starts a server for another mock. None: the server ended, and the servers of forks end too.
        """
        self._start_server = start_server
        if start_server is None:
            self._forks.close()

    @contextmanager
    def calls_at_end(self, callback: Callable[[], None]) -> Iterator[None]:
        """Within the block, call `callback` when the server begins to end, so that endless answers can finish."""
        self._on_end.append(callback)
        try:
            yield
        finally:
            self._on_end.remove(callback)

    def end(self) -> None:
        """Call the callbacks of `calls_at_end`. The server calls this in its thread, before it closes connections."""
        for callback in list(self._on_end):
            callback()

    @cached_property
    def identity(self) -> str:
        return fresh_id()

    def between_requests(self, work: Callable[[], T]) -> T:
        """Run `work` while no request is in progress, and return its result. You can call this from any thread."""
        with self.turn:
            try:
                return work()
            finally:
                self.changes += 1

    def let_go(self) -> None:
        """Forget the server in a forked process, where no thread of the parent runs that could hold the lock."""
        self.turn = RLock()
        self.attach(None)

    def count_with(self, parent: "ServerLink") -> None:
        """Count the servers of this fork's forks with those of the mock that it is a fork of."""
        self._running = parent._running  # noqa: SLF001 - the same class

    def open_fork(self, make_mock: Callable[[], object]) -> str:
        """Start a server for a fork, which runs until the next reset, and return its URL.

        Arguments:
            make_mock: Returns the fork.

        Raises ValueError if no server runs this mock, and TooManyForks if `max_forks` servers of forks run, or the
        system has no resources for another one.
        """
        if self._start_server is None:
            raise ValueError("no server runs this mock, so it cannot start another one: use Mock.fork()")
        if len(self._running) >= self._most_forks:
            raise TooManyForks(f"{self._most_forks} forks run, which is the limit (max_forks); a reset ends them")
        server = self._start_server(make_mock())
        try:
            url = self._forks.enter_context(server).url
        except (OSError, RuntimeError) as error:  # No descriptor, or no thread.
            raise TooManyForks(f"{len(self._running)} forks run, and another one cannot start: {error}") from None
        self._running.add(server)
        self._forks.callback(self._running.discard, server)
        return url

    def reset(self, settings: Mapping[str, Any]) -> None:
        """Stop the servers of forks."""
        self._most_forks = settings["max_forks"]
        self._forks.close()
