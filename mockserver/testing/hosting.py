"""What a mock knows of the server that runs it: how work gets between two requests, and how a fork gets a server."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
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

    For those who watch, `turns` counts what was done between requests, and `ends` how often a server began to end;
    `identity` tells it from all others.
    """

    def __init__(self) -> None:
        self._hand_over: HandOver | None = None
        self._serving: Serving | None = None
        self._forks = ExitStack()
        self.turns = self.ends = 0

    def attach(self, hand_over: HandOver | None, serving: Serving | None) -> None:
        """Be run by a server from now on, or by none; the servers of forks end with it."""
        self._hand_over = hand_over
        self._serving = serving
        if serving is None:
            self.end()
            self.end_forks()

    def end(self) -> None:
        """Have those who watch leave."""
        self.ends += 1

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
        """The URL of a server of this mock, which runs until `end_forks`. Raises ValueError without a server."""
        if self._serving is None:
            raise ValueError("there is no server that could be started again: use Mock.fork()")
        return self._forks.enter_context(self._serving(mock)).url

    def end_forks(self) -> None:
        self._forks.close()
