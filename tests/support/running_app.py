"""Serves an ASGI app in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from mockserver.fast_path import UVICORN_SETTINGS
from mockserver.server import _Server, listen, url_of
from mockserver.uvicorn_protocol import BoundedConfig


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """The URL of a server for this app. It runs until the end of the block."""
    listener = listen("127.0.0.1", 0)
    server = _Server(BoundedConfig(app, log_config=None, access_log=False, **UVICORN_SETTINGS))
    thread = threading.Thread(target=server.serve_on, args=[listener], daemon=True)
    thread.start()
    server.loop.result()
    try:
        yield url_of("127.0.0.1", listener)
    finally:
        server.stop()
        thread.join()
