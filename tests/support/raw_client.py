"""Reading from a socket, for tests that send bytes which no HTTP client sends."""

import socket


def until_the_end(client: socket.socket) -> bytes:
    """All that the server sends until it closes the connection."""
    received = b""
    try:
        while piece := client.recv(65536):
            received += piece
    except ConnectionResetError:  # The server closed the connection with bytes unread.
        pass
    return received
