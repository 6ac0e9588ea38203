"""Which operations, and which of their answers, were exercised: a value to read, to add and to print."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .registry import UnknownName, did_you_mean
from .tally import Counts, Documented

# What `as_json` calls the status of an answer that never came.
_NONE = "none"


@dataclass(frozen=True)
class OperationCoverage:
    """What one operation answered.

    `answers` is how often the API gave each status: those that the document lists, `declared`, also where they never
    came, and then others. `by_faults` is the same of answers that a fault gave, broke or (None) lost: they are told
    and cover nothing, for they show what a client does with them, and not that it met the API.
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
        """Whether the API answered at all."""
        return any(self.answers.values())

    @property
    def never(self) -> tuple[int, ...]:
        """The declared statuses that never came."""
        return tuple(status for status in self.declared if not self.answers[status])

    @property
    def undeclared(self) -> tuple[int, ...]:
        """The statuses that came though the document does not list them."""
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
    """What the operations of the served document answered, in its order; `str` makes a table of it.

    `elsewhere` is how many requests met no operation. An operation is found by its name: `coverage["clone_session"]`;
    the coverages of several servers are added with `+`.
    """

    operations: tuple[OperationCoverage, ...] = ()
    elsewhere: int = 0

    def __getitem__(self, operation: str) -> OperationCoverage:
        """Raises UnknownName for an operation that is not there."""
        known = {one.operation: one for one in self.operations}
        if operation not in known:
            raise UnknownName(f"no operation {operation!r}; {did_you_mean(operation, known)}")
        return known[operation]

    @property
    def operations_covered(self) -> int:
        """How many operations the API answered."""
        return sum(one.is_covered for one in self.operations)

    @property
    def answers_declared(self) -> int:
        """How many answers the document lists."""
        return sum(len(one.declared) for one in self.operations)

    @property
    def answers_covered(self) -> int:
        """How many of those came."""
        return sum(len(one.declared) - len(one.never) for one in self.operations)

    @property
    def percent(self) -> float:
        """How many of a hundred operations are covered; 0 where there are none."""
        return 100 * self.operations_covered / max(1, len(self.operations))

    def __add__(self, other: "Coverage") -> "Coverage":
        merged = {one.operation: one for one in self.operations}
        for one in other.operations:
            merged[one.operation] = merged[one.operation] + one if one.operation in merged else one
        return Coverage(tuple(merged.values()), self.elsewhere + other.elsewhere)

    def __str__(self) -> str:
        from .coverage_table import table  # Not all that is counted is printed.

        return table(self)

    def as_json(self) -> dict[str, Any]:
        """The form that the control plane answers."""
        return {
            "covered": {"operations": self.operations_covered, "answers": self.answers_covered},
            "of": {"operations": len(self.operations), "answers": self.answers_declared},
            "operations": [_as_json(one) for one in self.operations],
            "elsewhere": self.elsewhere,
            "table": str(self),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Coverage":
        """The coverage that has this form."""
        return cls(tuple(map(_from_json, document["operations"])), document["elsewhere"])


def coverage_of(counted: Iterable[Counts]) -> Coverage:
    """The coverage of all that was counted, by one server or by several."""
    operations: dict[str, Documented] = {}
    own: dict[str | None, Counter[int | None]] = {}
    by_faults: dict[str | None, Counter[int | None]] = {}
    authenticated = False
    for counts in counted:
        operations |= {operation.name: operation for operation in counts.operations}
        authenticated |= counts.authenticated
        for tables, found in ((own, counts.own), (by_faults, counts.by_faults)):
            # A copy is made in one step, whatever a server counts meanwhile.
            for (operation, status), times in found.copy().items():
                name = None if operation is None else operation.name
                tables.setdefault(name, Counter())[status] += times
    covered = []
    for known, operation in operations.items():
        declared = operation.statuses(authenticated=authenticated)
        answers, broken = _answers(declared, own.get(known, {})), _sorted(by_faults.get(known, {}))
        one = OperationCoverage(known, operation.method, operation.path, operation.tag, declared, answers, broken)
        covered.append(one)
    elsewhere = sum(sum(tables[None].values()) for tables in (own, by_faults) if None in tables)
    return Coverage(tuple(covered), elsewhere)


def _answers(declared: Iterable[int], came: Mapping[Any, int]) -> dict[int, int]:
    return {**dict.fromkeys(declared, 0), **_sorted(came)}


def _sorted(came: Mapping[Any, int]) -> dict[Any, int]:
    """By status, what never came last."""
    return {status: came[status] for status in sorted(came, key=lambda status: status or 1000)}


def _as_json(one: OperationCoverage) -> dict[str, Any]:
    return {
        "operation": one.operation,
        "method": one.method,
        "path": one.path,
        "tag": one.tag,
        "declared": list(one.declared),
        "answers": {str(status): times for status, times in one.answers.items()},
        "by_faults": {_NONE if status is None else str(status): times for status, times in one.by_faults.items()},
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
