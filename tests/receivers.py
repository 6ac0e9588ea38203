"""Receivers of webhooks: one that is well, and one that says just what it is told to."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Received(NamedTuple):
    """A request that came to a receiver; the names of headers are in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Takes down what it receives, and answers 200. `before` is called with each request before its answer."""

    def __init__(self, before: Callable[[Received], object] = repr) -> None:
        self.received: list[Received] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver.received.append(received)
                before(received)
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(b'{"taken": true}')

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


@contextmanager
def saying(*pieces: bytes, hangs: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """The URL of a server that says these bytes to all who send it JSON or speak TLS, and what it was sent.

    Then it closes the connection, or hangs.
    """
    over = threading.Event()
    sent: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                request = b""
                while not (request.endswith(b"}") or request.startswith(b"\x16")) and (piece := connection.recv(65536)):
                    request += piece
                sent.append(request)
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                except OSError:  # It was left.
                    continue
                if hangs:
                    over.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", sent
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join()
