"""What a comparison with a real server sees of a mock."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from .exchange import Exchange

P = ParamSpec("P")
R = TypeVar("R")


class Observer(Protocol):
    """Sees what happens to a mock: `Mock.observer`. Its methods are called in the order of the events."""

    async def saw(
        self, exchange: Exchange, scope: Mapping[str, Any], body: bytes, start: Mapping[str, Any], content: bytes
    ) -> None:
        """A request was carried out. Its answer is sent when this returns.

        Arguments:
            scope: The ASGI scope of the request.
            body: The body of the request. The log may have left it out.
            start: The first ASGI message of the answer.
            content: The body of the answer.
        """

    def left(self, what: str) -> None:
        """The state, or an answer, changed in a way that no request of the API explains. `what` did it."""

    def missed(self, what: str) -> None:
        """The same, because a request was not answered as the API answers it."""

    def began(self) -> None:
        """The mock was reset. Called between two requests."""


class Observed(Protocol):
    """Something with an observer."""

    observer: Observer | None


M = TypeVar("M", bound=Observed)


def beyond_the_api(method: Callable[Concatenate[M, P], R]) -> Callable[Concatenate[M, P], R]:
    """A method that changes the state as no request can: it tells the observer."""

    @wraps(method)
    def told(self: M, /, *arguments: P.args, **named: P.kwargs) -> R:
        if self.observer is not None:
            self.observer.left(method.__name__)
        return method(self, *arguments, **named)

    return told
