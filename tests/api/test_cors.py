"""CORS: which pages of other origins may read the answers."""

import pytest

from mockserver import Mock, create_app
from mockserver.api.cors import LIVE_ORIGINS
from mockserver.testing.options import Options
from support.direct_client import Answer, DirectClient

_LIST = "/v3/workspaces/w/sessions/list"
_FOREIGN = "https://evil.example"
_LOCAL = ("http://localhost:5173", "https://localhost", "http://127.0.0.1", "http://127.9.9.9:80", "http://[::1]:3000")
_MALFORMED = (
    "null",
    "",
    "HTTP://LOCALHOST",
    "http://localhost/",
    "http://localhost.evil.example",
    "localhost",
    "ftp://localhost",
)


def _client(options: Options | None = None) -> DirectClient:
    return DirectClient(create_app(Mock(**(options or {}))))


def _asked(client: DirectClient, origin: str, method: str = "POST", path: str = _LIST) -> Answer:
    return client.send(method, path, headers={"origin": origin})


def _preflight(client: DirectClient, origin: str, method: str = "POST", **more: str) -> Answer:
    headers = {"origin": origin, "access-control-request-method": method, **more}
    return client.send("OPTIONS", _LIST, headers=headers)


def _allows(options: Options, origin: str) -> bool:
    """Whether an origin is allowed. The preflight and the answer itself must agree."""
    client = _client(options)
    asked, preflight = _asked(client, origin), _preflight(client, origin)
    named = [answer.headers.get("access-control-allow-origin") for answer in (asked, preflight)]
    assert named in ([origin, origin], [None, None])
    assert asked.headers["access-control-allow-credentials"] == "true"
    assert (asked.headers.get("vary") == "Origin") == (named[0] == origin)
    assert (preflight.status, preflight.body) == ((200, b"OK") if named[0] else (400, b"Disallowed CORS origin"))
    return named[0] == origin


@pytest.mark.parametrize("origin", [*sorted(LIVE_ORIGINS), *_LOCAL, *_MALFORMED, _FOREIGN])
def test_the_default_allows_loopback_and_the_live_profile_its_three_origins(origin: str) -> None:
    assert _allows({"quirks": "live"}, origin) == (origin in LIVE_ORIGINS)
    assert _allows({}, origin) == (origin in LIVE_ORIGINS or origin in _LOCAL)


@pytest.mark.parametrize("quirks", ["none", "live"])
def test_the_option_adds_origins_and_a_star_adds_all(quirks: str) -> None:
    assert _allows({"quirks": quirks, "cors": _FOREIGN}, _FOREIGN)
    assert _allows({"quirks": quirks, "cors": ["https://a.example", _FOREIGN]}, _FOREIGN)
    assert not _allows({"quirks": quirks, "cors": [_FOREIGN]}, _FOREIGN + ":8443")
    assert all(_allows({"quirks": quirks, "cors": "*"}, origin) for origin in (_FOREIGN, "null", "http://localhost"))


@pytest.mark.parametrize(
    "cors", ["evil.example", "http://", "http://a/", "https://a.example/path", "", ["*", "a"], [1], 1, None]
)
def test_a_value_that_is_no_origin_is_refused(cors: object) -> None:
    with pytest.raises(ValueError, match=r"^cors (has not an origin such as|must be an origin or a list)"):
        Mock(cors=cors)  # type: ignore[arg-type]


def test_a_reset_changes_the_origins() -> None:
    client = _client()
    assert "access-control-allow-origin" not in _asked(client, _FOREIGN).headers
    assert client.call("POST", "/_mock/reset", {"cors": [_FOREIGN]}).status == 200
    assert _asked(client, _FOREIGN).headers["access-control-allow-origin"] == _FOREIGN


def test_a_preflight_needs_no_operation_and_echoes_the_wanted_headers() -> None:
    client = _client({"auth_secret": "a secret"})
    found = client.send(
        "OPTIONS", "/nope", headers={"origin": "http://localhost", "access-control-request-method": "PATCH"}
    )
    assert (found.status, found.headers["access-control-max-age"]) == (200, "600")
    assert found.headers["access-control-allow-methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    assert "access-control-allow-headers" not in found.headers
    for wanted in ("authorization,x-custom", ""):
        answer = _preflight(client, "http://localhost", **{"access-control-request-headers": wanted})
        assert answer.headers["access-control-allow-headers"] == wanted


def test_a_preflight_names_everything_that_is_disallowed() -> None:
    client = _client()
    assert _preflight(client, "http://localhost", "FOO").body == b"Disallowed CORS method"
    assert _preflight(client, _FOREIGN, "FOO").body == b"Disallowed CORS origin, method"


def test_a_preflight_is_not_in_the_request_log() -> None:
    mock = Mock()
    client = DirectClient(create_app(mock))
    _preflight(client, "http://localhost")
    assert len(mock.requests) == 0
    _asked(client, "http://localhost", "OPTIONS")  # This is not a preflight.
    assert [exchange.status for exchange in mock.requests] == [405]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", _LIST, 405),
        ("POST", "/v3/workspaces", 422),
        ("GET", "/docs", 200),
        ("POST", _LIST + "/", 307),
    ],
)
def test_refusals_and_redirects_have_the_headers_too(method: str, path: str, status: int) -> None:
    answer = _asked(_client(), "http://localhost", method, path)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, "http://localhost")
    assert answer.headers["access-control-expose-headers"] == "x-mock-diagnosis, x-mock-note, retry-after"


def test_answers_by_faults_have_the_headers_too() -> None:
    mock = Mock()
    mock.faults.add("error", operation="get_sessions", status=503)
    answer = _asked(DirectClient(create_app(mock)), "http://localhost:3000")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (503, "http://localhost:3000")


@pytest.mark.parametrize("path", ["/_mock/requests", "/_mock/", "/_mock"])
def test_the_control_plane_has_no_such_headers(path: str) -> None:
    answer = _asked(_client({"cors": "*"}), "http://localhost", "GET", path)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_without_an_origin_there_are_no_such_headers() -> None:
    answer = _client().call("POST", _LIST)
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "vary"]


def test_an_answer_that_varies_otherwise_still_does() -> None:
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware

    app = create_app(Mock())
    app.user_middleware.append(Middleware(GZipMiddleware, minimum_size=1))
    answer = DirectClient(app).send("GET", "/health", headers={"origin": "http://localhost", "accept-encoding": "gzip"})
    assert answer.headers["vary"] == "Accept-Encoding, Origin"
