"""What the requests of a test have in common that no single one shows: for the report of a failed test."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from ...domain.clock import timestamp
from ...domain.profile import Profile
from ..exchange import Exchange
from ..text import cut

# By the quirk that makes the live server answer otherwise: how a request shows it.
_CREATING = frozenset({"get_or_create_workspace", "get_or_create_peer", "get_or_create_session"})
_MOST = 3


def differences_from_live(
    requests: Iterable[Exchange], profile: Profile, first: Mapping[str, int] = MappingProxyType({})
) -> Iterator[str]:
    """One line that names the profile, and the quirks which would have changed answers on the live server.

    Arguments:
        first: By quirk: the number of the first request that the live server answers otherwise. Quirks that the
            requests show are counted instead.
    """
    counts: Counter[str] = Counter()
    created: set[bytes] = set()
    for exchange in requests:
        if not profile.created_status and _creates(exchange) and exchange.answer_content not in created:
            counts["created_status"] += 1
            created.add(exchange.answer_content)  # With a frozen clock, a row that exists is as old as the request.
        if exchange.diagnosis is not None and "(quirk " in exchange.diagnosis:
            name = exchange.diagnosis.rpartition("(quirk ")[2].partition(")")[0]
            counts[name] += not getattr(profile, name)
    named = [f"{name} ({count} {'answer' if count == 1 else 'answers'})" for name, count in (+counts).most_common()]
    named += [f"{name} (first in #{number})" for name, number in first.items() if not counts[name]]
    if named:
        yield f"{_named_profile(profile)}; the live server differs in {', '.join(named)}"


def _named_profile(profile: Profile) -> str:
    on = profile.quirks().text(profile.api_version)
    return "default profile" if on == "none" else f"{'quirk' if ',' not in on else 'quirks'} {on}"


def _creates(exchange: Exchange) -> bool:
    """Whether the request created what it answers with: it is not older than the request."""
    if exchange.status != 200 or exchange.operation not in _CREATING:
        return False
    answer = exchange.answer
    created = answer.get("created_at") if isinstance(answer, dict) else None
    return isinstance(created, str) and created >= timestamp(exchange.moment)


def pages_not_requested(requests: Iterable[Exchange]) -> Iterator[str]:
    """A line for each list of which some pages were not requested, at most three."""
    seen: dict[str, set[int]] = {}
    last: dict[str, tuple[Exchange, int, int]] = {}
    for exchange in requests:
        answer = exchange.answer if exchange.status == 200 else None
        if not isinstance(answer, dict) or "items" not in answer or exchange.fault is not None:
            continue
        if not all(type(answer.get(name)) is int for name in ("page", "pages", "total")):
            continue
        query = {name: value for name, value in exchange.query.items() if name != "page"}
        key = json.dumps([exchange.method, exchange.path, query, exchange.body], sort_keys=True, default=str)
        seen.setdefault(key, set()).add(answer["page"])
        last[key] = exchange, answer["pages"], answer["total"]
    count = 0
    for key, (exchange, pages, total) in last.items():
        missing = sorted(set(range(1, min(pages, 1_000) + 1)) - seen[key])
        if missing and count < _MOST:
            count += 1
            of = f"#{exchange.number} {exchange.operation} has {total} in {pages} pages"
            yield f"{_named(missing)} not requested: {of}"


def _named(pages: list[int]) -> str:
    if len(pages) == 1:
        return f"page {pages[0]} was"
    shown = [*map(str, pages[:3])] if len(pages) <= 3 else [str(pages[0]), str(pages[1]), f"{len(pages) - 2} more"]
    return cut(f"pages {', '.join(shown[:-1])} and {shown[-1]} were", 120)
