"""What browsers get: the files of the page and of the reference, under a strict policy."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache, cached_property
from hashlib import sha256
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from ..extras import needs
from .answers import GUARDED
from .routing import path_of

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PAGE = Path(__file__).parent.parent / "page"
_REFERENCE = _PAGE / "reference"

# Nothing but what this server serves, no frame around it, and no text that becomes markup or code.
_OWN = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
_STYLE = b'<link rel="stylesheet" href="page/style.css">'
_POLICY = (
    f"{_OWN}; style-src {{styles}}; img-src 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# The reference styles its parts by itself, and brings its icons within its style sheet.
_POLICY_OF_REFERENCE = f"{_OWN}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_HEADERS = {
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    **{name.decode(): value.decode() for name, value in GUARDED},
}


class File(NamedTuple):
    """A file as it is sent; `tag` is that of its content, `styles` the hashes of the style sheets in it."""

    content: bytes
    content_type: str
    tag: str
    styles: str


class Files:
    """Files by the path under which they are served, each read when it is first asked for."""

    def __init__(self, paths: Mapping[str, Path], policy: str) -> None:
        self._paths = paths
        self._policy = policy
        self._read = cache(_read)

    def answer(self, scope: Scope, path: str) -> Response | None:
        """The answer to a GET or HEAD of a path; None where there is no file, or another method is meant."""
        found = self._paths.get(path)
        if found is None or scope["method"] not in ("GET", "HEAD"):
            return None
        file = self._read(found)
        policy = self._policy.format(styles=file.styles)
        headers = {**_HEADERS, "content-security-policy": policy, "etag": file.tag}
        if (b"if-none-match", file.tag.encode()) in scope["headers"]:
            return Response(status_code=304, headers=headers)
        return Response(file.content, headers=headers, media_type=file.content_type)


def _read(path: Path) -> File:
    """A file; one of HTML has its style sheet within, as it is painted when that is there, one request sooner."""
    content = path.read_bytes()
    style = b""
    if _STYLE in content:
        style = (path.parent / "style.css").read_bytes()
        content = content.replace(_STYLE, b"<style>%s</style>" % style)
    hashed = f"'sha256-{b64encode(sha256(style).digest()).decode()}'" if style else "'none'"
    return File(content, _TYPES[path.suffix], f'"{sha256(content).hexdigest()[:20]}"', hashed)


class Page:
    """The page at `/_mock/`, whose parts are under `/_mock/page/`."""

    def __init__(self) -> None:
        parts = {f"/_mock/page/{path.name}": path for path in _PAGE.iterdir() if path.suffix in _TYPES}
        self._files = Files({"/_mock/": parts.pop("/_mock/page/index.html"), **parts}, _POLICY)

    def answer(self, scope: Scope) -> Response | None:
        """The answer to a request for the page or a part of it; None for all others."""
        path = path_of(scope)
        if path == "/_mock" and scope["method"] in ("GET", "HEAD"):
            return _to("/_mock/", scope)  # so that what the page names is found beside it
        return self._files.answer(scope, path)


class Reference(BaseRoute):
    """`/docs`: the operations, to read and to try, by Swagger UI; its files come with the extra `reference`."""

    @cached_property
    def _folder(self) -> Path | None:
        """The package with the files of Swagger UI; it is not imported, because that reads all its files."""
        try:
            spec = find_spec("offapi")
        except ValueError:  # sys.modules has a module without a spec under this name.
            return None
        places = None if spec is None else spec.submodule_search_locations
        return Path(places[0]) if places else None

    @cached_property
    def _files(self) -> Files:
        own = {"/docs": _REFERENCE / "index.html"}
        own |= {f"/docs/{name}": _REFERENCE / name for name in ("start.js", "own.css")}
        if self._folder is not None:
            names = ("swagger_bundle.js", "swagger_preset.js", "swagger_style.css")
            own |= {f"/docs/{name}": self._folder / name for name in names}
        return Files(own, _POLICY_OF_REFERENCE)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or not (path := path_of(scope)).startswith("/docs"):
            return Match.NONE, {}
        answer = self._files.answer(scope, path) if path != "/docs/" else _to("/docs", scope)
        if path == "/docs" and answer is not None and self._folder is None:
            answer = _missing()
        return (Match.NONE, {}) if answer is None else (Match.FULL, {"mockserver.file": answer})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Response = scope["mockserver.file"]
        await answer(scope, receive, send)


def _missing() -> Response:
    """The page in place of the reference, which says how to install it."""
    page = (_REFERENCE / "missing.html").read_text(encoding="utf-8")
    content = page.replace("{missing}", escape(needs("The reference of all operations", "reference"), quote=False))
    headers = {**_HEADERS, "content-security-policy": _POLICY_OF_REFERENCE}
    return Response(content, 501, headers, _TYPES[".html"])


def _to(path: str, scope: Scope) -> Response:
    return RedirectResponse(f"{scope.get('root_path', '')}{path}", headers=_HEADERS)
