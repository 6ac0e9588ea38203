"""Creates the starting world of a mock on a real server."""

import asyncio

from ..domain.access import EVERYTHING
from ..testing.mock import Mock
from .client import encoded_request
from .in_process import InProcessServer
from .mirror import Mirror
from .recordings import Json
from .sent import SentRequest
from .world_requests import creations, readings, unrepeatable


def replayed(mirror: Mirror, world: Json, twin: Mock) -> str | None:
    """Create a world on the real server of a mirror, and compare all of its rows with those of the mock.

    Arguments:
        world: The state of the mock as a saved world.
        twin: A fork of the mock in this state. Use it nowhere else.

    Returns what the real server cannot have, or None if it has the whole world. Raises NoAnswer.
    """
    problem = unrepeatable(world)
    if problem is not None:
        return problem
    for request in creations(world):
        if not mirror.create(_sent(request, twin)):
            return f"what {request['method']} {request['path']} refuses"
    server = InProcessServer(twin)
    with asyncio.Runner() as runner:
        for request in readings(world):
            answer = runner.run(server.send(request, _headers(twin)))
            outcome = mirror.compare(_sent(request, twin), answer, len(twin.store.purges.jobs))
            if outcome.differences:
                return f"other rows: {request['method']} {request['path']}, {outcome.differences[0].place}"
    return None


def _sent(request: Json, mock: Mock) -> SentRequest:
    target, headers, body = encoded_request(request, _headers(mock))
    return SentRequest(request["method"], target, [(name.lower(), text) for name, text in headers.items()], body or b"")


def _headers(mock: Mock) -> dict[str, str]:
    """The headers of the requests: a token, if authentication is on."""
    if mock.keyring is None:
        return {}
    return {"authorization": f"Bearer {mock.keyring.sign(EVERYTHING, mock.clock.peek())}"}
