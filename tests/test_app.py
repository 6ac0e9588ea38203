"""The app as a whole: what is no HTTP, and what should never happen."""

import asyncio
from typing import Any

import httpx
import pytest

from mockserver import Mock, create_app


def test_a_websocket_is_closed() -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/health", "headers": [], "query_string": b""}
    asyncio.run(create_app()(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_a_bug_of_ours_is_a_500_in_the_words_of_the_real_server(monkeypatch: pytest.MonkeyPatch) -> None:
    mock = Mock()
    monkeypatch.setattr(mock.store, "workspaces", None)
    transport = httpx.ASGITransport(create_app(mock), raise_app_exceptions=False)

    async def visit() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://fake") as client:
            return await client.post("/v3/workspaces", json={"id": "w"})

    answer = asyncio.run(visit())
    assert (answer.status_code, answer.json()) == (500, {"detail": "An unexpected error occurred"})


@pytest.mark.parametrize("text", ["word " * 2_001, "x"])
def test_instructions_have_a_limit_in_tokens(text: str) -> None:
    async def visit() -> httpx.Response:
        transport = httpx.ASGITransport(create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://fake") as client:
            configuration = {"reasoning": {"custom_instructions": text}}
            return await client.post("/v3/workspaces/w/sessions", json={"id": "s", "configuration": configuration})

    answer = asyncio.run(visit())
    assert answer.status_code == (200 if text == "x" else 422)
    if text != "x":
        [entry] = answer.json()["detail"]
        assert entry["loc"] == ["body", "configuration", "reasoning", "custom_instructions"]
