"""The log of requests and its assertions: `mock.requests`."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack, cast

from ..domain.clock import Clock
from .exchange import Exchange, NamedOperation
from .hints import OF_MOCKS
from .log import WAITING, Expected, Log
from .matching import AnsweredCriteria, Pattern
from .server_link import ServerLink

# The criterion `operation`, which may also be the first argument.
Operations = str | Sequence[str] | None


class RequestLog(Log[Exchange]):
    """The recorded requests, in the order in which they came. You get it as `Mock.requests`.

    It keeps at most `journal_entries` requests, and `journal_bytes` bytes of requests and answers. When a bound is
    exceeded, the oldest requests are dropped. A request that alone exceeds the bound is kept without its bodies. With 0
    entries the log is off. Requests to the control plane are not recorded.

    Attributes:
        dropped: How many requests were dropped since the last reset.
        operations: The names of all operations, to detect typos in criteria.

    >>> import httpx
    >>> from mockserver import MockServer
    >>> with MockServer() as server:
    ...     answer = httpx.delete(f"{server.url}/v3/workspaces/w/sessions/s")
    >>> requests = server.mock.requests
    >>> [request] = requests.assert_called(times=1, operation="delete_session", session="s", status=404)
    >>> request.diagnosis
    "there is no workspace 'w'; there are none"
    >>> requests.assert_called(session="t")
    Traceback (most recent call last):
    ...
    AssertionError: expected at least one request with session=t; there were 0
    nearest:
      #1 DELETE /v3/workspaces/w/sessions/s -> 404 in ... ms
          session: expected t, was s
    """

    noun, plural = "request", "requests"
    hints = OF_MOCKS

    def __init__(self, clock: Clock, server_link: ServerLink) -> None:
        super().__init__(clock, server_link)
        self.operations: frozenset[str] = frozenset()
        # By workspace id: the number of the last request at the time of the undo. The key None is all workspaces.
        self._undone: dict[str | None, int] = {}

    # --- Recording ---

    # Requests are added and completed by one thread, that of the server, so they need no lock. A lock would take 1 % of
    # the time of a request. Other threads only read a copy of the log, which is atomic.
    add = Log._append  # noqa: SLF001 - a method of the base class

    def reset(self, settings: Mapping[str, Any]) -> None:
        super().reset(settings)
        self._undone.clear()

    def arrived(
        self, scope: Mapping[str, Any], operation: NamedOperation | None, parameters: Mapping[str, str], content: bytes
    ) -> Exchange:
        """Create the record of a request, with its number. `add` puts it into the log, with or without its answer.

        Arguments:
            scope: The ASGI scope of the request.
            operation: The operation that was found for the path and method.
            parameters: The parameters of the path.
            content: The body.
        """
        self._count += 1
        return Exchange(self._count, self._clock.peek(), scope, operation, parameters, content)

    def answered(self, exchange: Exchange, status: int | None, content: bytes, duration: float) -> None:
        """Record the answer of a request that is in the log already. Call it before the answer is sent: a client that
        has the answer finds it in the log.

        Arguments:
            status: The status that was sent, or None if no answer was sent.
            content: The body of the answer.
            duration: Seconds from the end of the request to the answer.
        """
        exchange.status = status
        exchange.duration = duration
        exchange.answer_content = content
        self.update(exchange)

    def _shrink(self, exchange: Exchange) -> bool:
        exchange.leave_out_bodies()
        return True

    # --- Queries and assertions ---

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no request"

    def where(self, operation: Operations = None, /, **criteria: Unpack[AnsweredCriteria]) -> list[Exchange]:
        """The requests that match, in order. Raises ValueError for invalid criteria, as all methods below do."""
        return self._matching(self._pattern(operation, criteria))

    def count(self, operation: Operations = None, /, **criteria: Unpack[AnsweredCriteria]) -> int:
        """How many requests match."""
        return len(self.where(operation, **criteria))

    def assert_called(
        self,
        operation: Operations = None,
        /,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        **criteria: Unpack[AnsweredCriteria],
    ) -> list[Exchange]:
        """The requests that match.

        Raises AssertionError unless `times` requests match, or from `at_least` to `at_most`; by default, at least one.
        """
        __tracebackhide__ = True
        return self._assert_count(
            self._pattern(operation, criteria, Expected._fields), Expected(times, at_least, at_most)
        )

    def assert_not_called(self, operation: Operations = None, /, **criteria: Unpack[AnsweredCriteria]) -> None:
        """Raises AssertionError if a request matches."""
        __tracebackhide__ = True
        self.assert_called(operation, times=0, **criteria)

    def assert_order(self, *steps: "AnsweredCriteria | str") -> list[Exchange]:
        """For each step, find a matching request after the request of the previous step. Returns these requests.

        Arguments:
            steps: Criteria as mappings, or names of operations. At least one.

        Raises AssertionError for the first step without a request.
        """
        __tracebackhide__ = True
        if not steps:
            raise ValueError("an order needs at least one step: criteria, or the name of an operation")
        patterns = [self._step(step) for step in steps]
        found: list[Exchange] = []
        for position, pattern in enumerate(patterns, 1):
            last = found[-1].number if found else 0
            matching = self._matching(pattern)
            following = next((exchange for exchange in matching if exchange.number > last), None)
            if following is None:
                problem = self._explanation(pattern, matching, Expected().text(self.noun, self.plural), last)
                raise AssertionError(f"step {position} of the order: {problem}")
            found.append(following)
        return found

    def wait_for(
        self,
        operation: Operations = None,
        /,
        *,
        timeout: float = 1.0,
        at_least: int = 1,
        **criteria: Unpack[AnsweredCriteria],
    ) -> list[Exchange]:
        """Wait until at least `at_least` requests match. Returns all that match.

        A request counts as soon as it is recorded. With the criterion `status`, it counts when it is answered.
        Another thread must run the server, and the client. In a coroutine, use `wait_for_async`.

        Arguments:
            timeout: Seconds to wait at most, from 0 to 86,400.

        Raises AssertionError at the timeout, and RuntimeError if it would block an event loop in which other tasks run.
        """
        __tracebackhide__ = True
        return self._wait_for(self._pattern(operation, criteria, WAITING), at_least, timeout, lambda _: True)

    async def wait_for_async(
        self,
        operation: Operations = None,
        /,
        *,
        timeout: float = 1.0,  # noqa: ASYNC109 - the same arguments as `wait_for`
        at_least: int = 1,
        **criteria: Unpack[AnsweredCriteria],
    ) -> list[Exchange]:
        """The same as `wait_for`, for coroutines: the event loop, with the client in it, runs meanwhile."""
        __tracebackhide__ = True
        pattern = self._pattern(operation, criteria, WAITING)
        return await self._wait_for_async(pattern, at_least, timeout, lambda _: True)

    def _step(self, step: Any) -> Pattern:
        if isinstance(step, str):
            return self._pattern(step, {})
        if not isinstance(step, Mapping):
            raise ValueError(f"a step must be a mapping of criteria or the name of an operation: {step!r}")
        return self._pattern(None, cast("AnsweredCriteria", step))

    def _pattern(self, operation: Operations, criteria: AnsweredCriteria, beside: Sequence[str] = ()) -> Pattern:
        given: dict[str, Any] = {**criteria}
        if operation is not None:
            given = {"operation": operation, **given}
        return Pattern(given, self.operations, beside=beside)

    # --- Deletions, for diagnoses ---

    def undo_deletions(self, workspace: str | None) -> None:
        """Let `deletion` ignore the requests so far, in all workspaces or in one: their rows may exist again."""
        self._undone[workspace] = self._count

    def deletion(self, workspace_id: str, session_id: str | None) -> int | None:
        """The number of the last request that deleted this session, or the workspace if `session_id` is None.

        None if no such request is in the log.
        """
        name = "delete_workspace" if session_id is None else "delete_session"
        undone = max(self._undone.get(None, 0), self._undone.get(workspace_id, 0))
        for exchange in reversed(list(self)):
            if exchange.number <= undone:
                break
            # A fault may have changed the answer: the outcome is what the API did.
            if (
                exchange.outcome == 202
                and exchange.parameters.get("workspace_id") == workspace_id
                and exchange.parameters.get("session_id") == session_id
                and exchange.operation == name
            ):
                return exchange.number
        return None
