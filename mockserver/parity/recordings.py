"""The recordings of the real server that come with the package.

A file holds scenarios, one a line: `{"name", "about", "steps", "time_order"}`. A step is a request with the response
that was recorded, or `{"control": "purge"}` where the background work was waited for. In it `<id:N>` stands for an id
that the server made and `<time:N>` for a time that it took: bound at first sight, the same ever after.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from ..testing.data import data_file

Json = Any

# The secret that the tokens in the recordings of authentication are signed with.
RECORDED_SECRET = "oracle-secret"  # noqa: S105 - it is published with the recordings

FILES = ("sessions", "worker", "walks", "auth", "rest")


@dataclass(frozen=True)
class Scenario:
    """One recorded run; `authenticated` where it brings tokens of its own."""

    name: str
    about: str
    steps: list[Json]
    time_order: list[str]
    authenticated: bool = False


def matching(patterns: list[str]) -> list[Scenario]:
    """The scenarios whose names match one of the patterns (`*` stands for anything), or all.

    Raises ValueError for a pattern that none matches.
    """
    known = list(scenarios())
    for pattern in patterns:
        if not any(fnmatchcase(scenario.name, pattern) for scenario in known):
            alike = get_close_matches(pattern, [scenario.name for scenario in known], n=5, cutoff=0.3)
            raise ValueError(f"no scenario is called {pattern!r}; alike are {', '.join(alike) or 'none'}")
    return [one for one in known if not patterns or any(fnmatchcase(one.name, pattern) for pattern in patterns)]


def scenarios(*files: str) -> Iterator[Scenario]:
    """The scenarios of these files, all by default, in their order."""
    for file in files or FILES:
        with data_file(f"recordings/{file}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                yield Scenario(**json.loads(line), authenticated=file == "auth")
