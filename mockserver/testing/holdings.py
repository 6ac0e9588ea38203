"""What a workspace holds beside peers and sessions, from a world and into one."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..domain import conclusions, contexts, peers, tokens
from ..domain.clock import Ids, microseconds, timestamp
from ..domain.conclusions import ConclusionDraft
from ..domain.records import Holdings, Row, Workspace
from ..domain.store import Store

if TYPE_CHECKING:
    from ..wire.world import WorldConclusion, WorldSession, WorldWorkspace


def contradictions(at: str, workspace: "WorldWorkspace") -> Iterable[str]:
    """What each part by itself does not show: sessions and messages that are not there."""
    known = {session.id for session in workspace.sessions}
    for place, session in enumerate(workspace.sessions):
        messages = {message.id for message in session.messages}
        for kind, summary in session.summaries.items():
            if summary.message_id and summary.message_id not in messages:
                there = f"{at}.sessions[{place}].summaries.{kind}.message_id"
                yield f"{there}: there is no message {summary.message_id!r}"
    for place, conclusion in enumerate(workspace.conclusions):
        if conclusion.session_id is not None and conclusion.session_id not in known:
            yield f"{at}.conclusions[{place}].session_id: there is no session {conclusion.session_id!r}"


def fill(workspace: "WorldWorkspace", now: Callable[[], datetime], ids: Ids) -> None:
    """Make the ids and times that are missing; a summary that does not say so covers all messages."""
    for session in workspace.sessions:
        for summary in session.summaries.values():
            summary.created_at = summary.created_at or now()
            if summary.message_id is None:
                summary.message_id = str(session.messages[-1].id) if session.messages else ""
            if summary.token_count is None:
                summary.token_count = tokens.count(summary.content)
    for conclusion in workspace.conclusions:
        conclusion.id = conclusion.id or ids.new()
        conclusion.created_at = conclusion.created_at or now()


def load(store: Store, workspace: Workspace, world: "WorldWorkspace", made: int, *, in_order: bool) -> None:
    """Have the workspace hold what the world says, and the peers that it speaks of.

    The oldest conclusion comes first, unless they are in order already.
    """
    listed = world.conclusions if in_order else sorted(world.conclusions, key=_age)
    for one in listed:
        for peer_id in (one.observer_id, one.observed_id):
            peers.ensure(store, workspace, peer_id, made)
        draft = ConclusionDraft(one.content, one.observer_id, one.observed_id, one.session_id)
        store.put_conclusion(workspace, conclusions.new_row(str(one.id), draft, timestamp(_age(one))))
    for peer in world.peers:
        for observed_id, card in peer.cards.items():
            store.put_card(workspace, peer.id, observed_id, card)
    for session in world.sessions:
        if session.summaries:
            store.put_summaries(workspace, str(session.id), _summaries(session))


def _summaries(session: "WorldSession") -> dict[str, Row]:
    return {
        kind: contexts.new_summary(
            kind, one.content, str(one.message_id), time_of(one.created_at), one.token_count or 0
        )
        for kind, one in session.summaries.items()
    }


def cards(holdings: Holdings, peer_id: str) -> dict[str, Sequence[str]]:
    """The cards that a peer has, by whom they are about, as a world says them."""
    return {observed_id: card for (observer_id, observed_id), card in holdings.cards.items() if observer_id == peer_id}


def summaries(holdings: Holdings, session_id: str) -> dict[str, dict[str, Any]]:
    """The summaries of a session, as a world says them."""
    kept = holdings.summaries.get(session_id, {})
    return {kind: {name: value for name, value in row.items() if name != "summary_type"} for kind, row in kept.items()}


def _age(conclusion: "WorldConclusion") -> int:
    return time_of(conclusion.created_at)


def time_of(moment: datetime | None) -> int:
    """The time of a part of a world that was filled, in microseconds since 1970."""
    return microseconds(moment) if moment else 0
