"""What a user of the SDK catches on a bad day."""

from typing import Any

import honcho as sdk
import pydantic
import pytest
from honcho import Honcho

from mockserver import MockServer
from sdk.python.witnessing import Use


@pytest.mark.honcho(auth_secret="a secret of the tests")
def test_a_key_that_is_none_is_an_authentication_error(client: Honcho, use: Use) -> None:
    assert use(client).get_metadata() == {}
    with pytest.raises(sdk.AuthenticationError) as raised:
        use(Honcho(api_key="wrong")).get_metadata()
    assert (raised.value.status, raised.value.message) == (401, "Invalid JWT")


def test_what_is_not_there_is_a_not_found_error(client: Honcho, use: Use) -> None:
    with pytest.raises(sdk.NotFoundError) as raised:
        use(sdk.Session("none", client)).clone()
    assert (raised.value.status, raised.value.message) == (404, "Original session not found")


def test_a_workspace_with_active_sessions_is_a_conflict_error(client: Honcho, use: Use, honcho_workspace: str) -> None:
    use(client).session("first")
    with pytest.raises(sdk.ConflictError) as raised:
        use(client).delete_workspace(honcho_workspace)
    assert raised.value.status == 409
    assert raised.value.message == raised.value.body["detail"]


def test_an_id_with_a_space_is_an_unprocessable_entity_error(client: Honcho, use: Use) -> None:
    with pytest.raises(sdk.UnprocessableEntityError) as raised:
        use(client).peer("not an id")
    assert raised.value.status == 422
    assert raised.value.body["detail"][0]["loc"] == ["body", "id"]


def test_more_observers_than_the_limit_are_a_bad_request_error(client: Honcho, use: Use) -> None:
    watching = [(f"p{number}", sdk.api_types.SessionPeerConfig(observe_others=True)) for number in range(11)]
    with pytest.raises(sdk.BadRequestError):
        use(client).session("first", peers=watching)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, sdk.BadRequestError),
        (401, sdk.AuthenticationError),
        (403, sdk.PermissionDeniedError),
        (404, sdk.NotFoundError),
        (409, sdk.ConflictError),
        (418, sdk.APIError),
        (422, sdk.UnprocessableEntityError),
        (429, sdk.RateLimitError),
        (500, sdk.ServerError),
        (503, sdk.ServerError),
    ],
)
def test_each_status_has_its_error(
    status: int, error: Any, honcho_server: MockServer, impatient: Honcho, use: Use
) -> None:
    honcho_server.mock.faults.error(status, {"detail": "a bad day"}, operation="get_or_create_peer")
    with pytest.raises(error) as raised:
        use(impatient).peer("alice")
    assert type(raised.value) is error
    assert (raised.value.status, raised.value.message) == (status, "a bad day")


def test_a_quota_says_when_to_come_again(honcho_server: MockServer, impatient: Honcho, use: Use) -> None:
    honcho_server.mock.clock.freeze()
    honcho_server.mock.faults.quota(1, per=60, operation="get_or_create_peer")
    use(impatient).peer("alice")
    with pytest.raises(sdk.RateLimitError) as raised:
        use(impatient).peer("bob")
    assert raised.value.retry_after == 60


def test_no_answer_in_time_is_a_timeout_error(honcho_server: MockServer, honcho_env: dict[str, str], use: Use) -> None:
    hasty = Honcho(timeout=0.05, max_retries=0)
    hanging = honcho_server.mock.faults.hang(operation="get_or_create_workspace")
    with pytest.raises(sdk.TimeoutError):
        use(hasty).get_metadata()
    hanging.release()


@pytest.mark.parametrize("at", ["start", "head", "body"])
def test_a_closed_connection_is_a_connection_error(
    at: Any, honcho_server: MockServer, impatient: Honcho, use: Use
) -> None:
    honcho_server.mock.faults.disconnect(at, operation="get_or_create_peer")
    with pytest.raises(sdk.ConnectionError):
        use(impatient).peer("alice")


def test_an_answer_that_is_no_json_is_a_connection_error(
    honcho_server: MockServer, impatient: Honcho, use: Use
) -> None:
    honcho_server.mock.faults.malform(operation="get_or_create_peer")
    with pytest.raises(sdk.ConnectionError):
        use(impatient).peer("alice")


def test_an_answer_without_a_required_field_is_noticed(honcho_server: MockServer, impatient: Honcho, use: Use) -> None:
    honcho_server.mock.faults.drop_field("workspace_id", operation="get_or_create_peer")
    with pytest.raises(pydantic.ValidationError, match="workspace_id"):
        use(impatient).peer("alice")
