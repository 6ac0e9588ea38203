"""The options of a fake server, checked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from ..domain.clock import time_of
from ..domain.quirks import Quirks
from .numbers import Seed, checked_seed, whole
from .worlds import StartingWorld, WorldSource

if TYPE_CHECKING:
    from ..wire.keys import Keyring

JOURNAL_ENTRIES = 1000
JOURNAL_BYTES = 16 * 1024 * 1024
WEBHOOK_SECRET = "honcho-mockserver"  # noqa: S105 - everyone may know it


class Options(TypedDict, total=False):
    """What a Mock, a MockServer and a reset take by name; the docstring of Mock says what each means."""

    quirks: str | Quirks
    world: WorldSource | None
    purge_after: float | None
    work_after: float | None
    seed: int | str | None
    frozen_at: datetime | str | None
    auth_secret: str | None
    webhook_secret: str
    journal_entries: int
    journal_bytes: int


@dataclass(frozen=True)
class Settings:
    """The options as they are used. `changed` makes others of them; those that are not given stay."""

    quirks: Quirks
    world: StartingWorld
    purge_after: float | None = None
    work_after: float | None = None
    seed: Seed = None
    frozen_at: datetime | None = None
    keyring: "Keyring | None" = None
    webhook_secret: str = WEBHOOK_SECRET
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


def _wait(name: str, seconds: Any) -> float | None:
    if seconds is not None and not (isinstance(seconds, (int, float)) and 0 <= seconds < float("inf")):
        raise ValueError(f"{name} must be a number of seconds from 0 up, or None: {seconds!r}")
    return seconds


def _webhook_secret(secret: Any) -> str:
    if not isinstance(secret, str) or not secret:
        raise ValueError(f"webhook_secret must be a text, and not empty: {secret!r}")
    return secret


def _frozen_at(value: Any) -> datetime | None:
    try:
        return None if value is None else time_of(value)
    except ValueError as error:
        raise ValueError(f"frozen_at is {error}") from None


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "quirks": Quirks.named,
    "purge_after": partial(_wait, "purge_after"),
    "work_after": partial(_wait, "work_after"),
    "seed": checked_seed,
    "frozen_at": _frozen_at,
    "auth_secret": _keyring,
    "webhook_secret": _webhook_secret,
    "journal_entries": partial(whole, "journal_entries"),
    "journal_bytes": partial(whole, "journal_bytes"),
}
