"""Prints what control methods cost on a large state, in milliseconds of CPU time as JSON.

`large_states SESSIONS`: the state has ten messages in each session, and in another workspace three conclusions for each
session. Uses only public names of the package.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from mockserver import Mock, create_app

_ROUNDS = 3
_BATCH = 100


def main() -> None:
    sessions = int(sys.argv[1])
    mock = Mock(world={"workspaces": {"w": {"sessions": [_session(number) for number in range(sessions)]}}})
    figures = _of_states(mock)
    mock.reset()
    print(json.dumps(figures | asyncio.run(_of_conclusions(mock, 3 * sessions))))


def _session(number: int) -> dict[str, Any]:
    messages = [{"peer_id": "bob", "content": f"message {place} of {number}"} for place in range(10)]
    return {"id": f"s{number}", "peers": {"bob": {}}, "messages": messages}


def _of_states(mock: Mock) -> dict[str, float]:
    before = mock.snapshot()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "world.json"
        return {
            "fork_ms": _milliseconds(mock.fork),
            "diff_ms": _milliseconds(lambda: mock.diff(before)),
            "save_ms": _milliseconds(lambda: mock.save(path)),
            "load_ms": _milliseconds(lambda: mock.load(path)),
        }


async def _of_conclusions(mock: Mock, count: int) -> dict[str, float]:
    """A query over the conclusions of a workspace, and the purge of a session that none of them is about."""
    transport = httpx.ASGITransport(create_app(mock))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/v3/workspaces/w") as client:

        async def send(method: str, path: str, body: Any = None) -> None:
            (await client.request(method, path, json=body)).raise_for_status()

        for peer in ("alice", "bob"):
            await send("POST", "/peers", {"id": peer})
        for first in range(0, count, _BATCH):
            made = [
                {"content": f"Alice likes tea {first + place}", "observer_id": "bob", "observed_id": "alice"}
                for place in range(min(_BATCH, count - first))
            ]
            await send("POST", "/conclusions", {"conclusions": made})
        filters = {"observer_id": "bob", "observed_id": "alice"}
        queries, purges = [], []
        for number in range(_ROUNDS):
            began = time.process_time()
            await send("POST", "/conclusions/query", {"query": f"tea {number}", "filters": filters})
            queries.append(time.process_time() - began)
            await send("POST", "/sessions", {"id": f"s{number}"})
            await send("DELETE", f"/sessions/s{number}")
            began = time.process_time()
            mock.purge()
            purges.append(time.process_time() - began)
    return {
        "query_first_ms": 1000 * queries[0],
        "query_ms": 1000 * statistics.median(queries[1:]),
        "purge_ms": 1000 * statistics.median(purges),
    }


def _milliseconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
