"""Every option of a fake server, declared once.

The constructors, the marker, the command line and the body of `/_mock/reset` are derived from `Options`. To add an
option, add a field there, and the line that reads it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, Unpack, get_type_hints

from ..domain.clock import time_of
from ..domain.quirks import Quirks
from .numbers import Seed, checked_seed, whole

if TYPE_CHECKING:
    from ..wire.keys import Keyring

WorldSource = str | Path | Mapping[str, Any]

_Check = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Flag:
    """How the command line takes an option: `read` makes the value of a text, or raises ValueError.

    `defaults` are those of commands where they differ from the default in Python.
    """

    read: Callable[[str], Any]
    metavar: str
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option: what it is for, in one line, and its default in Python.

    `check` takes the name and a value, and returns the value as the mock uses it; it raises ValueError for a wrong one.
    `json` is the type of the option in the body of a reset. The command line offers an option that has a `flag`.
    """

    help: str
    default: Any = None
    check: _Check
    json: Any
    flag: Flag | None = None


def _quirks(_: str, names: Any) -> Quirks:
    return Quirks.named(names)


def _world(_: str, source: Any) -> Any:
    return source  # StartingWorld checks it: that needs the seed as well.


def _seconds(name: str, seconds: Any) -> float | None:
    if seconds is None:
        return None
    if not (isinstance(seconds, (int, float)) and 0 <= seconds < float("inf")):
        raise ValueError(f"{name} must be a number of seconds from 0 up, or None: {seconds!r}")
    return seconds


def _seed(_: str, seed: Any) -> Seed:
    return checked_seed(seed)


def _time(name: str, value: Any) -> datetime | None:
    try:
        return None if value is None else time_of(value)
    except ValueError as error:
        raise ValueError(f"{name} is {error}") from None


def _keyring(_: str, secret: Any) -> "Keyring | None":
    if secret is None:
        return None
    from ..wire.keys import Keyring  # Most servers let anyone in.

    return Keyring(secret)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text, and not empty: {value!r}")
    return value


def _read_seconds(text: str) -> float | None:
    if text == "none":
        return None
    try:
        return _seconds("", float(text))
    except ValueError:
        raise ValueError(f"not a number of seconds from 0 up, nor none: {text!r}") from None


def _read_seed(text: str) -> int | str:
    """As in Python: `--seed 1` is `seed=1`."""
    return int(text) if _is_count(text) else text


def _read_count(text: str) -> int:
    if not _is_count(text):
        raise ValueError(f"not a number from 0 up: {text!r}")
    return int(text)


def _is_count(text: str) -> bool:
    # Python refuses to convert more than 4,300 digits.
    return text.isascii() and text.isdecimal() and len(text) <= 4300


def _wait(what: str) -> Option:
    # A server that is run from a shell does by itself what a real one does; in a demo it can be watched for a while.
    flag = Flag(_read_seconds, "SECONDS", {"serve": 2.0, "demo": 12.0})
    return Option(help=f"how long {what}; none: until you ask", check=_seconds, json=float | None, flag=flag)


class Options(TypedDict, total=False):
    """What a Mock, a MockServer and a reset take by name; the docstring of Mock says what each means."""

    quirks: Annotated[
        str | Quirks,
        Option(
            help="none, live, or names separated by commas",
            default="none",
            check=_quirks,
            json=str,
            flag=Flag(str, "NAMES"),
        ),
    ]
    world: Annotated[
        WorldSource | None,
        # The command line takes it as an argument of `serve` only.
        Option(help="the world to start with; without one it is empty", check=_world, json=dict[str, Any] | None),
    ]
    purge_after: Annotated[float | None, _wait("what was deleted waits for its purge")]
    work_after: Annotated[float | None, _wait("the work of the queue waits")]
    seed: Annotated[
        int | str | None,
        Option(
            help="a number or a text; makes ids and times repeat from run to run",
            check=_seed,
            json=int | str | None,
            flag=Flag(_read_seed, "SEED"),
        ),
    ]
    frozen_at: Annotated[
        datetime | str | None,
        Option(help="the time at which the clock stands still", check=_time, json=datetime | None),
    ]
    auth_secret: Annotated[
        str | None,
        Option(
            help="let in only tokens that are signed with this; without it, anyone",
            check=_keyring,
            json=str | None,
            flag=Flag(str, "SECRET"),
        ),
    ]
    webhook_secret: Annotated[
        str,
        Option(
            help="what is sent to webhooks is signed with this",
            default="honcho-mockserver",  # everyone may know it
            check=_text,
            json=str,
            flag=Flag(str, "SECRET"),
        ),
    ]
    journal_entries: Annotated[
        int,
        Option(
            help="how many requests the journal keeps; 0: none",
            default=1000,
            check=whole,
            json=int,
            flag=Flag(_read_count, "COUNT"),
        ),
    ]
    journal_bytes: Annotated[
        int,
        Option(
            help="how many bytes of them and their answers it keeps",
            default=16 * 1024 * 1024,
            check=whole,
            json=int,
            flag=Flag(_read_count, "COUNT"),
        ),
    ]


OPTIONS: Mapping[str, Option] = {
    name: annotated.__metadata__[0] for name, annotated in get_type_hints(Options, include_extras=True).items()
}


# The options in force, by name, each as its check returned it. The value of `world` is a StartingWorld.
Settings = Mapping[str, Any]


def settings_of(**options: Unpack[Options]) -> Settings:
    """Settings with these options and the defaults of all others. Raises as the constructor of Mock does."""
    defaults: Any = {name: option.default for name, option in OPTIONS.items()}
    return changed({}, **(defaults | options))


def changed(settings: Settings, **options: Unpack[Options]) -> Settings:
    """These settings with other values for some options. Raises as the constructor of Mock does."""
    for name in options:
        if name not in OPTIONS:
            raise TypeError(f"unknown option {name!r}; known are {', '.join(OPTIONS)}")
    values = dict(settings) | {name: OPTIONS[name].check(name, value) for name, value in options.items()}
    if "world" in options or "seed" in options:  # The seed makes the ids and times that a world leaves out.
        from .worlds import StartingWorld

        source = options["world"] if "world" in options else settings["world"].source
        values["world"] = StartingWorld(source, values["seed"])
    return values
