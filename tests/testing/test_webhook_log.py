"""Deliveries to webhooks: what is sent, to whom, how it is kept, and that nobody who receives holds anybody up."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from mockserver import Mock, MockServer, create_app
from mockserver.testing import webhook_sender
from support.direct_client import DirectClient
from support.raw_server import raw_server
from support.started_mock import Start
from support.webhook_receiver import WebhookReceiver

_W = "/v3/workspaces/w"
_NOBODY = "http://127.0.0.1:9/"  # the port of discard, where nobody listens


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver().running() as receiver:
        yield receiver


def _register(client: DirectClient, *urls: str, workspace: str = "w") -> None:
    client.call("POST", "/v3/workspaces", {"id": workspace})
    for url in urls:
        assert client.call("POST", f"/v3/workspaces/{workspace}/webhooks", {"url": url}).status == 200


def _emit(client: DirectClient, workspace: str = "w") -> None:
    answer = client.call("GET", f"/v3/workspaces/{workspace}/webhooks/test")
    assert (answer.status, answer.json) == (200, None)


def _say(client: DirectClient, sender: str = "bob") -> None:
    client.call("POST", f"{_W}/sessions/s/messages", {"messages": [{"content": "x", "peer_id": sender}]})


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "deliveries of honcho-mockserver"]


def _join() -> None:
    """Wait until nothing is sent any more."""
    for thread in _threads():
        thread.join(60)
    assert not _threads()


def test_a_test_event_comes_to_every_endpoint_signed_with_the_secret(start: Start, receiver: WebhookReceiver) -> None:
    urls = [f"{receiver.url}/one", f"{receiver.url}/two?key=1"]
    mock, client = start(webhook_secret="s€cret", seed=1, frozen_at="2026-03-01T12:00:00.5Z")
    _register(client, *urls)
    _emit(client)
    sent = mock.deliveries.wait_for("test.event", at_least=2, timeout=60)
    body = b'{"data":{"workspace_id":"w"},"timestamp":"2026-03-01T12:00:00.500000Z","type":"test.event"}'
    signature = hmac.new("s€cret".encode(), body, hashlib.sha256).hexdigest()
    assert [delivery.url for delivery in sent] == urls
    assert {one.path for one in receiver.received} == {"/one", "/two?key=1"}
    for one in receiver.received:
        assert one.body == body
        assert one.headers["content-type"] == "application/json"
        assert one.headers["x-honcho-signature"] == signature
    assert [(one.status, one.answer, one.failure, one.content) for one in sent] == [
        (200, {"taken": True}, None, body)
    ] * 2
    assert mock.webhook_secret == "s€cret"


def test_an_emptied_queue_is_told_with_what_it_was(start: Start, receiver: WebhookReceiver) -> None:
    mock, client = start()
    _register(client, receiver.url)
    for sender in ("bob", "al", "bob"):
        _say(client, sender)
    client.call("POST", f"{_W}/schedule_dream", {"observer": "bob", "observed": "al", "dream_type": "omni"})
    mock.work(units=1)
    assert len(mock.deliveries) == 0
    mock.work()
    mock.deliveries.wait_for("queue.empty", at_least=3, timeout=60)
    bodies = [json.loads(one.body) for one in receiver.received]
    common = {"workspace_id": "w", "queue_type": "representation", "session_id": "s", "observer": None}
    dream = {"workspace_id": "w", "queue_type": "dream", "session_id": None, "observer": "bob", "observed": "al"}
    assert [body["data"] for body in bodies] == [{**common, "observed": "bob"}, {**common, "observed": "al"}, dream]
    assert [list(body) for body in bodies] == [["data", "timestamp", "type"]] * 3
    assert all(
        json.dumps(json.loads(one.body), separators=(",", ":"), sort_keys=True).encode() == one.body
        for one in receiver.received
    )


def test_work_that_is_due_tells_of_its_queue_with_the_next_request(start: Start, receiver: WebhookReceiver) -> None:
    mock, client = start(work_after=5)
    _register(client, receiver.url)
    mock.clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    _say(client)
    client.call("GET", "/health")
    assert len(mock.deliveries) == 0
    mock.clock.advance(5)
    client.call("GET", "/health")
    [sent] = mock.deliveries.wait_for(timeout=60)
    assert sent.body["timestamp"] == "2030-01-01T00:00:05Z"
    assert sent.at == datetime(2030, 1, 1, 0, 0, 5, tzinfo=UTC)


def test_only_the_endpoints_of_the_workspace_that_are_there_hear_of_it(start: Start, receiver: WebhookReceiver) -> None:
    mock, client = start()
    _register(client, f"{receiver.url}/kept", f"{receiver.url}/dropped")
    _register(client, f"{receiver.url}/other", workspace="v")
    dropped = client.call("GET", f"{_W}/webhooks").json["items"][1]["id"]
    client.call("DELETE", f"{_W}/webhooks/{dropped}")
    for workspace in ("w", "none"):
        _emit(client, workspace)
    mock.deliveries.wait_for(timeout=60)
    _join()
    assert [one.path for one in receiver.received] == ["/kept"]


def test_those_to_one_endpoint_come_in_order(start: Start, receiver: WebhookReceiver) -> None:
    mock, client = start()
    _register(client, receiver.url)
    for _ in range(30):
        _emit(client)
    mock.deliveries.wait_for(at_least=30, timeout=60)
    assert [one.body for one in receiver.received] == [one.content for one in mock.deliveries]


def test_a_delivery_that_fails_says_why_and_the_others_come_all_the_same(
    start: Start, receiver: WebhookReceiver
) -> None:
    with raw_server(b"SSH\r\n\r\n") as (strange, _):
        mock, client = start()
        _register(client, _NOBODY, strange, "http://host:port/", receiver.url)
        _emit(client)
        sent = mock.deliveries.wait_for(at_least=4, timeout=60)
    refused, other, nowhere, well = sent
    assert cast("str", refused.failure).startswith("ConnectionRefusedError: ")
    assert other.failure == "BadStatusLine: SSH\r\n"
    assert cast("str", nowhere.failure).startswith("ValueError: Port could not be cast to integer")
    assert (well.failure, well.status) == (None, 200)
    assert all(one.status is None and one.duration is None and one.answer is None for one in sent[:3])
    assert refused.line == f"#1 test.event of 'w' to {_NOBODY} -> {refused.failure}"
    assert repr(well).startswith(f"<Delivery #4 test.event of 'w' to {receiver.url} -> 200 in ")


def test_a_receiver_has_its_time_and_no_more(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    assert webhook_sender.TIMEOUT_SECONDS == 30
    monkeypatch.setattr(webhook_sender, "TIMEOUT_SECONDS", 0.01)
    with raw_server(hangs=True) as (slow, _):
        mock, client = start()
        _register(client, slow)
        _emit(client)
        [sent] = mock.deliveries.wait_for(timeout=60)
    assert sent.failure == "no answer within 0.01 seconds"


def test_a_redirect_is_not_followed(start: Start, receiver: WebhookReceiver) -> None:
    head = f"HTTP/1.1 307 Elsewhere\r\nLocation: {receiver.url}\r\nContent-Length: 0\r\n\r\n"
    with raw_server(head.encode()) as (url, _):
        mock, client = start()
        _register(client, url)
        _emit(client)
        mock.deliveries.wait_for(status=307, timeout=60)
    _join()
    assert receiver.received == []


def test_nobody_waits_for_a_receiver_who_does_not_answer() -> None:
    """Not a request, not a reset, not the end of a server; and nothing of it is left."""
    with raw_server(hangs=True) as (slow, _):
        with MockServer() as server:
            client = DirectClient(create_app(server.mock))
            _register(client, slow)
            _emit(client)
            [abandoned] = server.mock.deliveries
            assert (abandoned.is_over, abandoned.line) == (False, f"#1 test.event of 'w' to {slow} -> pending")
            server.mock.reset()
            _join()
            assert abandoned.failure == webhook_sender.CANCELLED
            _register(client, slow)
            _emit(client)
            [last] = server.mock.deliveries
        assert not _threads()
    assert last.failure == webhook_sender.CANCELLED
    server.mock.deliveries.stop()


def test_a_reset_of_a_workspace_gives_up_just_what_is_its_own(start: Start, receiver: WebhookReceiver) -> None:
    with raw_server(hangs=True) as (slow, _):
        mock, client = start()
        _register(client, slow)
        _register(client, receiver.url, workspace="v")
        _emit(client, "v")
        _emit(client, "w")
        [mine] = mock.deliveries.where(workspace="w")
        mock.reset(workspace="w")
        mock.deliveries.wait_for(workspace="v", status=200, timeout=60)
        _join()
        assert mine.failure == webhook_sender.CANCELLED
        assert [one.workspace for one in mock.deliveries] == ["v"]
        mock.deliveries.forget("v")
        assert len(mock.deliveries) == 0


def test_when_all_is_sent_no_thread_is_left_and_the_next_event_has_another(
    start: Start, receiver: WebhookReceiver
) -> None:
    mock, client = start()
    _register(client, receiver.url)
    for count in (1, 2):
        _emit(client)
        mock.deliveries.wait_for(at_least=count, timeout=60)
        _join()


def test_no_more_are_sent_at_once_or_wait_than_the_bounds_say(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_sender, "AT_ONCE", 2)
    monkeypatch.setattr(webhook_sender, "PENDING_LIMIT", 4)
    two_at_once = threading.Barrier(2)
    emitted = threading.Event()
    locked: list[bool] = []

    def hold(_: object) -> None:
        emitted.wait(60)
        two_at_once.wait(60)
        locked.append(cast("Any", mock.deliveries._sender)._run._slots.locked())
        two_at_once.wait(60)

    with WebhookReceiver(hold).running() as receiver:
        mock, client = start()
        _register(client, *(f"{receiver.url}/{number}" for number in range(6)))
        _emit(client)
        emitted.set()
        sent = mock.deliveries.wait_for(at_least=6, timeout=60)
    assert [one.failure for one in sent] == [None] * 4 + [webhook_sender.TOO_MANY] * 2
    assert locked == [True] * 4


def test_without_a_socket_or_thread_to_have_it_fails_and_is_told(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> Any:
        raise OSError("too many open files")

    monkeypatch.setattr(asyncio, "new_event_loop", none_left)
    mock, client = start()
    _register(client, _NOBODY)
    _emit(client)
    assert [one.failure for one in mock.deliveries] == ["not sent: too many open files"]


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [
        ({"journal_entries": 2}, [3, 4]),
        ({"journal_entries": 0}, []),
        ({"journal_bytes": 2_500}, [3, 4]),
        ({"journal_bytes": 100}, []),
        ({}, [1, 2, 3, 4]),
    ],
)
def test_deliveries_are_kept_within_the_bounds_of_the_journal(
    start: Start, receiver: WebhookReceiver, bounds: Any, kept: list[int]
) -> None:
    mock, client = start(**bounds)
    _register(client, receiver.url)
    for _ in range(4):
        _emit(client)
    _join()
    assert len(receiver.received) == 4
    assert [one.number for one in mock.deliveries] == kept
    dropped = 0 if mock.deliveries.is_off else 4 - len(kept)
    assert (mock.deliveries.dropped, len(mock.deliveries)) == (dropped, len(kept))
    assert mock.deliveries._weight == sum(one.weight for one in mock.deliveries)
    mock.reset()
    assert (mock.deliveries.dropped, mock.deliveries._weight) == (0, 0)


def test_an_answer_counts_for_the_bounds_too(start: Start) -> None:
    with WebhookReceiver().running() as one, raw_server(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 9_000) as (url, _):
        mock, client = start(journal_bytes=5_000)
        _register(client, one.url, url)
        _emit(client)
        _join()
    assert len(mock.deliveries) == 0


def test_deliveries_are_found_counted_and_waited_for(start: Start, receiver: WebhookReceiver) -> None:
    mock, client = start()
    _register(client, receiver.url, _NOBODY)
    _say(client)
    mock.work()
    _emit(client)
    sent = mock.deliveries
    sent.wait_for(at_least=4, timeout=60)
    assert [one.number for one in sent.where("queue.empty")] == [1, 2]
    assert [one.number for one in sent.where(url=receiver.url, status=200)] == [1, 3]
    assert [one.number for one in sent.assert_sent(body={"data": {"session_id": "s"}}, times=2)] == [1, 2]
    assert [one.number for one in sent.where(predicate=lambda one: one.failure is not None)] == [2, 4]
    assert sent.where(workspace="v") == []
    assert (sent[-1].number, repr(sent)) == (4, "<WebhookLog: 4 deliveries>")
    sent.assert_sent("test.event", times=2)
    with pytest.raises(AssertionError) as missed:
        sent.assert_sent("queue.empty", url=receiver.url, body={"data": {"session_id": "t"}})
    complaint = (
        f'expected at least one delivery with event=queue.empty, url={receiver.url}, body={{"data": {{"session_id": "t"}}}}'
        "; there were 0\nnearest:\n  #1 queue.empty of 'w' to "
    )
    assert str(missed.value).startswith(complaint)
    assert "      body.data.session_id: expected t, was s" in str(missed.value)
    with pytest.raises(AssertionError, match=r"^expected at least 3 deliveries with event=test.event; there were 2"):
        sent.wait_for("test.event", at_least=3, timeout=0)
    with pytest.raises(AssertionError, match=r"^expected 1 delivery with workspace=w; there were 4"):
        sent.assert_sent(workspace="w", times=1)
    mock.reset(journal_entries=1)
    _register(client, *(f"{_NOBODY}{number}" for number in range(2)))
    _emit(client)
    with pytest.raises(AssertionError, match=r"the log dropped 1 older delivery\nno other delivery came"):
        sent.assert_sent(times=5)


@pytest.mark.parametrize(
    ("criteria", "complaint"),
    [
        ({"session": "s"}, "a delivery has no 'session'; there are at_least, at_most, body, event, predicate, status,"),
        ({"event": 5}, "event must be a string: 5"),
        ({"event": "queue.emtpy"}, r"there is no event 'queue\.emtpy'; did you mean 'queue\.empty'\?"),
        ({"status": True}, "status must be a number from 100 to 599, or a class such as '4xx': True"),
        ({"times": -1}, "times must be an integer of at least 0"),
    ],
)
def test_what_no_delivery_has_is_refused(criteria: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Mock().deliveries.assert_sent(**criteria)


def test_a_coroutine_waits_for_a_delivery(start: Start, receiver: WebhookReceiver) -> None:
    mock, client = start()
    _register(client, receiver.url)

    async def visit() -> int:
        _emit(client)
        delivered = await mock.deliveries.wait_for_async("test.event", timeout=60)
        with pytest.raises(AssertionError, match=r"^expected at least 9 deliveries with status=2xx; there was 1"):
            await mock.deliveries.wait_for_async(status="2xx", at_least=9, timeout=0)
        return len(delivered)

    assert asyncio.run(visit()) == 1
    assert len(mock.deliveries.assert_sent(at_least=1, at_most=1)) == 1


def test_who_waits_is_woken_by_the_delivery(start: Start, receiver: WebhookReceiver) -> None:
    mock, client = start()
    _register(client, receiver.url)
    found: list[int] = []
    waiting = threading.Thread(target=lambda: found.append(len(mock.deliveries.wait_for("test.event", timeout=60))))
    waiting.start()
    while not mock.deliveries._waiting:
        client.call("GET", "/health")
    _emit(client)
    waiting.join(60)
    assert found == [1]


@pytest.mark.parametrize("secret", ["", 5, None])
def test_a_webhook_secret_is_a_text(secret: Any) -> None:
    with pytest.raises(ValueError, match="webhook_secret must be a non-empty string"):
        Mock(webhook_secret=secret)


def test_a_secret_that_is_no_text_of_unicode_signs_all_the_same(start: Start) -> None:
    mock, client = start(webhook_secret="\ud800")
    _register(client, _NOBODY)
    _emit(client)
    [delivery] = mock.deliveries
    assert len(delivery.headers["X-Honcho-Signature"]) == 64


def test_a_fork_sends_what_happens_in_it_and_nothing_else(start: Start, receiver: WebhookReceiver) -> None:
    mock, client = start(webhook_secret="of both")
    _register(client, receiver.url)
    _say(client)
    fork = mock.fork()
    assert fork.work() == 1
    [sent] = fork.deliveries.wait_for(timeout=60)
    assert (len(mock.deliveries), fork.webhook_secret) == (0, "of both")
    assert receiver.received[0].headers["x-honcho-signature"] == sent.headers["X-Honcho-Signature"]
