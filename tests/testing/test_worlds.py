"""Worlds: read whole or not at all, loaded the same each time, wrong ones told by their place."""

import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock, WorldError, create_app
from mockserver.domain.clock import microseconds, timestamp
from mockserver.testing.data import data_file
from support.direct_client import DirectClient

_W = "/v3/workspaces/w"
_WORLD: dict[str, Any] = {
    "workspaces": {
        "w": {
            "metadata": {"k": 1},
            "created_at": "2024-01-01T02:00:00+02:00",
            "peers": [
                {"id": "late", "created_at": "2024-01-03T00:00:00Z"},
                {"id": "al", "created_at": "2024-01-02T00:00:00Z"},
            ],
            "sessions": [
                {
                    "id": "second",
                    "created_at": "2024-02-02T00:00:00Z",
                    "configuration": {"summary": {"enabled": "no"}, "own": [1]},
                    "peers": {"al": {"observe_me": True}, "gone": {"present": False}},
                    "messages": [
                        {"id": "m1", "peer_id": "al", "content": "hello\0 there", "created_at": "2024-02-03T00:00:00Z"},
                        {"peer_id": "new", "content": "x", "token_count": 7},
                    ],
                },
                {"id": "first", "created_at": "2024-02-01T00:00:00Z"},
                {"id": "deleted", "created_at": "2024-01-05T00:00:00Z", "is_active": False},
                {"metadata": {"made": True}},
            ],
        }
    }
}


def _client(mock: Mock) -> DirectClient:
    return DirectClient(create_app(mock))


def _seen(client: DirectClient) -> Any:
    """All that the API shows of a world."""
    sessions = client.call("POST", f"{_W}/sessions/list").json
    ids = [session["id"] for session in sessions["items"]] + ["deleted"]
    return {
        "workspaces": client.call("POST", "/v3/workspaces/list").json,
        "peers": client.call("POST", f"{_W}/peers/list").json,
        "sessions": sessions,
        "messages": [client.call("POST", f"{_W}/sessions/{id_}/messages/list").json for id_ in ids],
        "members": [client.call("GET", f"{_W}/sessions/{id_}/peers").json for id_ in ids],
    }


def test_a_world_is_there_from_the_start() -> None:
    client = _client(Mock(world=_WORLD))
    seen = _seen(client)
    assert seen["workspaces"]["items"] == [
        {"id": "w", "metadata": {"k": 1}, "configuration": {}, "created_at": "2024-01-01T00:00:00Z"}
    ]
    assert [session["id"] for session in seen["sessions"]["items"][:2]] == ["first", "second"]
    assert seen["sessions"]["items"][1]["configuration"] == {"summary": {"enabled": False}, "own": [1]}
    assert [peer["id"] for peer in seen["peers"]["items"]] == ["al", "late", "new", "gone"]
    said = seen["messages"][1]["items"]
    assert [(one["content"], one["token_count"], one["peer_id"]) for one in said] == [
        ("hello there", 2, "al"),
        ("x", 7, "new"),
    ]
    assert (said[0]["id"], said[0]["created_at"]) == ("m1", "2024-02-03T00:00:00Z")
    assert [peer["id"] for peer in seen["members"][1]["items"]] == ["al", "new"]
    assert client.call("GET", f"{_W}/sessions/second/peers/al/config").json == {
        "observe_me": True,
        "observe_others": None,
    }


def test_what_a_world_leaves_out_is_made() -> None:
    made = _seen(_client(Mock(world=_WORLD)))["sessions"]["items"][2]
    assert (len(made["id"]), made["metadata"], made["created_at"] > "2026") == (21, {"made": True}, True)


def test_a_session_that_a_world_has_deleted_awaits_its_purge() -> None:
    mock = Mock(world=_WORLD)
    client = _client(mock)
    assert client.call("POST", f"{_W}/sessions", {"id": "deleted"}).status == 404
    assert mock.purge() == 1
    assert client.call("POST", f"{_W}/sessions", {"id": "deleted"}).status == 200


def test_each_reset_leads_to_the_very_same_world() -> None:
    mock = Mock(world=_WORLD)
    client = _client(mock)
    before = _seen(client)
    client.call("PUT", f"{_W}/sessions/first", {"metadata": {"changed": 1}})
    client.call("DELETE", f"{_W}/sessions/second")
    client.call("POST", f"{_W}/peers", {"id": "al", "metadata": {"changed": 1}})
    client.call("PUT", f"{_W}/sessions/second/messages/m1", {"metadata": {"changed": 1}})
    mock.purge()
    assert _seen(client) != before
    mock.reset()
    assert _seen(client) == before


