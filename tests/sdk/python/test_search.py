"""Search over messages, as a user of the SDK meets it."""

import pytest
from honcho import Honcho

from sdk.python.witnessing import Use


@pytest.fixture
def searched(client: Honcho, use: Use) -> Honcho:
    """A workspace with messages of two peers in two sessions."""
    alice, bob = use(client).peer("alice"), use(client).peer("bob")
    said = [alice.message("the quick brown fox"), bob.message("a lazy dog", metadata={"kind": "pet"})]
    use(use(client).session("first")).add_messages(said)
    use(use(client).session("second")).add_messages(bob.message("quick silver"))
    return client


def test_a_workspace_a_peer_and_a_session_are_searched(searched: Honcho, use: Use) -> None:
    everywhere = {message.content for message in use(searched).search("quick")}
    assert everywhere == {"the quick brown fox", "quick silver"}
    of_bob = use(use(searched).peer("bob")).search("quick")
    assert [message.content for message in of_bob] == ["quick silver"]
    in_first = use(use(searched).session("first")).search("quick")
    assert [message.content for message in in_first] == ["the quick brown fox"]


def test_a_search_has_filters_and_a_limit(searched: Honcho, use: Use) -> None:
    assert [one.content for one in use(searched).search("dog", filters={"metadata": {"kind": "pet"}})] == ["a lazy dog"]
    assert use(searched).search("dog", filters={"peer_id": "alice"}) == []
    assert len(use(searched).search("quick", limit=1)) == 1


def test_words_are_found_by_their_stems(searched: Honcho, use: Use) -> None:
    assert [message.content for message in use(searched).search("DOGS")] == ["a lazy dog"]
    assert use(searched).search("cat") == []
