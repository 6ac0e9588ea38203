"""Where a server listens, for those who speak to it on a socket."""


def address_of(url: str) -> tuple[str, int]:
    """Host and port of a URL like `http://127.0.0.1:8000`."""
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)
