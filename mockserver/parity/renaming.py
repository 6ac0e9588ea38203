"""Gives scenarios unique names, so that a check touches only what it has created."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from ..domain.errors import ID_PATTERN
from .recordings import WORKSPACES, Json, Scenario

Rename = Callable[[str], str]


def workspaces_of(scenario: Scenario) -> set[str]:
    """All workspace ids in the scenario that are valid."""
    requests = _requests(scenario)
    named = {segment(request["path"], 3) for request in requests if request["path"].startswith(f"{WORKSPACES}/")}
    named |= {given_id(request) for request in requests if request["path"] == WORKSPACES}
    return {name for name in named - {"list"} if _is_an_id(name, scenario.id_limit)}


def deletions_in(scenario: Scenario) -> list[str]:
    """The paths of all deletions in the scenario."""
    return [request["path"] for request in _requests(scenario) if request["method"] == "DELETE"]


class Renaming:
    """Puts `prefix` before the ids of the workspaces and sessions of a scenario. An id that would become too long keeps
    its length and loses its beginning.

    The sessions need it because a clone on the live server also reaches sessions with the same id in other workspaces.
    A prefix does not change the order of the ids. It consists of digits, because no recorded filter searches for
    digits, so the prefix does not change which ids match. Lists of workspaces are limited to those with the prefix.
    """

    def __init__(self, scenario: Scenario, prefix: str) -> None:
        workspaces, sessions = workspaces_of(scenario), _sessions_of(scenario)
        self._prefix = prefix
        renamed = prefixing(prefix, scenario.id_limit)
        self.workspaces = [renamed(name) for name in sorted(workspaces)]
        self.session = _replacing(sessions, renamed, before="^", after=r"\Z")
        self.workspace = _replacing(workspaces, renamed, before="^", after=r"\Z")
        self._workspace_in_text = _replacing(workspaces, renamed, before=r"(?<![\w-])", after=r"(?![\w-])")
        self._session_in_path = _replacing(sessions, renamed, before="(?<=/sessions/)", after=r"(?=[/?]|\Z)")
        self._session_in_json = _replacing(sessions, renamed, before='(?<="id":")', after='(?=")')
        in_text = "(?:(?<=ession )|(?<=operator: )|(?<=value: ))"  # how error messages refer to sessions
        self._session_in_text = _replacing(sessions, renamed, before=in_text, after="(?=[ .])")
        self.scenario = replace(scenario, steps=[self._step(step) for step in scenario.steps])

    def workspaces_in(self, request: Json) -> list[str]:
        """The renamed workspaces that a renamed request names, and so may create."""
        named = {segment(request["path"], 3), given_id(request)}
        return [name for name in self.workspaces if name in named]

    def _step(self, step: Json) -> Json:
        if "control" in step:
            return step
        step = mapped(step, self._workspace_in_text)
        request, response = step["request"], step["response"]
        if request["path"] == f"{WORKSPACES}/list" and response["status"] == 200:
            request = limited_to(self._prefix, request)
        if "location" in response.get("headers", {}):
            headers = response["headers"]
            response = {**response, "headers": {**headers, "location": self._session_in_path(headers["location"])}}
        request = self._request(request, response["status"] < 300)
        return {**step, "request": request, "response": self._response(response)}

    def _request(self, request: Json, is_accepted: bool) -> Json:
        names = {"session_id", "session_name"}
        if request["path"].removesuffix("/list").endswith("/sessions"):
            names |= {"id", "name"}
        if isinstance(request.get("json"), dict):
            request = {**request, "json": _fields(request["json"], names, self.session)}
        elif "text" in request and is_accepted:
            request = {**request, "text": self._session_in_json(request["text"])}
        query = request.get("query")
        if isinstance(query, list):
            pairs = [[name, self.session(value) if name in names else value] for name, value in query]
            request = {**request, "query": pairs}
        elif query:
            request = {**request, "query": _fields(query, names, self.session)}
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


def limited_to(prefix: str, request: Json) -> Json:
    """A request for a list of workspaces, limited to the ids with this prefix: others may use the server too."""
    body = json.loads(request["text"]) if "text" in request else request.get("json") or {}
    mine = {"id": {"contains": prefix}}
    filters = body.get("filters") or {}
    filters = {**filters, "AND": [*filters.get("AND", []), mine]}
    kept = {name: value for name, value in request.items() if name != "text"}
    return {**kept, "json": {**body, "filters": filters}}


def prefixing(prefix: str, id_limit: int) -> Rename:
    """Puts the prefix before an id. One that would become too long keeps its length and loses its beginning."""

    def renamed(name: str) -> str:
        is_too_long = len(name) <= id_limit < len(prefix) + len(name)
        return prefix + (name[len(prefix) :] if is_too_long else name)

    return renamed


def _sessions_of(scenario: Scenario) -> set[str]:
    """All session ids in the scenario that are valid."""
    requests = _requests(scenario)
    named = {segment(request["path"], 5) for request in requests if segment(request["path"], 4) == "sessions"}
    named |= {given_id(request) for request in requests if request["path"].endswith("/sessions")}
    return {name for name in named - {"list"} if _is_an_id(name, scenario.id_limit)}


def _requests(scenario: Scenario) -> list[Json]:
    return [step["request"] for step in scenario.steps if "request" in step]


def _fields(value: Json, names: set[str], rename: Rename) -> Json:
    """The value, with all strings below these keys renamed, at any depth except inside `metadata`."""
    if isinstance(value, list):
        return [_fields(entry, names, rename) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: mapped(entry, rename) if key in names else entry if key == "metadata" else _fields(entry, names, rename)
        for key, entry in value.items()
    }


def mapped(value: Json, rename: Rename) -> Json:
    """The value, with every string in it renamed. Keys of objects stay, except those that stand for a list of ids."""
    if isinstance(value, str):
        return rename(value)
    if isinstance(value, list):
        return [mapped(entry, rename) for entry in value]
    if isinstance(value, dict):
        if isinstance(value.get("in"), dict):
            value = {**value, "in": {rename(key): entry for key, entry in value["in"].items()}}
        return {key: mapped(entry, rename) for key, entry in value.items()}
    return value


def _replacing(ids: Iterable[str], rename: Rename, *, before: str, after: str) -> Rename:
    longest_first = sorted(ids, key=len, reverse=True)
    pattern = re.compile(f"{before}({'|'.join(map(re.escape, longest_first))}){after}") if longest_first else None
    return lambda text: text if pattern is None else pattern.sub(lambda found: rename(found[0]), text)


def segment(path: str, place: int) -> str:
    """The segment of a path at this place, or an empty string. The segment before the first slash has the place 0."""
    segments = path.split("/")
    return segments[place] if place < len(segments) else ""


def given_id(request: Json) -> str:
    """The id in the body of a request that creates something, or an empty string."""
    body = request.get("json")
    given = body.get("id", body.get("name")) if isinstance(body, dict) else None
    return given if isinstance(given, str) else ""


def _is_an_id(text: str, limit: int) -> bool:
    """Whether this is a valid id."""
    return bool(re.fullmatch(ID_PATTERN, text)) and len(text) <= limit
