"""What was meant by a value in a query or body that is not valid: the most frequent mistakes of clients."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any

from ..text import quoted
from .suggestions import nearest_name

# By field: what else clients call it.
_OTHER_NAMES: Mapping[str, Collection[str]] = {
    "id": ("name", "sessionId", "session_id", "peerId", "peer_id", "workspaceId", "workspace_id", "uid", "uuid"),
    "query": ("q", "message", "question", "prompt", "text", "search", "input", "content"),
    "content": ("text", "body", "message"),
    "peer_id": ("sender", "author", "role", "user", "user_id", "peer", "peer_name", "name"),
    "peer_card": ("card",),
    "observer_id": ("observer",),
    "observed_id": ("observed",),
    "conclusions": ("observations",),
    "url": ("endpoint", "webhook", "webhook_url"),
}
_BATCHES = ("messages", "conclusions")
# At most so many keys and entries are looked at.
_MOST = 50


def meant(location: Sequence[Any], kind: str, given: Any, sent: Collection[str]) -> str | None:
    """A hint for an entry of a 422, or None.

    Arguments:
        location: The place of the value.
        kind: The type of the error.
        given: The value. For a missing field, the object that lacks it.
        sent: The names of the fields of a form.
    """
    name = location[-1] if location else None
    if kind == "missing" and isinstance(name, str):
        return _other_name(name, given if isinstance(given, dict) else sent)
    if isinstance(given, str) and kind in ("model_attributes_type", "dict_type", "list_type"):
        return "it is JSON in a string: send the value itself" if given.lstrip()[:1] in ("{", "[") else None
    hint = _HINTS.get(kind)
    return None if hint is None else hint(location, given)


def _other_name(name: str, given: Collection[str]) -> str | None:
    keys = [key for key in islice(given, _MOST) if isinstance(key, str)]
    if name in _BATCHES and "content" in keys:
        return f'put it into {{"{name}": [...]}}'
    others = _OTHER_NAMES.get(name, ())
    found = next((key for key in keys if key in others), None)
    if found is None:
        found = next((key for key in keys if nearest_name(key, [name]) is not None), None)
    return None if found is None else f"you sent {quoted(found)}; did you mean {name!r}?"


def _not_an_object(location: Sequence[Any], given: Any) -> str | None:
    entries = given[:_MOST] if isinstance(given, list) else []
    if entries and all(isinstance(entry, str) for entry in entries):
        return f'send an object, such as {{"{quoted(entries[0])[1:-1]}": {{}}}}'
    if len(location) == 1 and entries and all(isinstance(entry, dict) and "content" in entry for entry in entries):
        batch = "conclusions" if "observer_id" in entries[0] else "messages"
        return f'put the list into {{"{batch}": [...]}}'
    return None


def _not_a_list(_: Sequence[Any], given: Any) -> str | None:
    if not isinstance(given, dict) or not given:
        return None
    if len(given) == 1 and isinstance(next(iter(given.values())), list):
        return "send the list alone"
    return "send a list, such as the keys of this object" if len(given) <= _MOST else None


def _too_small(location: Sequence[Any], _: Any) -> str | None:
    return "the first page is 1" if list(location) == ["query", "page"] else None


def _too_large(location: Sequence[Any], _: Any) -> str | None:
    return "read more pages: page=2" if list(location) == ["query", "size"] else None


_HINTS: Mapping[str, Callable[[Sequence[Any], Any], str | None]] = {
    "model_attributes_type": _not_an_object,
    "dict_type": _not_an_object,
    "list_type": _not_a_list,
    "greater_than_equal": _too_small,
    "less_than_equal": _too_large,
}
# What programs write for a variable that has no value.
UNSET = frozenset({"undefined", "null", "None", "NaN", "nan", "[object Object]"})


def unset(what: str, text: str) -> str:
    """The sentence for a text of UNSET."""
    return f"the {what} is {quoted(text)}: is a variable of the client empty?"
