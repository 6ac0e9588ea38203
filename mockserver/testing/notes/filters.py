"""Notes on filters: why none of the rows matches, and what is read otherwise than it looks."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from ...domain.filters.columns import OPERATORS, WILDCARD
from ...domain.filters.logic import folded
from ...domain.filters.tables import NAMES_IN_DATABASE, completed
from ...domain.records import Row
from ..diagnosis.filters import looks_like_an_operator, nearest_operator, no_operator
from ..diagnosis.suggestions import nearest_name
from ..text import listed, quoted, shortened
from .conditions import matches_none, unmatched_together
from .occasion import SEEN_ROWS, Occasion, newest

_LOGIC = ("AND", "OR", "NOT")
_LEVELS = 6
# Notes look at so many conditions of a filter, and so many keys of an object in it, from the first one on: each may be
# compared with all rows.
_MOST = 8
_ZONE = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)\Z", re.IGNORECASE)
# So many characters of messages are searched for a note.
_LONG = 200_000
_TIMES = ("created_at", "deleted_at")
_KINDS = {bool: "booleans", int: "numbers", float: "numbers", str: "texts", list: "lists", dict: "objects"}
# By operation: what a list has, in the plural.
NOUNS = {
    "get_all_workspaces": "workspaces",
    "get_peers": "peers",
    "get_sessions": "sessions",
    "get_sessions_for_peer": "sessions",
    "get_messages": "messages",
    "list_conclusions": "conclusions",
    "query_conclusions": "conclusions",
    "search_workspace": "messages",
    "search_peer": "messages",
    "search_session": "messages",
}


def filter_notes(occasion: Occasion) -> Iterator[str]:
    """The notes on the filters of a list or a search."""
    filters = occasion.document.get("filters") if isinstance(occasion.document, dict) else None
    noun = NOUNS.get("" if occasion.operation is None else occasion.operation.name)
    if not isinstance(filters, dict) or noun is None:
        return
    conditions = list(islice(_conditions(filters), _MOST))
    yield from _without_zone(conditions)
    rows: list[Row] = []
    if any(operator == "ne" for _, operator, _ in _metadata_operands(conditions)):
        rows = _rows(occasion, noun)
        yield from _never_unequal(conditions, rows)
    total = occasion.payload.get("total") if isinstance(occasion.payload, dict) else 0
    name = "" if occasion.operation is None else occasion.operation.name
    if occasion.items == [] and total == 0 and not name.startswith("search_"):
        rows = rows or _rows(occasion, noun)
        if len(rows) >= SEEN_ROWS:  # There may be others.
            return
        # A search may find nothing because of its words.
        if name.startswith("query_") and not matches_none(filters, rows, noun, occasion.store.profile):
            return
        needed = list(islice(_conditions(filters, negated=False), _MOST))
        yield from _matching_nothing(occasion, needed, rows, noun)
        yield from unmatched_together(filters, rows, noun, occasion.store.profile)


def of_filters_of_a_search(occasion: Occasion) -> Iterator[str]:
    """A note on messages that contain the query, but that the filters leave out."""
    document, workspace, session = occasion.document, occasion.workspace, occasion.session
    if occasion.items != [] or workspace is None or not isinstance(document, dict):
        return
    query = document.get("query")
    searched = [session] if session is not None else list(islice(workspace.sessions.values(), SEEN_ROWS))
    texts = [row["content"] for one in searched for row in one.messages[-SEEN_ROWS:]][:SEEN_ROWS]
    # Folding all texts takes time, and a query of spaces is in many of them.
    if not document.get("filters") or not isinstance(query, str) or not query.strip() or sum(map(len, texts)) > _LONG:
        return
    count = sum(folded(query) in folded(text) for text in texts)
    if count:
        messages, it = ("1 message", "it") if count == 1 else (f"{count} messages", "them")
        yield f"the query is in {messages}, but the filters leave {it} out"


def of_words_elsewhere(occasion: Occasion) -> Iterator[str]:
    """A note on a search of a session or a peer without results, if messages outside of it contain the query."""
    document, workspace, session, peer = occasion.document, occasion.workspace, occasion.session, occasion.peer
    if occasion.items != [] or workspace is None or not isinstance(document, dict) or document.get("filters"):
        return
    query = document.get("query")
    others = [one for one in islice(workspace.sessions.values(), SEEN_ROWS) if one is not session]
    rows = [row for one in others for row in one.messages[-SEEN_ROWS:]][:SEEN_ROWS]
    if peer is not None:
        rows = [row for row in rows if row["peer_id"] != peer.row["id"]]
    is_long = sum(len(row["content"]) for row in rows) > _LONG
    if (session is None and peer is None) or not isinstance(query, str) or not query.strip() or is_long:
        return
    key, scope = ("peer_id", "peer") if session is None else ("session_id", "session")
    found = list(dict.fromkeys(row[key] for row in rows if folded(query) in folded(row["content"])))
    if found:
        owners = f"{scope if len(found) == 1 else f'{scope}s'} {listed(found, len(found))}"
        yield f"this {scope} has no such message; messages of {owners} have the query"


def _conditions(filters: Row, levels: int = _LEVELS, *, negated: bool = True) -> Iterator[tuple[str, Any]]:
    """The columns of a filter document with what they are compared with, at any depth, and each key of metadata alone.
    With `negated`, those inside NOT too.
    """
    for name, value in filters.items():
        if name in _LOGIC and isinstance(value, list) and levels and (negated or name != "NOT"):
            for member in value:
                if isinstance(member, dict):
                    yield from _conditions(member, levels - 1, negated=negated)
        elif name == "metadata" and isinstance(value, dict) and OPERATORS.isdisjoint(value):
            for key, inner in value.items():
                yield name, {key: inner}
        elif name not in _LOGIC:
            yield name, value


def _operands(value: Any) -> Iterator[tuple[str, Any]]:
    """The operators of a condition with their operands; the operator of a plain value is an empty string."""
    if isinstance(value, dict) and not OPERATORS.isdisjoint(value):
        yield from value.items()
    else:
        yield "", value


def _without_zone(conditions: Iterable[tuple[str, Any]]) -> Iterator[str]:
    for column, value in conditions:
        if column in _TIMES:
            for operator, operand in _operands(value):
                if isinstance(operand, str) and ":" in operand and not _ZONE.search(operand):
                    place = f"{column}.{operator}" if operator else column
                    yield f"{place} has no zone: {shortened(operand)} is read as UTC"


def _never_unequal(conditions: Iterable[tuple[str, Any]], rows: list[Row]) -> Iterator[str]:
    for key, operator, _ in _metadata_operands(conditions):
        if operator == "ne":
            lacking = sum(key not in row["metadata"] for row in rows if isinstance(row.get("metadata"), dict))
            if lacking:
                have, it = ("row has", "it") if lacking == 1 else ("rows have", "them")
                yield f"{lacking} {have} no {quoted(key)} in metadata: ne never matches {it}"


def _metadata_operands(conditions: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """The keys of metadata in the conditions, each with an operator and its operand."""
    for column, value in conditions:
        if column == "metadata" and isinstance(value, dict) and OPERATORS.isdisjoint(value):
            for key, inner in value.items():
                for operator, operand in _operands(inner):
                    yield key, operator, operand


def _matching_nothing(
    occasion: Occasion, conditions: list[tuple[str, Any]], rows: list[Row], noun: str
) -> Iterator[str]:
    known: dict[str, Any] = {}
    one = _one(occasion, noun)
    if any(column == "metadata" for column, _ in conditions):
        for row in rows:
            known |= row.get("metadata") or {}
    if any(column == "is_active" and value in (False, "false") for column, value in conditions):
        yield _deleted(occasion, _deleted_ids(occasion))  # What else is true of the other rows explains nothing.
        return
    for column, value in conditions:
        if column == "metadata" and isinstance(value, dict):
            yield from _unmatched_metadata(value, known, rows, one)
        elif rows and dict(_operands(value)).get("in") == []:
            yield f"{column}.in is an empty list, which matches nothing"
        elif rows and column in _TIMES:
            yield from _outside_of_all_rows(column, value, rows, noun)
        elif column == "id" and noun == "sessions" and (deleted := _wanted(value) & _deleted_ids(occasion).keys()):
            yield _deleted(occasion, deleted)
        elif rows:
            yield from _unmatched_column(column, value, rows, one)


def _one(occasion: Occasion, noun: str) -> str:
    """What a row of the list is. The list may have only those of a session or of a peer."""
    singular = noun.removesuffix("s")
    if noun == "messages" and occasion.session is not None:
        return f"{singular} of session {quoted(occasion.session.row['id'])}"
    if noun == "sessions" and occasion.peer is not None:
        return f"{singular} of peer {quoted(occasion.peer.row['id'])}"
    return singular


def _outside_of_all_rows(column: str, value: Any, rows: list[Row], noun: str) -> Iterator[str]:
    times = [(moment, row[column]) for row in rows if (moment := _moment(row.get(column))) is not None]
    for operator, operand in _operands(value):
        moment = _moment(operand)
        if not times or moment is None:
            continue
        one = noun.removesuffix("s")
        (first, oldest), (last, latest) = min(times), max(times)
        if operator in ("gt", "gte") and moment > last:
            yield f"{column}.{operator} {shortened(operand)} is after the newest {one} ({latest})"
        elif operator in ("lt", "lte") and moment < first:
            yield f"{column}.{operator} {shortened(operand)} is before the oldest {one} ({oldest})"


def _moment(text: Any) -> Any:
    """A time in ISO 8601, or None."""
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _deleted_ids(occasion: Occasion) -> dict[str, None]:
    """The ids of the deleted sessions of the workspace."""
    sessions = {} if occasion.workspace is None else occasion.workspace.sessions
    return {id_: None for id_, session in sessions.items() if not session.row["is_active"]}


def _deleted(occasion: Occasion, ids: Collection[str]) -> str:
    if occasion.workspace is None or not ids:
        return "lists leave out deleted sessions, and none is deleted"
    *others, last = ids
    number = occasion.case.past.deletion(occasion.workspace.row["id"], last)
    by = "" if number is None else f" by request #{number}"
    more = f" (and {len(others)} more)" if others else ""
    return f"lists leave out deleted sessions: {quoted(last)} was deleted{by}{more}"


def _unmatched_metadata(value: Row, known: Row, rows: list[Row], one: str) -> Iterator[str]:
    for key, inner in value.items():
        if key in OPERATORS or all(operand == WILDCARD for _, operand in _operands(inner)):
            continue
        if isinstance(inner, dict) and inner and OPERATORS.isdisjoint(inner):
            has_objects = any(isinstance((row.get("metadata") or {}).get(key), dict) for row in rows)
            wrong = [
                name
                for name in islice(inner, _MOST)
                if looks_like_an_operator(name) or (not has_objects and nearest_operator(name) is not None)
            ]
            if wrong:
                yield from map(no_operator, wrong)
                continue
        if looks_like_an_operator(key):
            yield no_operator(key)
        elif rows and key not in known:
            yield _no_such_key(key, known, one)
        elif rows:
            yield from _other_type(key, inner, rows) or _other_case(key, inner, rows, one)


def _no_such_key(key: str, known: Row, one: str) -> str:
    nearest = nearest_name(key, known)
    if nearest is not None:
        return f"no {one} has metadata.{shortened(key)}; did you mean {quoted(nearest)}?"
    keys = f"keys in use: {listed(list(known), len(known))}" if known else "none has metadata"
    return f"no {one} has metadata.{shortened(key)}; {keys}"


def _other_case(key: str, inner: Any, rows: list[Row], one: str) -> list[str]:
    values = {row["metadata"][key] for row in rows if isinstance((row.get("metadata") or {}).get(key), str)}
    for operator, wanted in _operands(inner):
        if operator == "" and isinstance(wanted, str) and wanted not in values:
            nearest = nearest_name(wanted, values)
            if nearest is not None:
                known = f"metadata.{shortened(key)} {quoted(wanted)}"
                return [f"no {one} has {known}; did you mean {quoted(nearest)}?"]
    return []


def _other_type(key: str, inner: Any, rows: list[Row]) -> list[str]:
    kinds = {_KINDS.get(type(row["metadata"].get(key))) for row in rows if key in (row.get("metadata") or {})}
    for operator, wanted in _operands(inner):
        if operator == "" and wanted is None and None not in kinds:
            return [f"metadata.{shortened(key)}: null matches only a null, and no row has one there"]
        kind = _KINDS.get(type(wanted))
        # Operators compare numbers and texts by what they are written as.
        if operator == "" and kind is not None and kind not in kinds and None not in kinds and wanted != WILDCARD:
            have = ", ".join(sorted(map(str, kinds)))
            return [f"metadata.{shortened(key)}: you asked for {kind}, rows have {have}"]
    return []


def _wanted(value: Any) -> set[str]:
    """The texts that a condition compares a column with, for equality."""
    operands = [operand for operator, operand in _operands(value) if operator in ("", "in")]
    lists = [operand if isinstance(operand, list) else [operand] for operand in operands]
    return {text for texts in lists for text in texts[:SEEN_ROWS] if isinstance(text, str)}


def _unmatched_column(column: str, value: Any, rows: list[Row], one: str) -> Iterator[str]:
    """A hint for an id, or another text, that no row has."""
    column = NAMES_IN_DATABASE.get(column, column)
    known = {row[column]: None for row in rows if isinstance(row.get(column), str)}
    for operator, operand in _operands(value):
        wanted = operand if operator == "in" and isinstance(operand, list) else [operand]
        texts = [text for text in wanted[:SEEN_ROWS] if isinstance(text, str) and text != WILDCARD]
        if operator not in ("", "in") or not texts or len(wanted) > SEEN_ROWS or any(text in known for text in texts):
            continue
        if column == "workspace_id" or (column == "session_id" and len(known) == 1 and one.startswith("message of")):
            yield f"this list has only rows with the {column} {quoted(next(iter(known)))}, not {quoted(texts[0])}"
            continue
        nearest = nearest_name(texts[0], known)
        if nearest is not None:
            hint = f"did you mean {quoted(nearest)}?"
        else:
            hint = f"there are {listed(list(known), len(known))}" if known else "it is empty in all of them"
        yield f"no {one} has the {column} {quoted(texts[0])}; {hint}"


def _rows(occasion: Occasion, noun: str) -> list[Row]:
    """The newest rows among which the list looked."""
    workspace, session, peer = occasion.workspace, occasion.session, occasion.peer
    if noun == "workspaces":
        return newest(occasion.store.directory)
    if workspace is None:
        return []
    rows: dict[str, Any] = {
        "peers": workspace.roster,
        "sessions": workspace.active if peer is None else [one for one in peer.sessions if one.row["is_active"]],
        "messages": () if session is None else session.messages,
        "conclusions": () if noun != "conclusions" else list(workspace.extras.conclusions.values()),
    }
    found = newest(rows[noun])
    return [completed(workspace.row["id"], row) for row in found] if noun == "conclusions" else found
