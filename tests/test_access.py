"""Authentication: who gets in, how far a token reaches, and until when."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, MockServer
from mockserver.domain.access import Scope
from mockserver.domain.clock import microseconds
from mockserver.domain.errors import Unauthorized
from mockserver.formats.keyring import Keyring

_SECRET = "a secret"
_KEYRING = Keyring(_SECRET)
_NAMES = st.none() | st.text(max_size=20)
_SCOPES = st.builds(Scope, st.booleans(), _NAMES, _NAMES, _NAMES)
_MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1))  # noqa: DTZ001 - naive ones are in UTC


_BEFORE_ALL_TIME = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23)))


@pytest.fixture
def guarded(running_server: MockServer) -> MockServer:
    """A server with authentication, empty."""
    running_server.mock.reset(auth_secret=_SECRET)
    return running_server


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _detail(server: MockServer, token: str, workspace: str = "w") -> str | None:
    """The refusal of a list of sessions under this token, or None where it is answered."""
    answer = httpx.post(f"{server.url}/v3/workspaces/{workspace}/sessions/list", headers=_bearer(token))
    return None if answer.is_success else f"{answer.status_code} {answer.json()['detail']}"


@given(_SCOPES, _MOMENTS, st.none() | st.timedeltas(timedelta(0), timedelta(days=300)))
def test_what_is_signed_is_read_until_it_expires(scope: Scope, made: datetime, life: timedelta | None) -> None:
    token = _KEYRING.sign(scope, microseconds(made), None if life is None else made + life)
    assert _KEYRING.read(token, microseconds(made)) == scope
    if life is not None:
        assert _KEYRING.read(token, microseconds(made + life)) == scope
        with pytest.raises(Unauthorized, match="JWT expired"):
            _KEYRING.read(token, microseconds(made + life) + 1)


@given(_SCOPES, st.data())
def test_a_token_that_was_changed_anywhere_is_invalid(scope: Scope, data: st.DataObject) -> None:
    token = _KEYRING.sign(scope, 0)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="latin-1").filter(lambda character: character != token[place]))
    with pytest.raises(Unauthorized, match="Invalid JWT"):
        _KEYRING.read(token[:place] + other + token[place + 1 :], 0)


@given(st.text())
def test_no_text_but_a_token_is_one(text: str) -> None:
    with pytest.raises(Unauthorized, match="Invalid JWT"):
        _KEYRING.read(text, 0)


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=3)
    | st.dictionaries(
        st.sampled_from(["t", "exp", "ad", "w", "p", "s"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()),
    )
)
def test_whatever_is_signed_is_read_or_refused(claims: Any) -> None:
    """What Python takes for true makes an admin, as on the live server."""
    token = jwt.PyJWS().encode(json.dumps(claims).encode(), "a secret that is long enough to be called one", "HS256")
    keyring = Keyring("a secret that is long enough to be called one")
    try:
        scope = keyring.read(token, 0)
    except Unauthorized:
        return
    assert scope.admin == bool(claims.get("ad"))
    assert repr([scope.workspace, scope.peer, scope.session]) == repr([claims.get(name) for name in "wps"])


def test_a_token_signed_with_another_secret_or_with_none_is_invalid(guarded: MockServer) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    claims = base64.urlsafe_b64encode(b'{"t":"","ad":true}').decode().rstrip("=")
    for token in (Keyring("another").sign(Scope(admin=True), 0), f"{header}.{claims}.", f"{header}.{claims}"):
        assert _detail(guarded, token) == "401 Invalid JWT"


@pytest.fixture
def stranger(guarded: MockServer) -> Iterator[httpx.Client]:
    """A client without a token. One connection, and time: a new one for each request fails on a busy machine."""
    with httpx.Client(base_url=guarded.url, timeout=60) as client:
        yield client


def test_every_operation_but_health_wants_a_token_before_it_looks_at_the_rest(stranger: httpx.Client) -> None:
    document = stranger.get("/openapi.json").json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            answer = stranger.request(method, path, json={"id": "bad id"}, params={"page": 0})
            if path == "/health":
                assert answer.status_code == 200
                continue
            assert (answer.status_code, answer.json()) == (401, {"detail": "No access token provided"}), (method, path)
            assert operation["security"] == [{"HTTPBearer": []}]
            assert "401" in operation["responses"]


def test_a_token_of_one_workspace_moves_nothing_in_another(guarded: MockServer, stranger: httpx.Client) -> None:
    token = guarded.token(workspace="mine", session="s", peer="bob")
    document = stranger.get("/openapi.json").json()
    tried = 0
    for path, item in document["paths"].items():
        for method in item if "{workspace_id}" in path else ():
            url = path.format_map(_Ids(workspace_id="theirs", session_id="s", peer_id="bob"))
            body = [] if (method, path.rsplit("/", 1)[1]) == ("delete", "peers") else _SOUND.get(path, {})
            answer = stranger.request(method, url, json=body, headers=_bearer(token))
            assert answer.status_code == 401, (method, path)
            tried += 1
    assert tried >= 42
    assert not guarded.mock.store.workspaces


class _Ids(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "x"


# Bodies with which the operations that look at the token last would do something.
_SOUND: dict[str, Any] = {
    "/v3/workspaces/{workspace_id}/sessions": {"id": "s"},
    "/v3/workspaces/{workspace_id}/peers": {"id": "bob"},
    "/v3/workspaces/{workspace_id}/sessions/{session_id}/messages": {"messages": [{"content": "x", "peer_id": "bob"}]},
    "/v3/workspaces/{workspace_id}/webhooks": {"url": "http://127.0.0.1/"},
}


def test_what_is_no_json_is_told_before_the_token_is_missed(guarded: MockServer) -> None:
    answer = httpx.post(
        f"{guarded.url}/v3/workspaces/w/sessions", content=b"{", headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "json_invalid")


_ADMIN = Keyring(_SECRET).sign(Scope(admin=True, workspace="other"), 0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("Authorization", f"bearer {_ADMIN}")], 200),
        ([("authorization", f"BEARER {_ADMIN}")], 200),
        ([("Authorization", f"Bearer {_ADMIN}"), ("Authorization", "Bearer rubbish")], 200),
        ([("Authorization", "Bearer rubbish"), ("Authorization", f"Bearer {_ADMIN}")], 401),
        ([("Authorization", _ADMIN)], 401),
        ([("Authorization", f"Token {_ADMIN}")], 401),
    ],
)
def test_the_first_authorization_counts_whatever_the_case_of_its_scheme(
    guarded: MockServer, headers: list[tuple[str, str]], status: int
) -> None:
    """And an admin may do everything, whatever else the token names."""
    assert httpx.post(f"{guarded.url}/v3/workspaces/w/sessions/list", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("claims", "is_good"),
    [
        ({"exp": 2_000}, True),
        ({"exp": 999}, False),
        ({"exp": "1970-01-01T00:16:41"}, True),
        ({"exp": "1970-01-01T00:16:41+01:00"}, False),
        ({"exp": "soon"}, False),
        ({"exp": []}, False),
        ({"nbf": 1_000, "iat": 999.5, "sub": "x", "aud": None}, True),
        ({"nbf": 1_001}, False),
        ({"iat": 1_001}, False),
        ({"iat": "x"}, False),
        ({"nbf": "1000", "iat": 1_000.9, "aud": [], "jti": "x", "iss": 5}, True),
        ({"nbf": "1001"}, False),
        ({"iat": None}, False),
        ({"iat": float("inf")}, False),
        ({"jti": 5}, False),
        ({"aud": "x"}, False),
        ({"sub": 5}, False),
        ({"t": [[]] * 10, "more": {}}, True),
    ],
)
def test_claims_are_held_to_what_jwt_and_the_api_make_of_them(claims: dict[str, Any], is_good: bool) -> None:
    token = _KEYRING.sign_claims({"ad": True, **claims})
    if is_good:
        assert _KEYRING.read(token, 1_000_000_000).admin
    else:
        with pytest.raises(Unauthorized):
            _KEYRING.read(token, 1_000_000_000)


@pytest.mark.parametrize("claim", [1, "false", [0], {"x": 0}])
def test_an_admin_is_whatever_is_true_to_python(guarded: MockServer, claim: object) -> None:
    assert _detail(guarded, _KEYRING.sign_claims({"ad": claim})) is None


@pytest.mark.parametrize("claim", [0, "", [], None, False])
def test_what_is_false_to_python_makes_no_admin(guarded: MockServer, claim: object) -> None:
    assert _detail(guarded, _KEYRING.sign_claims({"ad": claim})) == "401 JWT not permissioned for this resource"


@pytest.mark.parametrize("claim", [5, ["5"], {"5": 5}, 5.0, True, ""])
@pytest.mark.parametrize("kind", ["workspace", "peer", "session"])
def test_a_claim_that_is_no_id_gives_access_to_nothing(guarded: MockServer, kind: str, claim: object) -> None:
    """It is valid, but no id equals it, not even one with the same digits."""
    token = _KEYRING.sign_claims({"w": "5", kind[0]: claim})
    path, names = "/v3/workspaces/5", {"workspace": "/sessions", "peer": "/peers", "session": "/sessions"}
    answer = httpx.post(guarded.url + path + names[kind], json={"id": "5"}, headers=_bearer(token))
    assert (answer.status_code, answer.json()) == (401, {"detail": "Unauthorized access to resource"})
    assert answer.headers["x-mock-diagnosis"].startswith("the token is of ")


def test_a_test_event_for_another_workspace_is_refused_in_words_of_its_own(guarded: MockServer) -> None:
    for claims, status in (({"w": "w"}, 200), ({}, 200), ({"w": "other"}, 401), ({"w": ""}, 401)):
        token = _KEYRING.sign_claims(claims)
        answer = httpx.get(f"{guarded.url}/v3/workspaces/w/webhooks/test", headers=_bearer(token))
        refusal = {"detail": "Unable to publish test webhook"} if status == 401 else None
        assert (answer.status_code, answer.json()) == (status, refusal)


def test_claims_nested_beyond_reason_are_invalid() -> None:
    text = b'{"t":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    token = jwt.PyJWS().encode(text, "a secret that is long enough to be called one", "HS256")
    with pytest.raises(Unauthorized, match="Invalid JWT"):
        Keyring("a secret that is long enough to be called one").read(token, 0)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({}, "a token needs a scope: pass workspace, peer, session or admin=True"),
        ({"workspace": ""}, "workspace must be an id: ''"),
        ({"peer": 5}, "peer must be an id: 5"),
        ({"admin": True, "expires_at": "2030"}, "expires_at must be a datetime: '2030'"),
        ({"admin": True, "expires_at": _BEFORE_ALL_TIME}, "expires_at is out of range in UTC: "),
    ],
)
def test_a_token_for_nothing_is_refused(guarded: MockServer, wrong: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        guarded.token(**wrong)


def test_expiry_is_by_the_clock_of_the_fake(guarded: MockServer) -> None:
    clock = guarded.mock.clock
    clock.freeze(datetime(2031, 1, 1, tzinfo=UTC))
    token = guarded.token(workspace="w", expires_at=datetime(2031, 1, 1, 0, 1, tzinfo=UTC))
    assert _detail(guarded, token) is None
    clock.advance(60)
    assert _detail(guarded, token) is None
    clock.advance(1)
    assert _detail(guarded, token) == "401 JWT expired"


def test_a_key_that_is_asked_for_reaches_as_far_as_a_token_that_is_made(guarded: MockServer) -> None:
    admin = _bearer(guarded.token(admin=True))
    keys = f"{guarded.url}/v3/keys"
    query = {"workspace_id": "w", "expires_at": "2100-01-01T00:00:00Z"}
    key = httpx.post(keys, params=query, headers=admin).json()["key"]
    assert (_detail(guarded, key), _detail(guarded, key, "v")) == (None, "401 JWT not permissioned for this resource")
    claims = jwt.decode(key, options={"verify_signature": False})
    assert {name: claims[name] for name in claims if name != "t"} == {"w": "w", "exp": "2100-01-01T00:00:00Z"}
    for parameter, claim in (("peer_id", "p"), ("session_id", "s")):
        scoped = httpx.post(keys, params={parameter: "x"}, headers=admin).json()["key"]
        claims = jwt.decode(scoped, options={"verify_signature": False})
        assert {name: claims[name] for name in claims if name != "t"} == {claim: "x"}
    for empty in ({}, {"workspace_id": ""}):
        refused = httpx.post(keys, params=empty, headers=admin)
        [entry] = refused.json()["detail"]
        assert (refused.status_code, entry["loc"]) == (422, ["query"])
        assert entry["msg"] == "At least one of workspace_id, peer_id, or session_id must be provided"
    assert httpx.post(keys, params={"workspace_id": "w"}, headers=_bearer(key)).status_code == 401


def test_without_authentication_there_are_no_keys_and_any_token_will_do(client: httpx.Client) -> None:
    disabled = client.post("/v3/keys", params={"workspace_id": "w"})
    assert (disabled.status_code, disabled.json()) == (405, {"detail": "Feature is disabled"})
    assert client.post("/v3/workspaces/list", headers=_bearer("rubbish")).status_code == 200
    with pytest.raises(ValueError, match="authentication is off"):
        Mock().token(admin=True)


def test_the_control_plane_wants_no_token_and_a_reset_goes_back_to_the_secret_it_was_made_with() -> None:
    with MockServer(auth_secret=_SECRET) as server:
        before = server.token(admin=True)
        server.mock.reset(auth_secret=None)
        assert _detail(server, "rubbish") is None
        assert httpx.post(f"{server.url}/_mock/reset").status_code == 200
        assert (_detail(server, "rubbish"), _detail(server, before)) == ("401 Invalid JWT", None)


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ("", "auth_secret must be a string of at least one character, or None: ''"),
        (5, "auth_secret must be a string of at least one character, or None: 5"),
        ("ssh-rsa AAAA", "auth_secret cannot sign: "),
        ("\ud800", "auth_secret cannot sign: "),
    ],
)
def test_a_secret_that_cannot_sign_is_refused(secret: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Mock(auth_secret=secret)


@pytest.mark.process
def test_without_pyjwt_the_extra_is_named_and_the_rest_works() -> None:
    program = (
        "import sys; sys.modules['jwt'] = None\n"
        "from mockserver.cli import main; from mockserver import Mock; Mock()\n"
        "main(['serve', '--port', '0', '--auth-secret', 's'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    sentence = 'Authentication needs the extra auth: pip install "honcho-mockserver[auth]"'
    complaint = f"honcho-mockserver serve: error: {sentence}\n"
    assert (done.returncode, done.stderr) == (2, complaint)
