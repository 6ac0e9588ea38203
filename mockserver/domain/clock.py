"""The only module of the server that reads real time or randomness."""

import base64
import os
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_END_OF_TIME = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_SEEDED_START = (datetime(2026, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_SEEDED_STEP = 1_000
_ID_LENGTH = 21
_AHEAD = 64


class ClockState(NamedTuple):
    """The state of a clock: by how much it was advanced, the time at which it is frozen, and the last time it returned.

    All times are in microseconds.
    """

    seeded: bool
    moved: int
    frozen: int | None
    last: int


class Clock:
    """The time that everything in the mock server reads: timestamps, due times and rate limits.

    A running clock follows real time, plus the time by which you advanced it, and never returns the same microsecond
    twice. A frozen clock returns the same time until you advance or resume it. A `seeded` clock ignores real time: it
    starts at the beginning of 2026 and moves by a millisecond with each reading, so that every run is the same.

    >>> clock = Clock(seeded=True)
    >>> timestamp(clock.now())
    '2026-01-01T00:00:00.001000Z'
    >>> clock.freeze(datetime(2026, 3, 1))
    >>> clock.advance(1.5)
    >>> timestamp(clock.now()), timestamp(clock.now())
    ('2026-03-01T00:00:01.500000Z', '2026-03-01T00:00:01.500000Z')
    >>> clock.resume()
    >>> timestamp(clock.now())
    '2026-03-01T00:00:01.501000Z'
    """

    def __init__(self, *, seeded: bool = False) -> None:
        self._start(seeded=seeded)

    def _start(self, *, seeded: bool) -> None:
        self._seeded = seeded
        self._moved = 0
        self._frozen: int | None = None
        self._last = _SEEDED_START if self._seeded else 0

    def reset(self, settings: Mapping[str, Any]) -> None:
        """Reset to the state of a new clock: seeded if `seed` is set, frozen if `frozen_at` is set."""
        self._start(seeded=settings["seed"] is not None)
        if settings["frozen_at"] is not None:
            self.freeze(settings["frozen_at"])

    def now(self) -> int:
        """Microseconds since 1970 in UTC."""
        if self._frozen is not None:
            return self._frozen
        if self._seeded:
            self._last += _SEEDED_STEP
        else:
            self._last = max(self._last + 1, time.time_ns() // 1000 + self._moved)
        return self._last

    def peek(self) -> int:
        """Like `now`, but does not move the clock: the last returned time, or a later time."""
        if self._frozen is not None:
            return self._frozen
        return self._last if self._seeded else max(self._last, time.time_ns() // 1000 + self._moved)

    # Seconds of real time since an arbitrary moment, to measure how long something took.
    elapsed = staticmethod(time.perf_counter)

    @property
    def is_frozen(self) -> bool:
        return self._frozen is not None

    @property
    def is_moved(self) -> bool:
        """Whether it was advanced, or frozen for a while. A seeded clock does not tell."""
        return self._moved != 0

    @property
    def moment(self) -> datetime:
        """The result of `peek` as an aware datetime in UTC. It stays at the last microsecond of the year 9999."""
        return moment(self.peek()) or datetime.max.replace(tzinfo=UTC)

    def freeze(self, at: datetime | str | None = None) -> None:
        """Freeze the clock.

        Arguments:
            at: A datetime or a string in ISO 8601, in UTC if it has no offset. By default, the current time.

        Raises ValueError for an invalid time, and for one outside the years 2 to 9998.
        """
        self._frozen = self.now() if at is None else microseconds(time_of(at))

    def advance(self, by: float | timedelta) -> None:
        """Move the clock forward by a number of seconds or a timedelta.

        Raises ValueError if `by` is negative, leads beyond the year 9998, or is not a number.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise ValueError(f"a clock is advanced by a number of seconds or a timedelta, not by {by!r}")
        if not 0 <= seconds < _END_OF_TIME / 1_000_000 - self.peek() / 1_000_000:
            raise ValueError(f"a clock cannot be advanced by {seconds} seconds, only forward and up to the year 9998")
        moved = round(seconds * 1_000_000)
        if self._frozen is not None:
            self._frozen += moved
        elif self._seeded:
            self._last += moved
        else:
            self._moved += moved

    def go_to(self, moment: int) -> None:
        """Go to a moment, in microseconds since 1970. A frozen clock stays there. Another one moves on with each
        reading only, no longer with real time.
        """
        if self._frozen is not None:
            self._frozen = moment
        else:
            self._moved = -_END_OF_TIME
            self._last = moment

    def resume(self) -> None:
        """Let a frozen clock run again, from its current time."""
        if self._frozen is not None:
            self._moved = self._frozen - time.time_ns() // 1000
            self._last = self._frozen
            self._frozen = None

    def state(self) -> ClockState:
        """The state for `put_back`."""
        return ClockState(self._seeded, self._moved, self._frozen, self._last)

    def put_back(self, state: ClockState) -> None:
        """Go back to a state. A clock that follows real time gets the offset from real time that it had in that state.

        Does nothing if the state is from a seeded clock and this clock is not seeded, or the other way round.
        """
        if state.seeded is self._seeded:
            _, self._moved, self._frozen, self._last = state


class Ids:
    """Generates the ids that the server assigns: 21 characters of `A-Za-z0-9_-`.

    The same `seed` generates the same ids. Without one the operating system seeds the generator. `number()` returns a
    larger integer with each call, also after a reset.
    """

    def __init__(self, seed: int | str | None = None) -> None:
        self.number = count(1).__next__
        self._start(seed)

    def reset(self, settings: Mapping[str, Any]) -> None:
        """Start with the first id of the `seed`, or with a random one if it is None."""
        if self._is_used or settings["seed"] != self._seed:  # Else it is at its start, and a new one costs 15 µs.
            self._start(settings["seed"])

    def _start(self, seed: int | str | None) -> None:
        self._seed = seed
        # Known even without a seed, for `begin_as`.
        self._origin = int.from_bytes(os.urandom(16)) if seed is None else seed
        self._random = random.Random(self._origin)  # noqa: S311 - ids, no secrets; a seed must repeat
        self._made: list[str] = []
        self._is_used = False

    def new(self) -> str:
        """A new id of 126 random bits."""
        if not self._made:
            self._made = self.several(_AHEAD)
        return self._made.pop()

    def several(self, count: int) -> list[str]:
        """Generate `count` ids in one batch. Four ids are the base64 encoding of 63 bytes, so a batch takes a quarter
        of the time per id.
        """
        self._is_used = True
        text = base64.b64encode(self._random.randbytes(63 * -(-count // 4)), b"-_").decode()
        return [text[place : place + _ID_LENGTH] for place in range(0, count * _ID_LENGTH, _ID_LENGTH)]

    def state(self) -> tuple[Any, ...] | None:
        """The state for `put_back`. None without a seed: an id must not be assigned twice, even after a restore."""
        return None if self._seed is None else (self._seed, self._random.getstate(), tuple(self._made))

    def put_back(self, state: tuple[Any, ...] | None) -> None:
        """Go back to a state. Does nothing without a seed, or with a state of another seed."""
        if state is not None and state[0] == self._seed:
            self._random.setstate(state[1])
            self._made = list(state[2])
            self._is_used = True

    def begin_as(self, other: "Ids") -> None:
        """Generate the ids that another generator made since its last reset, with or without a seed."""
        self._start(other._origin)  # noqa: SLF001 - of the same class

    def copy(self) -> "Ids":
        """Another generator in the same state."""
        twin = Ids(self._seed)
        twin.number = count(self.number()).__next__
        twin._random.setstate(self._random.getstate())
        twin._made = self._made.copy()
        twin._is_used = self._is_used
        return twin


def fresh_id() -> str:
    """One id of 126 random bits from the operating system. A generator costs ten times as much for its first id."""
    return base64.urlsafe_b64encode(os.urandom(16))[:_ID_LENGTH].decode()


class Chances:
    """Random numbers for events that have a probability. The same `seed` gives the same numbers."""

    def __init__(self, seed: int | str | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secrets; a seed must repeat

    def next(self) -> float:
        """A random number in the interval [0, 1)."""
        return self._random.random()


def moment(microseconds_since_1970: float) -> datetime | None:
    """The aware datetime in UTC. None for a time after the year 9999, which no clock reaches."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds_since_1970)
    except OverflowError:
        return None


def time_of(value: object) -> datetime:
    """Convert a datetime or a string in ISO 8601 to a datetime.

    Raises ValueError for anything else, and for a time outside the years 2 to 9998.
    """
    moment = value
    if isinstance(value, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(value)
    if not isinstance(moment, datetime):
        raise ValueError(f"not a datetime, nor a string in ISO 8601: {value!r}")
    if not 2 <= moment.year <= 9998:
        raise ValueError(f"not a time in the years 2 to 9998: {value!r}")
    return moment


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970. A naive datetime is in UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return (aware - _EPOCH) // _MICROSECOND


def sortable(time: str) -> str:
    """A timestamp without its Z, so that the alphabetical order of timestamps is the order of the times."""
    return time.removesuffix("Z")


def timestamp(moment: int) -> str:
    """Microseconds since 1970 as on the wire: ISO 8601 in UTC with a Z, and six fractional digits, which are left out
    if they are 0.
    """
    seconds, fraction = divmod(moment, 1_000_000)
    return f"{_to_the_second(seconds)}.{fraction:06d}Z" if fraction else f"{_to_the_second(seconds)}Z"


def microseconds_of(timestamp: str) -> int:
    """The inverse of `timestamp`."""
    return microseconds(datetime.fromisoformat(timestamp))


# The timestamps of one second share all but the fraction.
@lru_cache(maxsize=64)
def _to_the_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat().removesuffix("+00:00")
