"""MockServer: there when `with` has entered, gone without a trace when it has left, safe from any thread."""

import asyncio
import gc
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from mockserver import Mock, MockServer, WorldError, create_app
from mockserver import server as server_module
from support.server_address import address_of
from support.waiting import wait_until

_W = "/v3/workspaces/w"

# Every promise holds with uvloop and httptools, and without.
pytestmark = pytest.mark.usefixtures("each_loop")


def test_it_answers_at_once_and_is_gone_afterwards() -> None:
    threads = threading.active_count()
    with MockServer() as server:
        assert httpx.get(f"{server.url}/health").json() == {"status": "ok"}
        address = address_of(server.url)
    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=1)


def test_it_leaves_no_open_sockets_with_idle_clients_or_without() -> None:
    """ResourceWarnings are errors in this run; a collection brings those that are left."""
    with MockServer() as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/health").status_code == 200
    gc.collect()


def test_it_leaves_quietly_while_clients_hang(caplog: pytest.LogCaptureFixture) -> None:
    beginnings = [
        b"",
        b"POST /v3/wor",
        b"POST /v3/workspaces/w/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
    ]
    with MockServer() as server:
        clients = [socket.create_connection(address_of(server.url)) for _ in beginnings]
        for client, beginning in zip(clients, beginnings, strict=True):
            client.sendall(beginning)
        state = server._server.server_state  # type: ignore[union-attr]
        wait_until(lambda: len(state.connections) == len(clients))
    for client in clients:
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""
        client.close()
    assert not caplog.records


def test_several_run_side_by_side_and_keep_apart() -> None:
    with MockServer() as one, MockServer(quirks="live") as other:
        statuses = [httpx.post(f"{server.url}{_W}/sessions", json={"id": "s"}).status_code for server in (one, other)]
        assert statuses == [200, 201]
        one.mock.reset()
        totals = [httpx.post(f"{server.url}{_W}/sessions/list").json()["total"] for server in (one, other)]
        assert totals == [0, 1]


def test_one_can_be_entered_again_and_keeps_what_it_held() -> None:
    server = MockServer()
    with server:
        httpx.post(f"{server.url}{_W}/sessions", json={"id": "s"})
        with pytest.raises(RuntimeError, match="is already running"):
            server.__enter__()
    with server:
        assert httpx.post(f"{server.url}{_W}/sessions/list").json()["total"] == 1


def test_it_serves_a_test_that_has_a_loop_of_its_own() -> None:
    async def visit(url: str) -> int:
        async with httpx.AsyncClient(base_url=url) as client:
            answers = await asyncio.gather(*(client.post(f"{_W}/sessions", json={"id": f"s{n}"}) for n in range(20)))
            return sum(answer.status_code == 200 for answer in answers)

    with MockServer() as server:
        assert asyncio.run(visit(server.url)) == 20


def test_the_mock_is_controlled_between_two_requests_from_any_thread() -> None:
    """While clients write, threads reset: no request ever sees a state half made, and none fails."""
    with MockServer() as server, httpx.Client(base_url=server.url) as client:

        def write(number: int) -> int:
            return client.post(f"{_W}/sessions/s{number % 3}/messages", json=_batch(number)).status_code

        def reset(number: int) -> int:
            server.mock.reset()
            return 201

        with ThreadPoolExecutor(8) as pool:
            works = [pool.submit(reset if number % 5 == 0 else write, number) for number in range(200)]
            assert {work.result() for work in works} == {201}


def test_control_methods_wait_for_a_request_in_progress_and_requests_for_them() -> None:
    """Each thread finds the other's work complete, also where the server runs a callable of the test meanwhile."""
    entered, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def answer(_: object) -> str:
        entered.set()
        go_on.wait(60)
        order.append("request")
        return "Blue."

    with MockServer() as server, ThreadPoolExecutor(2) as pool, httpx.Client(base_url=server.url) as client:
        client.post(f"{_W}/peers", json={"id": "bob"})
        server.mock.scripts.add("chat", answer)
        chat = pool.submit(client.post, f"{_W}/peers/bob/chat", json={"query": "?"})
        assert entered.wait(60)
        world = pool.submit(server.mock.server_link.between_requests, lambda: order.append("world"))
        assert not world.done()
        go_on.set()
        assert chat.result().json() == {"content": "Blue."}
        world.result()
    assert order == ["request", "world"]


