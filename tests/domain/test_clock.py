"""Time runs forward, stands still when frozen, and is written as the API writes it; ids do not repeat."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.domain.clock import Chances, Clock, Ids, microseconds, moment, timestamp

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


def test_a_moment_is_a_datetime_whatever_the_time() -> None:
    clock = Clock()
    clock.put_back(clock.state()._replace(frozen=10**30))
    assert clock.moment == datetime.max.replace(tzinfo=UTC)


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
    clock.reset({"seed": None, "frozen_at": None})
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
    one.reset({"seed": "seed"})
    assert [one.new() for _ in range(5)] == run


def test_a_seeded_clock_begins_with_2026_and_runs_by_a_millisecond_for_each_that_asks() -> None:
    clock = Clock(seeded=True)
    for _ in range(2):
        assert timestamp(clock.peek()) == "2026-01-01T00:00:00Z"
        assert [timestamp(clock.now()) for _ in range(2)] == [
            "2026-01-01T00:00:00.001000Z",
            "2026-01-01T00:00:00.002000Z",
        ]
        clock.advance(1)
        assert timestamp(clock.now()) == "2026-01-01T00:00:01.003000Z"
        clock.freeze()
        clock.advance(1)
        assert timestamp(clock.now()) == timestamp(clock.now()) == "2026-01-01T00:00:02.004000Z"
        clock.resume()
        assert timestamp(clock.now()) == "2026-01-01T00:00:02.005000Z"
        clock.reset({"seed": 1, "frozen_at": None})


@pytest.mark.parametrize("seeded", [False, True])
def test_a_look_at_the_clock_does_not_move_it(seeded: bool) -> None:
    clock = Clock(seeded=seeded)
    given = clock.now()
    assert given <= clock.peek() <= clock.peek() <= clock.now() < given + 60_000_000
    clock.freeze()
    assert clock.peek() == clock.now()


def test_seconds_that_pass_are_read_off_two_readings() -> None:
    clock = Clock()
    clock.freeze()
    first = clock.elapsed()
    assert first <= clock.elapsed() < first + 60


@pytest.mark.parametrize("seeded", [False, True])
def test_a_clock_is_put_back_to_where_it_stood(seeded: bool) -> None:
    clock = Clock(seeded=seeded)
    clock.advance(5)
    running = clock.state()
    seen = clock.peek()
    clock.freeze(datetime(2100, 1, 1, tzinfo=UTC))
    frozen = clock.state()
    clock.resume()
    clock.put_back(frozen)
    assert timestamp(clock.now()) == "2100-01-01T00:00:00Z"
    clock.put_back(running)
    assert seen <= clock.peek() < seen + 60_000_000


def test_only_ids_of_a_seed_are_put_back() -> None:
    seeded, unseeded = Ids(1), Ids()
    for ids, repeats in ((seeded, True), (unseeded, False)):
        state = ids.state()
        made = [ids.new() for _ in range(3)]
        ids.put_back(state)
        assert ([ids.new() for _ in range(3)] == made) is repeats


def test_numbers_grow_whatever_is_put_back_or_begins_again() -> None:
    ids = Ids(1)
    state = ids.state()
    numbers = [ids.number()]
    ids.put_back(state)
    numbers.append(ids.number())
    ids.reset({"seed": None})
    numbers.append(ids.number())
    assert numbers == sorted(set(numbers))
    assert ids.copy().number() > numbers[-1]


def test_chances_lie_below_one_and_repeat_with_their_seed() -> None:
    def run(seed: int | None) -> list[float]:
        chances = Chances(seed)
        return [chances.next() for _ in range(50)]

    assert run(1) == run(1) != run(2)
    assert run(None) != run(None)
    assert all(0 <= chance < 1 for chance in run(None))


def test_a_moment_that_no_clock_reaches_has_no_date() -> None:
    assert moment(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert moment(float("inf")) is None
    assert moment(10**18) is None


def test_a_clock_takes_times_and_spans_in_any_form_that_people_have_them_in() -> None:
    clock = Clock()
    for at in (
        "2026-03-01T12:00:00Z",
        "2026-03-01T13:00+01:00",
        datetime(2026, 3, 1, 12),  # noqa: DTZ001 - the point is that it has no offset
        datetime(2026, 3, 1, 12, tzinfo=UTC),
    ):
        clock.freeze(at)
        assert clock.moment == datetime(2026, 3, 1, 12, tzinfo=UTC)
    clock.advance(timedelta(hours=1))
    assert clock.moment == datetime(2026, 3, 1, 13, tzinfo=UTC)


def test_what_is_no_time_or_span_is_refused_and_moves_nothing() -> None:
    clock = Clock()
    clock.freeze("2026-03-01T12:00:00Z")
    for at in ("noon", 5):
        with pytest.raises(ValueError, match="not a datetime, nor a string in ISO 8601"):
            clock.freeze(cast("Any", at))
    for span in ("60", True, None):
        with pytest.raises(ValueError, match="a clock is advanced by a number of seconds or a timedelta, not by"):
            clock.advance(cast("Any", span))
    assert clock.moment == datetime(2026, 3, 1, 12, tzinfo=UTC)
