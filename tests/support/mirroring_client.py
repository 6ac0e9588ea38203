"""A client of a fake in this process whose requests are compared with another server."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mockserver import Mock, create_app
from mockserver.parity.check import Outcome
from mockserver.parity.client import Client
from mockserver.parity.matching import ReceivedAnswer
from mockserver.parity.mirror import Mirror
from mockserver.parity.sent import SentRequest
from mockserver.parity.visit import Visit

from .direct_client import Answer, DirectClient


class MirroringClient(DirectClient):
    """Repeats each request on another server.

    Attributes:
        outcomes: What the comparison of each answer gave.
        before: The results of `count` before each comparison.
    """

    def __init__(self, mock: Mock, visit: Visit, number: int = 1, count: Callable[[], int] = lambda: 0) -> None:
        super().__init__(create_app(mock))
        self._mock = mock
        prefix = f"{visit.prefix}{number:04}"
        self.mirror = Mirror(visit, prefix, mock.store.profile, mock.keyring)
        self.outcomes: list[Outcome] = []
        self.before: list[int] = []
        self._count = count

    def send(self, method: str, path: str, chunks: Sequence[bytes] = (b"",), *, query: str = "", **more: Any) -> Answer:
        answer = super().send(method, path, chunks, query=query, **more)
        headers = [(name.lower(), value) for name, value in (more.get("headers") or {}).items()]
        request = SentRequest(method, f"{path}?{query}" if query else path, headers, b"".join(chunks))
        received = ReceivedAnswer(answer.status, answer.headers, answer.body)
        self.before.append(self._count())
        self.outcomes.append(self.mirror.compare(request, received, len(self._mock.store.purges.jobs)))
        return answer

    @property
    def differences(self) -> list[str]:
        """All differences and reasons not to compare, in words."""
        found = [
            (outcome.step["request"], difference) for outcome in self.outcomes for difference in outcome.differences
        ]
        skipped = [f"{outcome.step}: {outcome.skipped}" for outcome in self.outcomes if outcome.skipped is not None]
        return [f"{request['method']} {request['path']}: {difference}" for request, difference in found] + skipped


@contextmanager
def visiting(url: str) -> Iterator[Visit]:
    """A visit to the server at a URL. At the end, what it created is deleted."""
    with Client(url) as client:
        visit = Visit(client)
        yield visit
        visit.clean_up()
        assert not visit.created
