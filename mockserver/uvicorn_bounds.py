"""Bounds what a connection of uvicorn accepts with httptools. With h11, uvicorn has a setting for it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
else:
    _Protocol = object  # httptools may not be installed: `BoundedConfig` adds the class of uvicorn.

# How many bytes a head may have, or trailers.
HEAD_BYTES = 64 * 1024
_TOO_LARGE = "The head of the request is too large."


class Bounds(_Protocol):
    """Two corrections of uvicorn's protocol for httptools.

    httptools accepts heads, and trailers of chunked bodies, of any size, and keeps them in memory. And when uvicorn
    refuses a malformed request, it closes the connection at once: the answers to earlier requests in the same packet
    are lost.
    """

    # How many bytes have come since the last complete message, or the last part of a body.
    silence = 0
    # The reason to refuse the rest of the connection, once earlier requests are answered.
    _refusal: str | None = None

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        self.silence += len(data)
        super().data_received(data)
        if self.silence > HEAD_BYTES and self._refusal is None and not self.transport.is_closing():
            self.send_400_response(_TOO_LARGE)

    def on_body(self, body: bytes) -> None:
        self.silence = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.silence = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        # `cycle` is the newest request, even if it waits in the pipeline, whose first entry is the newest.
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()  # It is the malformed one, and was not carried out yet.
        elif self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            super().send_400_response(msg)
            return
        self._refusal = msg
        self.transport.pause_reading()

    def on_response_complete(self) -> None:
        was_last = not self.pipeline
        super().on_response_complete()
        if self._refusal is not None and was_last and not self.transport.is_closing():
            super().send_400_response(self._refusal)
