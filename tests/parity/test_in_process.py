"""The server in this process answers as one with a socket does, and reaches no other server."""

import asyncio
import json

import pytest

from mockserver.parity.in_process import InProcessServer
from mockserver.parity.recordings import Scenario
from mockserver.testing.webhook_sender import WebhookSender
from support.in_process import METHODS, differences_in
from support.replay import SCENARIOS

_SHORT = [scenario for scenario in SCENARIOS[::20] if len(scenario.steps) < 50]


def _disagreements(scenario: Scenario) -> list[int]:
    found = differences_in(scenario, quirks="live")
    return [number for number in found if scenario.steps[number]["request"]["method"] in METHODS]


def test_it_answers_as_recorded() -> None:
    assert {scenario.name: _disagreements(scenario) for scenario in _SHORT} == {one.name: [] for one in _SHORT}


def test_it_delivers_no_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr(WebhookSender, "send", lambda _, delivery: sent.append(delivery))
    server = InProcessServer()

    async def test_webhooks() -> int:
        await server.send({"method": "POST", "path": "/v3/workspaces", "json": {"id": "w"}})
        webhook = {"url": "https://example.com/hook"}
        await server.send({"method": "POST", "path": "/v3/workspaces/w/webhooks", "json": webhook})
        return (await server.send({"method": "GET", "path": "/v3/workspaces/w/webhooks/test"})).status

    assert asyncio.run(test_webhooks()) == 200
    assert not sent
    server.mock.deliveries.is_sending = True
    assert asyncio.run(test_webhooks()) == 200
    assert len(sent) == 1


def test_an_error_of_the_app_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    server = InProcessServer()
    server.mock.faults.error(500)
    answer = asyncio.run(server.send({"method": "GET", "path": "/health"}))
    assert answer.status == 500
    assert json.loads(answer.body)
