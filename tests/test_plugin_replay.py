"""The quirks that a report names: each would have changed an answer. `test_quirks.py` shows that it finds each quirk."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock
from mockserver.pytest_replay import first_differences
from support.direct_client import DirectClient
from support.random_steps import StepRunner, first_steps, steps
from support.started_mock import Start

_W = "/v3/workspaces/w"
# A quirk may read the clock once more.
_TIME = re.compile(rb"\d\d:\d\d:[\d.]+")


@given(st.lists(steps, max_size=15), st.sampled_from([None, datetime(2026, 1, 1, tzinfo=UTC)]))
def test_a_quirk_that_is_named_changes_that_answer_and_none_before(
    chosen: list[tuple[Any, ...]], frozen_at: datetime | None
) -> None:
    chosen = [*first_steps[:4], ("clone", "w", "b", None), *chosen, ("say", "w", "b", [("bob", "a", None)])]
    chosen = [step for step in chosen if step[0] not in ("summarize", "work", "begin", "purge", "fail")]
    present = StepRunner(Mock(seed=7, frozen_at=frozen_at))
    answers = present.run(chosen)
    for name, number in first_differences(present.mock).items():
        with_quirk = StepRunner(Mock(seed=7, frozen_at=frozen_at, quirks=name)).run(chosen)
        places = [
            place
            for place, (one, other) in enumerate(zip(answers, with_quirk, strict=True), 1)
            if (one.status, _TIME.sub(b"", one.body)) != (other.status, _TIME.sub(b"", other.body))
        ]
        assert places[:1] == [number]


def _clone_empty(client: DirectClient) -> None:
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    client.call("POST", f"{_W}/sessions/s/clone")
    client.call("POST", f"{_W}/sessions/list", {})


def test_the_first_answer_that_differs_is_named(start: Start) -> None:
    mock, client = start()
    _clone_empty(client)
    assert first_differences(mock) == {"lost_empty_clone": 3}
    mock.reset(quirks=["lost_empty_clone"])
    _clone_empty(client)
    assert first_differences(mock) == {}


def test_a_quirk_is_not_named_for_an_answer_that_is_another_one_because_of_another_quirk(start: Start) -> None:
    mock, client = start()
    client.call("POST", "/v3/workspaces", {"id": "w"})
    client.call("POST", f"{_W}/sessions/list", {"filters": {"is_active": 1}})  # 500, not a 422 with a sentence
    assert first_differences(mock) == {"inner_failures": 2}


@pytest.mark.parametrize(
    "change",
    [
        lambda mock: mock.load({}),
        lambda mock: mock.restore(mock.snapshot()),
        lambda mock: mock.purge(),
        lambda mock: mock.hold_purges(),
        lambda mock: mock.release_purges(),
        lambda mock: mock.fail_purges(1),
        lambda mock: mock.work(),
        lambda mock: mock.begin_work(),
        lambda mock: mock.reset(workspace="v"),
        lambda mock: mock.clock.freeze(),
        lambda mock: mock.requests.clear(),
        lambda mock: mock.faults.error(503, times=1),
        lambda mock: mock.reset(purge_after=1),
        lambda mock: mock.reset(work_after=1),
    ],
)
def test_nothing_is_named_in_doubt(start: Start, change: Callable[[Mock], object]) -> None:
    mock, client = start()
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    change(mock)
    _clone_empty(client)
    assert first_differences(mock) == {}


def test_a_fork_was_not_made_by_its_requests(start: Start) -> None:
    mock, client = start()
    client.call("POST", f"{_W}/sessions", {"id": "s"})
    fork = mock.fork()
    _clone_empty(StepRunner(fork).client)
    assert len(fork.requests) == 3
    assert first_differences(fork) == {}


def test_a_replay_sends_no_webhook(start: Start) -> None:
    mock, client = start()
    StepRunner(mock)  # It discards deliveries.
    client.call("POST", "/v3/workspaces", {"id": "w"})
    client.call("POST", f"{_W}/webhooks", {"url": "http://127.0.0.1:1"})
    client.call("GET", f"{_W}/webhooks/test")
    _clone_empty(client)
    assert len(mock.deliveries) == 1
    assert first_differences(mock) == {}
