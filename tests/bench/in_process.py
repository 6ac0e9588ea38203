"""Prints what a request in this process costs, over httpx.ASGITransport, as JSON: the rate of the mock server over the
rate of one route of Starlette.
"""

import asyncio
import json
import statistics
import time
from importlib import import_module
from typing import Any

import httpx

from mockserver import Mock, create_app

_REQUESTS = 200
_ROUNDS = 9


def main() -> None:
    print(json.dumps({"in_process_over_starlette": asyncio.run(_ratio())}))


async def _ratio() -> float:
    """Each round measures both apps in turn, so that the ratio holds on a busy machine."""
    apps: list[Any] = [create_app(Mock()), import_module("bare_starlette").app]
    pairs = [[await _cpu_seconds(app) for app in apps] for _ in range(_ROUNDS)]
    return statistics.median(starlette / mock for mock, starlette in pairs)


async def _cpu_seconds(app: Any) -> float:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        began = time.process_time()
        for _ in range(_REQUESTS):
            answer = await client.post("/v3/workspaces/w/sessions", json={"id": "s"})
            answer.raise_for_status()
        return time.process_time() - began


if __name__ == "__main__":
    main()
