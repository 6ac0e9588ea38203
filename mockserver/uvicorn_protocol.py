"""Configures uvicorn to run the protocols of this project."""

from typing import Any

import uvicorn
from starlette.types import ASGIApp

from .api.asgi_extension import Answering
from .uvicorn_bounds import HEAD_BYTES, Bounds
from .uvicorn_immediate import ImmediateAnswers, is_known
from .uvicorn_upgrades import IgnoredUpgrades


class BoundedConfig(uvicorn.Config):
    """A configuration of uvicorn whose connections are bounded.

    Attributes:
        parser: The name of the HTTP parser, such as "httptools". It is known when the configuration is loaded.
    """

    parser = ""

    def __init__(self, app: ASGIApp, *, answering: Answering | None = None, **settings: Any) -> None:
        """`answering` answers requests that need not go through ASGI. `settings` are uvicorn's."""
        super().__init__(app, h11_max_incomplete_event_size=HEAD_BYTES, **settings)
        self._answering = answering

    def load(self) -> None:
        super().load()
        protocol = self.http_protocol_class
        self.parser = protocol.__module__.rpartition(".")[2].removesuffix("_impl")
        if self.parser == "httptools":
            members: dict[str, Any] = {}
            base = Bounds
            if self._answering is not None and is_known(self, protocol):
                base, members = ImmediateAnswers, {"answering": staticmethod(self._answering), "inbox": []}
            self.http_protocol_class = type("BoundedProtocol", (base, IgnoredUpgrades, protocol), members)
