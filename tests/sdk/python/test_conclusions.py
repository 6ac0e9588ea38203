"""Conclusions, as a user of the SDK meets them."""

from datetime import datetime

import honcho as sdk
import pytest
from honcho import Honcho
from honcho.conclusions import ConclusionCreateParams

from sdk.python.witnessing import Use


def test_conclusions_about_oneself_are_kept(client: Honcho, use: Use) -> None:
    alice, session = use(client).peer("alice"), use(client).session("first")
    asked = [{"content": "likes tea", "session_id": session.id}, ConclusionCreateParams(content="is tall")]
    for found in (use(alice.conclusions).create(asked), use.all(use(alice.conclusions).list(reverse=True))):
        assert [(one.content, one.session_id) for one in found] == [("likes tea", "first"), ("is tall", None)]
        assert {(one.observer_id, one.observed_id) for one in found} == {("alice", "alice")}
        assert all(isinstance(one.created_at, datetime) for one in found)


def test_the_newest_conclusion_comes_first(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    for content in ("older", "newer"):
        use(alice.conclusions).create([{"content": content}])
    assert [str(one) for one in use.all(use(alice.conclusions).list())] == ["newer", "older"]


def test_conclusions_about_another_peer_are_kept_apart(client: Honcho, use: Use) -> None:
    alice, bob = use(client).peer("alice"), use(client).peer("bob")
    use(alice.conclusions_of(bob)).create([{"content": "a friend"}])
    assert use.all(use(alice.conclusions).list()) == []
    [one] = use.all(use(alice.conclusions_of("bob")).list())
    assert (one.observer_id, one.observed_id, one.content) == ("alice", "bob", "a friend")


def test_conclusions_are_listed_by_session(client: Honcho, use: Use) -> None:
    alice, session = use(client).peer("alice"), use(client).session("first")
    use(alice.conclusions).create([{"content": "here", "session_id": "first"}, {"content": "anywhere"}])
    assert [str(one) for one in use.all(use(alice.conclusions).list(session=session))] == ["here"]


def test_conclusions_are_found_by_what_they_say(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    use(alice.conclusions).create([{"content": "likes green tea"}, {"content": "has a bicycle"}])
    assert str(use(alice.conclusions).query("tea", top_k=5)[0]) == "likes green tea"
    assert len(use(alice.conclusions).query("tea", top_k=1, distance=1.0)) == 1


def test_a_deleted_conclusion_is_gone(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    [one] = use(alice.conclusions).create([{"content": "likes tea"}])
    use(alice.conclusions).delete(one.id)
    assert use.all(use(alice.conclusions).list()) == []
    with pytest.raises(sdk.NotFoundError):
        use(alice.conclusions).delete(one.id)


def test_a_conclusion_of_an_unknown_peer_is_refused(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    with pytest.raises(sdk.NotFoundError, match="ghost"):
        use(alice.conclusions_of("ghost")).create([{"content": "?"}])


def test_a_representation_tells_the_conclusions(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    use(alice.conclusions).create([{"content": "likes tea"}])
    told = use(alice.conclusions).representation(search_query="tea", search_top_k=5, max_conclusions=5)
    assert "likes tea" in told
    assert "likes tea" in use(alice).representation()
