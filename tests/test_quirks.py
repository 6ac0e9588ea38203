"""Each named quirk does what it says, alone, and the default does not."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from mockserver import MockServer, Quirks
from mockserver.domain.access import Scope
from mockserver.domain.changes import CONTRACT
from mockserver.formats.keyring import Keyring
from mockserver.pytest_replay import first_differences
from support.in_process import METHODS, differences_in
from support.replay import SCENARIOS_BY_NAME

_W = "/v3/workspaces/w"
_SECRET = "a secret"
_JSON = {"content-type": "application/json"}
_CONTROL_TOKEN = ("a.txt", b"<|endoftext|>", "text/plain")
# The quirks of the default version. `test_older_versions.py` has those that only other versions have.
_NAMES = [quirk.name for quirk in Quirks.catalogue() if CONTRACT in quirk.metadata["versions"]]


def _session(client: httpx.Client, workspace: str = _W, **body: Any) -> httpx.Response:
    return client.post(f"{workspace}/sessions", json={"id": "s", **body})


def _say(client: httpx.Client, peer: str = "bob", workspace: str = _W, **more: Any) -> Any:
    batch = {"messages": [{"content": "hello there", "peer_id": peer, **more}]}
    return client.post(f"{workspace}/sessions/s/messages", json=batch).json()


def _clone(client: httpx.Client) -> str:
    clone = client.post(f"{_W}/sessions/s/clone")
    assert clone.status_code == 201
    return str(clone.json()["id"])


def _members(client: httpx.Client, session: str) -> list[str]:
    return [peer["id"] for peer in client.get(f"{_W}/sessions/{session}/peers").json()["items"]]


def _created_status(client: httpx.Client) -> object:
    made = [
        client.post("/v3/workspaces", json={"id": "new"}),
        client.post(f"{_W}/peers", json={"id": "new"}),
        _session(client),
        client.post("/v3/workspaces", json={"id": "new"}),
        client.post(f"{_W}/peers", json={"id": "new"}),
        _session(client),
    ]
    return [answer.status_code for answer in made]


def _sentence_422(client: httpx.Client) -> object:
    bad_filter = client.post(f"{_W}/sessions/list", json={"filters": {"bogus": 1}}).json()["detail"]
    bad_id = _session(client, "/v3/workspaces/bad id").json()["detail"]
    return [type(bad_filter).__name__, type(bad_id).__name__]


def _field_names(client: httpx.Client) -> object:
    by_name = client.post(f"{_W}/sessions", json={"name": "one"}).status_code
    client.post(f"{_W}/sessions", json={"id": "s", "peer_names": {"bob": {}}})
    drafts = [{"content": "x", "observer_id": "bob", "observed_id": "bob"}]
    client.post(f"{_W}/peers", json={"id": "bob"})
    observed = client.post(f"{_W}/conclusions", json={"observations": drafts}).status_code
    return [by_name, _members(client, "s"), observed]


def _lax_types(client: httpx.Client) -> object:
    configured = _session(
        client, configuration={"dream": {"enabled": 0}, "summary": {"messages_per_short_summary": "20"}}
    )
    drafts = [{"content": "hi", "peer_id": "bob", "created_at": 0}]
    said = client.post(f"{_W}/sessions/s/messages", json={"messages": drafts})
    listed = client.post(f"{_W}/sessions/list", params={"reverse": "yes"})
    return [configured.status_code, said.status_code, listed.status_code]


def _allow_of_first_path(client: httpx.Client) -> object:
    return client.options(f"{_W}/webhooks/test").headers["allow"]


def _lost_empty_clone(client: httpx.Client) -> object:
    _session(client)
    _clone(client)
    return client.post(f"{_W}/sessions/list").json()["total"]


def _clone_zeroes_tokens(client: httpx.Client) -> object:
    _say(client)
    copied = client.post(f"{_W}/sessions/{_clone(client)}/messages/list").json()["items"]
    return [message["token_count"] for message in copied]


def _clone_revives_peers(client: httpx.Client) -> object:
    _session(client, peers={"al": {}})
    _say(client)
    client.request("DELETE", f"{_W}/sessions/s/peers", json=["al"])
    return sorted(_members(client, _clone(client)))


def _clone_crosses_workspaces(client: httpx.Client) -> object:
    _session(client)
    _say(client, workspace="/v3/workspaces/other")
    client.post(f"{_W}/peers", json={"id": "bob"})
    clone = _clone(client)
    return [client.post(f"{_W}/sessions/{clone}/messages/list").json()["total"], _members(client, clone)]


def _deleted_set_peers(client: httpx.Client) -> object:
    _session(client, peers={"bob": {}})
    client.delete(f"{_W}/sessions/s")
    refused = client.put(f"{_W}/sessions/s/peers", json={"zed": {}})
    return [refused.status_code, _members(client, "s")]


def _joins_again(client: httpx.Client) -> object:
    _say(client)
    _say(client)
    asked = {"query": "hello", "filters": {"peer_perspective": "bob"}}
    return len(client.post(f"{_W}/search", json=asked).json())


def _knowledge_crosses_sessions(client: httpx.Client) -> object:
    _session(client, peers={"bob": {}})
    draft = {"content": "bob likes tea", "observer_id": "bob", "observed_id": "bob"}
    client.post(f"{_W}/conclusions", json={"conclusions": [draft]})
    asked = {"session_id": "s", "search_query": "tea"}
    return "tea" in client.post(f"{_W}/peers/bob/representation", json=asked).json()["representation"]


def _echoed_created_at(client: httpx.Client) -> object:
    given = "2024-01-01T02:00:00+02:00"
    said = _say(client, created_at=given)[0]
    read = client.get(f"{_W}/sessions/s/messages/{said['id']}").json()
    return [said["created_at"], read["created_at"]]


def _expiry_invalidates(client: httpx.Client) -> object:
    keyring = Keyring(_SECRET)
    life = timedelta(days=1)
    tokens = [keyring.sign(Scope(workspace="w"), 0, moment) for moment in (datetime.now(UTC) + life, None)]
    return [
        client.post(f"{_W}/sessions/list", headers={"Authorization": f"Bearer {token}"}).status_code for token in tokens
    ]


def _inner_failures(client: httpx.Client) -> object:
    _session(client)
    _say(client)
    answers = [
        *(
            client.post(f"{_W}/sessions/list", json={"filters": filters})
            for filters in ({"metadata": {"ne": 1}}, {"is_active": 1}, {"AND": ["x"]}, {"id": "s\0"})
        ),
        client.post(f"{_W}/sessions/list", params={"page": 2**63}),
        client.get(f"{_W}/sessions/s/peers", params={"page": 2**63}),
        client.post(f"{_W}/sessions/s/messages", json={"messages": [{"content": "x", "peer_id": "bad id"}]}),
        client.post(f"{_W}/sessions", content='{"id": "s", "metadata": {"x": NaN}}', headers=_JSON),
        client.post(f"{_W}/sessions", content=r'{"id": "s", "metadata": {"x": "\ud83d"}}', headers=_JSON),
        client.post(f"{_W}/sessions/s/messages/upload", data={"peer_id": "bob"}, files={"file": _CONTROL_TOKEN}),
        client.post(f"{_W}/peers/bob%00/sessions"),
        client.put(f"{_W}/peers/bad%20id", json={}),
        client.post(f"{_W}/peers", json={"id": "bob", "configuration": {"a\0": 1}}),
    ]
    return [answer.status_code for answer in answers]


def _cors_origins(client: httpx.Client) -> object:
    origins = ("http://localhost", "http://localhost:5173", "https://evil.example")
    answers = [client.get("/health", headers={"Origin": origin}) for origin in origins]
    return ["access-control-allow-origin" in answer.headers for answer in answers]


# What is seen with the quirk off, and with only this one on.
_PROBES: dict[str, tuple[Callable[[httpx.Client], object], object, object]] = {
    "created_status": (_created_status, [200] * 6, [201, 201, 201, 200, 200, 200]),
    "sentence_422": (_sentence_422, ["list", "list"], ["str", "str"]),
    "field_names": (_field_names, [422, [], 422], [200, ["bob"], 201]),
    "lax_types": (_lax_types, [422, 422, 422], [200, 201, 200]),
    "allow_of_first_path": (_allow_of_first_path, "GET", "DELETE"),
    "lost_empty_clone": (_lost_empty_clone, 2, 1),
    "clone_zeroes_tokens": (_clone_zeroes_tokens, [2], [0]),
    "clone_revives_peers": (_clone_revives_peers, ["bob"], ["al", "bob"]),
    "clone_crosses_workspaces": (_clone_crosses_workspaces, [0, []], [1, ["bob"]]),
    "deleted_set_peers": (_deleted_set_peers, [404, ["bob"]], [404, ["zed"]]),
    "joins_again": (_joins_again, 2, 1),
    "knowledge_crosses_sessions": (_knowledge_crosses_sessions, False, True),
    "echoed_created_at": (
        _echoed_created_at,
        ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"],
        ["2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"],
    ),
    "inner_failures": (_inner_failures, [422, 422, 422, 200, 200, 200, 422, 422, 422, 422, 200, 422, 200], [500] * 13),
    "expiry_invalidates": (_expiry_invalidates, [200, 200], [401, 200]),
    "cors_origins": (_cors_origins, [True, True, False], [True, False, False]),
}


@pytest.mark.parametrize("name", _NAMES)
def test_a_quirk_alone_does_what_it_says_and_the_default_does_not(name: str, server: MockServer) -> None:
    probe, by_default, with_quirk = _PROBES[name]
    secret = _SECRET if name == "expiry_invalidates" else None
    with httpx.Client(base_url=server.url) as client:
        server.mock.reset(auth_secret=secret)
        assert probe(client) == by_default
        found = first_differences(server.mock)
        # The status shows in the log, and a replay has no pages of other origins.
        assert name in found or name in ("created_status", "cors_origins")
        server.mock.reset(quirks=name, auth_secret=secret)
        assert probe(client) == with_quirk
        assert name not in first_differences(server.mock)


@pytest.mark.parametrize("name", [quirk.name for quirk in Quirks.catalogue() if quirk.metadata["scenario"]])
def test_the_recording_of_a_quirk_needs_it(name: str) -> None:
    """With every other quirk on, the scenario that is said to show this one differs; with it, it agrees."""
    [quirk] = [quirk for quirk in Quirks.catalogue() if quirk.name == name]
    assert _differing(replace(Quirks.live(), **{name: False}), [quirk.metadata["scenario"]])


def _differing(quirks: Quirks | str, names: Iterable[str]) -> set[tuple[str, int]]:
    """The steps of these scenarios that are not answered as recorded."""
    scenarios = [SCENARIOS_BY_NAME[name] for name in names]
    return {
        (scenario.name, number)
        for scenario in scenarios
        for number in differences_in(scenario, quirks=quirks)
        if scenario.steps[number]["request"]["method"] in METHODS
    }


@pytest.mark.deep
def test_each_difference_of_the_default_is_claimed_by_just_one_quirk() -> None:
    """Over all recordings: where the default differs, one quirk alone makes it agree, or two that meet there."""
    # The walks and combinations of tokens are many, and show no other quirks.
    short = [name for name in SCENARIOS_BY_NAME if not name.startswith(("walk", "x2-a2", "x2-vr"))]
    by_default = _differing("none", short)
    touched = {name for name, _ in by_default}
    with_one = {name: _differing(name, touched) for name in _NAMES}
    claims = {step: {name for name in _NAMES if step not in with_one[name]} for step in by_default}
    assert not set().union(*with_one.values()) - by_default, "a quirk alone takes nothing away from what agrees"
    assert all(len(names) <= 1 for names in claims.values())
    _check_pairs({step for step, names in claims.items() if not names})
    claimed = {name for names in claims.values() for name in names}
    assert set(_NAMES) - claimed == {"lost_empty_clone"}


def _check_pairs(steps: set[tuple[str, int]]) -> None:
    """Each of these steps needs two quirks, and needs no third."""
    scenarios = {name for name, _ in steps}
    needed: dict[tuple[str, int], list[str]] = {step: [] for step in steps}
    for name in _NAMES:
        for step in steps & _differing(replace(Quirks.live(), **{name: False}), scenarios):
            needed[step].append(name)
    assert all(len(names) == 2 for names in needed.values()), needed
    for pair in {tuple(names) for names in needed.values()}:
        theirs = {step for step, names in needed.items() if tuple(names) == pair}
        assert not theirs & _differing(",".join(pair), {name for name, _ in theirs}), pair


def test_every_quirk_but_one_is_shown_by_a_recording_that_is_here() -> None:
    """No recording in the package lists the sessions after one was cloned empty."""
    scenarios = {quirk.name: quirk.metadata["scenario"] for quirk in Quirks.catalogue()}
    assert [name for name in _NAMES if not scenarios[name]] == ["lost_empty_clone"]


def test_of_members_in_several_workspaces_a_clone_keeps_the_settings_of_its_own(server: MockServer) -> None:
    server.mock.reset(quirks="clone_crosses_workspaces")
    with httpx.Client(base_url=server.url) as client:
        _session(client, peers={"bob": {"observe_me": True}})
        _session(client, "/v3/workspaces/other", peers={"bob": {"observe_me": False}})
        settings = client.get(f"{_W}/sessions/{_clone(client)}/peers/bob/config").json()
        assert settings["observe_me"] is True


def test_a_clone_across_workspaces_fails_where_both_have_messages_or_a_peer_is_unknown(server: MockServer) -> None:
    server.mock.reset(quirks="clone_crosses_workspaces")
    with httpx.Client(base_url=server.url) as client:
        _session(client)
        _say(client, peer="zed", workspace="/v3/workspaces/other")
        unknown_peer = client.post(f"{_W}/sessions/s/clone")
        client.post(f"{_W}/peers", json={"id": "zed"})
        _say(client)
        clash = client.post(f"{_W}/sessions/s/clone")
        assert [unknown_peer.status_code, clash.status_code] == [500, 500]
        assert unknown_peer.json() == clash.json() == {"detail": "An unexpected error occurred"}
        assert client.post(f"{_W}/sessions/list").json()["total"] == 1


def test_a_cut_off_before_the_namesakes_first_message_keeps_a_clone_across_workspaces_whole(server: MockServer) -> None:
    server.mock.reset(quirks="clone_crosses_workspaces")
    with httpx.Client(base_url=server.url) as client:
        mine = _say(client)[0]
        _say(client, workspace="/v3/workspaces/other")
        clone = client.post(f"{_W}/sessions/s/clone", params={"message_id": mine["id"]})
        assert clone.status_code == 201


def test_quirks_are_read_by_name() -> None:
    assert Quirks.named("none") == Quirks.named("") == Quirks()
    assert Quirks.named("live") == Quirks(**dict.fromkeys(_NAMES, True))
    assert Quirks.named("field_names, sentence_422") == Quirks(field_names=True, sentence_422=True)
    with pytest.raises(ValueError, match=r"unknown quirk 'lively'; known: none, live, created_status"):
        Quirks.named("created_status,lively")
