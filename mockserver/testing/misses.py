"""Why an assertion on the journal, or on deliveries, failed: what was expected, and what came nearest to it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from .patterns import Pattern

_NEAREST = 3
_SHOWN = 10


class Kept(Protocol):
    """A request or a delivery: its number, and what it was in one line."""

    number: int

    @property
    def line(self) -> str: ...


def explanation(
    pattern: Pattern,
    exchanges: Iterable[Kept],
    found: Sequence[Kept],
    expected: str,
    after: int,
    notes: Iterable[str],
) -> str:
    """A few lines: what was expected (after the request of this number), what was found, and what came nearest."""
    there = f"there {'was' if len(found) == 1 else 'were'} {len(found)}"
    if after:
        expected, there = f"{expected} after #{after}", f"{there}, all before it" if found else there
    lines = [f"expected {expected} with {pattern}; {there}"]
    lines += [f"  {exchange.line}" for exchange in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN} more")
    like_it = {exchange.number for exchange in found}
    others = (one for one in exchanges if one.number not in like_it and one.number > after)
    return "\n".join([*lines, *notes, *_nearest(pattern, others)])


def requests(times: int | None) -> str:
    """How many are expected, in words."""
    return "at least one request" if times is None else f"{times} request{'s' * (times != 1)}"


def deliveries(times: int | None) -> str:
    """The same of deliveries."""
    return "at least one delivery" if times is None else f"{times} {'delivery' if times == 1 else 'deliveries'}"


def _nearest(pattern: Pattern, exchanges: Iterable[Kept]) -> Iterator[str]:
    """Those that differ least from the pattern, the latest first among equals."""
    differing = [(pattern.differences(exchange), exchange) for exchange in exchanges]
    differing.sort(key=lambda one: (sum(difference.values for difference in one[0]), -one[1].number))
    if not differing:
        yield f"no other {pattern.of} came"
        return
    yield "nearest:"
    for differences, exchange in differing[:_NEAREST]:
        yield f"  {exchange.line}"
        for difference in differences:
            yield f"      {difference.line}"
