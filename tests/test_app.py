"""The app as a whole: what is no HTTP, and what should never happen."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver import Mock, MockServer, create_app
from support.direct_client import DirectClient
from support.running_app import running


def test_a_websocket_is_closed() -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/health", "headers": [], "query_string": b""}
    asyncio.run(create_app()(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


class _Counting:
    """A middleware that counts what comes through, and signs what goes out."""

    def __init__(self, app: ASGIApp, seen: list[str]) -> None:
        self._app = app
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-seen", b"yes")]
            await send(message)

        self._seen.append(scope["path"])
        await self._app(scope, receive, signed)


def test_middleware_that_was_added_sees_every_request(each_loop: None) -> None:
    app, seen = create_app(), list[str]()
    app.add_middleware(_Counting, seen=seen)
    paths = ["/v3/workspaces/list", "/health", "/_mock/requests", "/nowhere"]
    with _served(app) as url:
        answers = [httpx.post(url + path) for path in paths]
    assert seen == paths
    assert [answer.headers.get("x-seen") for answer in answers] == ["yes"] * 4


def test_a_route_that_was_put_before_the_operations_answers() -> None:
    app = create_app()
    app.router.routes.insert(0, Route("/health", lambda _: PlainTextResponse("mine")))
    with _served(app) as url:
        assert httpx.get(f"{url}/health").text == "mine"


def test_an_app_below_another_answers_there() -> None:
    outer = Starlette(routes=[Mount("/below", create_app())])
    with running(outer) as url:
        assert httpx.post(f"{url}/below/v3/workspaces/w/sessions", json={"id": "s"}).status_code == 200
        assert httpx.post(f"{url}/v3/workspaces/w/sessions", json={"id": "s"}).status_code == 404


@contextmanager
def _served(app: ASGIApp) -> Iterator[str]:
    """The app on uvicorn, as MockServer runs its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mockserver.server.create_app", lambda *_, **__: app)
        with MockServer() as server:
            yield server.url


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


@pytest.mark.parametrize(
    ("options", "path", "reason"),
    [
        ({"control": False}, "/_mock/reset", "the control plane is off: control=False, or --no-control"),
        ({"control": False}, "/_mock/", "the control plane is off: control=False, or --no-control"),
        ({"page": False}, "/_mock/", "the page is off: page=False, or --no-page"),
    ],
)
def test_a_404_says_that_the_control_plane_or_the_page_is_off(options: dict[str, Any], path: str, reason: str) -> None:
    answer = DirectClient(create_app(**options)).call("POST" if "reset" in path else "GET", path)
    assert answer.status == 404
    assert reason in (answer.headers.get("x-mock-diagnosis"), answer.json["detail"])
