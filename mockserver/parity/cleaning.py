"""Takes away what was made on a server, as far as the API allows."""

from .connection import Connection
from .recordings import Json


def delete_workspace(connection: Connection, workspace_id: str) -> bool:
    """Delete the sessions of a workspace, then the workspace; whether the server took it, or never had it.

    A server that refuses keeps what it has. Raises NoAnswer.
    """
    workspace = f"/v3/workspaces/{workspace_id}"
    left = None
    while sessions := _active_sessions(connection, workspace):
        if sessions == left:  # The server refuses to delete them.
            return False
        for session in sessions:
            connection.call("DELETE", f"{workspace}/sessions/{session['id']}")
        left = sessions
    return connection.call("DELETE", workspace).status in (202, 404)


def _active_sessions(connection: Connection, workspace: str) -> list[Json]:
    answer = connection.send({"method": "POST", "path": f"{workspace}/sessions/list", "query": {"size": 100}})
    page = answer.json() if answer.status == 200 else {}
    return list(page.get("items", []))
