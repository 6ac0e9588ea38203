"""The only module that reads real time or randomness."""

import base64
import random
import time
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
    """Where a clock stands: how far it was moved, where it is frozen, and the last moment that it gave."""

    seeded: bool
    moved: int
    frozen: int | None
    last: int


class Clock:
    """The time that everything in the fake reads: timestamps and due times.

    While it runs it follows real time, moved by what was advanced, and never gives the same microsecond twice.
    Frozen, it repeats itself until it is advanced or resumed. A `seeded` one knows nothing of real time: it begins
    with 2026 and runs on by a millisecond whenever it is asked, so that every run of it is the same.

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
        self.restart(seeded=seeded)

    def restart(self, *, seeded: bool = False) -> None:
        """Begin anew, as another clock would: in real time, or with 2026."""
        self._seeded = seeded
        self._moved = 0
        self._frozen: int | None = None
        self._last = _SEEDED_START if self._seeded else 0

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
        """The same without moving the clock: what it gave last, or a moment since."""
        if self._frozen is not None:
            return self._frozen
        return self._last if self._seeded else max(self._last, time.time_ns() // 1000 + self._moved)

    # Seconds of real time since some moment; the difference of two readings is how long something took.
    elapsed = staticmethod(time.perf_counter)

    @property
    def is_frozen(self) -> bool:
        return self._frozen is not None

    @property
    def moment(self) -> datetime | None:
        """The present in UTC, as `peek` has it; None after the year 9999."""
        return moment(self.peek())

    def freeze(self, at: datetime | str | None = None) -> None:
        """Stand still at a time, which may be a text in ISO 8601 and is in UTC without an offset, or at this moment.

        Raises ValueError for what is no time.
        """
        self._frozen = self.now() if at is None else microseconds(time_of(at))

    def advance(self, by: float | timedelta) -> None:
        """Move forward by so many seconds, or a timedelta.

        Raises ValueError for negative ones, for more than lead to the year 9999, and for what is no number.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise ValueError(f"a clock is advanced by a number of seconds, not by {by!r}")
        if not 0 <= seconds < _END_OF_TIME / 1_000_000 - self.peek() / 1_000_000:
            raise ValueError(f"a clock cannot be advanced by {seconds} seconds")
        moved = round(seconds * 1_000_000)
        if self._frozen is not None:
            self._frozen += moved
        elif self._seeded:
            self._last += moved
        else:
            self._moved += moved

    def resume(self) -> None:
        """Run on from where it was frozen."""
        if self._frozen is not None:
            self._moved = self._frozen - time.time_ns() // 1000
            self._last = self._frozen
            self._frozen = None

    def state(self) -> ClockState:
        """What `put_back` takes."""
        return ClockState(self._seeded, self._moved, self._frozen, self._last)

    def put_back(self, state: ClockState) -> None:
        """Stand where the clock stood; while it follows real time, run on as far from that as then.

        Nothing happens with the state of a clock of the other kind: the one knows no real time, the other no seed.
        """
        if state.seeded is self._seeded:
            _, self._moved, self._frozen, self._last = state


class Ids:
    """Makes the ids that the server gives: 21 characters of `A-Za-z0-9_-`.

    The same `seed` gives the same run of them; without one the run is seeded by the operating system.
    `number()` counts: each is larger than all before it, and nothing turns it back.
    """

    def __init__(self, seed: int | str | None = None) -> None:
        self.number = count(1).__next__
        self.restart(seed)

    def restart(self, seed: int | str | None = None) -> None:
        """Begin the run of this seed; without one, begin another."""
        self._seed = seed
        self._random = random.Random(self._seed)  # noqa: S311 - ids, no secrets; a seed must repeat
        self._made: list[str] = []

    def new(self) -> str:
        """A fresh id; 126 random bits."""
        if not self._made:
            self._made = self.several(_AHEAD)
        return self._made.pop()

    def several(self, count: int) -> list[str]:
        """So many fresh ids, each in a quarter of the time of one: 63 bytes are four of them in base64."""
        text = base64.b64encode(self._random.randbytes(63 * -(-count // 4)), b"-_").decode()
        return [text[place : place + _ID_LENGTH] for place in range(0, count * _ID_LENGTH, _ID_LENGTH)]

    def state(self) -> tuple[Any, ...] | None:
        """What `put_back` takes; None without a seed: the id of what was forgotten must not come again."""
        return None if self._seed is None else (self._seed, self._random.getstate(), tuple(self._made))

    def put_back(self, state: tuple[Any, ...] | None) -> None:
        """Go on with the ids as they came then; nothing happens without a seed, or under another."""
        if state is not None and state[0] == self._seed:
            self._random.setstate(state[1])
            self._made = list(state[2])

    def copy(self) -> "Ids":
        """Another maker of ids that goes on alike."""
        twin = Ids(self._seed)
        twin.number = count(self.number()).__next__
        twin._random.setstate(self._random.getstate())
        twin._made = self._made.copy()
        return twin


class Chances:
    """A run of chances, for what happens with a probability; the same `seed` gives the same run."""

    def __init__(self, seed: int | str | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secrets; a seed must repeat

    def next(self) -> float:
        """From 0 up to, but not, 1."""
        return self._random.random()


def moment(microseconds_since_1970: float) -> datetime | None:
    """The aware datetime in UTC; None for one after the year 9999, which no clock reaches."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds_since_1970)
    except OverflowError:
        return None


def time_of(value: object) -> datetime:
    """A datetime, or what a text in ISO 8601 says, at which a clock can stand and run on.

    Raises ValueError for anything else, and for a time outside the years 2 to 9998.
    """
    moment = value
    if isinstance(value, str):
        with suppress(ValueError):
            moment = datetime.fromisoformat(value)
    if not isinstance(moment, datetime):
        raise ValueError(f"not a time, as a datetime or in ISO 8601: {value!r}")
    if not 2 <= moment.year <= 9998:
        raise ValueError(f"not a time of the years 2 to 9998: {value!r}")
    return moment


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of `moment`; a naive one is taken as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return (aware - _EPOCH) // _MICROSECOND


def timestamp(moment: int) -> str:
    """The wire form of microseconds since 1970: ISO 8601 in UTC ending in Z, six digits of fraction or none."""
    seconds, fraction = divmod(moment, 1_000_000)
    return f"{_to_the_second(seconds)}.{fraction:06d}Z" if fraction else f"{_to_the_second(seconds)}Z"


# What is written in one second shares the most of it.
@lru_cache(maxsize=64)
def _to_the_second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat().removesuffix("+00:00")
