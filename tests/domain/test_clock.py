"""Time runs forward, stands still when frozen, and is written as the API writes it; ids do not repeat."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.clock import Clock, Ids, microseconds, timestamp

_moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9))]))


def test_a_running_clock_never_gives_the_same_moment_twice() -> None:
    clock = Clock()
    moments = [clock.now() for _ in range(2_000)]
    assert moments == sorted(set(moments))


def test_a_frozen_clock_repeats_itself_until_it_is_advanced_or_resumed() -> None:
    clock = Clock()
    clock.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    assert timestamp(clock.now()) == timestamp(clock.now()) == "2030-01-01T00:00:00Z"
    clock.advance(1.5)
    assert timestamp(clock.now()) == "2030-01-01T00:00:01.500000Z"
    clock.resume()
    assert clock.now() > microseconds(datetime(2030, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert clock.now() < microseconds(datetime(2030, 1, 1, 0, 1, tzinfo=UTC))


def test_resuming_a_running_clock_changes_nothing() -> None:
    clock = Clock()
    before = clock.now()
    clock.resume()
    assert before < clock.now() < before + 60_000_000


def test_freezing_without_a_time_stops_at_this_moment() -> None:
    clock = Clock()
    before = clock.now()
    clock.freeze()
    assert before < clock.now() == clock.now()


def test_a_restarted_clock_follows_real_time_again() -> None:
    clock = Clock()
    clock.advance(1_000_000)
    clock.freeze()
    clock.restart()
    assert abs(clock.now() - Clock().now()) < 60_000_000


@pytest.mark.parametrize("seconds", [-1, 1e12, float("inf"), float("nan")])
def test_a_clock_goes_forward_only(seconds: float) -> None:
    with pytest.raises(ValueError, match="cannot be advanced"):
        Clock().advance(seconds)


@given(_moments)
def test_a_timestamp_reads_back_as_the_same_moment(moment: datetime) -> None:
    try:
        written = timestamp(microseconds(moment))
    except OverflowError:  # In UTC it is before the year 1 or after 9999.
        return
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", written)
    assert datetime.fromisoformat(written) == moment


def test_a_time_without_an_offset_is_in_utc() -> None:
    assert microseconds(datetime(2024, 1, 1)) == microseconds(datetime(2024, 1, 1, tzinfo=UTC))  # noqa: DTZ001


def test_ids_have_the_form_of_the_api_and_do_not_repeat() -> None:
    ids = Ids()
    made = [ids.new() for _ in range(5_000)]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{21}", one) for one in made)
    assert len(set(made)) == len(made)


def test_the_same_seed_gives_the_same_ids_again_after_a_restart_too() -> None:
    one, other = Ids("seed"), Ids("seed")
    run = [one.new() for _ in range(5)]
    assert [other.new() for _ in range(5)] == run
    one.restart()
    assert [one.new() for _ in range(5)] == run
