"""Compares each answer of a mock with the answer of a real server, in a thread beside the requests."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Lock
from typing import Any, NamedTuple

from ..testing.exchange import Exchange, preview
from ..testing.mock import Mock
from .backlog import Backlog
from .check import Outcome
from .client import NoAnswer
from .grouping import Difference, Groups
from .matching import ReceivedAnswer
from .mirror import Mirror
from .naming import Namer
from .recordings import Json
from .replaying import replayed
from .sent import SentRequest
from .visit import Visit

# How many ids and times a run remembers.
_MOST_MARKS = 1_000_000
_CLOSED = "the comparison was interrupted"


class Compared(NamedTuple):
    """A request of the log of a mock, what the comparison of its answer gave, and for each difference its quirks."""

    exchange: Exchange
    outcome: Outcome
    quirks: list[tuple[str, ...]]

    @property
    def sentence(self) -> str:
        """The differences, which must not be empty, as a note."""
        first, *others = self.differences()
        quirk = f" ({' + '.join(first.quirks)})" if first.quirks else ""
        more = f", and {len(others)} more differences" if others else ""
        return (
            f"the real server answers otherwise: {first.place} is {preview(first.expected, 100)} there, "
            f"and {preview(first.got, 100)} here{quirk}{more}"
        )

    def differences(self) -> Iterator[Difference]:
        """The differences, for a group."""
        operation = self.exchange.operation or self.exchange.method
        for difference, quirks in zip(self.outcome.differences, self.quirks, strict=True):
            yield Difference(operation, *difference, quirks, f"#{self.exchange.number}")


class Comparison:
    """The observer of one mock: it repeats each request on the server of a visit.

    A client gets its answer at once, unless too many requests wait for the real server. If something happens that the
    API cannot repeat, the rest of the run is not compared. A reset begins another run, in other workspaces.

    Arguments:
        found: Called in the thread with each compared request.
        say: Called with a sentence about the comparison itself, from any thread.
        shares_secret: Whether the real server has the secret of the mock, if that has one.
        restarts: Whether a reset begins another run. Otherwise it ends the comparison.
        thread: The thread in which all comparisons with the client of the visit run.
        backlog: The requests that wait for the thread.
        namer: Names the quirks of differences.

    Attributes:
        agree: How many answers agreed.
        differ: How many answers differed.
        groups: The differences, in groups.
        is_broken: Whether the real server stopped answering.
        left_for: Why requests were not compared after a point, if there were any.
        not_compared: For each reason, how many answers were not compared.
    """

    def __init__(
        self,
        visit: Visit,
        mock: Mock,
        *,
        found: Callable[[Compared], None],
        say: Callable[[str], None] = lambda _: None,
        shares_secret: bool = False,
        restarts: bool = True,
        thread: ThreadPoolExecutor | None = None,
        backlog: Backlog | None = None,
        namer: Namer | None = None,
    ) -> None:
        self.visit = visit
        self.mock = mock
        self.agree = self.differ = 0
        self.groups = Groups()
        self.is_broken = False
        self.left_for: str | None = None
        self.not_compared: Counter[str] = Counter()
        self._found = found
        self._say = say
        self._shares_secret = shares_secret
        self._restarts = restarts
        self._thread = ThreadPoolExecutor(1, "honcho-compare") if thread is None else thread
        self._namer = Namer() if namer is None else namer
        self._backlog = Backlog() if backlog is None else backlog
        self._lock = Lock()
        self._is_closed = False
        self._left: str | None = None
        self._mirror: Mirror
        self._begin()

    @property
    def is_exhausted(self) -> bool:
        """Whether there were too many differences to find the quirks of all."""
        return self._namer.is_exhausted

    # --- What the mock tells ---

    async def saw(
        self, exchange: Exchange, scope: Mapping[str, Any], body: bytes, start: Mapping[str, Any], content: bytes
    ) -> None:
        departure = self._departure() if self._left is None else None
        if departure is not None:
            self.left(departure)
        if self._left is not None:
            self.missed(self._left)
            return
        if start["status"] == 413 and not body:  # It was not read.
            self._count(Outcome({}, [], "a body that is too large"))
            return
        request = SentRequest.of(scope, body)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
        answer = ReceivedAnswer(start["status"], headers, b"" if scope["method"] == "HEAD" else content)
        exchange.is_compared = False
        loop, purges = asyncio.get_running_loop(), len(self.mock.store.purges.jobs)
        done = self._thread.submit(self._compare, self._mirror, exchange, request, answer, purges, loop)
        done.add_done_callback(self._ended)
        await self._backlog.add(done, len(body) + len(content))

    def left(self, what: str) -> None:
        if self._left is None:
            self._left = what
            self._say(f"answers are no longer compared, because of {what}; a reset begins again")

    def missed(self, what: str) -> None:
        self.left(what)
        self.left_for = self._left
        self._count(Outcome({}, [], self._left))

    def began(self) -> None:
        if self._restarts:
            self._begin()
        else:
            self.left("a reset")

    # --- The life of the comparison ---

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all requests so far are compared, at most `seconds` if given. Returns whether they are."""
        done, _ = wait([self._thread.submit(lambda: None)], seconds)
        return bool(done)

    def detach(self) -> None:
        """See nothing any more. What was seen is still compared."""
        if self.mock.observer is self:
            self.mock.observer = None

    def close(self) -> None:
        """Stop comparing, and end the thread and what it uses: what is not compared yet is not compared."""
        self.detach()
        self._is_closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.visit.client.abort()
        self._thread.shutdown()
        self._namer.close()

    # --- Inside ---

    def _begin(self) -> None:
        """Begin a run."""
        self._left = self.visit.gone = None
        keyring = self.mock.keyring
        if keyring is not None and not self._shares_secret:
            self.left("a secret that the real server does not have")
        self._mirror = Mirror(self.visit, self.visit.new_prefix(), self.mock.store.profile, keyring)
        if self.mock.store.workspaces:
            world, twin = self.mock.world(), self.mock.fork()
            self._thread.submit(self._replay, self._mirror, world, twin)

    def _replay(self, mirror: Mirror, world: Json, twin: Mock) -> None:
        """Create the starting world on the real server. Runs in the thread."""
        try:
            problem = replayed(mirror, world, twin)
        except NoAnswer as error:
            self._lost(mirror, error)
            return
        except Exception as error:  # noqa: BLE001 - requests that follow must not be compared then
            problem = repr(error)[:300]
        if problem is not None:
            self._end(mirror, f"a starting world with {problem}")

    def _lost(self, mirror: Mirror, error: NoAnswer) -> str:
        """The real server stopped answering. Returns the reason why its answer is not compared."""
        if self._is_closed:  # It was not the server that ended the request.
            return _CLOSED
        self.is_broken = True
        self.left_for = self.visit.gone = f"the real server, which {error}"
        self._end(mirror, self.visit.gone)
        return self.visit.gone

    def _end(self, mirror: Mirror, reason: str) -> None:
        mirror.ended = reason
        if mirror is self._mirror:
            self.left(reason)

    def _departure(self) -> str | None:
        """What happened to the mock that no request of the API explains, or None."""
        clock = self.mock.clock
        if clock.is_frozen or clock.is_moved:
            return "a clock that was frozen or advanced"
        if any(script.used for script in self.mock.scripts.entries):
            return "a script"
        if self._mirror.size > _MOST_MARKS:
            return f"more than {_MOST_MARKS} ids and times"
        return None

    def _compare(
        self,
        mirror: Mirror,
        exchange: Exchange,
        request: SentRequest,
        answer: ReceivedAnswer,
        waiting_purges: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Compare one answer. Runs in the thread."""
        ended = mirror.ended or self.visit.gone
        if ended is None:
            compared = self._compared(mirror, exchange, request, answer, waiting_purges)
        else:
            self.left_for = ended
            compared = Compared(exchange, Outcome({}, [], ended), [])
        self._count(compared.outcome)
        for difference in compared.differences():
            self.groups.add(difference)
        self._found(compared)
        with suppress(RuntimeError):  # The server has ended.
            loop.call_soon_threadsafe(self._note, compared)

    def _compared(
        self, mirror: Mirror, exchange: Exchange, request: SentRequest, answer: ReceivedAnswer, waiting_purges: int
    ) -> Compared:
        try:
            outcome = mirror.compare(request, answer, waiting_purges)
            if not outcome.differences:
                return Compared(exchange, outcome, [])
            operation, profile = exchange.operation or exchange.method, mirror.profile
            quirks = self._namer.names(
                mirror.steps, outcome.differences, operation, profile.api_version, profile.quirks()
            )
            return Compared(exchange, outcome, quirks)
        except NoAnswer as error:
            return Compared(exchange, Outcome({}, [], self._lost(mirror, error)), [])
        except Exception as error:  # noqa: BLE001 - the comparison of one answer must not end that of the others
            return Compared(exchange, Outcome({}, [], f"the comparison failed: {error!r}"[:300]), [])

    def _ended(self, done: "Future[None]") -> None:
        if done.cancelled():
            self._count(Outcome({}, [], _CLOSED))

    def _count(self, outcome: Outcome) -> None:
        with self._lock:
            if outcome.skipped is not None:
                self.not_compared[outcome.skipped] += 1
            elif outcome.differences:
                self.differ += 1
            else:
                self.agree += 1

    def _note(self, compared: Compared) -> None:
        """Add the differences to the notes of a request. Runs in the thread of the server."""
        exchange = compared.exchange
        exchange.is_compared = True
        if compared.outcome.differences and self.mock.notes.enabled:
            exchange.notes = [*exchange.notes, compared.sentence]
        self.mock.requests.update(exchange)
