"""Everything that the API answers about the state of a mock."""

from typing import Any

from mockserver import Mock, create_app

from .direct_client import DirectClient


def public_state(mock: Mock) -> Any:
    """The answers of every reading operation, and the pending purges without their times. Changes nothing."""
    client = DirectClient(create_app(mock))
    mock.hold_purges()
    # No request may do the work that is due while this reads.
    backlog, mock.store.backlog.jobs = mock.store.backlog.jobs, []
    seen: list[Any] = [[(one.workspace, one.session, one.tries) for one in mock.pending()]]

    def look(path: str, method: str = "POST", body: Any = None, **query: object) -> Any:
        answer = client.call(method, path, body, **query)
        seen.append((path, query, answer.status, answer.json))
        return answer.json

    for reverse in (False, True):
        listed = look("/v3/workspaces/list", reverse=reverse, size=100)["items"]
    for workspace in [one["id"] for one in listed]:
        at = f"/v3/workspaces/{workspace}"
        look(f"{at}/sessions/list", body={"filters": {"metadata": {"k": {"gte": 1}}}})
        found = client.call("POST", f"{at}/search", {"query": "b", "limit": 100}).json
        seen.append(
            sorted(message["id"] for message in found)
        )  # A world file does not keep the order of messages between sessions.
        for page in (1, 2, 3):
            look(f"{at}/sessions/list", page=page, size=2, reverse=True)
        look(f"{at}/conclusions/list", size=100)
        look(f"{at}/webhooks", "GET")
        look(f"{at}/queue/status", "GET")
        look(f"{at}/queue/status", "GET", observer_id="bob")
        for peer in look(f"{at}/peers/list", size=100)["items"]:
            look(f"{at}/peers/{peer['id']}/sessions", size=100)
            for observed in ("bob", "al", "eve"):
                look(f"{at}/peers/{peer['id']}/context", "GET", target=observed)
        sessions = {id_: session.row["is_active"] for id_, session in mock.store.workspaces[workspace].sessions.items()}
        seen.append(list(sessions.items()))
        for session in sessions:
            look(f"{at}/sessions/{session}/peers", "GET")
            for peer_id in ("bob", "al", "eve"):
                look(f"{at}/sessions/{session}/peers/{peer_id}/config", "GET")
            look(f"{at}/sessions/{session}/summaries", "GET")
            look(f"{at}/queue/status", "GET", session_id=session, sender_id="bob")
            look(f"{at}/sessions/{session}/messages/list", size=2, reverse=True)
            look(f"{at}/sessions/{session}/search", body={"query": "1"})
            for message in look(f"{at}/sessions/{session}/messages/list", size=100)["items"]:
                look(f"{at}/sessions/{session}/messages/{message['id']}", "GET")
    mock.release_purges()
    mock.store.backlog.jobs = backlog
    return seen
