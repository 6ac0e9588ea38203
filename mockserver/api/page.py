"""The files of the page at `/_mock/`, of the documentation, and of the reference at `/docs`.

All have a strict content security policy.
"""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache, cached_property
from hashlib import sha256
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ..extras import needs
from ..testing.data import documentation
from .answers import GUARDED
from .routing import path_of

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".md": "text/plain; charset=utf-8",
}
_PAGE = Path(__file__).parent.parent / "page"
_REFERENCE = _PAGE / "reference"
_REFERENCE_PAGES = ("/docs", "/redoc")
_OAUTH_PAGE = "/docs/oauth2-redirect"

# The page loads only what this server serves, no other page may put it into a frame, and the browser refuses to turn a
# string into markup or code (trusted types). A message in a conversation may contain anything, so this matters.
_OWN = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
_STYLE = b'<link rel="stylesheet" href="page/style.css">'
_POLICY = (
    f"{_OWN}; style-src {{styles}}; img-src 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# Swagger UI sets styles inline, and its style sheet contains its icons as data: URLs.
_POLICY_OF_REFERENCE = f"{_OWN}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_HEADERS = {
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    **{name.decode(): value.decode() for name, value in GUARDED},
}


class StaticFile(NamedTuple):
    """A file as it is sent. `tag` is its ETag, `styles` the policy for the style sheets inside it."""

    content: bytes
    content_type: str
    tag: str
    styles: str


class StaticFiles:
    """Files by URL path. Each is read at its first request."""

    def __init__(self, paths: Mapping[str, Path], policy: str) -> None:
        self._paths = paths
        self._policy = policy
        self._read = cache(_read)

    def has(self, path: str) -> bool:
        """Whether there is a file at this path."""
        return path in self._paths

    def answer(self, scope: Scope, path: str) -> Response | None:
        """The answer to a GET or HEAD of a path. None for other methods and unknown paths."""
        found = self._paths.get(path)
        if found is None or scope["method"] not in ("GET", "HEAD"):
            return None
        file = self._read(found)
        policy = self._policy.format(styles=file.styles)
        headers = {**_HEADERS, "content-security-policy": policy, "etag": file.tag}
        if (b"if-none-match", file.tag.encode()) in scope["headers"]:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.content_type)


def _read(path: Path) -> StaticFile:
    """Read a file. The style sheet is put into the HTML of the page, because a browser shows nothing before it has
    the style sheet. So the page appears one request sooner.
    """
    content = path.read_bytes()
    style = b""
    if _STYLE in content:
        style = (path.parent / "style.css").read_bytes()
        content = content.replace(_STYLE, b"<style>%s</style>" % style)
    hashed = f"'sha256-{b64encode(sha256(style).digest()).decode()}'" if style else "'none'"
    return StaticFile(content, _TYPES[path.suffix], f'"{sha256(content).hexdigest()[:20]}"', hashed)


class ControlPage:
    """The page at `/_mock/`, with its files under `/_mock/page/`.

    The documentation is under `/_mock/docs/`, as text.
    """

    def __init__(self) -> None:
        parts = {f"/_mock/page/{path.name}": path for path in _PAGE.iterdir() if path.suffix in _TYPES}
        pages = documentation()
        texts = {f"/_mock/docs/{name}": path for name, path in pages.items()}
        texts |= dict.fromkeys(("/_mock/docs", "/_mock/docs/"), pages["index.md"]) if pages else {}
        self._files = StaticFiles({"/_mock/": parts.pop("/_mock/page/index.html"), **parts, **texts}, _POLICY)

    def answer(self, scope: Scope) -> Response | None:
        """The answer to a request for the page or one of its files. None for all other requests."""
        path = path_of(scope)
        if path == "/_mock" and scope["method"] in ("GET", "HEAD"):
            return _redirect("/_mock/", scope)  # The links of the page are relative, and need the slash.
        return self._files.answer(scope, path)


class Reference(BaseRoute):
    """`/docs` and `/redoc`: all operations in Swagger UI. Its files come with the extra `reference`.

    The paths are those that FastAPI serves, with the answers of the live server to other methods and to a slash at the
    end (recorded in x2-health-and-docs).
    """

    @cached_property
    def _folder(self) -> Path | None:
        """The package with the files of Swagger UI. It is not imported, because that reads all its files."""
        try:
            spec = find_spec("offapi")
        except ValueError:  # `sys.modules` has a module of this name without a spec.
            return None
        places = None if spec is None else spec.submodule_search_locations
        return Path(places[0]) if places else None

    @cached_property
    def _files(self) -> StaticFiles:
        own = dict.fromkeys(_REFERENCE_PAGES, _REFERENCE / "index.html")
        own[_OAUTH_PAGE] = _REFERENCE / "oauth2-redirect.html"
        own |= {f"/docs/{name}": _REFERENCE / name for name in ("start.js", "own.css")}
        if self._folder is not None:
            names = ("swagger_bundle.js", "swagger_preset.js", "swagger_style.css")
            own |= {f"/docs/{name}": self._folder / name for name in names}
        return StaticFiles(own, _POLICY_OF_REFERENCE)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or not (path := path_of(scope)).startswith(_REFERENCE_PAGES):
            return Match.NONE, {}
        answer = self._answer(scope, path)
        return (Match.NONE, {}) if answer is None else (Match.FULL, {"mockserver.file": answer})

    def _answer(self, scope: Scope, path: str) -> Response | None:
        shorter = path.rstrip("/")
        if shorter != path and shorter in (*_REFERENCE_PAGES, _OAUTH_PAGE):
            return _redirect(shorter, scope)
        if not self._files.has(path):
            return None
        if scope["method"] not in ("GET", "HEAD"):
            return JSONResponse({"detail": "Method Not Allowed"}, 405, {"allow": "GET, HEAD"})
        if path in _REFERENCE_PAGES and self._folder is None:
            return _missing()
        return self._files.answer(scope, path)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Response = scope["mockserver.file"]
        await answer(scope, receive, send)


def _missing() -> Response:
    """The page that replaces the reference and says how to install it."""
    page = (_REFERENCE / "missing.html").read_text(encoding="utf-8")
    content = page.replace("{missing}", escape(needs("The reference of all operations", "reference"), quote=False))
    headers = {**_HEADERS, "content-security-policy": _POLICY_OF_REFERENCE}
    return Response(content, 501, headers, _TYPES[".html"])


def _redirect(path: str, scope: Scope) -> Response:
    return RedirectResponse(f"{scope.get('root_path', '')}{path}", headers=_HEADERS)
