"""Notes on answers that are empty because something does not exist, or because no worker has run."""

from collections.abc import Iterator

from ...domain.work import internal_id, queues_of
from ..diagnosis.meant import UNSET, unset
from ..diagnosis.missing import deleted_session, first_missing
from ..text import quoted
from .occasion import SEEN_ROWS, Occasion

# The names of peers beside that of the path.
_PEERS = ("target", "peer_target", "sender_id", "observer_id")


def of_what_does_not_exist(occasion: Occasion) -> Iterator[str]:
    """The sentence that lists and searches have too: what of the path, the query or the body does not exist."""
    if any(of_internal_ids(occasion)):
        return
    named = dict(occasion.exchange.parameters)
    given = {**(occasion.document if isinstance(occasion.document, dict) else {}), **occasion.query}
    if occasion.query.get("session_id") and "session_id" not in named:
        named["session_id"] = occasion.query["session_id"]
    others = [given.get(name) for name in _PEERS]
    for peer in (named.get("peer_id"), *(one for one in others if one and isinstance(one, str))):
        sentence = first_missing(occasion.case, named if peer is None else {**named, "peer_id": peer})
        if sentence is not None:
            yield sentence
            return
    session_id = given.get("session_id")  # In a body, it says nothing about where the peer of the path must be.
    if isinstance(session_id, str) and session_id:
        inside = {"workspace_id": named["workspace_id"], "session_id": session_id}
        yield from filter(None, [first_missing(occasion.case, inside)])


def of_internal_ids(occasion: Occasion) -> Iterator[str]:
    """A note on the id of a session that is only its key in the status of the queue."""
    workspace = occasion.workspace
    wanted = occasion.exchange.parameters.get("session_id") or occasion.query.get("session_id")
    if workspace is None or wanted is None or wanted in workspace.sessions:
        return
    for session in list(workspace.sessions.values())[-SEEN_ROWS:]:
        if internal_id(session.row) == wanted:
            yield f"{quoted(wanted)} is the internal id of {quoted(session.row['id'])}: use the latter"


_NO_MODEL = "no model, so store conclusions (POST …/conclusions) or script the answer"


def of_pending_work(occasion: Occasion) -> Iterator[str]:
    """A note on work that nobody does, in an answer that depends on it."""
    workspace = occasion.workspace
    if workspace is None or occasion.store.backlog.after is not None:
        return
    payload = occasion.payload if isinstance(occasion.payload, dict) else {}
    counted = payload.get("pending_work_units")
    if counted:
        yield _waiting(counted)
    if counted is not None or "" not in (payload.get("representation"), payload.get("peer_representation")):
        return
    if any(of_what_does_not_exist(occasion)) or any(of_a_deleted_session(occasion)):
        return
    units = [queue.units for queue in queues_of(workspace)]
    pending = sum(one.pending for one in units)
    if pending:
        yield f"{_waiting(pending)}; it has {_NO_MODEL}"
    elif any(one.completed for one in units):
        yield f"the work is done, and the representation is empty: the fake has {_NO_MODEL}"


def _waiting(pending: int) -> str:
    units = "unit of work is" if pending == 1 else "units of work are"
    return f"{pending} {units} pending; the fake works when asked: mock.work(), or POST /_mock/work"


def of_unset_ids(occasion: Occasion) -> Iterator[str]:
    """Notes on ids that look like a variable without a value. The API takes them for ids like any other."""
    document = occasion.document if isinstance(occasion.document, dict) else {}
    for name, id_ in [*occasion.exchange.parameters.items(), ("id", document.get("id"))]:
        if isinstance(id_, str) and id_ in UNSET:
            yield unset(name, id_)


def of_a_deleted_session(occasion: Occasion) -> Iterator[str]:
    """A note on a session that is deleted and can still be read."""
    workspace, session = occasion.workspace, occasion.session
    if workspace is not None and session is not None and not session.row["is_active"]:
        yield deleted_session(occasion.case, workspace.row["id"], session.row["id"])


def of_few_tokens(occasion: Occasion) -> Iterator[str]:
    """A note on a limit of tokens that leaves no room for a message."""
    session, payload, tokens = occasion.session, occasion.payload, occasion.query.get("tokens", "")
    if session is None or not session.messages or not tokens or not isinstance(payload, dict):
        return
    newest = session.messages[-1]["token_count"]
    if payload.get("messages") == [] and payload.get("summary") is None and tokens.isdecimal() and int(tokens) < newest:
        yield f"tokens={tokens} leaves out all messages: the newest one takes {newest}"


def of_other_work(occasion: Occasion) -> Iterator[str]:
    """A note on a status of the queue without units, if other units of the workspace are pending."""
    workspace, payload = occasion.workspace, occasion.payload
    chosen = [name for name in ("session_id", "sender_id", "observer_id") if occasion.query.get(name)]
    if workspace is None or not chosen or not isinstance(payload, dict) or payload.get("total_work_units") != 0:
        return
    queues = queues_of(workspace)
    pending = sum(queue.units.pending for queue in queues)
    if not pending:
        return
    units = "1 unit is" if pending == 1 else f"{pending} units are"
    because = "; observer_id selects dreams, not messages" if chosen == ["observer_id"] else ""
    yield f"no unit of work has the {' and '.join(chosen)} of the query, but {units} pending in the workspace{because}"
