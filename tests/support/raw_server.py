"""A TCP server that answers every connection with fixed bytes, for tests of a client's error handling."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def raw_server(*pieces: bytes, hangs: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """Run a server that sends `pieces` after each request; yields its URL and the list of the requests it received.

    A request ends with the `}` of its JSON body, or with the first bytes of a TLS handshake. After the pieces, the
    server closes the connection; with `hangs` it keeps the connection open.
    """
    stopping = threading.Event()
    requests: list[bytes] = []

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
                requests.append(request)
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                except OSError:  # The client closed the connection.
                    continue
                if hangs:
                    stopping.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        finally:
            stopping.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join()
