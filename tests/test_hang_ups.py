"""Clients who break off are let go without a word, and what is the server's own fault is told."""

import re
import socket
import struct
import time

import httpx
import pytest

from mockserver import MockServer
from mockserver.fast_path import _HeldTransport
from support.server_address import address_of

_W = "/v3/workspaces/w"

# Every promise holds with uvloop and httptools, and without.
pytestmark = pytest.mark.usefixtures("each_loop")


def test_clients_that_ask_much_at_once_and_hang_up_are_let_go_quietly(caplog: pytest.LogCaptureFixture) -> None:
    reading = b"POST /v3/workspaces/w/sessions/s/messages/list HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    batch = {"messages": [{"content": "x" * 20_000, "peer_id": "bob"}] * 50}
    with MockServer() as server:
        httpx.post(f"{server.url}{_W}/sessions/s/messages", json=batch)
        for milliseconds in range(40):
            with socket.create_connection(address_of(server.url)) as client:
                client.sendall(reading * 20)
                time.sleep(milliseconds % 10 / 1000)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert httpx.get(f"{server.url}/health").status_code == 200
    assert not caplog.records


def test_a_client_that_leaves_a_stream_is_let_go_quietly(caplog: pytest.LogCaptureFixture) -> None:
    with MockServer() as server:
        server.mock.scripts.add("chat", "word " * 1_000)
        for _ in range(5):
            question = {"query": "x", "stream": True}
            with httpx.stream("POST", f"{server.url}{_W}/peers/alice/chat", json=question) as answer:
                next(answer.iter_lines())
        assert httpx.get(f"{server.url}/health").status_code == 200
    assert not caplog.records


def test_a_body_that_breaks_where_nobody_reads_it_is_answered_once(caplog: pytest.LogCaptureFixture) -> None:
    heads = [b"POST /nowhere", b"POST /v3/workspaces/", b"GET /v3/workspaces", b"POST /_mock/nothing"]
    rest = b" HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n"
    with MockServer() as server:
        for head in heads * 5:
            with socket.create_connection(address_of(server.url), timeout=60) as client:
                client.sendall(head + rest)
                assert client.recv(65536).startswith(b"HTTP/1.1 4")
        assert httpx.get(f"{server.url}/health").status_code == 200
    assert {record.getMessage() for record in caplog.records} <= {"Invalid HTTP request received."}


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_an_error_that_no_client_has_part_in_is_told(
    connection: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("not the client's doing")

    monkeypatch.setattr("mockserver.api.endpoint.Endpoint.carried_out", fail)
    with MockServer() as server:
        assert httpx.get(f"{server.url}/health", headers={"connection": connection}).status_code == 500
    assert "not the client's doing" in caplog.text


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_an_answer_comes_in_one_piece(version: str) -> None:
    """Each piece costs the client another call, and a wake-up."""
    body = b'{"id":"s"}'
    head = f"POST {_W}/sessions HTTP/{version}\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n"
    with MockServer() as server:
        for _ in range(30):
            with socket.create_connection(address_of(server.url), timeout=60) as client:
                client.sendall(head.encode() + b"\r\n" + body)
                answer = client.recv(65536)
                assert b"200 OK" in answer
                assert answer.endswith(b'Z"}')
                if version == "1.0":
                    assert client.recv(65536) == b""  # It closes once all is sent.


def test_answers_to_what_is_asked_at_once_come_whole_and_in_order() -> None:
    asked = [f"POST {_W}/sessions/list?size=1&page={number} HTTP/1.1\r\nHost: x\r\n\r\n" for number in range(1, 101)]
    world = {"workspaces": {"w": {"sessions": [{"id": f"s{number}"} for number in range(1, 101)]}}}
    with MockServer(world=world) as server, socket.create_connection(address_of(server.url), timeout=60) as client:
        client.sendall("".join(asked).encode())
        said = b""
        while said.count(b'"pages":100}') < 100:
            said += client.recv(65536)
    assert re.findall(rb'{"items":\[{"id":"(s\d+)"', said) == [b"s%d" % number for number in range(1, 101)]


def test_what_was_answered_is_told_though_garbage_follows() -> None:
    """Both come at once, so the server knows of the garbage before it sends the answer."""
    asked = f"POST {_W}/sessions/list HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with MockServer() as server, socket.create_connection(address_of(server.url), timeout=60) as client:
        client.sendall(asked + b"garbage\r\n\r\n")
        said = b""
        while piece := client.recv(65536):
            said += piece
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"200", b"400"]


def test_a_transport_that_holds_a_head_is_else_the_transport() -> None:
    class Transport:
        def __init__(self) -> None:
            self.written: list[bytes] = []
            self.write = self.written.append

        def is_closing(self) -> bool:
            return False

    transport = Transport()
    held = _HeldTransport(transport)
    assert held.is_closing() is False
    for piece in (b"head ", b"body", b"more"):
        held.write(piece)
    assert transport.written == [b"head body", b"more"]
