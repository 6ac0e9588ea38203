"""Everything that is done only for speed. Without it the answers are the same, but slower, with one exception: see
`has_known_shape`.

Each section says what it gains and what it relies on. A gain is the increase in requests per second of CPU time, within
about 5 %, measured with uvloop and httptools. "Creates" repeatedly creates one session, "lists" lists 50 sessions.

These tricks are in other modules:

- `RenderedRows` in api/rendering.py keeps the JSON of rows that were listed. Lists gain 50 %. It relies on the rule
  that a stored row never changes.
- `ImmediateAnswers` in uvicorn_immediate.py answers the requests of one turn of the event loop together. Creates gain
  105 %.
- `RoutingTable` in api/routing.py finds an operation in a tree of path segments, and remembers the last few paths.
- `row_maker` in domain/shared_keys.py lets the rows of sessions, and those of messages, share their keys. It saves 150
  bytes per row.
- `Operation.read_query` in api/operation.py remembers the last few query strings.
- `Operation.is_notable` in api/operation.py prepares what decides whether a request may need a note. It rules out
  nearly all bodies with one comparison of sets.
- `ObservedEndpoint._answered` in api/observed.py is one function.
- `RequestLog.add` in testing/requests.py takes no lock, and `Exchange` keeps all headers of a request as one object.
- `Ids.several` in domain/clock.py generates ids in batches.
- `TextIndex` in domain/search/text_index.py remembers the vectors of conclusions. A later query takes a tenth of the
  time of the first, or less. It relies on the rule that a stored row never changes.
- `collection_paused` in garbage.py keeps the garbage collector from searching a large state again and again
  while a world is loaded or saved, or a state is forked or compared. All take about half of the time. A comparison that
  follows a load takes a tenth, because the new objects count as old at once.
- `History.lent` in domain/history.py lets a fork share what sessions contain. A fork takes half of the time.
- `Column._equality` in domain/filters/columns.py compares a text with few calls, and `conclusion_filter` in
  domain/filters/tables.py adds columns to a row only for filters that read them. A query over many conclusions takes a
  fourth less time.
- An operation names the models of its body and query (`type_of` in wire/lookup.py), and the first request that needs
  one imports it. pydantic builds it when it is first used (`Model` in wire/fields.py). Large modules are imported where
  they are needed. What every server imports has few dataclasses, each of which takes a millisecond. Without all this, a
  server takes twice as long to start, beyond its dependencies.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Message, Scope, Send

    from .api.endpoint import Endpoint
    from .api.routing import Found

_logger = logging.getLogger("uvicorn.error")  # where uvicorn logs its own warnings


# Garbage collection.


@contextmanager
def imports_without_garbage_collection() -> Iterator[None]:
    """Switch the garbage collector off while the program imports its modules, and exempt their objects afterwards.

    Gain: a tenth of the time that the command line takes to start. Later collections are shorter too.
    Relies on: modules stay until the program ends, so there is no garbage among them.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


# Settings of uvicorn.

# Gain: uvicorn runs no middleware around the app, and adds no headers to an answer.
# Relies on: the app has no lifespan and no websockets, and no proxy is in front of a test server.
UVICORN_SETTINGS: dict[str, Any] = {
    "lifespan": "off",
    "ws": "none",
    "proxy_headers": False,
    "server_header": False,
    "date_header": False,
}


# Operations without middleware.


def operation_before_middleware(app: "Starlette", endpoint: "Endpoint", scope: "Scope") -> "Found | None":
    """The operation that a request calls, if the app can answer it without its middleware and its other routes.

    Gain: 13 % for creates, 24 % for lists. Starlette's middleware, which turns errors into answers, and its router take
    this time.
    Relies on: the endpoint turns its own errors into answers. The app does not use this while there are faults, because
    a fault may raise, nor if the user has added middleware, or a route before the operations.
    """
    if app.user_middleware or app.router.routes[0] is not endpoint or endpoint.mock.faults.entries:
        return None
    return endpoint.find(scope)


# One write for an answer.


@cache
def has_known_shape(cycle: type) -> bool:
    """Whether a class of uvicorn works with `send_in_one_write` and with `uvicorn_connection`.

    The class is `RequestResponseCycle`, which each HTTP protocol of uvicorn has: the app gets the method `send` of an
    instance. `send` must write to the attribute `transport` of the instance, and must not write while the attribute
    `disconnected` is true. uvicorn promises neither, and the project has no upper bound on its version. A class is
    checked once, at its first request. With a class of another shape the answers are the same, in two writes; but
    faults cannot close connections.
    """
    init, send = getattr(cycle, "__init__", None), getattr(cycle, "send", None)
    is_known = (
        iscoroutinefunction(send)
        and {"transport", "disconnected"} <= _attributes_in(init)
        and {"transport", "disconnected", "write"} <= _attributes_in(send)
    )
    if not is_known:
        _logger.warning(
            "unsupported version of uvicorn: responses are slower, and faults cannot close connections (%s.%s)",
            cycle.__module__,
            cycle.__qualname__,
        )
    return is_known


def _attributes_in(function: object) -> set[str]:
    """The names of the attributes and globals that the code of a Python function uses."""
    return set(getattr(getattr(function, "__code__", None), "co_names", ()))


async def send_in_one_write(cycle: Any, send: "Send", start: "Message", body: "Message") -> None:
    """Send a whole answer with one write to the socket.

    Gain: 17 % for creates, 12 % for lists. uvicorn writes the head and the body separately. Each write is a system
    call, and wakes the client.
    Relies on: `has_known_shape`.
    """
    transport = cycle.transport
    cycle.transport = held = _HeldTransport(transport)
    try:
        await send(start)
        await send(body)
    finally:
        cycle.transport = transport
        held.release()


class _HeldTransport:
    """A transport that holds the first write, the head of an answer, until the next one, the body.

    Without a body, the head goes out when the transport is closed or released.
    """

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._head is None:
            self._head = data
        else:
            self._transport.write(self._head + data)
            self._head = b""

    def close(self) -> None:
        self.release()
        self._transport.close()

    def release(self) -> None:
        """Write the head, if it is still held."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""
