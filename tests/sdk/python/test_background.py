"""The queue of background work and dreams, as a user of the SDK meets them."""

from honcho import Honcho

from mockserver import MockServer
from sdk.python.witnessing import Use


def test_an_idle_workspace_has_nothing_to_do(client: Honcho, use: Use) -> None:
    status = use(client).queue_status()
    assert (status.total_work_units, status.pending_work_units, status.sessions) == (0, 0, None)


def test_messages_wait_in_the_queue(client: Honcho, use: Use) -> None:
    session, alice = use(client).session("first", peers="alice"), use(client).peer("alice")
    use(session).add_messages([alice.message("one"), alice.message("two")])
    of_session = use(session).queue_status()
    assert (of_session.total_work_units, of_session.pending_work_units) == (2, 2)
    whole = use(client).queue_status()
    assert whole.pending_work_units == 2
    assert [one.pending_work_units for one in whole.sessions.values()] == [2]
    narrowed = use(client).queue_status(observer=alice, sender="alice", session=session)
    assert (narrowed.in_progress_work_units, narrowed.completed_work_units) == (0, 0)
    assert use(session).queue_status(observer="nobody", sender=alice).total_work_units == 2
    assert use(session).queue_status(observer="nobody").total_work_units == 0


def test_a_dream_is_scheduled(honcho_server: MockServer, client: Honcho, use: Use) -> None:
    alice, session = use(client).peer("alice"), use(client).session("first")
    use(client).schedule_dream(alice, session=session)
    use(client).schedule_dream("alice", observed="bob")
    asked = honcho_server.mock.requests.where("schedule_dream")
    assert [(request.status, request.body["observed"]) for request in asked] == [(204, "alice"), (204, "bob")]
