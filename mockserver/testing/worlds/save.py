"""Saves the state of a mock as a world: a document that `load` turns into an equal state."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from ...domain.clock import timestamp
from ...domain.records import ALWAYS, Membership, Row, Session, Workspace
from ...domain.schedule import Job
from ...domain.work import OMNI, queues_of
from ..clone_tree import original_of
from ..files import replace


def document(workspaces: Iterable[Workspace], purges: Iterable[Job]) -> dict[str, Any]:
    """A world of these workspaces and the purges that wait in them. Fields that have their default are left out.

    It shares nothing with the stored rows, so that the caller may change it.
    """
    return Description().world(workspaces, purges)


def write(path: str | Path, world: dict[str, Any]) -> None:
    """Write a world to a JSON file, indented. If this fails, an existing file is as it was. Raises OSError."""
    replace(path, to_json(world, indent=2).decode() + "\n")


class Description:
    """Describes the state as a world. Each method describes the parts of its name."""

    def world(self, workspaces: Iterable[Workspace], purges: Iterable[Job]) -> dict[str, Any]:
        jobs = list(purges)
        deleted = {job.workspace_id for job in jobs if job.session_id is None}
        waiting = [_given(workspace=job.workspace_id, session=job.session_id, tries=job.tries or None) for job in jobs]
        described = {
            workspace.row["id"]: self.workspace(workspace, workspace.row["id"] not in deleted)
            for workspace in workspaces
        }
        return {"saved": True, "workspaces": described, **_given(purges=waiting)}

    def workspace(self, workspace: Workspace, is_active: bool) -> dict[str, Any]:
        return {
            **_given(is_active=None if is_active else False),
            **_common(workspace.row),
            **_not_empty(
                peers=_peers(workspace),
                sessions=[self.session(workspace, session) for session in workspace.sessions.values()],
                conclusions=self.conclusions(workspace),
                work=self.work(workspace),
                webhooks=_webhooks(workspace),
            ),
        }

    def session(self, workspace: Workspace, session: Session) -> dict[str, Any]:
        members: dict[str, Any] = {peer_id: _member(member) for peer_id, member in session.members.items()}
        # The entry of a sender who is not a member is null: without an entry, loading the world would make it a member.
        members = dict.fromkeys({message["peer_id"] for message in session.messages}) | members
        in_order = sorted(members, key=lambda peer_id: workspace.peers[peer_id].number)
        return {
            "id": session.row["id"],
            **({} if session.row["is_active"] else {"is_active": False}),
            **_common(session.row),
            **_not_empty(
                peers={peer_id: members[peer_id] for peer_id in in_order},
                messages=self.messages(session),
                summaries=_summaries(workspace, session),
                cloned_from=_origin(workspace, session),
            ),
        }

    def messages(self, session: Session) -> Sequence[Mapping[str, Any]]:
        return [_message(row) for row in session.messages]

    def conclusions(self, workspace: Workspace) -> list[Row]:
        return [_given(**row) for row in workspace.extras.conclusions.values()]

    def work(self, workspace: Workspace) -> list[dict[str, Any]]:
        """The queues that have units, in the order in which they are worked on."""
        return [
            {
                **({"session": queue.session_id} if queue.observer is None else {"observer": queue.observer}),
                "observed": queue.observed,
                **({} if queue.dream_type in (None, OMNI) else {"dream_type": queue.dream_type}),
                **{name: count for name, count in queue.units._asdict().items() if count},
            }
            for queue in queues_of(workspace)
        ]


def _given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None or empty, in copies."""
    return {name: _copy(value) for name, value in fields.items() if value not in (None, {}, [])}


def _copy(value: Any) -> Any:
    """A deep copy of JSON. The caller may change it, while a stored row must not change."""
    if isinstance(value, dict):
        return {key: _copy(entry) for key, entry in value.items()}
    return [_copy(entry) for entry in value] if isinstance(value, list) else value


def _not_empty(**parts: Any) -> dict[str, Any]:
    """The parts that are not empty. Unlike `_given` it does not copy, for parts that are new already."""
    return {name: part for name, part in parts.items() if part}


def _peers(workspace: Workspace) -> list[dict[str, Any]]:
    """The peers, each with its cards: a mapping from the id of the observed peer to the card."""
    cards: dict[str, dict[str, Any]] = {}
    for (observer_id, observed_id), card in workspace.extras.cards.items():
        cards.setdefault(observer_id, {})[observed_id] = list(card)
    rows = [peer.row for peer in workspace.roster]
    return [{"id": row["id"], **_common(row), **_not_empty(cards=cards.get(row["id"]))} for row in rows]


def _common(row: Row) -> dict[str, Any]:
    fields = {name: _copy(row[name]) for name in ("metadata", "configuration") if row[name]}
    return {"created_at": row["created_at"], **fields}


def _member(member: Membership) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if member.observe_me is not None:
        described["observe_me"] = member.observe_me
    if member.observe_others is not None:
        described["observe_others"] = member.observe_others
    if not member.present:
        described["present"] = False
    if member.stays != (ALWAYS,):
        described["stays"] = [
            [None if moment is None else timestamp(moment) for moment in stay] for stay in member.stays
        ]
    return described


def _message(row: Row) -> dict[str, Any]:
    described = {"id": row["id"], "peer_id": row["peer_id"], "content": row["content"]}
    if row["metadata"]:
        described["metadata"] = _copy(row["metadata"])
    described["created_at"] = row["created_at"]
    described["token_count"] = row["token_count"]
    return described


def _summaries(workspace: Workspace, session: Session) -> dict[str, dict[str, Any]]:
    rows = workspace.extras.summaries.get(session.row["id"], {})
    return {kind: {name: value for name, value in row.items() if name != "summary_type"} for kind, row in rows.items()}


def _origin(workspace: Workspace, session: Session) -> dict[str, Any]:
    """What the session was cloned from.

    A cut-off message that the original does not have any more is left out: `check` would refuse it.
    """
    origin, original = session.origin, original_of(workspace, session)
    if origin is None:
        return {}
    cutoff = origin.message_id
    if cutoff is not None and original is not None and original.messages.place(cutoff) is None:
        cutoff = None
    purged = None if original is not None else True
    fields = _given(session=origin.session_id, message_id=cutoff)
    return {**fields, "messages": origin.copied, **_given(purged=purged)}


def _webhooks(workspace: Workspace) -> list[dict[str, str]]:
    """The endpoints, oldest first."""
    rows = workspace.extras.webhooks.values()
    return [{name: row[name] for name in ("id", "url", "created_at")} for row in rows]
