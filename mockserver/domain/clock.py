"""The only module that reads real time or randomness."""

import base64
import random
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_END_OF_TIME = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MICROSECOND


class Clock:
    """The time that everything in the fake reads: timestamps and due times.

    While it runs it follows real time, moved by what was advanced, and never gives the same microsecond twice.
    Frozen, it repeats itself until it is advanced or resumed.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Follow real time again, as a new clock does."""
        self._moved = 0
        self._frozen: int | None = None
        self._last = 0

    def now(self) -> int:
        """Microseconds since 1970 in UTC."""
        if self._frozen is not None:
            return self._frozen
        self._last = max(self._last + 1, time.time_ns() // 1000 + self._moved)
        return self._last

    def freeze(self, at: datetime | None = None) -> None:
        """Stand still at `at` (aware; a naive one is taken as UTC), or at this moment."""
        self._frozen = self.now() if at is None else microseconds(at)

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`. Raises ValueError for negative ones, and for more than lead to the year 9999."""
        if not 0 <= seconds < _END_OF_TIME / 1_000_000 - self.now() / 1_000_000:
            raise ValueError(f"a clock cannot be advanced by {seconds} seconds")
        moved = round(seconds * 1_000_000)
        if self._frozen is None:
            self._moved += moved
        else:
            self._frozen += moved

    def resume(self) -> None:
        """Run on from where it was frozen."""
        if self._frozen is not None:
            self._moved = self._frozen - time.time_ns() // 1000
            self._last = self._frozen
            self._frozen = None


class Ids:
    """Makes the ids that the server gives: 21 characters of `A-Za-z0-9_-`.

    The same `seed` gives the same run of them; without one the run is seeded by the operating system.
    """

    def __init__(self, seed: int | str | None = None) -> None:
        self._seed = seed
        self.restart()

    def restart(self) -> None:
        """Begin the run of a seed again; without a seed, begin another."""
        self._random = random.Random(self._seed)  # noqa: S311 - ids, no secrets; a seed must repeat

    def new(self) -> str:
        """A fresh id; 126 random bits."""
        return base64.urlsafe_b64encode(self._random.getrandbits(128).to_bytes(16, "big"))[:21].decode()


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of `moment`; a naive one is taken as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return (aware - _EPOCH) // _MICROSECOND


def timestamp(moment: int) -> str:
    """The wire form of microseconds since 1970: ISO 8601 in UTC ending in Z, six digits of fraction or none."""
    return (_EPOCH + timedelta(microseconds=moment)).isoformat().replace("+00:00", "Z")
