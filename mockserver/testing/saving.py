"""The state of a mock as a world: the document that it can be loaded from again."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..domain.records import Membership, Row, Session, Workspace
from ..domain.schedule import Job
from . import holdings, lineage, world_work


def document(workspaces: Iterable[Workspace], purges: Iterable[Job]) -> dict[str, Any]:
    """These workspaces, and the purges that wait in them, as a world; what has its default is left out."""
    jobs = list(purges)
    deleted = {job.workspace_id for job in jobs if job.session_id is None}
    waiting = [_said(workspace=job.workspace_id, session=job.session_id, tries=job.tries or None) for job in jobs]
    described = {one.row["id"]: _workspace(one, one.row["id"] not in deleted) for one in workspaces}
    return {"saved": True, "workspaces": described, **_said(purges=waiting)}


def write(path: str | Path, world: dict[str, Any]) -> None:
    """Write a world to a file of JSON, indented. Raises OSError."""
    Path(path).write_text(json.dumps(world, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _said(**members: Any) -> dict[str, Any]:
    """The members that say something, in copies."""
    return {name: _copy(value) for name, value in members.items() if value not in (None, {}, [])}


def _copy(value: Any) -> Any:
    """The same JSON, which the caller may change: rows must not."""
    if isinstance(value, dict):
        return {key: _copy(entry) for key, entry in value.items()}
    return [_copy(entry) for entry in value] if isinstance(value, list) else value


def _workspace(workspace: Workspace, is_active: bool) -> dict[str, Any]:
    return {
        **_said(is_active=None if is_active else False),
        **_common(workspace.row),
        **_parts(peers=[_peer(workspace, peer.row) for peer in workspace.roster]),
        **_parts(sessions=[_session(workspace, session) for session in workspace.sessions.values()]),
        **_parts(conclusions=[_said(**row) for row in workspace.holdings.conclusions.values()]),
        **_parts(work=world_work.queues(workspace), webhooks=world_work.webhooks(workspace)),
    }


def _peer(workspace: Workspace, row: Row) -> dict[str, Any]:
    return {"id": row["id"], **_common(row), **_parts(cards=_copy(holdings.cards(workspace.holdings, row["id"])))}


def _common(row: Row) -> dict[str, Any]:
    said = _said(metadata=row["metadata"], configuration=row["configuration"])
    return {"created_at": row["created_at"], **said}


def _parts(**lists: Any) -> dict[str, Any]:
    return {name: parts for name, parts in lists.items() if parts}


def _session(workspace: Workspace, session: Session) -> dict[str, Any]:
    members: dict[str, Any] = {peer_id: _member(member) for peer_id, member in session.members.items()}
    members = dict.fromkeys(message["peer_id"] for message in session.messages) | members
    in_order = sorted(members, key=lambda peer_id: workspace.peers[peer_id].number)
    return {
        "id": session.row["id"],
        **_said(is_active=None if session.row["is_active"] else False),
        **_common(session.row),
        **_parts(peers={peer_id: members[peer_id] for peer_id in in_order}),
        **_parts(messages=[_message(message) for message in session.messages]),
        **_parts(summaries=holdings.summaries(workspace.holdings, session.row["id"])),
        **_parts(cloned_from=lineage.saved(workspace, session)),
    }


def _member(member: Membership) -> dict[str, Any]:
    present = None if member.present else False
    return _said(observe_me=member.observe_me, observe_others=member.observe_others, present=present)


def _message(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "peer_id": row["peer_id"],
        "content": row["content"],
        **_said(metadata=row["metadata"]),
        "created_at": row["created_at"],
        "token_count": row["token_count"],
    }
