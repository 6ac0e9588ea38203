"""Gives scenarios unique names, so that a check touches only what it has created."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from ..domain.errors import ID_MAX_LENGTH, ID_PATTERN
from .recordings import Json, Scenario

Rename = Callable[[str], str]

_PREFIX_LIMIT = 40  # characters


def workspaces_of(scenario: Scenario) -> set[str]:
    """All workspace ids in the scenario that are valid."""
    requests = _requests(scenario)
    named = {_segment(request["path"], 3) for request in requests if request["path"] != "/v3/workspaces/list"}
    named |= {_given_id(request) for request in requests if request["path"] == "/v3/workspaces"}
    return {name for name in named if _is_an_id(name)}


def deletes(scenario: Scenario) -> bool:
    """Whether the scenario deletes anything."""
    return any(request["method"] == "DELETE" for request in _requests(scenario))


class Renaming:
    """Puts `prefix` before the ids of the workspaces and sessions of a scenario.

    The sessions need it because a clone on the live server also reaches sessions with the same id in other workspaces.
    A prefix does not change the order of the ids. It consists of digits, because no recorded filter searches for
    digits, so the prefix does not change which ids match.
    """

    def __init__(self, scenario: Scenario, prefix: str) -> None:
        workspaces, sessions = workspaces_of(scenario), _sessions_of(scenario)
        self.workspaces = [prefix + name for name in sorted(workspaces)]
        self.session = _replacing(sessions, prefix, before="^", after="$")
        self.workspace = _replacing(workspaces, prefix, before="^", after="$")
        self._workspace_in_text = _replacing(workspaces, prefix, before=r"(?<![\w-])", after=r"(?![\w-])")
        self._session_in_path = _replacing(sessions, prefix, before="(?<=/sessions/)", after="(?=/|$)")
        in_text = "(?:(?<=ession )|(?<=operator: ))"  # how error messages refer to sessions
        self._session_in_text = _replacing(sessions, prefix, before=in_text, after="(?=[ .])")
        self.scenario = replace(scenario, steps=[self._step(step) for step in scenario.steps])

    def workspaces_in(self, request: Json) -> list[str]:
        """The renamed workspaces that a renamed request names, and so may create."""
        named = {_segment(request["path"], 3), _given_id(request)}
        return [name for name in self.workspaces if name in named]

    def _step(self, step: Json) -> Json:
        if "control" in step:
            return step
        step = _mapped(step, self._workspace_in_text)
        return {**step, "request": self._request(step["request"]), "response": self._response(step["response"])}

    def _request(self, request: Json) -> Json:
        body = request.get("json")
        if isinstance(body, dict):
            # The body of a new session, the session of a conclusion, and the filters of sessions and messages.
            renamed = _fields(body, {"id", "name"}, self.session) if request["path"].endswith("/sessions") else body
            if "conclusions" in body:
                renamed = _fields(body, {"session_id"}, self.session)
            if "filters" in body:
                renamed = {**renamed, "filters": _fields(body["filters"], {"id", "session_id"}, self.session)}
            request = {**request, "json": renamed}
        if "session_id" in request.get("query", {}):
            request = {**request, "query": _fields(request["query"], {"session_id"}, self.session)}
        return {**request, "path": self._session_in_path(request["path"])}

    def _response(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self._response(entry) for entry in value]
        if not isinstance(value, dict):
            return self._session_in_text(value) if isinstance(value, str) else value
        is_of_session = not value.keys().isdisjoint(("is_active", "messages", "short_summary"))
        ids_here = {"session_id"} | ({"id"} if is_of_session else set())
        return {
            key: self.session(entry) if key in ids_here and isinstance(entry, str) else self._response(entry)
            for key, entry in value.items()
        }


def _sessions_of(scenario: Scenario) -> set[str]:
    """All session ids in the scenario that are valid."""
    requests = _requests(scenario)
    named = {_segment(request["path"], 5) for request in requests if _segment(request["path"], 4) == "sessions"}
    named |= {_given_id(request) for request in requests if request["path"].endswith("/sessions")}
    return {name for name in named - {"list"} if _is_an_id(name)}


def _requests(scenario: Scenario) -> list[Json]:
    return [step["request"] for step in scenario.steps if "request" in step]


def _fields(value: Json, names: set[str], rename: Rename) -> Json:
    """The value, with all strings below these keys renamed, at any depth except inside `metadata`."""
    if isinstance(value, list):
        return [_fields(entry, names, rename) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _mapped(entry, rename) if key in names else entry if key == "metadata" else _fields(entry, names, rename)
        for key, entry in value.items()
    }


def _mapped(value: Json, rename: Rename) -> Json:
    """The value, with every string in it renamed except the keys of objects."""
    if isinstance(value, str):
        return rename(value)
    if isinstance(value, list):
        return [_mapped(entry, rename) for entry in value]
    if isinstance(value, dict):
        return {key: _mapped(entry, rename) for key, entry in value.items()}
    return value


def _replacing(ids: Iterable[str], prefix: str, *, before: str, after: str) -> Rename:
    longest_first = sorted(ids, key=len, reverse=True)
    pattern = re.compile(f"{before}({'|'.join(map(re.escape, longest_first))}){after}") if longest_first else None
    return lambda text: text if pattern is None else pattern.sub(lambda found: prefix + found[0], text)


def _segment(path: str, place: int) -> str:
    segments = path.split("/")
    return segments[place] if place < len(segments) else ""


def _given_id(request: Json) -> str:
    body = request.get("json")
    given = body.get("id", body.get("name")) if isinstance(body, dict) else None
    return given if isinstance(given, str) else ""


def _is_an_id(text: str) -> bool:
    """Whether this is a valid id, even with a prefix."""
    return bool(re.fullmatch(ID_PATTERN, text)) and len(text) <= ID_MAX_LENGTH - _PREFIX_LIMIT
