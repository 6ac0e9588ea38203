"""Joining and leaving a session, and the limit of observers."""

from collections.abc import Mapping

from . import peers
from .errors import OBSERVERS_LIMIT, TooManyObservers
from .records import Membership, Session, Stay, Workspace
from .store import Store

# The settings `observe_me` and `observe_others` of one peer in a session. None means that a setting is not set.
MemberSettings = Mapping[str, bool | None]
Members = dict[str, Membership]


def newcomers(store: Store, members: Members, joining: Mapping[str, MemberSettings]) -> Members:
    """The peers among `joining` who join now. A present member keeps its settings; one that left gets new ones.

    With the quirk `joins_again` those present join too, without a change of their settings.
    """
    return {
        peer_id: members[peer_id]
        if peer_id in members and members[peer_id].present
        else Membership(settings.get("observe_me"), settings.get("observe_others"))
        for peer_id, settings in joining.items()
        if store.profile.joins_again or peer_id not in members or not members[peer_id].present
    }


def left(members: Members) -> Members:
    """The members after all of them left. Their settings stay."""
    return {peer_id: membership._replace(present=False) for peer_id, membership in members.items()}


def joined(store: Store, before: Members, joining: Members, now: int, *, created: bool = False) -> Members:
    """Members with their stays, when `joining` join a session that had the members `before`.

    If the session is `created`, its first members are present from the beginning. With the quirk `joins_again`, all
    peers in `joining` are present only from now on.
    """
    if store.profile.joins_again:
        return {peer_id: member._replace(stays=((now, None),)) for peer_id, member in joining.items()}
    return _with_stays(before, joining, None if created else now, now)


def replaced(before: Members, after: Members, now: int) -> Members:
    """The members `after`, with their stays: a stay begins for each peer that was not present, and ends for each peer
    that leaves.
    """
    return _with_stays(before, after, now, now)


def _with_stays(before: Members, after: Members, start: int | None, end: int) -> Members:
    return {
        peer_id: member._replace(stays=_stays(before.get(peer_id), member, start, end))
        for peer_id, member in after.items()
    }


def _stays(before: Membership | None, after: Membership, start: int | None, end: int) -> tuple[Stay, ...]:
    stays = () if before is None else before.stays
    was_present = before is not None and before.present
    if after.present and not was_present:
        return (*stays, (start, None))
    if was_present and not after.present:
        return (*stays[:-1], (stays[-1][0], end))
    return stays


def check_observers(session_id: str, members: Members) -> None:
    """Raise BadRequest if too many members observe the others."""
    observers = [peer_id for peer_id, member in members.items() if member.present and member.observe_others]
    if len(observers) > OBSERVERS_LIMIT:
        raise TooManyObservers(session_id, observers)


def put(store: Store, workspace: Workspace, session: Session, members: Members, now: int) -> None:
    """Store members of a session. Creates missing peers."""
    for peer_id, membership in members.items():
        if session.members.get(peer_id) != membership:
            store.put_member(session, peers.ensure(store, workspace, peer_id, now), membership)