def test_a_seed_makes_the_ids_of_a_run_repeat_apart_from_those_of_its_world() -> None:
    def run(seed: int) -> list[str]:
        mock = Mock(world=_WORLD, seed=seed)
        client = _client(mock)
        made = [session["id"] for session in _seen(client)["sessions"]["items"]]
        return [*made, *(client.call("POST", f"{_W}/sessions/first/clone").json["id"] for _ in range(3))]

    assert run(1) == run(1) != run(2)
    assert len(set(run(1))) == 6


def test_reset_with_options_holds_until_the_next() -> None:
    mock = Mock()
    mock.reset(world=_WORLD, quirks="live", purge_after=0)
    assert (list(mock.store.workspaces), mock.quirks.created_status, mock.store.purges.after) == (["w"], True, 0)
    mock.reset()
    assert (list(mock.store.workspaces), mock.quirks.created_status, mock.store.purges.after) == ([], False, None)


def test_a_world_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    path.write_text(json.dumps(_WORLD), encoding="utf-8")
    for source in (path, str(path)):
        assert _seen(_client(Mock(world=source)))["sessions"]["total"] == 3


_PEERS = {f"p{number}": {"observe_others": True} for number in range(11)}


@pytest.mark.parametrize(
    ("world", "complaint"),
    [
        (
            {"workspaces": {"w": {"sessions": [{}, {}, {"id": "bad id"}]}}},
            "workspaces.w.sessions[2].id: String should match",
        ),
        ({"workspaces": {"bad id": {}}}, "workspaces.bad id.[key]: String should match"),
        (
            {"workspaces": {"w": {"session": []}}},
            "workspaces.w.session: Extra inputs are not permitted; did you mean 'sessions'?",
        ),
        ({"worlds": {}}, "worlds: Extra inputs are not permitted; did you mean 'workspaces'?"),
        ({"colour": []}, "colour: Extra inputs are not permitted; there are purges, saved, workspaces"),
        ({"sesions": []}, "permitted; did you mean 'sessions'? It belongs in workspaces.*"),
        ({"workspaces": {"w": {"messages": []}}}, "permitted; 'messages' belongs in sessions[*]"),
        ({"workspaces": {"w": {"sesions": []}}}, "did you mean 'sessions'?"),
        ({"workspaces": {"w": {"sessions": [{"peers": {"a": {"observeMe": True}}}]}}}, "did you mean 'observe_me'?"),
        (
            {"workspaces": {"w": {"sessions": [{"mesages": []}]}}},
            "sessions[0].mesages: Extra inputs are not permitted; did you mean 'messages'?",
        ),
        ({"workspaces": {"w": {"sessions": [{"summaries": {"short": {"contnt": ""}}}]}}}, "did you mean 'content'?"),
        (
            {"workspaces": {"w": {"sessions": [{"messages": [{"peer_id": "p"}]}]}}},
            "sessions[0].messages[0].content: Field req",
        ),
        (
            {"workspaces": {"w": {"sessions": [{"created_at": "soon"}]}}},
            "sessions[0].created_at: Input should be a valid date",
        ),
        ({"workspaces": {"w": {"sessions": [{"id": "s"}, {"id": "s"}]}}}, "w.sessions[1].id: 's' is used twice"),
        ({"workspaces": {"w": {"peers": [{"id": "p"}, {"id": "p"}]}}}, "workspaces.w.peers[1].id: 'p' is used twice"),
        (
            {"workspaces": {"w": {"sessions": [{"messages": [{"id": "m", "peer_id": "p", "content": ""}] * 2}]}}},
            "workspaces.w.sessions[0].messages[1].id: 'm' is used twice",
        ),
        (
            {"workspaces": {"w": {"sessions": [{"peers": _PEERS}]}}},
            "workspaces.w.sessions[0].peers: Cannot create session",
        ),
        (
            {"workspaces": {"w": {"metadata": {"1": {"2": {"3": {"4": {"5": {}}}}}}}}},
            "workspaces.w.metadata: Value error, Meta",
        ),
        ([], "(top): Input should be a valid dictionary"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_invalid_world_is_refused_with_the_place(tmp_path: Path, world: Any, complaint: str) -> None:
    path = tmp_path / "world.json"
    path.write_text(json.dumps(world), encoding="utf-8")
    mock = Mock(world=_WORLD)
    with pytest.raises(WorldError) as wrong:
        mock.reset(world=path)
    assert complaint in str(wrong.value)
    assert str(wrong.value).startswith(f"{path}: ")
    assert list(mock.store.workspaces) == ["w"]


_LONG_ID = "a" * 101
_MANY_KEYS = dict.fromkeys(map(str, range(101)), 1)
_INSTRUCTIONS = {"reasoning": {"custom_instructions": "apples " * 2_100}}
_REFRESH = {"observer": "a", "observed": "b", "dream_type": "card_refresh", "pending": 1}


@pytest.mark.parametrize(
    ("workspaces", "taken_by", "refused_by", "complaint"),
    [
        ({_LONG_ID: {}}, "3.0.7", "3.0.6", f"{_LONG_ID}.[key]: String should have at most 100 characters"),
        ({"w": {"peers": [{"id": _LONG_ID}]}}, "3.0.7", "3.0.6", "w.peers[0].id: String should have at most 100"),
        ({"w": {"metadata": _MANY_KEYS}}, "3.0.3", "3.0.4", "w.metadata: Value error, Metadata exceeds maximum"),
        ({"w": {"configuration": _INSTRUCTIONS}}, "3.0.6", "3.0.7", "custom_instructions exceeds"),
        ({"w": {"work": [_REFRESH]}}, "3.0.12", "3.0.11", "w.work[0].dream_type: 'card_refresh' came with 3.0.12, and"),
    ],
    ids=["workspace", "peer", "metadata", "instructions", "work"],
)
def test_a_world_keeps_to_the_limits_of_the_version(
    workspaces: Any, taken_by: str, refused_by: str, complaint: str
) -> None:
    world = {"workspaces": workspaces}
    mock = Mock(world=world, api_version=taken_by)
    with pytest.raises(WorldError) as wrong:
        Mock(world=world, api_version=refused_by)
    assert complaint in str(wrong.value)
    with pytest.raises(WorldError):
        mock.reset(api_version=refused_by)
    assert (mock.api_version, list(mock.store.workspaces)) == (taken_by, list(workspaces))
    mock.reset(api_version=refused_by, world=None)
    assert (mock.api_version, list(mock.store.workspaces)) == (refused_by, [])


def test_a_limit_of_another_version_is_told_with_the_version() -> None:
    with pytest.raises(WorldError, match=r"at most 100 characters \(in version 3\.0\.6 of the API\)$"):
        Mock(world={"workspaces": {_LONG_ID: {}}}, api_version="3.0.6")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{", "invalid JSON at offset 1"),
        (b"", "invalid JSON at offset 0"),
        (b'{"workspaces": NaN}', "invalid JSON at offset 15"),
    ],
)
def test_invalid_json_is_reported_with_its_offset(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "world.json"
    path.write_bytes(content)
    with pytest.raises(WorldError, match=complaint):
        Mock(world=path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="No such file or directory"):
        Mock(world=tmp_path / "missing.json")
    with pytest.raises(WorldError, match="Is a directory"):
        Mock(world=tmp_path)


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        ({"tags": {"a"}}, "world: workspaces.w.metadata.tags: JSON has no set; use a list"),
        ({"k": [0, {"b": b"x"}]}, "world: workspaces.w.metadata.k[1].b: JSON has no bytes"),
        ({("a", 1): 1}, "world: workspaces.w.metadata has the key ('a', 1); a key must be a string"),
    ],
)
def test_a_value_that_json_does_not_have_is_named_with_its_place(metadata: Any, complaint: str) -> None:
    with pytest.raises(WorldError) as wrong:
        Mock(world={"workspaces": {"w": {"metadata": metadata}}})
    assert str(wrong.value) == complaint


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud800", object(), b"x", [[]], {1: {2: {3: {4: {5: {}}}}}}]
)
def test_a_world_given_as_a_mapping_is_held_to_json_as_a_file_is(value: Any) -> None:
    world = {"workspaces": {"w": {"metadata": {"k": value}}}}
    if value == [[]]:
        assert Mock(world=world).store.workspaces["w"].row["metadata"] == {"k": [[]]}
        return
    with pytest.raises(WorldError, match="world: "):
        Mock(world=world)


