"""A connection to the server that is checked: plain requests and answers, kept alive."""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

from .matching import Answer
from .recordings import Json


class NoAnswer(Exception):
    """The server did not answer, or not in HTTP."""


class Connection:
    """Sends requests to the server at `url`, which may have a path; `token` goes with those that bring none.

    It is opened when it is needed, and a context manager that closes it.

    Raises ValueError for a URL that is no address of a server.
    """

    def __init__(self, url: str, token: str | None = None, timeout_seconds: float = 30) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not a URL that begins with http:// or https://: {url!r}")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self.host = parts.hostname
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_seconds)
        self._prefix = parts.path.rstrip("/")
        self._headers = {} if token is None else {"authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Json = None) -> Answer:
        """A request with a body of JSON, or without one. Raises NoAnswer."""
        return self.send({"method": method, "path": path} | ({} if body is None else {"json": body}))

    def send(self, request: Json, *, with_token: bool = True) -> Answer:
        """A request in the form of the recordings: `method`, `path`, `query`, `json` or `text`, `headers`.

        Raises NoAnswer.
        """
        target = self._prefix + quote(request["path"], safe="/%")
        if request.get("query"):
            target += "?" + urlencode({name: _text_of(value) for name, value in request["query"].items()})
        headers = {**(self._headers if with_token else {}), **request.get("headers", {})}
        body = None
        if "json" in request:
            body = json.dumps(request["json"]).encode()
            headers.setdefault("content-type", "application/json")
        elif "text" in request:
            body = request["text"].encode()
        try:
            return self._exchange(request["method"], target, body, headers)
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise NoAnswer(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Close it; the next request opens it again."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _exchange(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        self._connection.request(method, target, body, headers)
        response = self._connection.getresponse()
        answered = {name.lower(): value for name, value in response.getheaders()}
        location = answered.get("location")
        if location is not None and self._prefix:
            answered["location"] = location.replace(self._prefix, "", 1)
        return Answer(response.status, answered, response.read())


def _text_of(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
