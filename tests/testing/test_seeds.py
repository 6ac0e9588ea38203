"""With a seed every answer repeats, times as well as ids."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockserver import Mock
from support.public_state import public_state
from support.random_steps import StepRunner, steps

_WORLD = {
    "workspaces": {
        "w": {"sessions": [{"messages": [{"peer_id": "bob", "content": "x"}]}, {"id": "a", "is_active": False}]}
    }
}


@given(st.lists(steps, max_size=15), st.sampled_from([None, 0, 2]))
def test_a_seeded_run_repeats_to_the_byte_in_another_mock_and_after_a_reset(
    chosen: list[tuple[Any, ...]], wait: float | None
) -> None:
    chosen = [("webhook", "w", 0), *chosen, ("work", None, None)]
    one, other = (StepRunner(Mock(seed=7, world=_WORLD, purge_after=wait, work_after=wait)) for _ in range(2))
    run = one.run(chosen)
    assert other.run(chosen) == run
    assert public_state(other.mock) == public_state(one.mock)
    sent = _sent(one.mock)
    assert _sent(other.mock) == sent
    one.mock.reset()
    assert StepRunner(one.mock).run(chosen) == run
    assert one.mock.pending() == other.mock.pending()
    assert _sent(one.mock) == sent


def _sent(mock: Mock) -> list[tuple[str, bytes, dict[str, str]]]:
    """What went to webhooks."""
    return [(delivery.url, delivery.content, delivery.headers) for delivery in mock.deliveries]
