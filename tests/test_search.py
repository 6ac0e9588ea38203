"""Search finds messages by words and by parts of their text, in the order of the recordings."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, create_app
from mockserver.domain.search.full_text import FullTextQuery
from support.direct_client import Answer, DirectClient

_W = "/v3/workspaces/w"
_SPECIAL = "~`!@#$%^&*()_+=[]{};':\"\\|,.<>/?-"

_MOCK = Mock()
_CLIENT = DirectClient(create_app(_MOCK))

_WORDS = st.sampled_from(["fire", "fir", "Fires", "fired", "forest", "the", "a_b", "50%", "C++", "É", "é"])
_CONTENTS = st.lists(_WORDS, max_size=4).map(" ".join)
_MESSAGES = st.lists(
    st.tuples(st.sampled_from("st"), st.sampled_from(["bob", "al"]), _CONTENTS, st.sampled_from([None, 2020, 2021])),
    max_size=8,
)
_QUERIES = st.lists(_WORDS, min_size=1, max_size=2).map(" ".join) | st.sampled_from(["", "f", "%", "_", "\\", "fire\0"])


@pytest.fixture(autouse=True)
def _empty() -> None:
    _MOCK.reset(frozen_at=datetime(2026, 1, 1, tzinfo=UTC))


def _say(session: str, *contents: str, peer: str = "bob", year: int | None = None) -> list[Any]:
    at = f"{year}-01-01T00:00:00Z" if year else None
    batch = [{"content": content, "peer_id": peer, "created_at": at} for content in contents]
    said: list[Any] = _CLIENT.call("POST", f"{_W}/sessions/{session}/messages", {"messages": batch}).json
    return said


def _search(query: str, at: str = "", **options: Any) -> Answer:
    return _CLIENT.call("POST", f"{_W}{at}/search", {"query": query, **options})


def _found(query: str, at: str = "", **options: Any) -> list[str]:
    return [message["content"] for message in _search(query, at, **options).json]


def _order(query: str, messages: list[Any]) -> list[Any]:
    """What a query finds, by the rule: slowly, and without a first look."""
    looked_for = query.replace("\0", "")
    ranks = [(message, *FullTextQuery(looked_for).examine(message["content"])) for message in messages]
    if set(looked_for) & set(_SPECIAL):
        ranks = [(message, False, 0.0) for message in messages]
    found = [
        (message, rank)
        for message, matches, rank in ranks
        if matches or looked_for.lower() in message["content"].lower()
    ]
    newest = sorted(found, key=lambda one: datetime.fromisoformat(one[0]["created_at"]), reverse=True)
    return [message for message, _ in sorted(newest, key=lambda one: -one[1])]


@given(_MESSAGES, _QUERIES, st.integers(1, 8))
def test_matches_come_by_rank_then_time_then_as_they_were_written(messages: Any, query: str, limit: int) -> None:
    _MOCK.reset(frozen_at=datetime(2026, 1, 1, tzinfo=UTC))
    said = [_say(session, content, peer=peer, year=year)[0] for session, peer, content, year in messages]
    assert _search(query, limit=limit).json == _order(query, said)[:limit]


@given(_MESSAGES, _QUERIES)
def test_a_search_of_a_session_or_a_peer_is_that_of_the_workspace_narrowed(messages: Any, query: str) -> None:
    _MOCK.reset(frozen_at=datetime(2026, 1, 1, tzinfo=UTC))
    for session, peer, content, year in messages:
        _say(session, content, peer=peer, year=year)
    found = _search(query).json
    for kind, ids in (("session", "st"), ("peer", ("bob", "al"))):
        for id_ in ids:
            of_it = [message for message in found if message[f"{kind}_id"] == id_]
            assert _search(query, f"/{kind}s/{id_}").json == of_it
            assert _search(query, filters={f"{kind}_id": id_}).json == of_it


@pytest.mark.parametrize("special", _SPECIAL)
def test_a_query_with_a_special_character_is_looked_for_as_it_stands(special: str) -> None:
    _say("s", f"Fires {special}X{special} y", "fire x", year=2020)
    _say("s", f"x{special}", "x", year=2021)
    assert _found(f"x{special}") == [f"x{special}", f"Fires {special}X{special} y"]
    assert _found(f"fire{special}") == []


def test_ten_are_found_unless_more_or_less_are_asked_for() -> None:
    _say("s", *["fire"] * 60)
    _say("s", *["fire"] * 60)
    counts = [len(_found("fire")), len(_found("fire", limit=1)), len(_found("fire", limit=100))]
    assert counts == [10, 1, 100]


def test_a_filter_narrows_but_does_not_lead_elsewhere() -> None:
    _say("s", "fire one")
    _say("t", "fire two", peer="al")
    assert _found("fire", filters={"session_id": "t"}) == ["fire two"]
    assert _found("fire", "/sessions/s", filters={"session_id": "t", "workspace_id": "v"}) == ["fire one"]
    assert _found("fire", "/peers/al", filters={"peer_id": "bob"}) == ["fire two"]
    assert _found("fire", "/peers/al", filters={"NOT": [{"session_id": "t"}]}) == []
    assert _found("fire-", filters={"session_id": "t"}) == _found("fire +", filters={"session_id": "t"}) == []
    assert _found(" two", filters={"session_id": "t"}) == _found("wo") == ["fire two"]
    _say("t", "fire-two")
    assert _found("E-T", filters={"peer_id": "bob"}) == ["fire-two"]
    assert _found("E-T", filters={"peer_id": "al"}) == []


_EVENTS = st.lists(
    st.tuples(st.sampled_from(["say", "add", "set", "leave", "configure"]), st.sampled_from(["al", "bob"])), max_size=8
)


def _happen(kind: str, peer: str, content: str) -> None:
    if kind == "say":
        _say("s", content, peer=peer)
    elif kind == "add":
        _CLIENT.call("POST", f"{_W}/sessions/s/peers", {peer: {}})
    elif kind == "set":
        _CLIENT.call("PUT", f"{_W}/sessions/s/peers", {peer: {}})
    elif kind == "leave":
        _CLIENT.call("DELETE", f"{_W}/sessions/s/peers", [peer])
    else:
        _CLIENT.call("PUT", f"{_W}/sessions/s/peers/{peer}/config", {"observe_me": True})


@given(_EVENTS, st.booleans())
def test_a_perspective_finds_the_messages_from_while_that_peer_was_in_the_session(
    events: list[tuple[str, str]], rejoins: bool
) -> None:
    """With the quirk, only those since the peer last said something or was added."""
    _MOCK.reset(quirks="joins_again" if rejoins else "none")
    _CLIENT.call("POST", f"{_W}/sessions", {"id": "s", "peers": {"al": {}}})
    present: set[str] = {"al"}
    joined: set[str] = {"al"}
    seen: dict[str, list[str]] = {"al": [], "bob": []}
    for place, (kind, peer) in enumerate(events):
        if kind == "configure" and (peer in joined or peer not in _known()):
            continue
        _happen(kind, peer, f"fire {place}")
        if kind == "leave":
            present.discard(peer)
            continue
        present = {peer} if kind == "set" else present | {peer}
        joined.add(peer)
        if rejoins and kind != "configure":
            seen[peer] = []
        if kind == "say":
            for one in present:
                seen[one].append(f"fire {place}")
    for peer, contents in seen.items():
        filters = {"peer_perspective": peer}
        assert sorted(_found("fire", filters=filters, limit=100)) == sorted(contents)
        assert sorted(_found("fire", "/sessions/s", filters=filters)) == sorted(contents)
        again = DirectClient(create_app(Mock(world=_MOCK.world())))
        found = again.call("POST", f"{_W}/search", {"query": "fire", "limit": 100, "filters": filters}).json
        assert sorted(message["content"] for message in found) == sorted(contents)


def _known() -> list[str]:
    return [peer["id"] for peer in _CLIENT.call("POST", f"{_W}/peers/list").json["items"]]


@pytest.mark.parametrize("perspective", ["ghost", "", "*", None, 1, ["bob"], {"in": ["bob"]}])
def test_a_perspective_of_nobody_finds_nothing(perspective: object) -> None:
    _say("s", "fire one")
    assert _found("fire", filters={"peer_perspective": perspective}) == []
    assert _found("fire", filters={"peer_perspective": "bob", "peer_id": "bob"}) == ["fire one"]
    assert _found("fire", "/peers/bob", filters={"peer_perspective": "bob", "peer_id": "al"}) == ["fire one"]
    assert _search("fire", filters={"AND": [{"peer_perspective": "bob"}]}).status == 422


def test_the_first_members_of_a_session_also_find_messages_of_before() -> None:
    """With the quirk they do not: they joined when the session was created."""
    for quirks, found in (("none", ["fire one"]), ("joins_again", [])):
        _MOCK.reset(quirks=quirks)
        _CLIENT.call("POST", f"{_W}/sessions", {"id": "s", "peers": {"al": {}}})
        _say("s", "fire one", year=2020)
        assert _found("fire", filters={"peer_perspective": "al"}) == found
        [clone] = [_CLIENT.call("POST", f"{_W}/sessions/s/clone").json["id"]]
        assert _found("fire", f"/sessions/{clone}", filters={"peer_perspective": "al"}) == ["fire one"]


def test_a_deleted_session_is_found_until_its_purge() -> None:
    _say("s", "fire")
    _CLIENT.call("DELETE", f"{_W}/sessions/s")
    assert _found("fire") == _found("fire", "/sessions/s") == _found("fire", "/peers/bob") == ["fire"]
    _MOCK.purge()
    assert _found("fire") == _found("fire", "/sessions/s") == _found("fire", "/peers/bob") == []


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("/v3/workspaces/v", "there is no workspace 'v'; there is 'w'"),
        (f"{_W}/sessions/none", "workspace 'w' has no session 'none'; it has 's'"),
        (f"{_W}/peers/bobb", "workspace 'w' has no peer 'bobb'; did you mean 'bob'?"),
        (f"{_W}/sessions/s", None),
        (_W, None),
    ],
)
def test_nothing_is_found_in_what_is_not_there_and_a_header_says_so(at: str, said: str | None) -> None:
    _say("s", "fire")
    answer = _CLIENT.call("POST", f"{at}/search", {"query": "zebra"})
    assert (answer.status, answer.json, answer.headers.get("x-mock-diagnosis")) == (200, [], said)


@pytest.mark.parametrize(
    ("body", "place", "kind"),
    [
        ({}, "query", "missing"),
        ({"query": None}, "query", "string_type"),
        ({"query": "x", "limit": 0}, "limit", "greater_than_equal"),
        ({"query": "x", "limit": 101}, "limit", "less_than_equal"),
        ({"query": "x", "filters": []}, "filters", "dict_type"),
        ({"query": "x", "filters": {"bogus": 1}}, "filters", "value_error"),
        ({"query": "x-", "filters": {"id": 1}}, "filters", "value_error"),
    ],
)
@pytest.mark.parametrize("at", ["", "/sessions/s", "/peers/bob"])
def test_bad_input_is_told_with_its_place(at: str, body: Any, place: str, kind: str) -> None:
    _say("s", "x")
    answer = _CLIENT.call("POST", f"{_W}{at}/search", body)
    assert (answer.status, [(entry["loc"], entry["type"]) for entry in answer.json["detail"]]) == (
        422,
        [(["body", place], kind)],
    )


def test_a_refused_filter_is_told_as_it_was_sent() -> None:
    filters = {"session_id": "t", "bogus": 1}
    [entry] = _search("x", "/sessions/s", filters=filters).json["detail"]
    assert entry["input"] == filters


@pytest.mark.process
def test_the_engine_of_search_is_loaded_when_it_is_first_used() -> None:
    import subprocess
    import sys

    program = """
import sys
from mockserver import Mock, create_app
create_app(Mock())
loaded = {name for name in sys.modules if name.startswith(("mockserver.domain.search.", "snowballstemmer"))}
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True)
