"""Deletes workspaces on a server, as far as the API allows."""

from .client import Client


def delete_workspace(client: Client, workspace_id: str) -> bool:
    """Delete the sessions of a workspace, then the workspace. Returns False if the server
    refused, and True if it accepted or has no such workspace.

    If the server refuses to delete a session, the rest stays. Raises NoAnswer.
    """
    workspace = f"/v3/workspaces/{workspace_id}"
    tried: set[str] = set()
    while sessions := _active_sessions(client, workspace):
        if not tried.isdisjoint(sessions):  # The server has refused to delete them.
            return False
        for session_id in sessions:
            client.call("DELETE", f"{workspace}/sessions/{session_id}")
        tried |= set(sessions)
    return client.call("DELETE", workspace).status in (202, 404)


def _active_sessions(client: Client, workspace: str) -> list[str]:
    """The ids of the first page of sessions of a workspace; empty if the server does not answer with a page."""
    answer = client.send({"method": "POST", "path": f"{workspace}/sessions/list", "query": {"size": 100}})
    page = answer.document() if answer.status == 200 else None
    items = page.get("items") if isinstance(page, dict) else None
    rows = items if isinstance(items, list) else []
    return [row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
