"""Words in filters that look like operators, columns or logic, and what they are called here."""

from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from ...domain.errors import InvalidFilter, UnknownColumn, UnknownOperator
from ...domain.filters.columns import OPERATORS
from ..text import quoted
from .suggestions import nearest_name

# Words of other filter languages for operators of this one. None: there a plain value does the same.
_ALIASES = {"eq": None, "equals": None, "like": "contains", "not": "ne", "nin": "ne", "regex": "contains"}
_ALIASES |= {"neq": "ne", "ilike": "icontains", "startswith": "contains", "endswith": "contains"}
_WORDS = {"greater": "gt", "less": "lt", "min": "gte", "max": "lte", "from": "gte", "to": "lte", "contain": "contains"}
_WORDS |= {"after": "gt", "before": "lt", "since": "gte", "until": "lte"}
_LOGIC = ("AND", "OR", "NOT")
# By table: what else may name its rows.
_OWN_NAMES: Mapping[str, Sequence[str]] = {
    "Workspace": ("workspace_id", "workspace_name", "workspace", "name"),
    "Peer": ("peer_id", "peer_name", "peer", "name"),
    "Session": ("session_id", "session_name", "session", "name"),
    "Document": ("conclusion_id", "document_id"),
}
# At most so many keys of an object are looked at.
_KEYS = 20
_SENDERS = ("sender", "sender_id", "author", "author_id", "user", "user_id", "role", "name")


def hint_for(error: InvalidFilter) -> str | None:
    """What was meant by a name that does not exist, or which names there are. None for other errors."""
    match error:
        case UnknownColumn(name=name, table=table, columns=names):
            return _column_hint(name, table, names) or f"there are {', '.join(names)}"
        case UnknownOperator(name=name, operators=names):
            return operator_hint(name) or f"there are {', '.join(sorted(names))}"
    hints = ((key, operator_hint(key)) for key in islice(error.keys, _KEYS))
    return next((f"{quoted(key)} is no operator: {hint}" for key, hint in hints if hint is not None), None)


def looks_like_an_operator(key: str) -> bool:
    """Whether a key is an operator of this or another filter language, with or without a `$` or `_` before it."""
    bare = key.lstrip("$_").lower()
    return bare in OPERATORS or bare in _ALIASES


def nearest_operator(bare: str) -> str | None:
    """The operator that begins like this word, such as `gt` for `gt3` or `greater`, or is a misspelling of it."""
    stripped = bare.rstrip("0123456789")
    return _WORDS.get(bare) or (stripped if stripped in OPERATORS else nearest_name(stripped, OPERATORS))


def operator_hint(key: str) -> str | None:
    """A hint for a key that is no operator, or None if it looks like none."""
    bare = key.lstrip("$_").lower()
    meant = bare if bare in OPERATORS else _ALIASES[bare] if bare in _ALIASES else nearest_operator(bare)
    if meant is not None:
        return f"did you mean {meant!r}?"
    return "a plain value means equality" if bare in _ALIASES else None


def no_operator(key: str) -> str:
    """The sentence for a key of metadata that looks like an operator."""
    return f"{quoted(key)} is a key to contain, not an operator; {operator_hint(key) or 'a plain value means equality'}"


def _column_hint(name: str, table: str, columns: Collection[str]) -> str | None:
    """A hint for the name of a column that does not exist, or None if it looks like no other."""
    bare = name.lstrip("$_").upper()
    if bare in _LOGIC:
        return f"did you mean {bare!r}?"
    for mark in (".", "__"):
        column, found, key = name.partition(mark)
        if found and column == "metadata" and key:
            return f'did you mean {{"metadata": {{{quoted(key)}: ...}}}}?'.replace("'", '"')
    if name in _OWN_NAMES.get(table, ()):
        return "did you mean 'id'?"
    if name in _SENDERS and table == "Message":
        return "did you mean 'peer_id'?"
    nearest = nearest_name(name, columns)
    return None if nearest is None else f"did you mean {nearest!r}?"
