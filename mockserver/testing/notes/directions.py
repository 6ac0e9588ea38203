"""Notes on knowledge that is empty where the observer and the observed peer may be swapped, or one is left out."""

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import islice

from ...domain.work import queues_of
from ..text import listed, quoted
from .occasion import SEEN_ROWS, Occasion

Pair = tuple[str, str]


def of_other_cards(occasion: Occasion) -> Iterator[str]:
    """A note on a card that does not exist, if the peer has cards about others, or another has one about it."""
    workspace, peer, payload = occasion.workspace, occasion.peer, occasion.payload
    if workspace is None or peer is None or not isinstance(payload, dict) or payload.get("peer_card") is not None:
        return
    observer = peer.row["id"]
    wanted = observer, occasion.query.get("target", observer)
    yield from _others(wanted, list(islice(workspace.extras.cards, SEEN_ROWS)), "card", "one")


def of_other_conclusions(occasion: Occasion) -> Iterator[str]:
    """A note on an empty representation, if there are conclusions in another direction or of another session.

    None while work is pending, because another note names that cause.
    """
    workspace, peer, payload = occasion.workspace, occasion.peer, occasion.payload
    if workspace is None or peer is None or not isinstance(payload, dict) or payload.get("representation") != "":
        return
    rows = workspace.extras.conclusions.values()
    if not rows or len(rows) > SEEN_ROWS or any(queue.units.pending for queue in queues_of(workspace)):
        return
    given = occasion.document if isinstance(occasion.document, dict) else {}
    observer = peer.row["id"]
    wanted = observer, given.get("target") or occasion.query.get("target") or observer
    counts = Counter((row["observer_id"], row["observed_id"]) for row in rows)
    if not counts[wanted]:
        yield from _others(wanted, counts, "conclusion", "some")
        return
    session_id = given.get("session_id")
    sessions = {row["session_id"] for row in rows if (row["observer_id"], row["observed_id"]) == wanted}
    if session_id and session_id not in sessions:
        count = "1 conclusion" if counts[wanted] == 1 else f"{counts[wanted]} conclusions"
        yield f"{quoted(observer)} has {count} about {quoted(wanted[1])}, but none of session {quoted(session_id)}"


def _others(wanted: Pair, pairs: Collection[Pair], noun: str, some: str) -> Iterator[str]:
    """What there is in place of the knowledge of one peer about another."""
    if wanted in pairs:
        return
    observer, observed = wanted
    start = f"{quoted(observer)} has no {noun} about {quoted(observed)}"
    if observer != observed and (observed, observer) in pairs:
        yield f"{start}; {quoted(observed)} has {some} about {quoted(observer)}"
    elif others := [other for one, other in pairs if one == observer]:
        yield f"{start}; it has {some} about {listed(others, len(others))}"
    elif observers := [one for one, other in pairs if other == observed]:
        has = "has" if len(observers) == 1 else "have"
        yield f"{start}; {listed(observers, len(observers))} {has} {some}"
