"""Gives requests unique names one by one, so that a comparison touches only what it has created."""

import re
from collections.abc import Mapping

from ..domain.errors import ID_PATTERN
from .marks import MARK
from .recordings import WORKSPACES, Json
from .renaming import Rename, limited_to, mapped, prefixing, segment

# The operators of filters whose text is a part of an id.
_PARTS = ("contains", "icontains")
# The fields that have the id of a workspace or session, and those that have the id of what a body creates or lists.
_WORKSPACE = ("workspace_id", "workspace_name")
_SESSION = ("session_id", "session_name")
_OWN = ("id", "name")


class OpenRenaming:
    """Puts `prefix` before the ids of workspaces and sessions in requests, and takes it away from answers.

    `Renaming` does the same for a scenario, whose ids are known before it begins. Here each id counts that has the
    place of one. Sessions that are placeholders stay: their ids are of the server.
    """

    def __init__(self, prefix: str, id_limit: int) -> None:
        self._prefix = prefix
        self._prefixed = prefixing(prefix, id_limit)
        # By their new names: the ids that are so long that they lost their beginning.
        self._long: dict[str, str] = {}

    @property
    def size(self) -> int:
        """How many ids it remembers."""
        return len(self._long)

    def request(self, request: Json, *, is_accepted: bool) -> Json:
        """A request in the format of the recordings, with new names. If it `is_accepted`, a list of workspaces is
        limited to those with the prefix.
        """
        path = request["path"].rstrip("/")
        renames = {**dict.fromkeys(_WORKSPACE, self.workspace), **dict.fromkeys(_SESSION, self.session)}
        if path in (WORKSPACES, f"{WORKSPACES}/list"):
            renames |= dict.fromkeys(_OWN, self.workspace)
        elif path.removesuffix("/list").endswith("/sessions"):
            renames |= dict.fromkeys(_OWN, self.session)
        renamed = {**request, "path": self._path(request)}
        for part in ("json", "form"):
            if isinstance(request.get(part), dict):
                renamed[part] = {name: _field(name, value, renames) for name, value in request[part].items()}
        query = request.get("query")
        if isinstance(query, dict):
            renamed["query"] = {name: _field(name, value, renames) for name, value in query.items()}
        elif query:
            renamed["query"] = [[name, _field(name, value, renames)] for name, value in query]
        is_a_list = request["method"] == "POST" and path == f"{WORKSPACES}/list"
        return limited_to(self._prefix, renamed) if is_a_list and is_accepted else renamed

    def workspace(self, name: str) -> str:
        """The id of a workspace with the prefix. An empty one stays."""
        if not name:
            return name
        renamed = self._prefixed(name)
        if len(renamed) == len(name):
            self._long[renamed] = name
        return renamed

    def session(self, name: str) -> str:
        """The id of a session with the prefix, unless it is a placeholder."""
        return name if MARK.fullmatch(name) else self.workspace(name)

    def original(self, value: Json) -> Json:
        """An answer with the original names."""
        if isinstance(value, str):
            if self._prefix in value:
                for renamed, name in self._long.items():
                    value = value.replace(renamed, name)
            return value.replace(self._prefix, "")
        if isinstance(value, list):
            return [self.original(entry) for entry in value]
        if isinstance(value, dict):
            return {self.original(key): self.original(entry) for key, entry in value.items()}
        return value

    def workspaces_in(self, request: Json) -> list[str]:
        """The workspaces that a renamed request names, and so may create."""
        path, body = request["path"], request.get("json")
        named = [segment(path, 3)] if path.startswith(f"{WORKSPACES}/") else []
        if path.rstrip("/") == WORKSPACES and isinstance(body, dict):
            named = [body[name] for name in _OWN if isinstance(body.get(name), str)]
        return [name for name in named if name.startswith(self._prefix)]

    def _path(self, request: Json) -> str:
        segments = request["path"].split("/")
        for place, kind, rename in ((3, "workspaces", self.workspace), (5, "sessions", self.session)):
            is_a_list = request["method"] == "POST" and segments[place:] in (["list"], ["list", ""])
            if segments[place - 1 : place] == [kind] and place < len(segments) and not is_a_list:
                segments[place] = rename(segments[place])
        return "/".join(segments)


def _field(name: str, value: Json, renames: Mapping[str, Rename]) -> Json:
    """The value of a field of a body or query with new names."""
    if name == "filters":
        return _in_filters(value, renames)
    if name in renames:
        return mapped(value, renames[name])
    if name == "metadata":
        return value
    if isinstance(value, list):
        return [_field("", entry, renames) for entry in value]
    if isinstance(value, dict):
        deeper = {key: rename for key, rename in renames.items() if key not in _OWN}
        return {key: _field(key, entry, deeper) for key, entry in value.items()}
    return value


def _in_filters(value: Json, renames: Mapping[str, Rename]) -> Json:
    """A filter document with new names below these keys, except inside `metadata`."""
    if isinstance(value, list):
        return [_in_filters(entry, renames) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _operand(entry, renames[key])
        if key in renames
        else (entry if key == "metadata" else _in_filters(entry, renames))
        for key, entry in value.items()
    }


def _operand(value: Json, rename: Rename) -> Json:
    """What a filter compares an id with. A text that cannot be an id stays, as a part of an id does."""
    if isinstance(value, str):
        return rename(value) if re.fullmatch(ID_PATTERN, value) else value
    if isinstance(value, list):
        return [_operand(entry, rename) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        operator: {_operand(key, rename): entry for key, entry in operand.items()}
        if operator == "in" and isinstance(operand, dict)
        else operand
        if operator in _PARTS
        else _operand(operand, rename)
        for operator, operand in value.items()
    }
