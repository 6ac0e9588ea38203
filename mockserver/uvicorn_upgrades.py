"""Ignores offers of a client to change the protocol, with httptools. With h11, uvicorn ignores them already."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as _Protocol
else:
    _Protocol = object  # httptools may not be installed: `BoundedConfig` adds the class of uvicorn.

if find_spec("httptools") is not None:
    from httptools import HttpParserError, HttpParserUpgrade

_INVALID = "Invalid HTTP request received."


class IgnoredUpgrades(_Protocol):
    """Answers a request that offers an upgrade as if it did not.

    The client of Java sends `Upgrade: h2c` with each request. Behind such a head, httptools reads neither the body nor
    later requests, so uvicorn loses them. This class parses the head again, without the header.
    """

    _is_offer = False

    def data_received(self, data: bytes) -> None:
        """The same as uvicorn's method, except for upgrades."""
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._parse(data)
        except HttpParserError:
            self.logger.warning(_INVALID)
            self.send_400_response(_INVALID)

    def _parse(self, data: bytes) -> bytes:
        """Parse data up to an offer of an upgrade. Returns what is left to parse."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as offer:
            place: int = offer.args[0]
            line = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
            headers = [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
            if len(headers) == len(self.headers):
                return b""  # CONNECT: it is answered already, and what follows is of another protocol.
            self._renew_parser()
            return b"\r\n".join([line, *headers, b"", b""]) + data[place:]
        return b""

    def _renew_parser(self) -> None:
        self.parser = type(self.parser)(self)
        if hasattr(self.parser, "set_dangerous_leniencies"):  # as uvicorn does
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    # The first time that the parser reads such a head, nothing happens.

    def on_headers_complete(self) -> None:
        self._is_offer = any(name == b"upgrade" for name, _ in self.headers) and self.parser.should_upgrade()
        if not self._is_offer:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._is_offer:
            super().on_message_complete()
        self._is_offer = False
