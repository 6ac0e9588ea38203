"""What a mock knows of the server that runs it: how work gets between two requests, and how a fork gets a server."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from typing import Any, Protocol, TypeVar

from ..domain.clock import Ids

T = TypeVar("T")
HandOver = Callable[[Callable[[], object]], object]


class Served(Protocol):
    """A server that runs."""

    @property
    def url(self) -> str: ...


# Makes a server of a mock.
Serving = Callable[[Any], AbstractContextManager[Served]]


class Hosting:
    """`hand_over` calls what must not come in the middle of a request, `serving` makes servers; None: no server.

    For those who watch, `turns` counts what was done between requests; `identity` tells it from all others.
    """

    def __init__(self) -> None:
        self._hand_over: HandOver | None = None
        self._serving: Serving | None = None
        self._forks = ExitStack()
        self._leave: list[Callable[[], None]] = []
        self.turns = 0

    def attach(self, hand_over: HandOver | None, serving: Serving | None) -> None:
        """Be run by a server from now on, or by none; the servers of forks end with it."""
        self._hand_over = hand_over
        self._serving = serving
        if serving is None:
            self._forks.close()

    @contextmanager
    def calls_when_it_ends(self, leave: Callable[[], None]) -> Iterator[None]:
        """Call `leave` in the thread of the server when the server begins to end, for an answer without an end."""
        self._leave.append(leave)
        try:
            yield
        finally:
            self._leave.remove(leave)

    def end(self) -> None:
        """Have the answers without an end leave; in the thread of the server, before it closes connections."""
        for leave in list(self._leave):
            leave()

    @cached_property
    def identity(self) -> str:
        return Ids().new()

    def between_requests(self, work: Callable[[], T]) -> T:
        """Do `work` where no request is under way; what it returns or raises."""
        try:
            if self._hand_over is None:
                return work()
            done: list[T] = []
            self._hand_over(lambda: done.append(work()))
            return done[0]
        finally:
            self.turns += 1

    def open_fork(self, mock: object) -> str:
        """The URL of a server of this mock, which runs until the reset. Raises ValueError without a server."""
        if self._serving is None:
            raise ValueError("there is no server that could be started again: use Mock.fork()")
        return self._forks.enter_context(self._serving(mock)).url

    def reset(self, settings: Mapping[str, Any]) -> None:  # noqa: ARG002 - every part of the mock has this method
        """Stop the servers of forks."""
        self._forks.close()
