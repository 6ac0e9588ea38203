"""One client in many hands."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from honcho import Honcho

from mockserver import MockServer

NAMES = [f"peer-{number}" for number in range(100)]


def test_tasks_share_a_client(client: Honcho) -> None:
    async def all_at_once() -> list[str]:
        return [peer.id for peer in await asyncio.gather(*(client.aio.peer(name) for name in NAMES))]

    assert asyncio.run(all_at_once()) == NAMES
    assert client.peers().total == 100


def test_threads_share_a_client(honcho_server: MockServer, client: Honcho) -> None:
    session = client.session("first")
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda name: session.add_messages(client.peer(name).message(name))[0], NAMES))
    assert [message.content for message in sent] == NAMES
    assert session.messages().total == 100
    honcho_server.mock.requests.assert_called("create_messages_for_session", times=100, status=201)
