"""What the SDK tries again, and what the server has seen by then."""

import honcho as sdk
import pytest
from honcho import Honcho

from mockserver import MockServer
from sdk.python.witnessing import Use

AT_ONCE = {"Retry-After": "0"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_request_is_tried_three_times(status: int, honcho_server: MockServer, client: Honcho, use: Use) -> None:
    honcho_server.mock.faults.error(status, headers=AT_ONCE, operation="get_or_create_peer", times=2)
    assert use(client).peer("alice").id == "alice"
    tries = honcho_server.mock.requests.where("get_or_create_peer")
    assert [request.status for request in tries] == [status, status, 200]


def test_the_third_failure_is_raised(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    honcho_server.mock.faults.error(503, headers=AT_ONCE, operation="get_or_create_peer")
    with pytest.raises(sdk.ServerError):
        use(client).peer("alice")
    honcho_server.mock.requests.assert_called("get_or_create_peer", times=3)


def test_a_refusal_is_not_tried_again(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    with pytest.raises(sdk.UnprocessableEntityError):
        use(client).peer("not an id")
    honcho_server.mock.requests.assert_called("get_or_create_peer", times=1)


def test_a_lost_connection_is_tried_again(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    honcho_server.mock.faults.disconnect(operation="get_or_create_peer", times=1)
    assert use(client).peer("alice").id == "alice"
    honcho_server.mock.requests.assert_called("get_or_create_peer", times=2)


def test_messages_whose_answer_is_lost_are_there_twice(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first"), use(client).peer("alice")
    honcho_server.mock.faults.lose_answer(operation="create_messages_for_session", times=1)
    assert len(use(session).add_messages(alice.message("hello"))) == 1
    assert [message.content for message in use.all(use(session).messages())] == ["hello", "hello"]


def test_a_deletion_whose_answer_is_lost_meets_its_own_effect(
    honcho_server: MockServer, client: Honcho, use: Use
) -> None:
    session = use(client).session("first")
    honcho_server.mock.faults.lose_answer(operation="delete_session", times=1)
    with pytest.raises(sdk.NotFoundError):
        use(session).delete()


def test_an_upload_is_tried_once(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    session = use(client).session("first")
    honcho_server.mock.faults.error(503, path="*/messages/upload")
    with pytest.raises(sdk.ServerError):
        use(session).upload_file(("notes.txt", b"hello", "text/plain"), "alice")
    honcho_server.mock.requests.assert_called(path="*/messages/upload", times=1)


def test_a_stream_is_tried_once(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    alice = use(client).peer("alice")
    honcho_server.mock.faults.error(503, path="*/chat")
    with pytest.raises(sdk.ServerError):
        use.all(use(alice).chat_stream("Who am I?"))
    honcho_server.mock.requests.assert_called(path="*/chat", times=1)
