"""What newer SDKs offer and 3.0.7 does not know: a user learns it at once, as from the real server."""

from collections.abc import Callable
from typing import Any

import honcho as sdk
import pytest
from honcho import Honcho

from sdk.python.witnessing import Use

pytestmark = pytest.mark.skipif(not hasattr(sdk, "Scope"), reason="this SDK is no newer than the server")


def test_scopes_are_not_found(client: Honcho, use: Use) -> None:
    scope = sdk.Scope("therapy", client)
    calls: list[Callable[[], Any]] = [
        lambda: use(client).scope("therapy"),
        lambda: use(client).get_scope("therapy"),
        lambda: use(client).scopes(),
        lambda: use(scope).add_sessions(["first"]),
        lambda: use(scope).remove_session("first"),
        lambda: use(scope).sessions(),
        lambda: use(scope).status(),
    ]
    for call in calls:
        with pytest.raises(sdk.NotFoundError):
            call()


def test_the_chat_of_a_workspace_is_not_found(client: Honcho, use: Use) -> None:
    with pytest.raises(sdk.NotFoundError):
        use(client).chat("Who is here?")
    with pytest.raises(sdk.NotFoundError):
        use.all(use(client).chat_stream("Who is here?"))


def test_a_conclusion_cannot_be_asked_for_by_its_id(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    [one] = use(alice.conclusions).create([{"content": "likes tea"}])
    for part in (client.conclusions, alice.conclusions):
        with pytest.raises(sdk.APIError) as raised:
            use(part).get(one.id)
        assert raised.value.status == 405


def test_conclusions_can_be_listed_by_their_ids(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    made = use(alice.conclusions).create([{"content": "likes tea"}, {"content": "is tall"}])
    assert [one.content for one in use.all(use(client.conclusions).list(reverse=True))] == ["likes tea", "is tall"]
    for part in (client.conclusions, alice.conclusions):
        assert [one.id for one in use(part).get_many([made[0].id, "none"])] == [made[0].id]


def test_nothing_is_known_of_what_conclusions_are_derived_from(client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    [one] = use(alice.conclusions).create([{"content": "likes tea"}])
    assert (one.level, one.source_ids, one.times_derived) == ("explicit", None, 1)
    with pytest.raises(sdk.UnprocessableEntityError, match="source_ids"):
        use(alice.conclusions).derived(one.id)


def test_options_that_came_later_are_ignored(client: Honcho, use: Use) -> None:
    assert use(client).session("first", scopes=["therapy"]).uid is None
    assert use(client).peer("alice").uid is None
