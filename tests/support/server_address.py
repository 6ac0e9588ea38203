"""The address that a server listens on, for tests that open a socket to it."""


def address_of(url: str) -> tuple[str, int]:
    """The host and port of a URL like `http://127.0.0.1:8000`."""
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)