def test_a_world_nested_without_end_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["workspaces"] = endless
    for world in (endless, json.loads('{"a":' * 900 + "1" + "}" * 900)):
        with pytest.raises(WorldError, match="world: "):
            Mock(world=world)


def test_a_world_holds_what_the_api_would_take() -> None:
    said = {"id": "m", "peer_id": "p", "content": "hi"}
    both = {"workspaces": {"w": {"sessions": [{"messages": [said]}, {"messages": [said]}]}}}
    with pytest.raises(WorldError, match=r"sessions\[1\].messages\[0\].id: 'm' is used twice"):
        Mock(world=both)
    with pytest.raises(WorldError, match=r"messages\[0\].content: Value error, Encountered text"):
        Mock(world={"workspaces": {"w": {"sessions": [{"messages": [{**said, "content": "<|endoftext|>"}]}]}}})


def test_a_source_of_another_type_is_refused() -> None:
    with pytest.raises(WorldError, match="a world must be a mapping or the path of a JSON file, not 5"):
        Mock(world=cast("Any", 5))


@pytest.mark.parametrize("wait", [-1, float("inf"), float("nan")])
def test_a_purge_waits_a_number_of_seconds(wait: float) -> None:
    with pytest.raises(ValueError, match="purge_after must be a number of seconds"):
        Mock(purge_after=wait)


