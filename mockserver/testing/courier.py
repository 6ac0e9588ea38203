"""Sends deliveries in the background: in one thread, which ends when nothing is left to send."""

import asyncio
from collections.abc import Callable
from threading import Lock, Thread
from weakref import WeakValueDictionary

from .delivery import Delivery
from .posting import post

TIMEOUT_SECONDS = 30.0
# How many may be sent at the same time, and how many may wait for that, or be under way.
AT_ONCE = 16
WAITING_LIMIT = 1_000
# How long a thread that is told to stop may take; it is left behind then, and dies with the process.
_GIVE_UP_SECONDS = 1.0
GIVEN_UP = "given up: the server stopped, or was reset"
TOO_MANY = f"not sent: {WAITING_LIMIT} deliveries wait already"


class Courier:
    """Sends each delivery once, those to one URL one after the other; `ended` is called with each, in the thread."""

    def __init__(self, ended: Callable[[Delivery], None]) -> None:
        self._ended = ended
        self._lock = Lock()
        self._round: _Round | None = None

    def send(self, delivery: Delivery) -> None:
        """Send it, soon; what is too much fails at once."""
        with self._lock:
            refusal = self._refusal(delivery)
        if refusal is not None:
            delivery.failure = refusal
            self._ended(delivery)

    def _refusal(self, delivery: Delivery) -> str | None:
        """Why it cannot be sent; None where it will be."""
        try:
            self._round = self._round or _Round(self._ended, self._over)
        except (OSError, RuntimeError) as error:  # There is no socket or no thread left to have.
            return f"not sent: {error}"
        if self._round.open >= WAITING_LIMIT:
            return TOO_MANY
        self._round.add(delivery)
        return None

    def abandon(self, workspace: str | None = None) -> Thread | None:
        """Give up what is not over, all or what is of a workspace; the thread that is at it, if there is one."""
        with self._lock:
            if self._round is None:
                return None
            self._round.abandon(workspace)
            return self._round.thread

    def stop(self) -> None:
        """Give up everything, and wait until the thread is gone."""
        thread = self.abandon()
        if thread is not None:
            thread.join(_GIVE_UP_SECONDS)

    def _over(self, round_: "_Round") -> bool:
        """Whether a round has nothing left to send; the next delivery begins another."""
        with self._lock:
            round_.open -= 1
            if round_.open == 0:
                self._round = None
            return round_.open == 0


class _Round:
    """A thread and its event loop, from the first delivery until none is open. `open` is guarded by the courier."""

    def __init__(self, ended: Callable[[Delivery], None], over: "Callable[[_Round], bool]") -> None:
        self.open = 0
        self._ended = ended
        self._over = over
        self._loop = asyncio.new_event_loop()
        self._tasks: dict[asyncio.Task[None], Delivery] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.thread = Thread(target=self._run, daemon=True, name="deliveries of honcho-mockserver")
        self.thread.start()

    def add(self, delivery: Delivery) -> None:
        self.open += 1
        self._loop.call_soon_threadsafe(self._begin, delivery)

    def abandon(self, workspace: str | None) -> None:
        self._loop.call_soon_threadsafe(self._cancel, workspace)

    def _run(self) -> None:
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(asyncio.sleep(0))  # The last connections take note that they are closed.
        finally:
            self._loop.close()

    def _begin(self, delivery: Delivery) -> None:
        task = self._loop.create_task(self._deliver(delivery))
        self._tasks[task] = delivery
        task.add_done_callback(self._finish)

    def _finish(self, task: "asyncio.Task[None]") -> None:
        delivery = self._tasks.pop(task)
        if task.cancelled():
            delivery.failure = GIVEN_UP
        self._ended(delivery)
        if self._over(self):
            self._loop.stop()

    def _cancel(self, workspace: str | None) -> None:
        for task, delivery in self._tasks.items():
            if workspace in (None, delivery.workspace):
                task.cancel()

    async def _deliver(self, delivery: Delivery) -> None:
        turn = self._turns.setdefault(delivery.url, asyncio.Lock())
        async with turn, self._slots:
            began = self._loop.time()
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    status, content = await post(delivery.url, delivery.headers, delivery.content)
                delivery.answered(status, content, self._loop.time() - began)
            except TimeoutError:
                delivery.failure = f"no answer within {TIMEOUT_SECONDS:g} seconds"
            except Exception as error:  # noqa: BLE001 - whatever it is, others wait behind it
                delivery.failure = f"{type(error).__name__}: {error}"
