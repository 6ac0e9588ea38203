"""An HTTP client with one persistent connection."""

import json
import socket
import time
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Self
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from .forms import encoded
from .matching import ReceivedAnswer
from .recordings import Json
from .sent import AS_IS, SentRequest

# After this time a server may close an idle connection at any moment, so the client opens a new one.
_IDLE_SECONDS = 1
_BODY_LIMIT = 20 * 1024 * 1024


class NoAnswer(Exception):
    """The server does not answer, or its answer is not HTTP."""


class Client:
    """Sends requests to the server at `url`, which may have a path. Requests without a token get `token`.

    It connects at the first request. As a context manager, it closes the connection at the end.

    Raises ValueError if `url` is not the URL of a server, or `token` cannot be in a header.
    """

    def __init__(self, url: str, token: str | None = None, timeout_seconds: float = 30) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not a URL that begins with http:// or https://: {url!r}")
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError("the URL of a server must not have a query, a fragment or a user")
        if token is not None and not (token.strip().isascii() and token.strip().isprintable()):
            raise ValueError("the key has characters that are not allowed in a header")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.host = parts.hostname
        self.authority = parts.netloc
        try:
            self._connection = kind(parts.hostname, parts.port, timeout=timeout_seconds)
        except HTTPException as error:
            raise ValueError(str(error)) from None
        self._used = 0.0
        self.prefix = parts.path.rstrip("/")
        self._headers = {} if token is None else {"authorization": f"Bearer {token.strip()}"}

    def call(self, method: str, path: str, body: Json = None) -> ReceivedAnswer:
        """Send a request with a JSON body, or without a body. Raises NoAnswer."""
        return self.send({"method": method, "path": path} | ({} if body is None else {"json": body}))

    def send(self, request: Json, *, with_token: bool = True) -> ReceivedAnswer:
        """Send a request in the format of the recordings: `method`, `path`, `query`, `headers`, and its body.

        `query` is an object or a list of pairs. The body is `json`, `text`, `base64` (bytes), or a `form` with or
        without `files`.
        Raises NoAnswer.
        """
        target, headers, body = encoded_request(request, self._headers if with_token else {})
        try:
            return self._exchange(request["method"], self.prefix + target, body, headers)
        except (OSError, HTTPException, UnicodeError) as error:
            self._connection.close()
            raise NoAnswer(no_answer(error)) from error

    def open(self, request: SentRequest) -> HTTPResponse:
        """Pass on a request of another client, and return the response, whose body is still to be read.

        Raises OSError, HTTPException or ValueError.
        """
        self._close_if_idle()
        connection = self._connection
        connection.putrequest(request.method, self.prefix + request.target, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        # The recording needs the body as it is, not compressed.
        connection.putheader("accept-encoding", "identity")
        connection.endheaders(request.body or None)
        self._used = time.monotonic()
        return connection.getresponse()

    def api_version(self) -> str | None:
        """The version of the API that the server's `/openapi.json` names; None if it names none. Raises NoAnswer."""
        document = self.call("GET", "/openapi.json").document()
        about = document.get("info") if isinstance(document, dict) else None
        version = about.get("version") if isinstance(about, dict) else None
        return version if isinstance(version, str) else None

    def close(self) -> None:
        """Close the connection. The next request opens a new one."""
        self._connection.close()

    def abort(self) -> None:
        """End a request that another thread waits for: it fails there."""
        connected = self._connection.sock
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _close_if_idle(self) -> None:
        if time.monotonic() - self._used > _IDLE_SECONDS:
            self._connection.close()

    def _exchange(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> ReceivedAnswer:
        self._close_if_idle()
        self._connection.request(method, target, body, headers)
        # The `with` closes it here, not in a finalizer, where Python ignores a KeyboardInterrupt.
        with self._connection.getresponse() as response:
            received = _body_of(response)
        received_headers = {name.lower(): value for name, value in response.getheaders()}
        location = received_headers.get("location")
        if location is not None and self.prefix:
            parts = urlsplit(location)
            received_headers["location"] = urlunsplit(parts._replace(path=parts.path.removeprefix(self.prefix)))
        self._used = time.monotonic()
        return ReceivedAnswer(response.status, received_headers, received)


def no_answer(error: Exception) -> str:
    """What a server does that gave this error in place of an answer, in one line: `does not answer: ...`."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return f"does not answer: {reason[:200]}"


def encoded_request(request: Json, defaults: Mapping[str, str]) -> tuple[str, dict[str, str], bytes | None]:
    """The target, the headers and the body of a request in the format of the recordings.

    `defaults` are headers for requests that do not have them.
    """
    path, mark, query = resolved(request["path"]).partition("?")
    target = quote(path, safe=AS_IS) + mark + query
    given = request.get("query")
    if given:
        pairs = given.items() if isinstance(given, dict) else given
        target += "?" + urlencode([(name, _text_of(value)) for name, value in pairs])
    headers = {**defaults, **request.get("headers", {})}
    body = None
    if "json" in request:
        body = json.dumps(request["json"]).encode()
        headers.setdefault("content-type", "application/json")
    elif "text" in request:
        body = request["text"].encode()
    elif "base64" in request:
        body = b64decode(request["base64"])
    elif "form" in request:
        body, content_type = encoded(request["form"], request.get("files"))
        headers.setdefault("content-type", content_type)
    return target, headers, body


def _body_of(response: HTTPResponse) -> bytes:
    """The whole body. Raises HTTPException if it exceeds the limit, because some bodies do not end."""
    body = response.read(_BODY_LIMIT + 1)
    if len(body) > _BODY_LIMIT:
        raise HTTPException(f"a body of more than {_BODY_LIMIT} bytes")
    return body


def resolved(path: str) -> str:
    """The path without the segments `.` and `..`, as the client of the recordings sent it."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:1] + kept[1:-1]
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def _text_of(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
