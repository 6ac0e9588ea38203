"""CORS: which pages of other origins may read the answers of the API, by the rules of the live server.

The rules are here, not in Starlette's middleware, because the middleware behaves differently in different versions of
Starlette.
"""

from collections.abc import Collection

from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope, Send

from ..domain.quirks import Quirks
from ..hosts import host_of, is_loopback
from . import answers
from .answers import Headers
from .routing import header_of

# The origins that the live server allows (recorded in x2-cors).
LIVE_ORIGINS = frozenset({"http://localhost", "http://127.0.0.1:8000", "https://api.honcho.dev"})
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_CREDENTIALS = (b"access-control-allow-credentials", b"true")
_PREFLIGHT: Headers = (
    (b"access-control-allow-methods", ", ".join(_METHODS).encode()),
    (b"access-control-max-age", b"600"),
    _CREDENTIALS,
)
# Without this header, a page can read neither the diagnosis header nor how long a rate limit asks it to wait.
_EXPOSED = (
    b"access-control-expose-headers",
    b", ".join([answers.DIAGNOSIS_HEADER, answers.NOTE_HEADER, b"retry-after"]),
)


class Cors:
    """The rules for the requests of one origin.

    Every answer has a header that allows credentials. If the origin is allowed, it has headers that name the origin.
    """

    def __init__(self, origin: bytes, added: Collection[str], quirks: Quirks) -> None:
        self._origin = origin
        self._is_allowed = is_allowed(origin.decode("latin-1"), added, quirks)

    def preflight(self, scope: Scope) -> PlainTextResponse | None:
        """The answer to a preflight; None for another request. A preflight needs no operation at its path."""
        method = header_of(scope, b"access-control-request-method")
        if scope["method"] != "OPTIONS" or method is None:
            return None
        faults = [] if self._is_allowed else ["origin"]
        if method.decode("latin-1") not in _METHODS:
            faults.append("method")
        text = f"Disallowed CORS {', '.join(faults)}" if faults else "OK"
        response = PlainTextResponse(text, 400 if faults else 200)
        response.raw_headers += [*_PREFLIGHT, (b"vary", b"Origin")]
        if self._is_allowed:
            response.raw_headers.append((b"access-control-allow-origin", self._origin))
        wanted = header_of(scope, b"access-control-request-headers")
        if wanted is not None:  # Every header is allowed.
            response.raw_headers.append((b"access-control-allow-headers", wanted))
        return response

    def sending(self, send: Send) -> Send:
        """A `send` that adds the headers to the answer of any other request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._added_to(message.get("headers", ()))}
            await send(message)

        return with_headers

    def _added_to(self, headers: Headers) -> Headers:
        if not self._is_allowed:
            return [*headers, _CREDENTIALS]
        varying = [value for name, value in headers if name.lower() == b"vary"]
        others = [header for header in headers if header[0].lower() != b"vary"]
        named = (b"access-control-allow-origin", self._origin)
        return [*others, named, _CREDENTIALS, _EXPOSED, (b"vary", b", ".join([*varying, b"Origin"]))]


def is_allowed(origin: str, added: Collection[str], quirks: Quirks) -> bool:
    """Whether pages of an origin may read the answers. `added` are the origins of the option `cors`; `*` allows every
    origin.
    """
    if origin in LIVE_ORIGINS or origin in added or "*" in added:
        return True
    return not quirks.cors_origins and _is_loopback(origin)


def _is_loopback(origin: str) -> bool:
    scheme, _, authority = origin.partition("://")
    host = host_of(authority)
    return scheme in ("http", "https") and host is not None and is_loopback(host)
