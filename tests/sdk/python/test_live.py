"""The profile that answers as the live server does serves the same SDK."""

import honcho as sdk
import pytest
from honcho import Honcho

from mockserver import MockServer
from sdk.python.witnessing import Use

pytestmark = pytest.mark.honcho(quirks="live")


def test_what_is_made_and_what_is_found_look_the_same(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    for _ in range(2):
        session = use(client).session("first", peers=["alice"])
        assert [peer.id for peer in use(session).peers()] == ["alice"]
    made = honcho_server.mock.requests.where("get_or_create_session")
    assert [request.status for request in made] == [201, 200]


def test_a_refusal_in_one_sentence_is_the_message_of_the_error(client: Honcho, use: Use) -> None:
    with pytest.raises(sdk.UnprocessableEntityError) as raised:
        use(client).sessions({"bogus": 1})
    assert raised.value.message == "Column 'bogus' is not allowed to be filtered on or does not exist on Session"


def test_a_clone_has_its_messages(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    use(session).add_messages([alice.message("hello"), alice.message("there")])
    clone = use(session).clone()
    assert [message.content for message in use.all(use(clone).messages())] == ["hello", "there"]
