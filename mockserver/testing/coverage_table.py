"""The table of a coverage: a line for each operation, below the group that the document puts it in."""

from collections.abc import Iterator, Mapping, Sequence
from posixpath import commonpath
from typing import Any

from .coverage import Coverage, OperationCoverage

_NOT_ANSWERED = "-"


def table(coverage: Coverage) -> str:
    """The groups with their operations, and the totals at the end.

    `…` is the path that stands above the group, `*` a parameter, as in the journal's criterion `path`.
    """
    groups: dict[str | None, list[OperationCoverage]] = {}
    for one in coverage.operations:
        groups.setdefault(one.tag, []).append(one)
    lines = [line for tag, group in groups.items() for line in _group(tag or "others", group)]
    return "\n".join([*lines, *_totals(coverage)])


def _group(name: str, group: Sequence[OperationCoverage]) -> Iterator[str]:
    common = commonpath([one.path for one in group])
    yield f"{name}, {sum(one.is_covered for one in group)} of {len(group)}, at {common}"
    heads = [f"  {one.method:<6}  {_short(one.path.removeprefix(common))}" for one in group]
    width = max(map(len, heads))
    name_width = max(len(one.operation) for one in group)
    for head, one in zip(heads, group, strict=True):
        yield f"{head:<{width}}  {one.operation:<{name_width}}  {_told(one)}"


def _short(path: str) -> str:
    return "…" + "/".join("*" if segment.startswith("{") else segment for segment in path.split("/"))


def _told(one: OperationCoverage) -> str:
    """What came, and in brackets what did not, what is not in the document, and what came of faults."""
    came = "  ".join(_times({status: one.answers[status] for status in one.declared if one.answers[status]}))
    notes = {
        "never": ", ".join(map(str, one.never)) if one.is_covered else "",
        "undeclared": ", ".join(_times({status: one.answers[status] for status in one.undeclared})),
        "by faults": ", ".join(_times(one.by_faults)),
    }
    told = "; ".join(f"{note}: {text}" for note, text in notes.items() if text)
    return f"{came or _NOT_ANSWERED}  ({told})" if told else came or _NOT_ANSWERED


def _times(came: Mapping[Any, int]) -> list[str]:
    return [f"{status or 'no answer'} ×{times}" for status, times in came.items()]


def _totals(coverage: Coverage) -> Iterator[str]:
    yield (
        f"{coverage.operations_covered} of {len(coverage.operations)} operations, "
        f"{coverage.answers_covered} of {coverage.answers_declared} answers"
    )
    if coverage.elsewhere:
        yield f"{coverage.elsewhere} {'request' if coverage.elsewhere == 1 else 'requests'} met no operation"
