"""The recordings of the real server in the package.

Each line of a file is a scenario: `{"name", "about", "steps", "time_order"}`. A step is a request with the recorded
response, or `{"control": "purge"}`, which means that the recorder waited for the background work. In a step, `<id:N>`
stands for an id and `<time:N>` for a time that the server generated. The same mark stands for the same value.

The files are of the version of the contract. `versions/V.jsonl` has, for another version, only what differs: the
scenarios that answer differently there, and of these `count`, the number of their steps, and `changed`, the steps that
differ by their number. `time_order` is there if it differs. All other scenarios have the same answers.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..domain.changes import CONTRACT, VERSIONS
from ..domain.errors import ID_MAX_LENGTH
from ..domain.profile import Profile
from ..domain.workspaces import id_limit
from ..testing.data import data_file

Json = Any

# The secret with which the tokens in the recordings are signed.
RECORDED_SECRET = "oracle-secret"  # noqa: S105 - published with the recordings

WORKSPACES = "/v3/workspaces"
FILES = ("sessions", "worker", "walks", "auth", "rest", "versions", "versions-auth")
DIFFERENCES = "recordings/versions/{}.jsonl"


@dataclass(frozen=True)
class Scenario:
    """One recorded run. If `authenticated`, its requests have tokens. `id_limit` is how long an id may be."""

    name: str
    about: str
    steps: list[Json]
    time_order: list[str]
    authenticated: bool = False
    id_limit: int = ID_MAX_LENGTH


def recorded_versions() -> tuple[str, ...]:
    """The versions of the API of which there are recordings, oldest first."""
    return tuple(
        version for version in VERSIONS if version == CONTRACT or data_file(DIFFERENCES.format(version)).exists()
    )


def recordings_of(version: str) -> str:
    """The recorded version that behaves as this one does: itself, or one to which nothing changed.

    Raises ValueError if there is none.
    """
    for recorded in (version, *recorded_versions()):
        is_same = Profile(recorded, "live").flags == Profile(version, "live").flags
        if recorded in recorded_versions() and is_same:
            return recorded
    raise ValueError(f"there are no recordings of {version}; there are recordings of {', '.join(recorded_versions())}")


def matching(patterns: list[str], paths: Sequence[Path] = (), version: str = CONTRACT) -> list[Scenario]:
    """The scenarios whose names match one of the patterns, in which `*` matches any text. All scenarios if there are no
    patterns. They are those of the package for a version of the API, or of `paths`: files, or folders of files whose
    names end in `.jsonl`.

    Raises ValueError for a pattern without a match, for a version without recordings, and for a file that cannot be
    read or is no recording.
    """
    known = [found for path in paths for found in _recorded(path)] if paths else list(scenarios(version=version))
    for pattern in patterns:
        if not any(fnmatchcase(scenario.name, pattern) for scenario in known):
            similar = get_close_matches(pattern, [scenario.name for scenario in known], n=5, cutoff=0.3)
            raise ValueError(f"no scenario matches {pattern!r}; similar names: {', '.join(similar) or 'none'}")
    return [found for found in known if not patterns or any(fnmatchcase(found.name, pattern) for pattern in patterns)]


def scenarios(*files: str, version: str = CONTRACT) -> Iterator[Scenario]:
    """The scenarios of these files, by default of all, in their order, as a version answers them.

    Raises ValueError for a version without recordings.
    """
    differences = differences_of(version)
    limit = id_limit(Profile(version, "none"))
    for file in files or FILES:
        with data_file(f"recordings/{file}.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                read = json.loads(line)
                read = _changed(read, differences.get(read["name"], {}))
                yield Scenario(**read, authenticated="auth" in file, id_limit=limit)


def differences_of(version: str) -> dict[str, Json]:
    """What is different in the recordings of a version, by the names of the scenarios; nothing for the contract.

    Raises ValueError for a version without recordings.
    """
    recorded = recordings_of(version)
    if recorded == CONTRACT:
        return {}
    with data_file(DIFFERENCES.format(recorded)).open(encoding="utf-8") as lines:
        return {read["name"]: read for read in map(json.loads, lines)}


def _changed(scenario: Json, difference: Json) -> Json:
    """A scenario of the contract as another version has it. An empty difference changes nothing."""
    steps, changed = scenario["steps"], difference.get("changed", {})
    count = difference.get("count", len(steps))
    return {
        **scenario,
        "steps": [changed.get(str(number)) or steps[number] for number in range(count)],
        "time_order": difference.get("time_order", scenario["time_order"]),
    }


def _recorded(path: Path) -> Iterator[Scenario]:
    """The scenarios of a user's file or folder. Raises ValueError."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise ValueError(f"{path} has no file whose name ends in .jsonl")
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from None
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    yield _scenario(json.loads(line))
                except (ValueError, RecursionError) as error:
                    raise ValueError(f"{file}, line {number}: not a recording: {error}") from None


def _scenario(document: Json) -> Scenario:
    """The scenario in a line of a user's file. Raises ValueError with the first fault."""
    if not isinstance(document, dict):
        raise ValueError("it must be an object")
    names = {field.name for field in fields(Scenario)} - {"authenticated", "id_limit"}
    if missing := sorted(names - document.keys()):
        raise ValueError(f"{missing[0]!r} is missing")
    for number, step in enumerate(document["steps"] if isinstance(document["steps"], list) else [None]):
        if not _is_step(step):
            raise ValueError(f"step {number} has no request with a method and a path, or no response with a status")
    return Scenario(**{name: document[name] for name in names})


def _is_step(step: Json) -> bool:
    try:
        if "control" in step:
            return True
        request, status = step["request"], step["response"]["status"]
        return isinstance(request["method"], str) and request["path"].startswith("/") and isinstance(status, int)
    except (TypeError, KeyError, AttributeError):
        return False
