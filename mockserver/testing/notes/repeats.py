"""Notes on faults, and on requests that repeat an earlier one that met a fault."""

from collections.abc import Iterable, Iterator

from ..exchange import Exchange

# The ends of the paths of operations that only read.
_READING = ("/list", "/search", "/query", "/representation", "/chat")


def of_a_fault(exchange: Exchange) -> Iterator[str]:
    """Whether the API carried out a request whose answer a fault changed or lost, and what the client was asked for."""
    if exchange.outcome is None:
        yield "the fault kept the request from the API: nothing was changed"
    elif exchange.outcome >= 400:
        yield f"the API refused the request ({exchange.outcome}): nothing was changed"
    elif exchange.status is None:
        yield f"the API carried the request out ({exchange.outcome}), but the client got no answer"
    elif exchange.status != exchange.outcome:
        yield f"the API carried the request out ({exchange.outcome}), but the client got {exchange.status}"
    if exchange.retry_after is not None:
        yield f"the answer asked to retry after {exchange.retry_after:g} s"


def of_a_repeat(exchange: Exchange, earlier: Iterable[Exchange], now: float) -> Iterator[str]:
    """Whether the same request came before, and met a fault.

    Arguments:
        earlier: The requests before this one, the newest first.
        now: The time, in seconds of the clock of `Exchange.ended`.
    """
    for other in earlier:
        if other is exchange or other.operation != exchange.operation or other.target != exchange.target:
            continue
        if other.fault is None:
            return
        # The clock of the mock may be frozen, or a test may have advanced it.
        waited = max(now - other.ended, (exchange.moment - other.moment) / 1_000_000)
        if other.retry_after is not None and waited < other.retry_after:
            yield f"came {waited:.2g} s after #{other.number}, which asked for {other.retry_after:g} s"
        is_same = other.content == exchange.content and not _only_reads(exchange)
        failed = other.status is None or other.status >= 500
        if is_same and other.outcome is not None and other.outcome < 400 and failed:
            yield f"same request as #{other.number}, which was carried out"
        return


def _only_reads(exchange: Exchange) -> bool:
    """Whether the operation changes nothing, so that a repeat is harmless."""
    return exchange.method == "GET" or exchange.path.endswith(_READING)
