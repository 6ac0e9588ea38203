"""Sends webhook deliveries in the background: one thread schedules them, a few others send one POST each."""

import asyncio
import http.client
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit
from weakref import WeakValueDictionary

from .delivery import Delivery

if TYPE_CHECKING:
    from io import BufferedReader
    from ssl import SSLContext

# The timeout of one delivery in total, from the look-up of the name to the last byte of the answer.
TIMEOUT_SECONDS = 30.0
# How many deliveries may be sent at the same time, and how many may be pending in all.
AT_ONCE = 16
PENDING_LIMIT = 1_000
# How many bytes of the body of an answer are read.
ANSWER_LIMIT = 16 * 1024
# How long `stop` waits for the thread. A thread that needs longer is a daemon, so it does not keep the process alive.
_STOP_SECONDS = 1.0
CANCELLED = "cancelled: the server stopped, or was reset"
TOO_MANY = f"not sent: {PENDING_LIMIT} deliveries are pending already"
# What a URL may contain besides letters and digits. All other characters are percent-encoded, line breaks too, so that
# a URL cannot add headers.
_SAFE_IN_URL = "!#$%&'()*+,/:;=?@[]~"


class WebhookSender:
    """Sends each delivery once. Deliveries to the same URL are sent one after the other.

    Arguments:
        completed: Is called with each delivery that is answered or failed, in the thread of the sender.
    """

    def __init__(self, completed: Callable[[Delivery], None]) -> None:
        self._completed = completed
        # Guards `_run` and its `pending`: a delivery must not be added to a run that is about to end.
        self._lock = Lock()
        self._run: _Run | None = None

    def send(self, delivery: Delivery) -> None:
        """Send a delivery soon. It fails at once if too many are pending."""
        with self._lock:
            failure = self._begin(delivery)
        if failure is not None:
            delivery.failure = failure
            self._completed(delivery)

    def _begin(self, delivery: Delivery) -> str | None:
        """Hand a delivery to the thread. Returns why this is not possible, or None."""
        try:
            self._run = self._run or _Run(self._completed, self._ends)
        except (OSError, RuntimeError) as error:  # The process has no socket or thread left.
            return f"not sent: {error}"
        if self._run.pending >= PENDING_LIMIT:
            return TOO_MANY
        self._run.add(delivery)
        return None

    def cancel(self, workspace: str | None = None) -> Thread | None:
        """Cancel the pending deliveries, all or those of a workspace. Returns the thread, if one runs."""
        with self._lock:
            if self._run is None:
                return None
            self._run.cancel(workspace)
            return self._run.thread

    def stop(self) -> None:
        """Cancel all pending deliveries, and wait, at most a second, until the thread ends."""
        thread = self.cancel()
        if thread is not None:
            thread.join(_STOP_SECONDS)

    def _ends(self, run: "_Run") -> bool:
        """Count a completed delivery. Returns whether it was the last: the next delivery begins another run."""
        with self._lock:
            run.pending -= 1
            if run.pending == 0:
                self._run = None
            return run.pending == 0