def test_leaving_waits_for_no_more_than_connections_need(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def counting(seconds: float) -> None:
        slept.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", counting)
    with MockServer() as server, httpx.Client(base_url=server.url) as client:
        client.get("/health")
    assert sum(slept) < 0.01


def _batch(number: int) -> dict[str, object]:
    return {"messages": [{"content": f"{number}", "peer_id": "bob"}]}


def test_what_goes_wrong_between_requests_is_raised_where_it_was_asked() -> None:
    with MockServer() as server:
        with pytest.raises(WorldError):
            server.mock.reset(world={"workspaces": []})
        with pytest.raises(ZeroDivisionError):
            server.mock.server_link.between_requests(lambda: 1 // 0)


def test_after_it_is_gone_its_mock_can_still_be_asked() -> None:
    with MockServer() as server:
        httpx.post(f"{server.url}{_W}/sessions", json={"id": "s"})
        httpx.delete(f"{server.url}{_W}/sessions/s")
    assert server.mock.purge() == 1


def test_a_taken_port_is_an_error_and_no_url_is_promised() -> None:
    with MockServer() as server:
        other = MockServer(port=address_of(server.url)[1])
        port = address_of(server.url)[1]
        complaint = rf"cannot listen on 127\.0\.0\.1:{port}: Address already in use; port=0 picks a free port"
        with pytest.raises(OSError, match=complaint):
            other.__enter__()
    with pytest.raises(RuntimeError, match="not started"):
        MockServer().url  # noqa: B018 - reading it is the test
    MockServer().__exit__(None, None, None)


def test_a_port_that_is_none_is_told() -> None:
    for port in (70_000, -1, "x", 22.5, True, None):
        with pytest.raises(ValueError, match=f"the port must be an integer from 0 to 65535, not {port!r}"):
            MockServer(port=port).__enter__()  # type: ignore[arg-type]  # the type is the point


def test_a_server_shows_its_url_and_its_profile() -> None:
    server = MockServer(quirks=["created_status", "sentence_422"])
    assert repr(server) == "<MockServer (not started): API 3.0.7, quirks created_status,sentence_422>"
    assert repr(server.mock) == "<Mock: API 3.0.7, quirks created_status,sentence_422>"
    with MockServer(quirks=["live"], api_version="3.0.6") as running:
        assert repr(running) == f"<MockServer {running.url}: API 3.0.6, quirks live>"
        running.mock.reset(quirks=[])
        assert repr(running).endswith(", quirks none>")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("base_url", "use url"),
        ("faults", r"use mock\.faults"),
        ("close", r"stop\(\) stops it, and so does the end of its `with` block"),
    ],
)
def test_a_name_that_a_server_does_not_have_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=f"'MockServer' object has no attribute '{name}'; {hint}"):
        getattr(MockServer(), name)


@pytest.mark.parametrize(
    ("hosts", "complaint"),
    [
        ("example.com", r"allow_hosts must be a list of host names, such as \['example.com'\]"),
        (["http://x"], "must be a host name without scheme and port, .*: 'http://x'; did you mean 'x'"),
        (["y:80"], ": 'y:80'; did you mean 'y'"),
        (["https://[::1]:80/path"], r": 'https://\[::1\]:80/path'; did you mean '::1'"),
        ([""], ": ''$"),
        ([5], ": 5$"),
        (["*"], r": '\*'$"),
    ],
)
def test_a_host_is_a_name_alone(hosts: Any, complaint: str) -> None:
    for make in (lambda: create_app(Mock(), allow_hosts=hosts), lambda: MockServer(allow_hosts=hosts).__enter__()):
        with pytest.raises(ValueError, match=complaint):
            make()


def test_the_app_of_anything_but_a_mock_is_refused_with_the_right_call() -> None:
    make: Any = create_app
    with pytest.raises(
        TypeError, match=r"^create_app takes a Mock, such as create_app\(Mock\(quirks='live'\)\), not 'live'"
    ):
        make("live")
    with pytest.raises(TypeError, match=r"belong to Mock: create_app\(Mock\(quirks='live', seed=1\)\)$"):
        make(quirks="live", seed=1)
    with pytest.raises(TypeError, match=r"^create_app takes no 'colour'; create_app\(Mock\(colour=1\)\)$"):
        make(colour=1)


def test_an_answer_is_sent_without_delay() -> None:
    """An answer goes out in two writes; without this the second waits for the client's acknowledgement."""
    with MockServer() as server, socket.create_connection(address_of(server.url)):
        connections = server._server.server_state.connections  # type: ignore[union-attr]
        wait_until(lambda: connections)
        [connection] = connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("round_", range(30))
def test_clients_that_come_as_it_leaves_are_let_go(round_: int) -> None:
    with MockServer() as server:
        late = [socket.create_connection(address_of(server.url)) for _ in range(5)]
    for client in late:
        client.settimeout(5)
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""
        client.close()