def test_the_demo_world_is_worth_a_look() -> None:
    client = _client(Mock(world=data_file("demo.json")))
    demo = "/v3/workspaces/demo"
    assert client.call("POST", f"{demo}/peers/list").json["total"] == 3
    assert client.call("POST", f"{demo}/sessions/list").json["total"] == 3
    assert client.call("POST", f"{demo}/sessions/algebra/messages/list").json["total"] >= 5
    assert client.call("POST", f"{demo}/peers/bob/sessions", {"filters": {"is_active": False}}).json["total"] == 1


@pytest.mark.parametrize("path", ["a\0b", "\ud800"])
def test_a_path_that_no_file_can_have_is_told(path: str) -> None:
    with pytest.raises(WorldError, match=re.escape(repr(path))):
        Mock(world=path)


def test_a_wrong_world_is_told_in_a_few_words_however_deep_and_long_it_is() -> None:
    deep: Any = [5] * 1_000_000
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(WorldError) as complaint:
        Mock(world=deep)
    assert len(str(complaint.value)) < 200


def test_an_option_that_is_none_is_told() -> None:
    with pytest.raises(
        TypeError, match="unknown option 'colour'; the options are api_version, quirks, world, purge_after, work_after,"
    ):
        Mock(colour="red")  # type: ignore[call-arg]  # the slip is the point


def test_what_belongs_to_something_that_is_not_there_is_refused_with_its_place() -> None:
    said = {"id": "s", "messages": [{"id": "m", "peer_id": "al", "content": "x"}]}
    known = {"content": "x", "observer_id": "al", "observed_id": "al"}

    def complaint(summary: dict[str, Any], conclusion: dict[str, Any]) -> str:
        session = {**said, "summaries": {"short": {"content": "x", **summary}}}
        workspace = {"sessions": [session], "conclusions": [{**known, **conclusion}]}
        try:
            Mock(world={"workspaces": {"w": workspace}})
        except WorldError as error:
            return str(error)
        return ""

    assert complaint({"message_id": "m"}, {"session_id": "s"}) == complaint({}, {}) == ""
    there = "world: workspaces.w"
    assert complaint({"message_id": "x"}, {}) == (
        f"{there}.sessions[0].summaries.short.message_id: there is no message 'x'"
    )
    assert complaint({}, {"session_id": "t"}) == f"{there}.conclusions[0].session_id: there is no session 't'"


@pytest.mark.parametrize(
    ("count", "last"), [(20, "sessions[19].id"), (21, "and 1 more problem"), (500, "and 480 more problems")]
)
def test_a_world_with_many_problems_names_the_first_ones(count: int, last: str) -> None:
    world = {"workspaces": {"w": {"sessions": [{"id": "bad id"}] * count}}}
    with pytest.raises(WorldError) as refused:
        Mock(world=world)
    lines = str(refused.value).splitlines()
    assert len(lines) == min(count, 21)
    assert last in lines[-1]
    assert len(refused.value.complaints) == count


@given(
    st.datetimes().map(lambda moment: timestamp(microseconds(moment)))
    | st.from_regex(r"20(00|01)-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:00(\.[0-9]{6})?Z", fullmatch=True),
)
def test_a_timestamp_in_a_world_is_read_as_any_other_form_of_the_same_time(written: str) -> None:
    def loaded(created_at: str) -> str:
        try:
            return str(
                Mock(world={"workspaces": {"w": {"created_at": created_at}}}).store.workspaces["w"].row["created_at"]
            )
        except WorldError as error:
            return str(error)

    # pydantic reads the other form, with a space for the T.
    assert loaded(written) == loaded(written.replace("T", " "))
