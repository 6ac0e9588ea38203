"""A request as a client sent it to a proxy."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Self
from urllib.parse import quote, unquote

# The characters of a path that are sent as they are, besides letters and digits.
AS_IS = "/%"
_SCHEMES = ("", "Bearer", "bearer", "Basic", "basic")
_CREDENTIALS = ("authorization", "proxy-authorization", "cookie", "x-api-key")


class SentRequest(NamedTuple):
    """A request.

    `target` is the path with its query, percent-encoded. The names of the headers are in lower case.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    @classmethod
    def of(cls, scope: Mapping[str, Any], body: bytes) -> Self:
        """The request of an ASGI scope."""
        raw_path = scope.get("raw_path") or quote(scope["path"]).encode()  # Some clients of apps leave it out.
        target = raw_path.decode("latin-1")
        if scope["query_string"]:
            target += "?" + scope["query_string"].decode("latin-1")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        return cls(scope["method"], target, headers, body)

    @property
    def path(self) -> str:
        """The path, decoded if it can be encoded again."""
        path = self.target.partition("?")[0]
        decoded = unquote(path)
        is_reversible = not {"%", "?", "#"} & set(decoded) and decoded.count("/") == path.count("/")
        return decoded if is_reversible and "\ufffd" not in decoded else quote(path, safe=AS_IS)

    def header(self, name: str) -> str | None:
        """The first header with this name, in lower case, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def credentials(self) -> list[str]:
        """The texts in the headers that must stay secret."""
        values = [value for name, value in self.headers if name in _CREDENTIALS]
        # A cookie is `name=value; name=value`; other credentials follow the name of their scheme.
        return [
            word for value in values for word in re.split(r"[\s;]+|(?<=\w)=(?=[^=\s])", value) if word not in _SCHEMES
        ]
