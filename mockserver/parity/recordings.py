"""The recordings of the real server in the package.

Each line of a file is a scenario: `{"name", "about", "steps", "time_order"}`. A step is a request with the recorded
response, or `{"control": "purge"}`, which means that the recorder waited for the background work. In a step, `<id:N>`
stands for an id and `<time:N>` for a time that the server generated. The same mark stands for the same value.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from ..testing.data import data_file

Json = Any

# The secret with which the tokens in the recordings are signed.
RECORDED_SECRET = "oracle-secret"  # noqa: S105 - published with the recordings

WORKSPACES = "/v3/workspaces"
FILES = ("sessions", "worker", "walks", "auth", "rest")


@dataclass(frozen=True)
class Scenario:
    """One recorded run. If `authenticated`, its requests have tokens."""

    name: str
    about: str
    steps: list[Json]
    time_order: list[str]
    authenticated: bool = False


def matching(patterns: list[str]) -> list[Scenario]:
    """The scenarios whose names match one of the patterns, in which `*` matches any text. All scenarios if there are no
    patterns.

    Raises ValueError for a pattern without a match.
    """
    known = list(scenarios())
    for pattern in patterns:
        if not any(fnmatchcase(scenario.name, pattern) for scenario in known):
            similar = get_close_matches(pattern, [scenario.name for scenario in known], n=5, cutoff=0.3)
            raise ValueError(f"no scenario matches {pattern!r}; similar names: {', '.join(similar) or 'none'}")
    return [found for found in known if not patterns or any(fnmatchcase(found.name, pattern) for pattern in patterns)]


def scenarios(*files: str) -> Iterator[Scenario]:
    """The scenarios of these files, by default of all, in their order."""
    for file in files or FILES:
        with data_file(f"recordings/{file}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                yield Scenario(**json.loads(line), authenticated=file == "auth")
