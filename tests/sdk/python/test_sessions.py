"""Sessions and who is in them, as a user of the SDK meets them."""

import pytest
from honcho import Honcho, NotFoundError
from honcho.api_types import SessionConfiguration, SessionPeerConfig, SummaryConfiguration

from mockserver import MockServer
from sdk.python.witnessing import Use


def test_a_session_is_made_by_asking_for_it(client: Honcho, use: Use) -> None:
    asked = SessionConfiguration(summary=SummaryConfiguration(enabled=True, messages_per_short_summary=10))
    session = use(client).session("first", metadata={"topic": "maths"}, configuration=asked, peers=["alice"])
    assert (session.id, session.metadata, session.is_active) == ("first", {"topic": "maths"}, True)
    assert session.configuration == asked
    assert session.created_at.tzinfo is not None
    assert str(session) == "first"


def test_metadata_and_configuration_are_kept(client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    use(session).set_metadata({"topic": "maths"})
    asked = SessionConfiguration(summary=SummaryConfiguration(enabled=False))
    use(session).set_configuration(asked)
    again = use(client).session("first")
    assert use(again).get_metadata() == {"topic": "maths"}
    assert use(again).get_configuration() == asked


def test_a_refresh_shows_what_was_changed_elsewhere(client: Honcho, use: Use) -> None:
    session, same = use(client).session("first"), use(client).session("first")
    use(same).set_metadata({"k": 1})
    use(session).refresh()
    assert (session.metadata, session.is_active) == ({"k": 1}, True)


def test_sessions_are_listed_with_filters(client: Honcho, use: Use) -> None:
    use(client).session("first", metadata={"grade": 1})
    use(client).session("second", metadata={"grade": 2})
    assert [session.id for session in use.all(use(client).sessions())] == ["first", "second"]
    better = use(client).sessions({"metadata": {"grade": {"gte": 2}}})
    assert [session.id for session in use.all(better)] == ["second"]


def test_peers_come_and_go_in_every_form_that_the_sdk_takes(client: Honcho, use: Use) -> None:
    session, alice, bob = use(client).session("first"), use(client).peer("alice"), use(client).peer("bob")
    use(session).add_peers("alice")
    use(session).add_peers([bob, ("carol", SessionPeerConfig(observe_me=False))])
    assert [peer.id for peer in use(session).peers()] == ["alice", "bob", "carol"]
    use(session).remove_peers([alice, "carol"])
    assert [peer.id for peer in use(session).peers()] == ["bob"]
    use(session).set_peers([alice, ("dave", SessionPeerConfig(observe_others=True))])
    assert [peer.id for peer in use(session).peers()] == ["alice", "dave"]


def test_settings_of_a_peer_in_a_session_are_kept(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    use(session).add_peers((alice, SessionPeerConfig(observe_me=False, observe_others=True)))
    kept = use(session).get_peer_configuration(alice)
    assert (kept.observe_me, kept.observe_others) == (False, True)
    use(session).set_peer_configuration("alice", SessionPeerConfig(observe_me=True, observe_others=False))
    kept = use(session).get_peer_configuration("alice")
    assert (kept.observe_me, kept.observe_others) == (True, False)


def test_a_deleted_session_is_gone_for_its_client(client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    use(session).delete()
    assert use.all(use(client).sessions()) == []
    with pytest.raises(NotFoundError):
        use(session).set_metadata({"k": 1})


def test_the_id_of_a_deleted_session_is_free_after_its_purge(
    honcho_server: MockServer, client: Honcho, use: Use
) -> None:
    use(use(client).session("first", metadata={"old": True})).delete()
    with pytest.raises(NotFoundError):
        use(client).session("first")
    honcho_server.mock.purge()
    assert use(client).session("first").metadata == {}


def test_a_clone_has_the_messages_of_its_original(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first", metadata={"k": 1}), use(client).peer("alice")
    one, _ = use(session).add_messages([alice.message("one"), alice.message("two")])
    clone = use(session).clone()
    assert clone.id != session.id
    assert clone.metadata == {"k": 1}
    assert [message.content for message in use.all(use(clone).messages())] == ["one", "two"]
    shorter = use(session).clone(message_id=one.id)
    assert [message.content for message in use.all(use(shorter).messages())] == ["one"]
