"""The journal: every request with its answer, and assertions that explain a miss."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import Any, Unpack, cast, overload

from ..domain.clock import Clock
from .arguments import integer, number
from .exchanges import Exchange, Named
from .hosting import Hosting
from .misses import explanation, requests
from .patterns import Answered, Pattern


class Journal:
    """The requests in the order in which they came; `mock.requests`.

    It keeps at most `entries` of them, and `limit` bytes of requests and answers; the oldest fall out, and `dropped`
    counts them. What is too large by itself is kept without its bodies. With 0 entries it is off. Requests to the
    control plane are not in it. `operations` are the names of the operations that a request can have.

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

    def __init__(self, clock: Clock, hosting: Hosting) -> None:
        self.dropped = 0
        self.operations: frozenset[str] = frozenset()
        self._clock = clock
        self._hosting = hosting
        self._count = self._runs = 0
        self._entries = self._limit = self._weight = 0
        self._kept: deque[Exchange] = deque()
        self._waiting: list[Event] = []
        self._turned_back: dict[str | None, int] = {}

    def restart(self, entries: int, limit: int) -> None:
        """Forget everything, and count from 1 again within these bounds. Those who wait go on waiting."""
        self._forget(None)
        self._runs += 1
        self.dropped = self._count = 0
        self._entries = entries
        self._limit = limit
        self._turned_back.clear()

    def arrived(
        self, scope: Mapping[str, Any], named: Named | None, parameters: Mapping[str, str], content: bytes
    ) -> Exchange:
        """Give a request its number; `scope` is that of ASGI. `keep` takes it down, before or after its answer."""
        self._count += 1
        return Exchange(self._count, self._clock.peek(), scope, named, parameters, content)

    def keep(self, exchange: Exchange) -> None:
        """Take down a request, before or after its answer is noted; the client must not know of the answer yet.

        Every request comes through here, so it calls nothing that it can do without.
        """
        if not self._entries:
            return
        kept = self._kept
        kept.append(exchange)
        weight = exchange.weight = exchange.head_size + len(exchange.content) + len(exchange.answer_content)
        self._weight += weight
        if len(kept) > self._entries:
            fallen = kept.popleft()
            self._weight -= fallen.weight
            fallen.weight = 0
            self.dropped += 1
        if self._weight > self._limit or self._waiting:
            self._make_room(exchange)

    def answered(self, exchange: Exchange, status: int | None, content: bytes, duration: float) -> None:
        """Add the answer to a request that was taken down, before the client can know of it; None: it got none."""
        exchange.status = status
        exchange.duration = duration
        exchange.answer_content = content
        if exchange.weight:  # It did not fall out meanwhile.
            exchange.weight += len(content)
            self._weight += len(content)
            self._make_room(exchange)

    def _make_room(self, exchange: Exchange) -> None:
        """Let bodies that are too large go, and the oldest fall out, until the bounds hold; wake those who wait."""
        if exchange.weight > self._limit:
            freed = exchange.leave_out_bodies()
            exchange.weight -= freed
            self._weight -= freed
        while self._weight > self._limit:
            fallen = self._kept.popleft()
            self._weight -= fallen.weight
            fallen.weight = 0
            self.dropped += 1
        for event in tuple(self._waiting):
            event.set()

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(list(self._kept))

    @overload
    def __getitem__(self, place: int) -> Exchange: ...
    @overload
    def __getitem__(self, place: slice) -> list[Exchange]: ...
    def __getitem__(self, place: int | slice) -> Exchange | list[Exchange]:
        return list(self._kept)[place]

    def __repr__(self) -> str:
        return f"<Journal of {len(self)} requests>"

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no request"

    def where(self, operation: str | None = None, /, **criteria: Unpack[Answered]) -> list[Exchange]:
        """The requests that are like this, in order."""
        return self._matching(self._pattern(operation, criteria))

    def count(self, operation: str | None = None, /, **criteria: Unpack[Answered]) -> int:
        """How many requests are like this."""
        return len(self.where(operation, **criteria))

    def assert_called(
        self, operation: str | None = None, /, *, times: int | None = None, **criteria: Unpack[Answered]
    ) -> list[Exchange]:
        """The requests that are like this. Raises AssertionError where there is none, or not just `times`."""
        __tracebackhide__ = True
        pattern = self._pattern(operation, criteria)
        if times is not None:
            integer("times", times)
        found = self._matching(pattern)
        if len(found) == times or (times is None and found):
            return found
        raise AssertionError(self._explanation(pattern, found, requests(times)))

    def assert_not_called(self, operation: str | None = None, /, **criteria: Unpack[Answered]) -> None:
        """Raises AssertionError where a request is like this."""
        __tracebackhide__ = True
        self.assert_called(operation, times=0, **criteria)

    def assert_order(self, *steps: "Answered | str") -> list[Exchange]:
        """Requests that are like the steps, each after the one before; the name of an operation is a step too.

        Raises AssertionError at the first that is missing.
        """
        __tracebackhide__ = True
        patterns = [self._step(step) for step in steps]
        found: list[Exchange] = []
        for place, pattern in enumerate(patterns, 1):
            last = found[-1].number if found else 0
            alike = self._matching(pattern)
            following = next((one for one in alike if one.number > last), None)
            if following is None:
                why = f"step {place} of the order: {self._explanation(pattern, alike, requests(None), last)}"
                raise AssertionError(why)
            found.append(following)
        return found

    def wait_for(
        self,
        operation: str | None = None,
        /,
        *,
        timeout: float = 1.0,
        at_least: int = 1,
        **criteria: Unpack[Answered],
    ) -> list[Exchange]:
        """Wait until requests like this have come, at most `timeout` seconds; all that are like it.

        A request counts once it is there, answered or not; with `status` once it is answered. Raises AssertionError
        when the time is over. The thread that serves must be another one.
        """
        __tracebackhide__ = True
        pattern = self._pattern(operation, criteria)
        integer("at_least", at_least)
        deadline = self._clock.elapsed() + number("timeout", timeout, least=0, most=86_400)
        with self.watching() as event:
            while True:
                event.clear()
                found = self._matching(pattern)
                if len(found) >= at_least:
                    return found
                if not event.wait(max(0.0, deadline - self._clock.elapsed())):
                    why = self._explanation(pattern, found, f"at least {requests(at_least)}")
                    raise AssertionError(f"after {timeout:g} seconds: {why}" if timeout else why)

    @contextmanager
    def watching(self) -> Iterator[Event]:
        """An event that is set whenever a request comes or is answered."""
        event = Event()
        self._waiting.append(event)
        try:
            yield event
        finally:
            self._waiting.remove(event)

    def forget(self, workspace: str | None = None) -> None:
        """Forget what was taken down, all or of one workspace; the numbers go on."""
        self._hosting.between_requests(lambda: self._forget(workspace))

    def _forget(self, workspace: str | None) -> None:
        kept: deque[Exchange] = deque()
        for exchange in self._kept:
            if workspace is not None and exchange.workspace != workspace:
                kept.append(exchange)
            else:
                self._weight -= exchange.weight
                exchange.weight = 0
        self._kept = kept

    @property
    def first(self) -> int:
        """The number of the oldest that is kept, or of the next that comes."""
        return self._kept[0].number if self._kept else self._count + 1

    @property
    def is_off(self) -> bool:
        """Whether it keeps nothing."""
        return not self._entries

    @property
    def position(self) -> tuple[int, int]:
        """Where the journal is now, for `since`."""
        return self._runs, self._count

    def since(self, position: tuple[int, int], limit: int | None = None) -> list[Exchange]:
        """The requests that came after a position, in order; all, if everything was forgotten since.

        With a `limit` the last of them, at most so many.
        """
        runs, count = position
        found: list[Exchange] = []
        for one in reversed(list(self._kept)):
            if len(found) == limit or (runs == self._runs and one.number <= count):
                break
            found.append(one)
        return found[::-1]

    def turned_back(self, workspace: str | None) -> None:
        """What was deleted so far, in all workspaces or in one, may not be deleted any more."""
        self._turned_back[workspace] = self._count

    def deletion(self, workspace_id: str, session_id: str | None) -> int | None:
        """The number of the last request that deleted this session, or this workspace for None."""
        name = "delete_workspace" if session_id is None else "delete_session"
        first = max(self._turned_back.get(None, 0), self._turned_back.get(workspace_id, 0))
        for exchange in reversed(self._kept):
            if exchange.number <= first:
                break
            if (
                exchange.outcome == 202
                and exchange.parameters.get("workspace_id") == workspace_id
                and exchange.parameters.get("session_id") == session_id
                and exchange.operation == name
            ):
                return exchange.number
        return None

    def _step(self, step: Any) -> Pattern:
        if isinstance(step, str):
            return self._pattern(step, {})
        if not isinstance(step, Mapping):
            raise ValueError(f"a step is a mapping of criteria, or the name of an operation: {step!r}")
        return self._pattern(None, cast("Answered", step))

    def _pattern(self, operation: str | None, criteria: Answered) -> Pattern:
        asked: dict[str, Any] = {**criteria}
        if operation is not None:
            asked = {"operation": operation, **asked}
        return Pattern(asked, self.operations)

    def _matching(self, pattern: Pattern) -> list[Exchange]:
        return [exchange for exchange in self if pattern.matches(exchange)]

    def _explanation(self, pattern: Pattern, found: list[Exchange], expected: str, after: int = 0) -> str:
        notes = [f"{self.dropped} older requests fell out of the journal"] if self.dropped else []
        if not self._entries:
            notes.append("the journal is off")
        return explanation(pattern, list(self), found, expected, after, notes)
