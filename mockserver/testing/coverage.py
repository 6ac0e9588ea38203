"""The coverage report: which operations and which of their answers a run used, as values, JSON and a table."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import commonpath
from typing import Any

from .hints import did_you_mean
from .registry import UnknownName

# The key in JSON for requests that got no answer, because JSON has no null keys.
_NONE = "none"
# The cell in the table of an operation that never answered.
_NOT_ANSWERED = "-"


@dataclass(frozen=True)
class OperationCoverage:
    """The answers of one operation.

    Attributes:
        declared: The statuses that the document lists.
        answers: How often the API gave each status: first the declared ones, 0 included, then the others.
        by_faults: How often faults gave or changed an answer, by status; None for lost answers. They are reported, but
            do not count as coverage: they show how a client handles a fault, not that it used the API.
    """

    operation: str
    method: str
    path: str
    tag: str | None
    declared: tuple[int, ...]
    answers: Mapping[int, int]
    by_faults: Mapping[int | None, int]

    @property
    def is_covered(self) -> bool:
        """Whether the API answered at least once."""
        return any(self.answers.values())

    @property
    def never(self) -> tuple[int, ...]:
        """The declared statuses that the API never gave."""
        return tuple(status for status in self.declared if not self.answers[status])

    @property
    def undeclared(self) -> tuple[int, ...]:
        """The statuses that the API gave although the document does not list them."""
        return tuple(status for status in self.answers if status not in self.declared)

    def __add__(self, other: "OperationCoverage") -> "OperationCoverage":
        declared = tuple(sorted({*self.declared, *other.declared}))
        return replace(
            self,
            declared=declared,
            answers=_answers(declared, Counter(self.answers) + Counter(other.answers)),
            by_faults=_sorted(Counter(self.by_faults) + Counter(other.by_faults)),
        )


@dataclass(frozen=True)
class Coverage:
    """The answers of all operations. `coverage["clone_session"]` is the coverage of one operation, `str(coverage)` is a
    table, and `+` adds the coverages of several servers.

    Attributes:
        operations: In the order of the served document.
        elsewhere: The number of requests that matched no operation.
    """

    operations: tuple[OperationCoverage, ...] = ()
    elsewhere: int = 0

    def __getitem__(self, operation: str) -> OperationCoverage:
        """Raises UnknownName for an unknown operation."""
        known = {entry.operation: entry for entry in self.operations}
        if operation not in known:
            raise UnknownName(f"no operation {operation!r}; {did_you_mean(operation, known)}")
        return known[operation]

    @property
    def operations_covered(self) -> int:
        """The number of operations that the API answered."""
        return sum(operation.is_covered for operation in self.operations)

    @property
    def answers_declared(self) -> int:
        """The number of answers that the document lists."""
        return sum(len(operation.declared) for operation in self.operations)

    @property
    def answers_covered(self) -> int:
        """How many of the declared answers the API gave."""
        return sum(len(operation.declared) - len(operation.never) for operation in self.operations)

    @property
    def percent(self) -> float:
        """The percentage of covered operations, from 0 to 100. 0 without operations."""
        return 100 * self.operations_covered / max(1, len(self.operations))

    def __add__(self, other: "Coverage") -> "Coverage":
        merged = {entry.operation: entry for entry in self.operations}
        for entry in other.operations:
            name = entry.operation
            merged[name] = merged[name] + entry if name in merged else entry
        return Coverage(tuple(merged.values()), self.elsewhere + other.elsewhere)

    def __str__(self) -> str:
        return _table(self)

    def as_json(self) -> dict[str, Any]:
        """The coverage as JSON, as in the answer of `GET /_mock/coverage`."""
        return {
            "covered": {"operations": self.operations_covered, "answers": self.answers_covered},
            "of": {"operations": len(self.operations), "answers": self.answers_declared},
            "operations": [_as_json(entry) for entry in self.operations],
            "elsewhere": self.elsewhere,
            "table": str(self),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Coverage":
        """The inverse of `as_json`."""
        return cls(tuple(map(_from_json, document["operations"])), document["elsewhere"])


def operation_coverage(
    name: str,
    method: str,
    path: str,
    tag: str | None,
    declared: tuple[int, ...],
    answers: Mapping[Any, int],
    by_faults: Mapping[Any, int],
) -> OperationCoverage:
    """The coverage of an operation from its counts by status."""
    return OperationCoverage(name, method, path, tag, declared, _answers(declared, answers), _sorted(by_faults))


def _answers(declared: Iterable[int], counts: Mapping[Any, int]) -> dict[int, int]:
    return {**dict.fromkeys(declared, 0), **_sorted(counts)}


def _sorted(counts: Mapping[Any, int]) -> dict[Any, int]:
    """The counts in the order of their statuses; None is last."""
    return {status: counts[status] for status in sorted(counts, key=lambda status: status or 1000)}


def _as_json(operation: OperationCoverage) -> dict[str, Any]:
    return {
        "operation": operation.operation,
        "method": operation.method,
        "path": operation.path,
        "tag": operation.tag,
        "declared": list(operation.declared),
        "answers": {str(status): times for status, times in operation.answers.items()},
        "by_faults": {_NONE if status is None else str(status): times for status, times in operation.by_faults.items()},
    }


def _from_json(document: Mapping[str, Any]) -> OperationCoverage:
    by_faults = document["by_faults"].items()
    return OperationCoverage(
        document["operation"],
        document["method"],
        document["path"],
        document["tag"],
        tuple(document["declared"]),
        {int(status): times for status, times in document["answers"].items()},
        {None if status == _NONE else int(status): times for status, times in by_faults},
    )


def _table(coverage: Coverage) -> str:
    """A line for each operation, grouped by tag, and the totals at the end.

    In a path, `…` stands for the common path in the first line of the group, and `*` for a parameter.
    """
    groups: dict[str | None, list[OperationCoverage]] = {}
    for operation in coverage.operations:
        groups.setdefault(operation.tag, []).append(operation)
    lines = [line for tag, group in groups.items() for line in _group(tag or "others", group)]
    return "\n".join([*lines, *_totals(coverage)])


def _group(name: str, group: Sequence[OperationCoverage]) -> Iterator[str]:
    common = commonpath([operation.path for operation in group])
    yield f"{name}, {sum(operation.is_covered for operation in group)} of {len(group)}, at {common}"
    heads = [f"  {operation.method:<6}  {_short(operation.path.removeprefix(common))}" for operation in group]
    width = max(map(len, heads))
    name_width = max(len(operation.operation) for operation in group)
    for head, operation in zip(heads, group, strict=True):
        yield f"{head:<{width}}  {operation.operation:<{name_width}}  {_cells(operation)}"


def _short(path: str) -> str:
    return "…" + "/".join("*" if segment.startswith("{") else segment for segment in path.split("/"))


def _cells(operation: OperationCoverage) -> str:
    """The counts of the declared answers. Missing and undeclared answers, and answers of faults, are in brackets."""
    given = {status: operation.answers[status] for status in operation.declared if operation.answers[status]}
    answers = "  ".join(_times(given))
    notes = {
        "never": ", ".join(map(str, operation.never)) if operation.is_covered else "",
        "undeclared": ", ".join(_times({status: operation.answers[status] for status in operation.undeclared})),
        "by faults": ", ".join(_times(operation.by_faults)),
    }
    noted = "; ".join(f"{note}: {text}" for note, text in notes.items() if text)
    return f"{answers or _NOT_ANSWERED}  ({noted})" if noted else answers or _NOT_ANSWERED


def _times(counts: Mapping[Any, int]) -> list[str]:
    return [f"{status or 'no answer'} ×{times}" for status, times in counts.items()]


def _totals(coverage: Coverage) -> Iterator[str]:
    yield (
        f"{coverage.operations_covered} of {len(coverage.operations)} operations, "
        f"{coverage.answers_covered} of {coverage.answers_declared} answers"
    )
    if coverage.elsewhere:
        yield f"{coverage.elsewhere} {'request' if coverage.elsewhere == 1 else 'requests'} matched no operation"
