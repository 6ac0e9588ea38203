"""Peers, as a user of the SDK meets them."""

import pytest
from honcho import Honcho
from honcho.api_types import PeerConfig

from mockserver import MockServer
from sdk.python.witnessing import Use


def test_a_peer_is_made_by_asking_for_it(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice", metadata={"name": "Alice"}, configuration=PeerConfig(observe_me=False))
    assert (alice.id, alice.metadata) == ("alice", {"name": "Alice"})
    assert alice.configuration == PeerConfig(observe_me=False)
    assert str(alice) == "alice"
    [made] = honcho_server.mock.requests.assert_called("get_or_create_peer", times=1)
    assert made.body == {"id": "alice", "metadata": {"name": "Alice"}, "configuration": {"observe_me": False}}


def test_a_peer_keeps_the_time_of_its_making(client: Honcho, use: Use) -> None:
    made = use(client).peer("alice").created_at
    assert made is not None
    assert made.tzinfo is not None
    assert use(client).peer("alice").created_at == made


def test_metadata_and_configuration_are_kept(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    use(alice).set_metadata({"k": [1, 2]})
    use(alice).set_configuration(PeerConfig(observe_me=True))
    again = use(client).peer("alice")
    assert use(again).get_metadata() == {"k": [1, 2]}
    assert use(again).get_configuration() == PeerConfig(observe_me=True)


def test_a_refresh_shows_what_was_changed_elsewhere(client: Honcho, use: Use) -> None:
    alice, same = use(client).peer("alice"), use(client).peer("alice")
    use(same).set_metadata({"k": 1})
    assert alice.metadata == {}
    use(alice).refresh()
    assert alice.metadata == {"k": 1}


def test_peers_are_listed_with_filters(client: Honcho, use: Use) -> None:
    use(client).peer("alice", metadata={"role": "user"})
    use(client).peer("robot", metadata={"role": "assistant"})
    assert [peer.id for peer in use.all(use(client).peers())] == ["alice", "robot"]
    [found] = use.all(use(client).peers({"metadata": {"role": "assistant"}}))
    assert (found.id, found.metadata) == ("robot", {"role": "assistant"})


def test_a_peer_knows_its_sessions(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    for name in ("first", "second"):
        use(client).session(name, peers=alice, metadata={"name": name})
    use(client).session("without")
    assert [session.id for session in use.all(use(alice).sessions())] == ["first", "second"]
    assert [session.id for session in use.all(use(alice).sessions({"metadata": {"name": "second"}}))] == ["second"]


def test_a_card_is_kept_and_replaced(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    assert use(alice).get_card() is None
    assert use(alice).set_card(["likes tea", "is tall"]) == ["likes tea", "is tall"]
    assert use(alice).set_card(["likes coffee"]) == ["likes coffee"]
    assert use(alice).get_card() == ["likes coffee"]


def test_a_peer_has_a_card_of_each_other_peer(client: Honcho, use: Use) -> None:
    alice, bob = use(client).peer("alice"), use(client).peer("bob")
    use(alice).set_card(["a friend"], target=bob)
    assert use(alice).get_card(target="bob") == ["a friend"]
    assert use(alice).get_card() is None
    assert use(bob).get_card() is None


def test_the_old_name_of_get_card_still_works(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    use(alice).set_card(["likes tea"])
    with pytest.deprecated_call():
        assert use(alice).card() == ["likes tea"]
