"""The counts and failures of one fuzzing run."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

# A run ends after this many failures.
MAX_FAILURES = 5


@dataclass
class Report:
    """The outcome of one run."""

    requests: Counter[tuple[str, str]] = field(default_factory=Counter)  # by kind and status class
    succeeded: Counter[str] = field(default_factory=Counter)  # by operation
    refused: Counter[str] = field(default_factory=Counter)
    parsed: Counter[tuple[str, str]] = field(default_factory=Counter)
    expected_errors: int = 0  # the 500s that a quirk asks for
    slowest: tuple[float, str] = (0.0, "")
    memory: tuple[float, float] | None = None  # MiB after the warm-up and at the end
    failures: list[str] = field(default_factory=list)

    def count(self, kind: str, label: str, status: int, seconds: float) -> None:
        self.requests[kind, f"{status // 100}xx" if status else "no answer"] += 1
        if 200 <= status < 300:
            self.succeeded[label] += 1
        elif 400 <= status < 500:
            self.refused[label] += 1
        self.slowest = max(self.slowest, (seconds, label))

    def fail(self, failure: str, where: str) -> None:
        """Add a failure, and the seed and input that reproduce it. The same failure is added once."""
        if not any(known.startswith(failure) for known in self.failures):
            self.failures.append(f"{failure}\n    {where}")

    def is_full(self) -> bool:
        return len(self.failures) >= MAX_FAILURES

    def lines(self) -> Iterator[str]:
        yield from _table(self.requests)
        if self.expected_errors:
            yield f"  500s that quirks ask for: {self.expected_errors}"
        yield from _table(self.parsed)
        yield f"  slowest: {self.slowest[0]:.3f} s, {self.slowest[1]}"
        if self.memory is not None:
            yield f"  memory: {self.memory[0]:.1f} MiB after the warm-up, {self.memory[1]:.1f} MiB at the end"
        yield from (f"  FAILED: {failure}" for failure in self.failures)


def _table(counts: Counter[tuple[str, str]]) -> Iterator[str]:
    for kind in sorted({kind for kind, _ in counts}):
        parts = {outcome: count for (one, outcome), count in sorted(counts.items()) if one == kind}
        yield f"  {kind}: {sum(parts.values())} ({', '.join(f'{count} {name}' for name, count in parts.items())})"
