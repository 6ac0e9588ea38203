"""What a filter matches among some rows, and a note on conditions that match rows each, but no row together."""

from collections.abc import Iterator

from ...domain.errors import ApiError
from ...domain.filters import tables
from ...domain.filters.columns import OPERATORS
from ...domain.filters.language import compile_filter
from ...domain.filters.steps import Steps
from ...domain.profile import Profile
from ...domain.records import Row

_TABLES = {
    "workspaces": tables.WORKSPACES,
    "peers": tables.PEERS,
    "sessions": tables.SESSIONS,
    "messages": tables.MESSAGES,
    "conclusions": tables.CONCLUSIONS,
}
# More conditions are not tried alone, and neither are those that take more steps together: a note takes at most a tenth
# of the time that a filter may take.
_MOST = 8
_STEPS = 40_000


def unmatched_together(filters: Row, rows: list[Row], noun: str, profile: Profile) -> Iterator[str]:
    """A note if each condition matches some of the rows. No row matches all of them.

    Arguments:
        noun: What the rows are, in the plural.
    """
    parts = list(_parts(filters))
    if not rows or not 2 <= len(parts) <= _MOST:
        return
    steps = Steps(_STEPS)
    try:
        for part in parts:
            matches = compile_filter(_TABLES[noun], part, profile, steps)
            if matches is not None and not any(map(matches, rows)):
                return
    except ApiError:  # It takes too many steps.
        return
    yield f"each condition matches rows, but no {noun.removesuffix('s')} matches all of them"


def matches_none(filters: Row, rows: list[Row], noun: str, profile: Profile) -> bool:
    """Whether none of the rows matches the filters. False too if it takes too many steps to know.

    Arguments:
        noun: What the rows are, in the plural.
    """
    try:
        matches = compile_filter(_TABLES[noun], filters, profile, Steps(_STEPS))
        return matches is not None and not any(map(matches, rows))
    except ApiError:
        return False


def _parts(filters: Row) -> Iterator[Row]:
    """The filters that all must match, as small as possible."""
    for name, value in filters.items():
        if name == "AND" and isinstance(value, list):
            for member in value:
                yield from _parts(member) if isinstance(member, dict) else ()
        elif name == "metadata" and isinstance(value, dict) and OPERATORS.isdisjoint(value):
            for key, inner in value.items():
                yield {name: {key: inner}}
        else:
            yield {name: value}