class _Run:
    """A thread with an event loop, from the first delivery until none is pending: an idle mock has no thread."""

    def __init__(self, completed: Callable[[Delivery], None], ends: "Callable[[_Run], bool]") -> None:
        self.pending = 0
        self._completed = completed
        self._ends = ends
        self._loop = asyncio.new_event_loop()
        self._tasks: dict[asyncio.Task[None], Delivery] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.thread = Thread(target=self._serve, daemon=True, name="deliveries of honcho-mockserver")
        self.thread.start()

    def add(self, delivery: Delivery) -> None:
        self.pending += 1
        self._loop.call_soon_threadsafe(self._start, delivery)

    def cancel(self, workspace: str | None) -> None:
        self._loop.call_soon_threadsafe(self._cancel, workspace)

    def _serve(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _start(self, delivery: Delivery) -> None:
        task = self._loop.create_task(self._deliver(delivery))
        self._tasks[task] = delivery
        task.add_done_callback(self._finish)

    def _finish(self, task: "asyncio.Task[None]") -> None:
        delivery = self._tasks.pop(task)
        if task.cancelled():
            delivery.failure = CANCELLED
        self._completed(delivery)
        if self._ends(self):
            self._loop.stop()

    def _cancel(self, workspace: str | None) -> None:
        for task, delivery in self._tasks.items():
            if workspace in (None, delivery.workspace):
                task.cancel()

    async def _deliver(self, delivery: Delivery) -> None:
        turn = self._turns.setdefault(delivery.url, asyncio.Lock())
        async with turn, self._slots:
            started = self._loop.time()
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    status, content = await post(delivery.url, delivery.headers, delivery.content)
                delivery.answered(status, content, self._loop.time() - started)
            except TimeoutError:
                delivery.failure = f"no answer within {TIMEOUT_SECONDS:g} seconds"
            except Exception as error:  # noqa: BLE001 - any error is the result of this delivery; others must go on
                delivery.failure = f"{type(error).__name__}: {error}"


async def post(url: str, headers: Mapping[str, str], content: bytes) -> tuple[int, bytes]:
    """Send one POST request. It does not follow redirects. Only single socket operations have a timeout: cancel the
    task to limit the total time.

    Arguments:
        url: An `http` or `https` URL.
        headers: Headers besides those of HTTP itself.
        content: The body.

    Returns the status, and the first 16 KiB of the body of the answer.

    Raises OSError if the connection fails, ValueError for an invalid URL, and HTTPException for an invalid answer.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[int, bytes]] = loop.create_future()
    request = _Post(url, headers, content)

    def finish(result: tuple[int, bytes] | Exception) -> None:
        if answer.done():  # It was cancelled.
            return
        if isinstance(result, Exception):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    def run() -> None:
        result: tuple[int, bytes] | Exception
        try:
            result = request.run()
        except Exception as error:  # noqa: BLE001 - it is raised by `post`
            result = error
        with suppress(RuntimeError):  # The loop is closed.
            loop.call_soon_threadsafe(finish, result)

    # Not a thread of the loop's executor: those are joined at the end of the process, and a look-up that hangs would
    # keep the process alive.
    Thread(target=run, daemon=True, name=f"POST {url[:100]}").start()
    try:
        return await answer
    finally:
        request.cancel()


class _Post:
    """One POST request, which blocks a thread and which another thread can cancel."""

    def __init__(self, url: str, headers: Mapping[str, str], content: bytes) -> None:
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError("the URL has no host")
        self._headers = {**headers, "Connection": "close"}
        self._content = content
        self._target = quote(parts.path or "/", safe=_SAFE_IN_URL)
        if parts.query:
            self._target += f"?{quote(parts.query, safe=_SAFE_IN_URL)}"
        # The timeout ends threads that were cancelled while they connect, where `cancel` has no socket to shut down.
        # Always pass a port. Otherwise http.client looks for a port in the host, and misreads an IPv6 address.
        if parts.scheme == "https":
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port or 443, timeout=TIMEOUT_SECONDS, context=_trusted()
            )
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_SECONDS)
        self._connection.response_class = _Response
        self._is_cancelled = False
        self._socket: socket.socket | None = None

    def run(self) -> tuple[int, bytes]:
        """Send the request. Returns the status and the beginning of the body of the answer."""
        connection = self._connection
        try:
            connection.connect()
            # Kept apart from the connection, which forgets its socket as soon as the head of the answer is read.
            self._socket = connection.sock
            # This is read after the socket is set. Either this line sees the cancellation, or `cancel` the socket.
            if self._is_cancelled:
                raise ConnectionAbortedError("cancelled")
            connection.putrequest("POST", self._target, skip_accept_encoding=True)
            for name, value in {**self._headers, "Content-Length": str(len(self._content))}.items():
                connection.putheader(name, value)
            connection.endheaders(self._content)
            with connection.getresponse() as response:
                while response.status < 200:  # http.client skips only 100, not 103 Early Hints.
                    response.headers = None  # type: ignore[assignment]  # With headers, begin() returns at once.
                    response.begin()
                return response.status, _beginning(response)
        finally:
            connection.close()

    def cancel(self) -> None:
        """Wake the thread: what it waits for fails at once."""
        self._is_cancelled = True
        if self._socket is not None:
            with suppress(OSError):  # It is closed already.
                # The method of the plain socket, because the method of a TLS socket changes what the thread is using.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Response(http.client.HTTPResponse):
    """An answer whose head is complete.

    http.client takes the end of the connection for the end of the headers.
    """

    def begin(self, **options: Any) -> None:
        """Read the head. Raises HTTPException if it does not end."""
        stream = self.fp
        lines = _Lines(stream)
        self.fp = cast("BufferedReader", lines)
        super().begin(**options)
        self.fp = stream
        if lines.last == b"":
            raise http.client.HTTPException("the connection ended within the head of the answer")


class _Lines:
    """A stream that remembers the last line that was read from it, or None."""

    def __init__(self, stream: "BufferedReader") -> None:
        self.last: bytes | None = None
        self._stream = stream

    def readline(self, limit: int = -1) -> bytes:
        self.last = self._stream.readline(limit)
        return self.last

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """At most ANSWER_LIMIT bytes of a body.

    It uses `read1`, because `read` treats a chunk with a negative size as an endless body.
    """
    content = b""
    while len(content) < ANSWER_LIMIT and (piece := response.read1(ANSWER_LIMIT - len(content))):
        content += piece
    return content[:ANSWER_LIMIT]


@cache
def _trusted() -> "SSLContext":
    """The certificates that the system trusts. They are loaded only once, because loading is slow."""
    import ssl  # Webhooks of tests use plain HTTP.

    return ssl.create_default_context()
