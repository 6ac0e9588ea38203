"""Messages, as a user of the SDK meets them."""

from datetime import UTC, datetime

import pytest
from honcho import Honcho, NotFoundError, Peer, Session

from mockserver import MockServer
from sdk.python.witnessing import Use


def test_messages_come_back_as_they_were_sent(client: Honcho, use: Use, honcho_workspace: str) -> None:
    session, alice, bob = use(client).session("first"), use(client).peer("alice"), use(client).peer("bob")
    sent = [alice.message("Hello, Bob!", metadata={"mood": "good"}), bob.message("Hi — 你好 🎉")]
    for messages in (use(session).add_messages(sent), use.all(use(session).messages())):
        assert [(one.peer_id, one.content) for one in messages] == [("alice", "Hello, Bob!"), ("bob", "Hi — 你好 🎉")]
        assert [one.metadata for one in messages] == [{"mood": "good"}, {}]
        assert {(one.workspace_id, one.session_id) for one in messages} == {(honcho_workspace, "first")}
        assert all(one.token_count > 0 for one in messages)
        assert str(messages[0]) == "Hello, Bob!"


def test_a_message_needs_no_session_or_peer_before_it(client: Honcho, use: Use) -> None:
    session, alice = Session("new", client), Peer("alice", client)
    [one] = use(session).add_messages(alice.message("first!"))
    assert (one.session_id, one.peer_id) == ("new", "alice")
    assert [peer.id for peer in use(session).peers()] == ["alice"]


def test_a_message_can_be_of_another_time(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    long_ago = datetime(2024, 2, 29, 12, tzinfo=UTC)
    asked = [alice.message("a", created_at=long_ago), alice.message("b", created_at="2024-02-29T13:00:00+01:00")]
    assert [one.created_at for one in use(session).add_messages(asked)] == [long_ago, long_ago]


def test_a_message_can_be_left_out_of_reasoning(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    use(session).add_messages(alice.message("psst", configuration={"reasoning": {"enabled": False}}))
    [made] = honcho_server.mock.requests.where("create_messages_for_session")
    assert made.body["messages"][0]["configuration"] == {"reasoning": {"enabled": False}}


def test_a_message_is_found_by_its_id(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    [sent] = use(session).add_messages([alice.message("hello")])
    assert use(session).get_message(sent.id).content == "hello"
    with pytest.raises(NotFoundError):
        use(session).get_message("none")


def test_metadata_of_a_message_is_replaced_by_id_or_by_message(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    [sent] = use(session).add_messages(alice.message("hello", metadata={"a": 1}))
    assert use(session).update_message(sent, {"b": 2}).metadata == {"b": 2}
    assert use(session).update_message(sent.id, {"c": 3}).metadata == {"c": 3}
    assert use(session).get_message(sent.id).metadata == {"c": 3}


def test_messages_are_listed_with_filters(client: Honcho, use: Use) -> None:
    session, alice, bob = use(client).session("first"), use(client).peer("alice"), use(client).peer("bob")
    use(session).add_messages([alice.message("one"), bob.message("two"), alice.message("three")])
    of_alice = use.all(use(session).messages(filters={"peer_id": "alice"}))
    assert [one.content for one in of_alice] == ["one", "three"]


def test_a_hundred_messages_go_at_once(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    sent = use(session).add_messages([alice.message(f"number {number}") for number in range(100)])
    assert [one.content for one in use.all(use(session).messages(size=100))] == [one.content for one in sent]
