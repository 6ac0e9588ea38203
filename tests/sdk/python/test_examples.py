"""The examples of the SDK's own README, as its users try them first."""

import asyncio
import re
from importlib.metadata import metadata
from typing import Any

from mockserver import MockServer


def test_the_examples_of_the_sdks_own_readme_run(honcho_server: MockServer, honcho_env: dict[str, str]) -> None:
    readme = str(metadata("honcho-ai").json["description"]).replace(
        "in client.aio.peers()", "in await client.aio.peers()"
    )
    known: dict[str, Any] = {}
    for example in re.findall(r"^```python\n(.*?)^```", readme, re.DOTALL | re.MULTILINE):
        exec(example, known)  # noqa: S102 - they build on each other
    asyncio.run(known["main"]())
    answered = {request.status for request in honcho_server.mock.requests}
    assert answered == {200, 201}
