"""Notes on faults, and on requests that repeat an earlier one that met a fault."""

from collections.abc import Iterable, Iterator

from ..exchange import Exchange


def of_a_fault(exchange: Exchange) -> Iterator[str]:
    """Whether the API carried out a request whose answer a fault changed or lost, and what the client was asked for."""
    if exchange.outcome is None:
        yield "the fault kept the request from the API: nothing was changed"
    elif exchange.status is None:
        yield f"the API carried the request out ({exchange.outcome}), but the client got no answer"
    elif exchange.status != exchange.outcome:
        yield f"the API carried the request out ({exchange.outcome}), but the client got {exchange.status}"
    if exchange.retry_after is not None:
        yield f"the answer asked to retry after {exchange.retry_after:g} s"


def of_a_repeat(exchange: Exchange, earlier: Iterable[Exchange]) -> Iterator[str]:
    """Whether the same request came before, and met a fault.

    Arguments:
        earlier: The requests before this one, the newest first.
    """
    for other in earlier:
        if other is exchange or other.operation != exchange.operation or other.target != exchange.target:
            continue
        if other.fault is None:
            return
        if other.retry_after is not None:
            waited = (exchange.moment - other.moment) / 1_000_000
            if waited < other.retry_after:
                yield f"came {waited:.2g} s after #{other.number}, which asked for {other.retry_after:g} s"
            return
        is_same = other.content == exchange.content and exchange.method != "GET"
        if is_same and other.outcome is not None and other.outcome < 400 and other.status is None:
            yield f"same request as #{other.number}, which was carried out although its answer was lost"
        return
