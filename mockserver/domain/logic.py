"""Conditions on a row, true, false or unknown (None), and what becomes of them joined: the logic of SQL."""

from collections.abc import Callable, Iterable
from typing import Any

Row = dict[str, Any]
Condition = Callable[[Row], bool | None]


def all_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """False where one is false, else unknown where one is unknown; None where no condition says anything."""
    said = _said(conditions)

    def every(row: Row) -> bool | None:
        verdict: bool | None = True
        for condition in said:
            one = condition(row)
            if one is False:
                return False
            if one is None:
                verdict = None
        return verdict

    return every if len(said) > 1 else said[0] if said else None


def any_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """True where one is true, else unknown where one is unknown; None where no condition says anything."""
    said = _said(conditions)

    def some(row: Row) -> bool | None:
        verdict: bool | None = False
        for condition in said:
            one = condition(row)
            if one is True:
                return True
            if one is None:
                verdict = None
        return verdict

    return some if len(said) > 1 else said[0] if said else None


def none_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """Each condition negated, and all of that; the unknown stays unknown."""
    return all_of(_negated(condition) for condition in _said(conditions))


def _said(conditions: Iterable[Condition | None]) -> list[Condition]:
    return [condition for condition in conditions if condition is not None]


def _negated(condition: Condition) -> Condition:
    def negated(row: Row) -> bool | None:
        verdict = condition(row)
        return None if verdict is None else not verdict

    return negated
