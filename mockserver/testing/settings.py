"""The options of a fake server, checked."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from ..domain.quirks import Quirks
from .worlds import StartingWorld, WorldSource

if TYPE_CHECKING:
    from ..wire.keys import Keyring

JOURNAL_ENTRIES = 1000
JOURNAL_BYTES = 16 * 1024 * 1024

Seed = int | str | None


class Options(TypedDict, total=False):
    """What a Mock, a MockServer and a reset take by name; the docstring of Mock says what each means."""

    quirks: str | Quirks
    world: WorldSource | None
    purge_after: float | None
    seed: int | str | None
    frozen_at: datetime | str | None
    auth_secret: str | None
    journal_entries: int
    journal_bytes: int


@dataclass(frozen=True)
class Settings:
    """The options as they are used. `changed` makes others of them; those that are not given stay."""

    quirks: Quirks
    world: StartingWorld
    purge_after: float | None = None
    seed: Seed = None
    frozen_at: datetime | None = None
    keyring: "Keyring | None" = None
    journal_entries: int = JOURNAL_ENTRIES
    journal_bytes: int = JOURNAL_BYTES

    def changed(self, **options: Unpack[Options]) -> "Settings":
        """Raises as the constructor of Mock does."""
        changes: dict[str, Any] = {}
        for name, value in options.items():
            if name not in Options.__annotations__:
                raise TypeError(f"unknown option {name!r}; known are {', '.join(Options.__annotations__)}")
            if name == "world":
                continue
            changes["keyring" if name == "auth_secret" else name] = _CHECKS[name](value)
        if "world" in options or "seed" in options:
            source = options.get("world", self.world.source)
            changes["world"] = StartingWorld(source, changes.get("seed", self.seed))
        return replace(self, **changes)


def defaults() -> Settings:
    """The settings of a Mock to which nothing was said."""
    return Settings(Quirks(), StartingWorld(None))


def _keyring(secret: str | None) -> "Keyring | None":
    if secret is None:
        return None
    from ..wire.keys import Keyring  # Most servers let anyone in.

    return Keyring(secret)


def _wait(seconds: Any) -> float | None:
    if seconds is not None and not (isinstance(seconds, (int, float)) and 0 <= seconds < float("inf")):
        raise ValueError(f"purge_after must be a number of seconds from 0 up, or None: {seconds!r}")
    return seconds


def _seed(seed: Any) -> Seed:
    if isinstance(seed, bool) or not isinstance(seed, (int, str, type(None))):
        raise ValueError(f"seed must be a number without a fraction, a text or None: {seed!r}")
    return seed


def _frozen_at(value: Any) -> datetime | None:
    if isinstance(value, str):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    if value is not None and not isinstance(value, datetime):
        raise ValueError(f"frozen_at must be a time, as a datetime or in ISO 8601, or None: {value!r}")
    return value


def _bound(name: str) -> Any:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} must be a number without a fraction from 0 up: {value!r}")
        return value

    return check


_CHECKS = {
    "quirks": Quirks.named,
    "purge_after": _wait,
    "seed": _seed,
    "frozen_at": _frozen_at,
    "auth_secret": _keyring,
    "journal_entries": _bound("journal_entries"),
    "journal_bytes": _bound("journal_bytes"),
}
