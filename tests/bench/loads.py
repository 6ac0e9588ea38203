"""The loads: requests that wrk repeats. Each returns the throughput of the server."""

from collections.abc import Callable

from .servers import Server, Throughput

SESSIONS = "/v3/workspaces/w/sessions"
NEW = '{"id":"fNUMBER"}'
_GET_OR_CREATE = '{"id":"sNUMBER"}'
_MESSAGE = '{"messages":[{"content":"hello there","peer_id":"bob"}]}'

Load = Callable[[Server, int], Throughput]


def create(server: Server, seconds: int) -> Throughput:
    """Get or create one of 1,000 sessions. All exist after the first 1,000 requests."""
    return server.throughput(seconds, SESSIONS, _GET_OR_CREATE, many=1000)


def list50(server: Server, seconds: int) -> Throughput:
    return server.throughput(seconds, f"{SESSIONS}/list?size=50", "{}")


def message(server: Server, seconds: int) -> Throughput:
    return server.throughput(seconds, f"{SESSIONS}/talk/messages", _MESSAGE)


def create_new(server: Server, seconds: int) -> Throughput:
    """Create a session that does not exist, with each request."""
    return server.throughput(seconds, SESSIONS, NEW, first=total_sessions(server))


def total_sessions(server: Server) -> int:
    total: int = server.send("POST", f"{SESSIONS}/list?size=1", {})["total"]
    return total


# In this order on a new server, as `list50` needs the sessions of `create`.
LOADS: dict[str, Load] = {"create": create, "list50": list50, "message": message, "create_new": create_new}
