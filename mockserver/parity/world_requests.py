"""The requests that create a world on a server, and those that read it."""

from collections.abc import Iterator, Sequence
from typing import Any

from .recordings import WORKSPACES, Json

# How many messages, conclusions or rows one request may have.
_MOST = 100
_CHOSEN = ("id", "metadata", "configuration")


def unrepeatable(world: Json) -> str | None:
    """What a world has that no request creates, or None. Webhooks and the work of the queue do not count."""
    workspaces = world["workspaces"].values()
    sessions = [session for workspace in workspaces for session in workspace.get("sessions", ())]
    if world.get("purges") or not all(part.get("is_active", True) for part in (*workspaces, *sessions)):
        return "deleted parts"
    return "summaries" if any(session.get("summaries") for session in sessions) else None


def creations(world: Json) -> Iterator[Json]:
    """Requests, in the format of the recordings, that create a saved world."""
    for name, workspace in world["workspaces"].items():
        home = f"{WORKSPACES}/{name}"
        yield _post(WORKSPACES, {**_chosen(workspace), "id": name})
        for peer in workspace.get("peers", ()):
            yield _post(f"{home}/peers", _chosen(peer))
        for peer in workspace.get("peers", ()):
            for target, card in peer.get("cards", {}).items():
                path = f"{home}/peers/{peer['id']}/card"
                yield {"method": "PUT", "path": path, "query": {"target": target}, "json": {"peer_card": card}}
        for session in workspace.get("sessions", ()):
            yield from _of_session(home, session)
        drafts = [
            {key: value for key, value in conclusion.items() if key not in ("id", "created_at", "level")}
            for conclusion in workspace.get("conclusions", ())
        ]
        for part in _parts(drafts):
            yield _post(f"{home}/conclusions", {"conclusions": part})


def readings(world: Json) -> Iterator[Json]:
    """Requests that read all rows of a saved world."""
    yield from _pages(f"{WORKSPACES}/list", len(world["workspaces"]))
    for name, workspace in world["workspaces"].items():
        home = f"{WORKSPACES}/{name}"
        for kind in ("peers", "sessions", "conclusions"):
            yield from _pages(f"{home}/{kind}/list", len(workspace.get(kind, ())))
        for peer in workspace.get("peers", ()):
            for target in peer.get("cards", {}):
                yield {"method": "GET", "path": f"{home}/peers/{peer['id']}/card", "query": {"target": target}}
        for session in workspace.get("sessions", ()):
            path = f"{home}/sessions/{session['id']}"
            yield {"method": "GET", "path": f"{path}/peers", "query": {"size": _MOST}}
            yield from _pages(f"{path}/messages/list", len(session.get("messages", ())))


def _of_session(home: str, session: Json) -> Iterator[Json]:
    members = session.get("peers", {})
    given = {
        peer: {key: value for key, value in member.items() if key.startswith("observe_")}
        for peer, member in members.items()
        if member is not None
    }
    yield _post(f"{home}/sessions", {**_chosen(session), "peers": given})
    path = f"{home}/sessions/{session['id']}"
    drafts = [
        {key: value for key, value in message.items() if key not in ("id", "token_count")}
        for message in session.get("messages", ())
    ]
    for part in _parts(drafts):
        yield _post(f"{path}/messages", {"messages": part})
    left = [peer for peer, member in members.items() if member is None or not member.get("present", True)]
    if left:
        yield {"method": "DELETE", "path": f"{path}/peers", "json": left}


def _post(path: str, body: Json) -> Json:
    return {"method": "POST", "path": path, "json": body}


def _pages(path: str, rows: int) -> Iterator[Json]:
    for page in range(1, max(1, -(-rows // _MOST)) + 1):
        yield {"method": "POST", "path": path, "query": {"size": _MOST, "page": page}}


def _parts(entries: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(entries), _MOST):
        yield entries[start : start + _MOST]


def _chosen(part: Json) -> Json:
    return {key: part[key] for key in _CHOSEN if key in part}
