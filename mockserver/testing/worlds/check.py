"""Finds contradictions between the parts of a world, which pydantic cannot find: it validates each part alone."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ...domain import membership
from ...domain.changes import Changes
from ...domain.clock import microseconds_of
from ...domain.errors import BadRequest
from ...domain.records import ALWAYS, Membership, Stay
from ...domain.work import CARD_REFRESH, OMNI

if TYPE_CHECKING:
    from ...wire.worlds import World, WorldMember, WorldSession, WorldWorkspace


def contradictions(world: "World", version: str) -> Iterator[str]:
    """The contradictions, each as a sentence that begins with its place. One is work that the version does not have.

    A saved world may break two rules, because the mock that wrote it could get into such a state: restoring a snapshot
    also resets the seeded id generator, so messages of two sessions may have the same id; and peers that joined one by
    one may exceed the number of observers that one request may set.
    """
    message_ids: set[object] = set()
    for workspace_id, workspace in world.workspaces.items():
        at = f"workspaces.{workspace_id}"
        yield from _repeated(f"{at}.peers", "id", [peer.id for peer in workspace.peers])
        yield from _repeated(f"{at}.sessions", "id", [session.id for session in workspace.sessions])
        yield from _repeated(f"{at}.conclusions", "id", [conclusion.id for conclusion in workspace.conclusions])
        yield from _of_knowledge(at, workspace)
        yield from _of_clones(at, workspace)
        for place, session in enumerate(workspace.sessions):
            at_session = f"{at}.sessions[{place}]"
            ids = [message.id for message in session.messages]
            yield from _repeated(f"{at_session}.messages", "id", ids, set() if world.saved else message_ids)
            try:
                membership.check_observers(session.id or "", {} if world.saved else members_of(session))
            except BadRequest as error:
                yield f"{at_session}.peers: {error.detail}"
        yield from _of_work(at, workspace, version)
        yield from _of_webhooks(at, workspace)
    inactive = set(deleted_parts(world, world.workspaces))
    for place, purge in enumerate(world.purges):
        if (purge.workspace, purge.session) not in inactive:
            yield f"purges[{place}]: the world has no such workspace or session with is_active false"


def deleted_parts(world: "World", workspace_ids: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """The inactive sessions of these workspaces as (workspace, session), and inactive workspaces as (workspace, None).

    The sessions of a workspace come before the workspace, as in the order of purges.
    """
    for workspace_id in workspace_ids:
        workspace = world.workspaces[workspace_id]
        yield from ((workspace_id, session.id) for session in workspace.sessions if not session.is_active)
        if not workspace.is_active:
            yield workspace_id, None


_MEMBER = Membership()


def members_of(session: "WorldSession") -> dict[str, Membership]:
    """The members of a session: its `peers`, and the senders of its messages, except those whose entry is null."""
    members = dict.fromkeys([message.peer_id for message in session.messages], _MEMBER)
    for id_, peer in session.peers.items():
        if peer is None:
            members.pop(id_, None)
        else:
            members[id_] = Membership(peer.observe_me, peer.observe_others, peer.present, _stays(peer))
    return members


def _stays(peer: "WorldMember") -> tuple[Stay, ...]:
    if peer.stays is None:
        return (ALWAYS,)
    start_and_end = [[None if moment is None else microseconds_of(moment) for moment in stay] for stay in peer.stays]
    return tuple((start, end) for start, end in start_and_end)


def _repeated(at: str, field: str, values: Iterable[object], seen: set[object] | None = None) -> Iterator[str]:
    """Complaints about values that occur twice. Adds each value to `seen`. Missing values are None and may repeat."""
    seen = set() if seen is None else seen
    for place, value in enumerate(values):
        if value is None:
            continue
        if value in seen:
            yield f"{at}[{place}].{field}: {value!r} is used twice"
        seen.add(value)


def _of_knowledge(at: str, workspace: "WorldWorkspace") -> Iterator[str]:
    """Summaries of missing messages, and conclusions of missing sessions."""
    session_ids = {session.id for session in workspace.sessions}
    for place, session in enumerate(workspace.sessions):
        message_ids = {message.id for message in session.messages} if session.summaries else ()
        for kind, summary in session.summaries.items():
            if summary.message_id and summary.message_id not in message_ids:
                at_summary = f"{at}.sessions[{place}].summaries.{kind}.message_id"
                yield f"{at_summary}: there is no message {summary.message_id!r}"
    for place, conclusion in enumerate(workspace.conclusions):
        if conclusion.session_id is not None and conclusion.session_id not in session_ids:
            yield f"{at}.conclusions[{place}].session_id: there is no session {conclusion.session_id!r}"


def _of_clones(at: str, workspace: "WorldWorkspace") -> Iterator[str]:
    """Clones of missing sessions and messages, and cycles of clones."""
    sessions = {session.id: session for session in workspace.sessions}
    originals = {
        session.id: session.cloned_from.session
        for session in workspace.sessions
        if session.cloned_from is not None and not session.cloned_from.purged
    }
    circular = _circular(originals)
    for place, session in enumerate(workspace.sessions):
        origin = session.cloned_from
        if origin is None or origin.purged:
            continue
        at_origin = f"{at}.sessions[{place}].cloned_from"
        if origin.session not in sessions:
            yield f"{at_origin}.session: there is no session {origin.session!r}"
        elif origin.message_id is not None and not _has_message(sessions[origin.session], origin.message_id):
            yield f"{at_origin}.message_id: there is no message {origin.message_id!r}"
        elif session.id in circular:
            yield f"{at_origin}.session: {session.id!r} would be cloned from itself"


def _has_message(session: "WorldSession", message_id: str) -> bool:
    return any(message.id == message_id for message in session.messages)


def _circular(originals: Mapping[str | None, str]) -> set[str | None]:
    """The sessions that are on a cycle.

    Each walk goes from a clone to its original, and so on, until a session that was visited before. If this same walk
    visited it, the walk closed a cycle there. So every session is visited once, however long the chains are.
    """
    visited_by: dict[str | None, int] = {}
    circular: set[str | None] = set()
    for walk, start in enumerate(originals):
        session: str | None = start
        path = []
        while session in originals and session not in visited_by:
            visited_by[session] = walk
            path.append(session)
            session = originals[session]
        if session is not None and visited_by.get(session) == walk:
            circular |= set(path[path.index(session) :])
    return circular


def _of_work(at: str, workspace: "WorldWorkspace", version: str) -> Iterator[str]:
    """Work for a sender who never was in the session, dreams of another version, and queues that are listed twice."""
    refreshes_cards = Changes.flags_of(version)["card_refresh"]
    sessions = {session.id: session for session in workspace.sessions}
    seen: set[object] = set()
    for place, queue in enumerate(workspace.work):
        if queue.session is not None and not _was_in(sessions.get(queue.session), queue.observed):
            yield f"{at}.work[{place}]: peer {queue.observed!r} was never in session {queue.session!r}"
        if queue.dream_type == CARD_REFRESH and not refreshes_cards:
            came = f"came with {Changes.about('card_refresh').first}"
            yield f"{at}.work[{place}].dream_type: {CARD_REFRESH!r} {came}, and this is version {version} of the API"
        key = (queue.session, queue.observer, queue.observed, queue.dream_type or OMNI)
        if key in seen:
            yield f"{at}.work[{place}]: the same queue is listed twice"
        seen.add(key)


def _was_in(session: "WorldSession | None", peer_id: str) -> bool:
    """Whether `members_of` has this peer."""
    if session is None:
        return False
    if peer_id in session.peers:
        return session.peers[peer_id] is not None
    return any(message.peer_id == peer_id for message in session.messages)


def _of_webhooks(at: str, workspace: "WorldWorkspace") -> Iterator[str]:
    yield from _repeated(f"{at}.webhooks", "url", [webhook.url for webhook in workspace.webhooks])
    yield from _repeated(f"{at}.webhooks", "id", [webhook.id for webhook in workspace.webhooks])