def test_what_keeps_the_server_from_starting_is_raised_on_entering(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(config: object) -> None:
        raise LookupError("no loop today")

    monkeypatch.setattr(server_module, "_loop_factory", fail)
    with pytest.raises(LookupError, match="no loop today"):
        MockServer().__enter__()


@pytest.mark.parametrize(("loop", "module"), [("auto", "uvloop"), ("asyncio", None)])
def test_with_an_old_uvicorn_the_loop_is_chosen_without_changing_the_policy(loop: str, module: str | None) -> None:
    pytest.importorskip("uvloop")
    config: Any = SimpleNamespace(loop=loop)  # without `get_loop_factory`, as before uvicorn 0.36
    factory = server_module._loop_factory(config)
    assert (factory and factory.__module__.partition(".")[0]) == module


def test_it_listens_on_ipv6_too() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with MockServer(host="::1") as server, httpx.Client(base_url=server.url) as client:
        assert server.url.startswith("http://[::1]:")
        assert client.post("/_mock/reset").status_code == 200


def test_the_app_is_a_value_for_use_in_process() -> None:
    app = create_app()
    assert isinstance(app.state.mock, Mock)

    async def visit() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fake") as client:
            return (await client.post(f"{_W}/sessions", json={"id": "s"})).status_code

    assert asyncio.run(visit()) == 200
    assert list(app.state.mock.store.workspaces) == ["w"]


@pytest.mark.process
def test_importing_the_package_imports_nothing_of_the_server() -> None:
    program = "import sys, mockserver.pytest_plugin; print(*{m.split('.')[0] for m in sys.modules})"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"starlette", "uvicorn", "pydantic", "asyncio"} & set(modules)


@pytest.mark.process
def test_a_server_starts_without_the_models_of_bodies_and_what_few_requests_need() -> None:
    program = """
import http.client, sys
from mockserver import MockServer
with MockServer() as server:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()
print(*sys.modules)
"""
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic.main", "mockserver.wire.fields", "mockserver.testing.fault_kinds"} & set(modules)
    assert not [name for name in modules if name.startswith("mockserver.domain.filters.")]


@pytest.mark.process
def test_a_session_without_its_options_loads_no_more_than_it_uses(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_it():
            loaded = {name for name in sys.modules if name.partition(".")[0] == "mockserver"}
            assert {name for name in loaded if not name.startswith("mockserver.pytest_")} == {"mockserver"}
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_public_names_are_loaded_when_first_used() -> None:
    import mockserver

    assert set(mockserver.__all__) <= set(dir(mockserver))
    for name in mockserver.__all__:
        assert getattr(mockserver, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Server'"):
        mockserver.Server  # noqa: B018 - reading it is the test
    assert Path(str(mockserver.__file__)).parent.joinpath("py.typed").exists()


def test_a_server_that_was_stopped_continues_with_its_state_on_its_port() -> None:
    with MockServer() as server:
        url = server.url
        httpx.post(f"{url}/v3/workspaces/w/sessions", json={"id": "s"})
        server.mock.faults.error(503, operation="get_all_workspaces", times=1)
        for _ in range(3):
            server.stop()
            assert not server.is_running
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{url}/health")
            server.stop()
            server.start()
            assert server.url == url
            assert httpx.post(f"{url}/v3/workspaces/w/sessions/list").json()["total"] == 1
        assert httpx.post(f"{url}/v3/workspaces/list").status_code == 503
        assert server.mock.requests.count("get_sessions") == 3
        with pytest.raises(RuntimeError, match="the server is already running"):
            server.start()


def test_a_server_runs_without_a_block() -> None:
    server = MockServer()
    server.start()
    assert httpx.get(f"{server.url}/health").status_code == 200
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health")


def test_clients_of_a_server_that_stops_lose_their_connection() -> None:
    with MockServer() as server, httpx.Client(base_url=server.url) as client:
        client.get("/health")
        hold = server.mock.faults.hang(operation="get_all_workspaces")
        with ThreadPoolExecutor() as pool:
            held = pool.submit(httpx.post, f"{server.url}/v3/workspaces/list", timeout=60)
            wait_until(lambda: hold.held)
            server.stop()
            with pytest.raises(httpx.TransportError):
                held.result()
        server.start()
        assert client.get("/health").status_code == 200  # over a new connection


def test_a_server_stops_although_a_fault_of_a_fork_did_not_fire() -> None:
    server = MockServer()
    server.start()
    url = httpx.post(f"{server.url}/_mock/fork").json()["url"]
    httpx.post(f"{url}/_mock/faults", json={"fault": "error", "status": 503, "must_fire": True})
    with pytest.raises(AssertionError):
        server.stop()
    assert not server.is_running
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/health")


def test_a_server_whose_thread_does_not_start_can_start_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    server = MockServer()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            server.start()
    assert not server.is_running
    with server:
        assert httpx.get(f"{server.url}/health").status_code == 200
