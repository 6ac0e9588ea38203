"""The root path: takes a browser to the page."""

import re
from collections.abc import Mapping

from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from .routing import header_of, path_of

# A weight as in RFC 9110, section 12.4.2.
_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


class FrontDoor(BaseRoute):
    """Redirects a GET or HEAD of `/` to the page, if the client prefers HTML. The live server answers 404 there, and so
    does this one to every other client.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_visit = (
            scope["type"] == "http"
            and path_of(scope) == "/"
            and scope["method"] in ("GET", "HEAD")
            and _prefers_html((header_of(scope, b"accept") or b"").decode("latin-1"))
        )
        return (Match.FULL if is_visit else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = RedirectResponse(f"{scope.get('root_path', '')}/_mock/", headers={"vary": "Accept"})
        await answer(scope, receive, send)


def _prefers_html(accept: str) -> bool:
    """Whether a header Accept prefers HTML to JSON: by its weight, and for equal weights by the more specific range."""
    ranges = dict(map(_media_range, accept.split(",")))
    html, json = _weight(ranges, "text/html"), _weight(ranges, "application/json")
    return html[0] > 0 and html > json


def _weight(ranges: Mapping[str, float], media_type: str) -> tuple[float, int]:
    """The weight of a media type, and how specific the range is that gives it."""
    names = ("*/*", f"{media_type.partition('/')[0]}/*", media_type)
    return max(((place, ranges[name]) for place, name in enumerate(names) if name in ranges), default=(0, 0.0))[::-1]


def _media_range(text: str) -> tuple[str, float]:
    """A media range in lower case and its weight, which is 0 if it is invalid."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    return name, float(weight) if _WEIGHT.fullmatch(weight) else 0.0
