"""The clients that the plugin makes of the SDK, and the guard of a client that knows no URL."""

import asyncio
from typing import Any

import pytest
from honcho import Honcho
from honcho.http.exceptions import ConnectionError as NoConnection

from mockserver import MockServer
from sdk.python.witnessing import Use


def test_the_client_of_the_plugin_talks_to_the_fake(
    honcho_client: Honcho, honcho_server: MockServer, honcho_workspace: str
) -> None:
    assert (honcho_client.base_url, honcho_client.workspace_id) == (honcho_server.url, honcho_workspace)
    assert honcho_client.peer("alice", metadata={"k": 1}).metadata == {"k": 1}
    honcho_server.mock.requests.assert_called("get_or_create_peer", times=1, peer="alice", workspace=honcho_workspace)


def test_the_async_client_of_the_plugin_talks_to_the_fake(async_honcho_client: Any, honcho_server: MockServer) -> None:
    alice = asyncio.run(async_honcho_client.peer("alice", metadata={"k": 1}))
    assert alice.metadata == {"k": 1}
    honcho_server.mock.requests.assert_called("get_or_create_peer", times=1)


@pytest.mark.filterwarnings("ignore:a client tried to reach")
def test_a_client_that_knows_no_url_is_refused_at_once(honcho_server: MockServer, use: Use) -> None:
    with pytest.raises(NoConnection, match="Use the fixture honcho_env"):
        use(Honcho(environment="production", api_key="k")).peer("alice", metadata={"k": 1})
    assert len(honcho_server.mock.requests) == 0
